"""Pictures of models side by side: what is on them, and that they repeat."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from mnist_report.figures import comparison as figures
from mnist_report.figures.style import SETTINGS, draw

TABLE = pd.DataFrame(
    {
        "accuracy": [0.977, 0.916, 1.0],
        "low": [0.973, 0.91, 0.9996],
        "high": [0.98, 0.921, 1.0],
        "wrong": [230, 1840, 0],
    },
    index=["machine", "network", "faultless"],
)
WRONG = pd.DataFrame([[0, 5], [40, 10]], index=["machine", "network"], columns=[3, 8])
CURVE = pd.DataFrame(
    {
        "confidence": [0.6, 0.95, 0.9999],
        "share_right": [0.5, 0.97, 1.0],
        "low": [0.45, 0.95, 0.99],
        "high": [0.55, 0.98, 1.0],
    }
)


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context(SETTINGS):
        yield


def images(k):
    rng = np.random.default_rng(0)
    vectors = rng.uniform(size=(k, 784)).astype(np.float32)
    true = np.arange(k) % 10
    return vectors, true, {"SVM": (true + 1) % 10, "CNN": true}


def test_errors_are_drawn_with_their_intervals_first_model_on_top():
    axes = figures.error_rates(TABLE).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [2.3, 8.4, 0.0])
    ends = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    np.testing.assert_allclose(ends, [[2.0, 2.7], [7.9, 9.0], [0.0, 0.04]], atol=1e-9)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["machine", "network", "faultless"]
    bottom, top = axes.get_ylim()
    assert bottom > top
    words = [text.get_text() for text in axes.texts]
    assert words == ["2.30 % (230 wrong)", "8.40 % (1,840 wrong)", "0.00 % (0 wrong)"]
    assert axes.get_xlim()[0] == 0


def test_the_words_beside_errors_lie_on_the_picture():
    figure = figures.error_rates(TABLE)
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1


def test_cells_hold_the_error_in_percent_and_the_count():
    axes, bar = figures.errors_by_digit(WRONG, [200, 1000]).axes
    found = {text.get_position(): text.get_text() for text in axes.texts}
    assert found == {
        (0, 0): "0.0\n(0)",
        (1, 0): "0.5\n(5)",
        (0, 1): "20.0\n(40)",
        (1, 1): "1.0\n(10)",
    }
    np.testing.assert_allclose(axes.images[0].get_array(), [[0, 0.5], [20, 1]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3\n(200)", "8\n(1,000)"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["machine", "network"]
    light = [text.get_position() for text in axes.texts if text.get_color() == "white"]
    assert light == [(0, 1)]
    assert bar.get_ylabel() == "error (%)"


def test_no_mistakes_can_be_drawn():
    axes = figures.errors_by_digit(0 * WRONG, [200, 1000]).axes[0]
    assert {text.get_text() for text in axes.texts} == {"0.0\n(0)"}


def test_every_network_has_a_panel_with_its_bins_and_the_diagonal():
    figure = figures.reliability_curves({"first": CURVE, "second": CURVE[1:]})
    for axes, name, bins in zip(figure.axes, ("first", "second"), (3, 2), strict=True):
        assert axes.get_title() == name
        diagonal, points = axes.lines[:2]
        np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
        np.testing.assert_array_equal(points.get_xdata(), CURVE["confidence"][-bins:])
        np.testing.assert_array_equal(points.get_ydata(), CURVE["share_right"][-bins:])
        low, high = axes.get_xlim()
        assert low < CURVE["confidence"].min() and high > 1
        assert axes.get_ylim()[0] < CURVE["low"].min()
    figure.draw_without_rendering()
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert shown == ["50", "90", "99", "99.9", "100"]


def test_the_axis_is_straight_at_one_and_logarithmic_elsewhere():
    shares = np.array([0, 0.2, 0.9, 0.99, 0.999, 1, 1.0001])
    places = figures._stretched(shares)
    assert (np.diff(places) > 0).all()
    np.testing.assert_allclose(figures._shrunk(places), shares, atol=1e-12)
    # Far from 1, a tenth of the distance is ln 10 further on.
    assert figures._stretched(0.99) - figures._stretched(0.9) == pytest.approx(np.log(10), rel=1e-3)


@pytest.mark.parametrize("k", [0, 5, 12])
def test_every_hard_image_is_shown_with_all_answers(k):
    vectors, true, answers = images(k)
    figure = figures.hardest_images(vectors, true, answers)
    assert len(figure.axes) == 12
    for number, axes in enumerate(figure.axes):
        assert len(axes.images) == (number < k)
        if number < k:
            shown = axes.images[0].get_array()
            np.testing.assert_array_equal(shown, vectors[number].reshape(28, 28))
            assert axes.get_title() == f"label: {true[number]}"
            machine, network = axes.texts
            assert machine.get_text() == f"SVM: {answers['SVM'][number]}"
            assert network.get_text() == f"CNN: {true[number]} ✓"
            assert (machine.get_weight(), network.get_weight()) == ("normal", "bold")
    assert [text.get_text() for text in figure.texts] == ([] if k else ["no mistakes"])


def test_the_same_figure_gives_the_same_bytes():
    for make, *args in (
        (figures.error_rates, TABLE),
        (figures.errors_by_digit, WRONG, [200, 1000]),
        (figures.reliability_curves, {"first": CURVE, "second": CURVE}),
        (figures.hardest_images, *images(12)),
    ):
        assert draw(make, *args) == draw(make, *args), make.__name__
