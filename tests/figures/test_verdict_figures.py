"""What the picture of the verdicts shows, and that it comes out the same twice."""

import pandas as pd
import pytest

from mnist_report.figures import verdicts
from mnist_report.figures.style import draw
from mnist_report.report.ledger import REACH, load_ledger

ROWS = [
    ("svm_kernels.auc.linear", -126.6, "not reproduced"),
    ("svm_kernels.auc.rbf", 5.8, "not reproduced"),
    ("svm_kernels.auc.poly", 9.7, "not reproduced"),
    ("svm_kernels.auc.sigmoid", 2.9, "reproduced"),
    ("svm_grid.C_1.gamma_1.mean", 0.6, "reproduced"),
    ("svm_grid.C_10.gamma_1.mean", 0.7, "reproduced"),
    ("svm_grid.C_1.gamma_1.two_sd", -0.6, "reproduced"),
    ("scratch_nn.auc", 3.1, "reproduced"),
    ("cnn.epoch_5.validation_loss", -5.2, "near"),
    ("cnn.epoch_5.loss", 0.0, "reproduced"),
    ("cnn.test_loss", None, "reproduced"),
]


def table(rows):
    return pd.DataFrame(rows, columns=["id", "z", "verdict"])


def axes_of(rows):
    [axes] = verdicts.deviations(table(rows), reach=REACH).axes
    return axes


def signs(axes):
    """Return verdict to the places of its signs."""
    return {
        line.get_label(): list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for line in axes.get_lines()
        if line.get_label() in verdicts.LOOKS
    }


def test_every_number_with_a_z_has_a_sign_of_its_verdict():
    axes = axes_of(ROWS)
    counts = {verdict: len(places) for verdict, places in signs(axes).items()}
    assert counts == {"reproduced": 6, "near": 1, "not reproduced": 3}
    places = [place for group in signs(axes).values() for place in group]
    assert len(set(places)) == len(places)
    low, high = axes.get_ylim()
    assert all(abs(x) <= verdicts.EDGE and low < y < high for x, y in places)


def test_signs_stand_at_their_deviation_and_on_their_side_of_the_band():
    axes = axes_of(ROWS)
    places = sorted(x for x, _ in signs(axes)["reproduced"])
    expected = sorted(z for _, z, verdict in ROWS if verdict == "reproduced" and z is not None)
    assert all(abs(x - z) <= verdicts.BIN / 2 for x, z in zip(places, expected, strict=True))
    assert [abs(x) < REACH for x in places] == [abs(z) < REACH for z in expected]


def test_numbers_of_about_the_same_deviation_are_stacked():
    (x_one, y_one), (x_two, y_two) = signs(
        axes_of([row for row in ROWS if row[0].endswith(".mean")])
    )["reproduced"]
    assert x_one == x_two
    assert y_two == y_one + 1


def test_what_does_not_hold_is_named_with_its_deviation():
    axes = axes_of(ROWS)
    assert sorted(text.get_text() for text in axes.texts) == sorted(
        [
            "← auc, linear −127",
            "auc, rbf +5.8",
            "auc, polynomial +10 →",
            "epoch 5, validation loss −5.2",
        ]
    )
    # Each on a line of its own.
    heights = [text.get_position()[1] for text in axes.texts]
    assert len(set(heights)) == len(heights)


def test_a_far_number_that_holds_by_rounding_is_named_too():
    axes = axes_of([("scratch_nn.auc", 30.0, "reproduced")])
    assert [text.get_text() for text in axes.texts] == ["auc +30 →"]


def test_rows_are_named_and_counted_in_the_papers_order():
    labels = [label.get_text() for label in axes_of(reversed(ROWS)).get_yticklabels()]
    assert labels == [
        "four kernels (4)",
        "search, mean accuracies (2)",
        "search, their ± figures (1)",
        "scratch network, test (1)",
        "CNN, training (1)",
        "CNN, validation (1)",
    ]


@pytest.mark.parametrize("rows", [[], [("a.b", None, "not comparable")]])
def test_without_a_deviation_the_picture_says_so(rows):
    axes = axes_of(rows)
    assert [text.get_text() for text in axes.texts] == [
        "no printed number is held against a spread"
    ]


def test_every_number_with_a_spread_has_a_row():
    rows = [(entry.id, 1.0, "near") for entry in load_ledger() if entry.check == "spread"]
    assert len(axes_of(rows).texts) == len(rows) > 100


def test_the_same_table_gives_the_same_bytes():
    first, second = (draw(verdicts.deviations, table(ROWS), reach=REACH) for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
