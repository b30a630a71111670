"""The slips: the list of them, and what they cost."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from scipy import stats
from sklearn.utils.extmath import svd_flip

from mnist_report.core import files, paths
from mnist_report.core.trees import flatten
from mnist_report.report import slips
from mnist_report.report.ledger import load_ledger
from mnist_report.scores.uncertainty import spread

SLIPS = slips.load_slips()


# The list


def test_slips_say_where_they_stand_and_what_is_right(committed):
    assert len({slip.id for slip in SLIPS}) == len(SLIPS) > 30
    for slip in SLIPS:
        assert slip.section and slip.place and slip.printed and slip.right, slip.id
        # A pipe would end a cell of the table.
        assert "|" not in slip.printed + slip.right + slip.shown + slip.place, slip.id
        # Every number that the text names is among the results.
        text = slip.evidence(committed)
        assert "{" not in text
        assert bool(text) == bool(slip.shown)


def test_numbers_are_written_as_the_format_says():
    numbers = {
        "rows": 60000,
        "share": 0.3948,
        "lead": -0.03067,
        "C": {"min": 10.0, "max": 100.0},
        "gamma": {"min": 0.01, "max": 0.01},
    }
    for text, expected in (
        ("{a.rows:,} rows", "60,000 rows"),
        ("{a.share:.0%}", "39 %"),
        ("{a.lead:+.2p}", "−3.07"),
        ("{a.C:span}", "10 to 100"),
        ("{a.gamma:span}", "0.01"),
    ):
        slip = slips.Slip("id", "text", "1", "cell 1", "printed", "right", shown=text)
        assert slip.evidence({"a": numbers}) == expected
    with pytest.raises(KeyError):
        slip.evidence({"a": {}})


def test_a_list_that_is_wrong_is_refused(tmp_path):
    item = "{id: a, group: text, section: '1', place: p, printed: p, right: r%s}"
    effect = "{measure: auc, printed: x, right: y}"
    path = tmp_path / "slips.yaml"
    for items, error in (
        ([item % "", item % ""], ValueError),
        ([item % f", label: l, effects: [{effect}, {effect}]"], ValueError),
        ([item % f", effects: [{effect}]"], ValueError),
        ([item % ", surplus: 1"], TypeError),
        (["{id: a}"], TypeError),
    ):
        path.write_text("".join(f"- {text}\n" for text in items), encoding="utf-8")
        with pytest.raises(error):
            slips.load_slips(path)


# Effects


def test_values_come_in_the_order_of_the_seeds():
    table = pd.DataFrame(
        {"metric": ["c", "a.b", "a.b", "a.b"], "seed": [0, 2, 0, 1], "value": [4.0, 3.0, 1.0, 2.0]}
    )
    assert slips.read_values({"x": table}) == {"x.c": [4.0], "x.a.b": [1.0, 2.0, 3.0]}


def test_an_effect_is_set_right_minus_as_printed():
    effect = slips.paired([0.90, 0.92, 0.91], [0.93, 0.92, 0.95])
    assert effect["mean"] == pytest.approx(0.07 / 3)
    assert (effect["min"], effect["max"]) == (pytest.approx(0), pytest.approx(0.04))
    reference = stats.ttest_1samp([0.03, 0, 0.04], 0).confidence_interval()
    assert (effect["low"], effect["high"]) == pytest.approx(tuple(reference))

    printed, right = [0.91, 0.93, 0.90, 0.95, 0.92], [0.97, 0.98, 0.975]
    effect = slips.unpaired(spread(printed), spread(right))
    reference = stats.ttest_ind(right, printed, equal_var=False).confidence_interval()
    assert effect["mean"] == pytest.approx(np.mean(right) - np.mean(printed))
    assert (effect["low"], effect["high"]) == pytest.approx(tuple(reference))
    assert effect["seeds"] == 3


@pytest.mark.filterwarnings("error")
def test_without_any_spread_intervals_have_no_width():
    for effect in (
        slips.unpaired(spread([0.5, 0.5]), spread([0.75, 0.75])),
        slips.paired([0.5, 0.5], [0.75, 0.75]),
    ):
        assert effect["mean"] == effect["low"] == effect["high"] == 0.25
    one_sided = slips.unpaired(spread([0.5, 0.5]), spread([0.7, 0.8]))
    assert one_sided["low"] < one_sided["mean"] < one_sided["high"]


def test_all_that_is_said_of_slips_is_worked_out_of_the_studies(committed):
    tables = {path.stem: files.read_csv(path) for path in paths.RESULTS.glob("*.csv")}
    spectrum = files.read_csv(paths.plot_file("pca", "explained_variance.csv"))["cumulative"]
    found = slips.judge_slips(
        SLIPS,
        slips.read_values(tables),
        committed,
        spectrum.tolist(),
        np.zeros((20, 3)),
        np.arange(20) % 10,
    )
    assert [name for name, _ in flatten(found)] == [name for name, _ in flatten(committed["slips"])]
    rows = committed["scale"]["train"]["rows"]
    assert found["facts"]["final_draw"] == {"share": committed["svm_final"]["unique_rows"] / rows}

    # A column for each measurement, a row for each seed.
    by_seed = pd.concat(
        [
            table.pivot(index="seed", columns="metric", values="value").add_prefix(f"{study}.")
            for study, table in tables.items()
        ],
        axis=1,
    )
    by_seed["final_rows.fewest"] = by_seed["origins.final.rows_3000"]
    by_seed["final_rows.most"] = by_seed["origins.final.rows_30000"]
    assert list(found["effects"]) == [slip.id for slip in SLIPS if slip.effects]
    for slip in SLIPS:
        for effect in slip.effects:
            shown = found["effects"][slip.id][effect.measure]
            if slip.id == "kernel_choice":
                continue  # by hand, below
            gain = (by_seed[effect.right] - by_seed[effect.printed]).dropna()
            assert shown["mean"] == pytest.approx(gain.mean())
            assert (shown["min"], shown["max"]) == pytest.approx((gain.min(), gain.max()))
            assert shown["seeds"] == len(gain)
    network = by_seed["slips_network.minibatches_as_printed.auc_scores"].mean()
    for name, measure in (("printed", "auc_hard"), ("scores", "auc_scores")):
        svm = by_seed[f"spread_svm_final.test.{measure}"].mean()
        assert found["leads"][name]["mean"] == pytest.approx(network - svm)

    table = slips.as_table(SLIPS, found["effects"])
    assert len(table) == sum(len(slip.effects) for slip in SLIPS)
    assert table.notna().all(axis=None)
    assert not table.duplicated(["label", "measure"]).any()


def test_the_text_counts_as_printed_where_it_disagrees_with_the_code():
    by_id = {slip.id: slip for slip in SLIPS}
    assert {effect.right.split(".")[1] for effect in by_id["text_settings"].effects} == {"base"}
    assert [effect.right for effect in by_id["final_rows"].effects] == ["final_rows.most"]


def test_a_kernel_is_chosen_draw_by_draw():
    start = "spread_svm_kernels.kernels"
    by_hand = {
        # Three draws. Trained rows choose linear, linear, RBF; test images RBF, linear, RBF.
        "linear.train.auc_hard": [0.99, 0.99, 0.90],
        "rbf.train.auc_hard": [0.95, 0.95, 0.95],
        "linear.test.auc_hard": [0.90, 0.94, 0.90],
        "rbf.test.auc_hard": [0.93, 0.92, 0.91],
        "linear.test.accuracy": [0.80, 0.84, 0.80],
        "rbf.test.accuracy": [0.86, 0.82, 0.81],
    }
    kept, facts = slips.kernel_choice({f"{start}.{k}": v for k, v in by_hand.items()})
    assert kept == {
        "kernel_choice.training.accuracy": [0.80, 0.84, 0.81],
        "kernel_choice.training.auc_hard": [0.90, 0.94, 0.91],
        "kernel_choice.test.accuracy": [0.86, 0.84, 0.81],
        "kernel_choice.test.auc_hard": [0.93, 0.94, 0.91],
    }
    assert facts == {"draws": 3, "differ": 1, "training": "linear", "test": "RBF"}


def test_the_sizes_of_the_final_svm_are_ordered_as_numbers():
    values = {f"origins.final.rows_{rows}": [rows - 1, rows + 1] for rows in (10000, 3000, 30000)}
    kept, facts = slips.final_rows(values | {"origins.kernels.rbf.auto.test": [0.9, 0.9]})
    assert facts == {"fewest": 3000, "auc_fewest": 3000, "most": 30000, "auc_most": 30000}
    assert kept == {"final_rows.fewest": [2999, 3001], "final_rows.most": [29999, 30001]}


# Facts


def test_images_are_counted_where_the_paper_sees_the_zeros(monkeypatch):
    # The second component turns: its score of largest size, -5, has to be positive.
    scores = np.array(
        [[9, 0, 0], [-4, 2.2, 8], [-3.8, 2, 0], [-4.5, 1.5, 0], [-4, -2, 0], [0, -5, 0]]
    )
    labels = np.array([5, 1, 7, 0, 0, 6])
    assert slips.reading(scores, labels) == {"near": 2, "ones": 1, "zeros": 0}
    assert slips.reading(scores, 1 - labels % 2) == {"near": 2, "ones": 0, "zeros": 2}
    # These signs are those of the scikit-learn of 2019.
    X = np.random.default_rng(0).normal(size=(60, 5)) * [5, 3, 1, 1, 1]
    U, S, V = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    scores = svd_flip(U, V, u_based_decision=True)[0] * S
    monkeypatch.setattr(slips, "PRINTED_ZEROS", tuple(scores[7, :2]))
    only_one = np.where(np.arange(60) == 7, 1, 9)
    assert slips.reading(scores * [-1, 1, 1, 1, -1], only_one)["ones"] == 1


def test_facts_worked_out_by_hand():
    # The printed loop over minibatches, as it stands in cell 26.
    for rows in (60000, 1437, 400, 51):
        seen, c = set(), 0
        for _ in range(int(rows / 51)):
            seen |= set(range(c, c + 50))
            c += 51
        assert slips.unseen(rows) == {"rows": rows, "unseen": rows - len(seen)}
    # The grid has its repeats where the paper prints rows twice.
    means = [entry.id for entry in load_ledger() if entry.id.startswith("svm_grid.")]
    means = [name for name in means if name.endswith(".mean")]
    repeats = slips.grid_repeats()
    assert repeats["candidates"] == len(means) == 42
    assert repeats["repeated"] == sum(name.endswith("b.mean") for name in means) == 7
    assert (repeats["fits"], repeats["repeated_fits"]) == (5 * 42, 5 * 7)
    # The printed curve ends at its hundredth component.
    uniform = np.full(784, 1 / 784).cumsum().tolist()
    assert slips.components_printed(uniform) == {"printed": 100, "share": pytest.approx(100 / 784)}
    assert slips.components_printed([0.4, 1.0]) == {"printed": 2, "share": 1.0}
    # Prices of slack are ordered as numbers.
    assert slips.soft_margin({"C_1000": 136, "C_1e-05": 400, "C_1": 141}) == {
        "low": {"C": 1e-5, "support_vectors": 400},
        "high": {"C": 1000, "support_vectors": 136},
    }
    loss = slips.mistake()
    assert (loss["at_0_9"], loss["at_0_999"]) == pytest.approx((math.log(10), math.log(1000)))
    facts = slips.guards({"largest_safe_logit": 709, "largest_safe_gap": 745})
    assert facts == {"nan_from": 710, "infinite_from": 746}


def test_a_class_that_is_never_predicted_shifts_the_columns():
    example = slips.get_dummies_example()
    # Right: nine classes at 1 but for 4, which takes ten wrong rows of 90, and class 3 at 0.5.
    assert example["right"] == pytest.approx((8 + 0.5 + (1 + 80 / 90) / 2) / 10)
    # As printed the columns are 0 1 2 4 5 ... held against 0 1 2 3 4 ...: three are right, and of
    # class 3 all rows are among those taken for 4; the others have none of their own rows.
    shifted = [1, 1, 1, (1 + 80 / 90) / 2, *[80 / 90 / 2] * 5]
    assert example["printed"] == pytest.approx(np.mean(shifted))


def test_axes_3d_draw_an_empty_figure_today():
    figure = Figure()
    Axes3D(figure)
    assert figure.axes == []
