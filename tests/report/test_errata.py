"""The slips: the list of them, and what they cost."""

import json
import math
import string

import jinja2
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from ruamel.yaml import YAML
from scipy import stats
from sklearn.svm import SVC
from sklearn.utils.extmath import svd_flip

from mnist_report.evaluation.uncertainty import spread
from mnist_report.figures import errata as figures
from mnist_report.figures.style import draw
from mnist_report.names import KERNELS
from mnist_report.report import errata, render
from mnist_report.report.ledger import load_ledger
from mnist_report.studies.errata_network import VARIANTS, gradient_errors, overflow
from mnist_report.trees import at

SLIPS = errata.load_slips()
every_slip = pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)

NETWORK_SEEDS, SVM_SEEDS, SEARCH_SEEDS, DRAWS = 4, 3, 2, 3


def long(stage_values):
    """Return a `values.csv` from metric to values."""
    return pd.DataFrame(
        [
            {"metric": metric, "seed": seed, "value": value}
            for metric, values in stage_values.items()
            for seed, value in enumerate(values)
        ]
    )


@pytest.fixture(scope="module")
def studies():
    """Return stage to its values, made up, under the names that the studies write."""
    rng = np.random.default_rng(0)

    def some(seeds):
        return rng.uniform(0.8, 0.9, seeds).tolist()

    search = ("C", "gamma", "best_mean", "distinct_rows", "accuracy", "auc_hard")
    return {
        "errata_network": {
            f"{variant}.{measure}": some(NETWORK_SEEDS)
            for variant in VARIANTS
            for measure in ("loss", "accuracy", "auc_hard", "auc_scores")
        },
        "errata_svm": {
            f"replacement.{draw}.{measure}": some(SVM_SEEDS)
            for draw in ("with", "without")
            for measure in ("distinct_rows", "accuracy", "auc_hard")
        }
        | {
            f"search.{size}.{key}": some(SEARCH_SEEDS)
            for size in ("small", "large")
            for key in search
        },
        "spread_svm_kernels": {
            f"kernels.{kernel}.{rows}.{measure}": some(DRAWS)
            for kernel in KERNELS
            for rows in ("train", "test")
            for measure in ("accuracy", "auc_hard", "auc_scores")
        },
        "spread_svm_final": {
            f"test.{measure}": some(SVM_SEEDS) for measure in ("accuracy", "auc_hard", "auc_scores")
        },
        "origins": {
            f"kernels.rbf.{gamma}.{rows}": some(SVM_SEEDS)
            for gamma in ("auto", "scale_2019")
            for rows in ("train", "test")
        }
        | {f"final.rows_{rows}": some(SVM_SEEDS) for rows in (3000, 10000, 30000)},
        "spread_keras_dense": {"test.accuracy": some(SVM_SEEDS)},
    }


@pytest.fixture(scope="module")
def values(studies):
    return errata.read_values({stage: long(values) for stage, values in studies.items()})


def nested(flat):
    """Return dotted names as nested mappings, each with the spread of its values."""
    tree = {}
    for name, values in flat.items():
        *path, last = name.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[last] = spread(values)
    return tree


@pytest.fixture(scope="module")
def metrics(studies, values):
    """Return the metrics that text and template name, `errata`'s own among them."""
    kept, choice = errata.kernel_choice(values)
    by_rows, sizes = errata.final_rows(values)
    return {stage: nested(values) for stage, values in studies.items()} | {
        "errata_network": nested(studies["errata_network"])
        | {"overflow": overflow(), "gradient_error": gradient_errors(0)},
        "errata_svm": nested(studies["errata_svm"])
        | {"search_rows": {"small": 500, "large": 5000}, "candidates": 35},
        "scale": {"train": {"rows": 60000}, "test": {"rows": 10000}},
        "pca": {"explained_variance_sum": {"2": 0.168}},
        "svm_final": {"unique_rows": 23689},
        "svm_gridsearch": {"standard_error": 0.01},
        "keras_dense": {"test": {"accuracy": 0.98}},
        "errata": {
            "effects": errata.effects(SLIPS, values | kept | by_rows),
            "leads": errata.leads(values),
            "facts": {
                "reading": {"near": 1265, "ones": 1264, "zeros": 0},
                "components": errata.components_printed([0.1] * 3 + [0.9] * 97 + [1.0]),
                "soft_margin": errata.soft_margin({"C_0.01": 236, "C_1": 141, "C_1000": 136}),
                "final_rows": sizes,
                "final_draw": {"share": 23689 / 60000},
                "kernel_choice": choice,
                "get_dummies": errata.get_dummies_example(),
                "grid": errata.grid_repeats(),
                "minibatches": errata.unseen(60000),
                "mistake": errata.mistake(),
                "guards": errata.guards(overflow()),
            },
        },
    }


# The list


def test_slips_are_listed_once():
    content = YAML(typ="safe", pure=True).load(errata.ERRATA.read_text("utf-8"))
    assert len({item["id"] for item in content}) == len(content) == len(SLIPS)


@every_slip
def test_slips_say_where_they_stand_and_what_is_right(slip):
    assert slip.section and slip.place and slip.printed and slip.right
    # A pipe would end a cell of the table.
    assert "|" not in slip.printed + slip.right + slip.shown + slip.place


@every_slip
def test_evidence_takes_its_numbers_from_metrics(slip, metrics):
    names = [name for _, name, _, _ in string.Formatter().parse(slip.shown) if name is not None]
    for name in names:
        at(metrics, name)
    text = slip.evidence(metrics)
    assert "{" not in text
    assert bool(text) == bool(slip.shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a.rows:,} rows", "60,000 rows"),
        ("{a.share:.0%}", "39 %"),
        ("{a.lead:+.2p}", "−3.07"),
        ("{a.C:span}", "10 to 100"),
        ("{a.gamma:span}", "0.01"),
    ],
)
def test_numbers_are_written_as_the_format_says(text, expected):
    metrics = {
        "a": {
            "rows": 60000,
            "share": 0.3948,
            "lead": -0.03067,
            "C": {"min": 10.0, "max": 100.0},
            "gamma": {"min": 0.01, "max": 0.01},
        }
    }
    slip = errata.Slip("id", "text", "1", "cell 1", "printed", "right", shown=text)
    assert slip.evidence(metrics) == expected


def test_a_number_that_is_not_there_is_an_error():
    slip = errata.Slip("id", "text", "1", "cell 1", "printed", "right", shown="{a.b.c}")
    with pytest.raises(KeyError):
        slip.evidence({"a": {"b": {}}})


ITEM = "{id: a, group: text, section: '1', place: p, printed: p, right: r%s}"
EFFECT = "{measure: auc, printed: x, right: y}"


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([ITEM % "", ITEM % ""], ValueError),
        ([ITEM % f", label: l, effects: [{EFFECT}, {EFFECT}]"], ValueError),
        ([ITEM % f", effects: [{EFFECT}]"], ValueError),
        ([ITEM % ", surplus: 1"], TypeError),
        (["{id: a}"], TypeError),
    ],
)
def test_a_list_that_is_wrong_is_refused(tmp_path, items, error):
    path = tmp_path / "errata.yaml"
    path.write_text("".join(f"- {item}\n" for item in items), encoding="utf-8")
    with pytest.raises(error):
        errata.load_slips(path)


# Effects


def test_values_come_in_the_order_of_the_seeds():
    table = long({"a.b": [1.0, 2.0, 3.0], "c": [4.0]}).iloc[::-1]
    assert errata.read_values({"x": table}) == {"x.a.b": [1.0, 2.0, 3.0], "x.c": [4.0]}


def test_an_effect_is_set_right_minus_as_printed():
    effect = errata.paired([0.90, 0.92, 0.91], [0.93, 0.92, 0.95])
    assert effect["mean"] == pytest.approx(0.07 / 3)
    assert (effect["min"], effect["max"]) == (pytest.approx(0), pytest.approx(0.04))
    assert effect["low"] < effect["mean"] < effect["high"]
    reference = stats.ttest_1samp([0.03, 0, 0.04], 0).confidence_interval()
    assert (effect["low"], effect["high"]) == pytest.approx(tuple(reference))


def test_unpaired_effects_have_welchs_interval():
    printed, right = [0.91, 0.93, 0.90, 0.95, 0.92], [0.97, 0.98, 0.975]
    effect = errata.unpaired(spread(printed), spread(right))
    reference = stats.ttest_ind(right, printed, equal_var=False).confidence_interval()
    assert effect["mean"] == pytest.approx(np.mean(right) - np.mean(printed))
    assert (effect["low"], effect["high"]) == pytest.approx(tuple(reference))
    assert effect["seeds"] == 3


@pytest.mark.filterwarnings("error")
def test_without_any_spread_intervals_have_no_width():
    for effect in (
        errata.unpaired(spread([0.5, 0.5]), spread([0.75, 0.75])),
        errata.paired([0.5, 0.5], [0.75, 0.75]),
    ):
        assert effect["mean"] == effect["low"] == effect["high"] == 0.25
    one_sided = errata.unpaired(spread([0.5, 0.5]), spread([0.7, 0.8]))
    assert one_sided["low"] < one_sided["mean"] < one_sided["high"]


def test_every_measured_slip_has_its_effects(metrics, studies):
    effects = metrics["errata"]["effects"]
    assert list(effects) == [slip.id for slip in SLIPS if slip.effects]
    network = studies["errata_network"]
    loop = np.subtract(network["base.loss"], network["minibatches_as_printed.loss"])
    assert effects["minibatches"]["loss"]["mean"] == pytest.approx(loop.mean())
    assert effects["minibatches"]["loss"]["seeds"] == NETWORK_SEEDS
    assert effects["minibatches"]["loss"]["max"] == pytest.approx(loop.max())
    assert set(effects["hard_labels"]) == {"auc"}
    assert effects["kernel_choice"]["auc"]["low"] <= effects["kernel_choice"]["auc"]["mean"]
    rows = studies["origins"]
    more = np.subtract(rows["final.rows_30000"], rows["final.rows_3000"])
    assert effects["final_rows"]["auc"]["mean"] == pytest.approx(more.mean())


def test_the_text_counts_as_printed_where_it_disagrees_with_the_code():
    by_id = {slip.id: slip for slip in SLIPS}
    assert {effect.right.split(".")[1] for effect in by_id["text_settings"].effects} == {"base"}
    assert [effect.right for effect in by_id["final_rows"].effects] == ["final_rows.most"]


def test_the_table_has_a_row_for_each_effect(metrics):
    table = errata.as_table(SLIPS, metrics["errata"]["effects"])
    assert len(table) == sum(len(slip.effects) for slip in SLIPS)
    assert table["label"].str.len().gt(0).all()
    assert table[["min", "max"]].notna().all(axis=None)
    assert "AUC taken of labels" in set(table["label"])
    twice = table.duplicated(["label", "measure"])
    assert not twice.any()


def test_leads_compare_the_network_with_the_svm(values):
    leads = errata.leads(values)
    network = values["errata_network.minibatches_as_printed.auc_scores"]
    svm = {name: values[f"spread_svm_final.test.{name}"] for name in ("auc_hard", "auc_scores")}
    assert leads["printed"]["mean"] == pytest.approx(np.mean(network) - np.mean(svm["auc_hard"]))
    assert leads["scores"]["mean"] == pytest.approx(np.mean(network) - np.mean(svm["auc_scores"]))


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
    kept, facts = errata.kernel_choice({f"{start}.{k}": v for k, v in by_hand.items()})
    assert kept == {
        "kernel_choice.training.accuracy": [0.80, 0.84, 0.81],
        "kernel_choice.training.auc_hard": [0.90, 0.94, 0.91],
        "kernel_choice.test.accuracy": [0.86, 0.84, 0.81],
        "kernel_choice.test.auc_hard": [0.93, 0.94, 0.91],
    }
    assert facts == {"draws": 3, "differ": 1, "training": "linear", "test": "RBF"}


def test_the_sizes_of_the_final_svm_are_ordered_as_numbers():
    values = {f"origins.final.rows_{rows}": [rows - 1, rows + 1] for rows in (10000, 3000, 30000)}
    kept, facts = errata.final_rows(values | {"origins.kernels.rbf.auto.test": [0.9, 0.9]})
    assert facts == {"fewest": 3000, "auc_fewest": 3000, "most": 30000, "auc_most": 30000}
    assert kept == {"final_rows.fewest": [2999, 3001], "final_rows.most": [29999, 30001]}


# Facts


@pytest.mark.parametrize("rows", [60000, 1437, 400, 51])
def test_images_never_seen_are_those_that_the_printed_loop_skips(rows):
    seen, c = set(), 0
    for _ in range(int(rows / 51)):
        seen |= set(range(c, c + 50))
        c += 51
    assert errata.unseen(rows) == {"rows": rows, "unseen": rows - len(seen)}


def test_repeats_of_the_grid_are_those_of_the_printed_rows():
    ids = [entry.id for entry in load_ledger()]
    means = [name for name in ids if name.startswith("svm_grid.") and name.endswith(".mean")]
    repeats = errata.grid_repeats()
    assert repeats["candidates"] == len(means) == 42
    assert repeats["repeated"] == sum(name.endswith("b.mean") for name in means) == 7
    assert (repeats["fits"], repeats["repeated_fits"]) == (5 * 42, 5 * 7)


def test_images_are_counted_where_the_paper_sees_the_zeros():
    # The second component turns: its score of largest size, -5, has to be positive.
    scores = np.array(
        [[9, 0, 0], [-4, 2.2, 8], [-3.8, 2, 0], [-4.5, 1.5, 0], [-4, -2, 0], [0, -5, 0]]
    )
    labels = np.array([5, 1, 7, 0, 0, 6])
    assert errata.reading(scores, labels) == {"near": 2, "ones": 1, "zeros": 0}
    assert errata.reading(scores, 1 - labels % 2) == {"near": 2, "ones": 0, "zeros": 2}


def test_signs_are_those_of_the_scikit_learn_of_2019():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5)) * [5, 3, 1, 1, 1]
    X -= X.mean(axis=0)
    U, S, V = np.linalg.svd(X, full_matrices=False)
    U, _ = svd_flip(U, V, u_based_decision=True)
    scores = U * S
    turned = scores * [-1, 1, 1, 1, -1]
    point = scores[7, :2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errata, "PRINTED_ZEROS", tuple(point))
        labels = np.where(np.arange(60) == 7, 1, 9)
        assert errata.reading(turned, labels)["ones"] == 1


def test_the_printed_curve_ends_at_its_hundredth_component():
    ratios = np.full(784, 1 / 784)
    assert errata.components_printed(ratios.cumsum().tolist()) == {
        "printed": 100,
        "share": pytest.approx(100 / 784),
    }
    assert errata.components_printed([0.4, 1.0]) == {"printed": 2, "share": 1.0}


def test_prices_of_slack_are_ordered_as_numbers():
    margins = errata.soft_margin({"C_1000": 136, "C_1e-05": 400, "C_1": 141})
    assert margins == {
        "low": {"C": 1e-5, "support_vectors": 400},
        "high": {"C": 1000, "support_vectors": 136},
    }


def test_a_large_price_of_slack_forgives_little():
    # What is said of scikit-learn's C: the larger, the fewer points inside the margin.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X.sum(axis=1) + rng.normal(size=200) > 0
    vectors = [len(SVC(kernel="linear", C=C).fit(X, y).support_) for C in (0.01, 1, 100)]
    assert vectors == sorted(vectors, reverse=True)


def test_the_loss_of_a_mistake_grows_without_bound():
    loss = errata.mistake()
    assert loss["at_0_9"] == pytest.approx(math.log(10))
    assert loss["at_0_999"] == pytest.approx(math.log(1000))


def test_numbers_fail_one_beyond_the_largest_that_work():
    facts = errata.guards({"largest_safe_logit": 709, "largest_safe_gap": 745})
    assert facts == {"nan_from": 710, "infinite_from": 746}


def test_a_class_that_is_never_predicted_shifts_the_columns():
    example = errata.get_dummies_example()
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


# The picture and the text


def test_the_figure_shows_every_effect_on_accuracy_and_auc(metrics):
    table = errata.as_table(SLIPS, metrics["errata"]["effects"])
    figure = figures.effects(table)
    panels = dict(zip(figures.PANELS, figure.axes, strict=True))
    for measure, axes in panels.items():
        rows = table[table["measure"] == measure]
        (dots,) = (line for line in axes.lines if line.get_marker() == "o")
        np.testing.assert_allclose(dots.get_xdata(), 100 * rows["mean"])
        assert len(axes.texts) == len(rows)
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert set(labels) == set(table.loc[table["measure"] != "loss", "label"])


def test_the_figure_repeats_byte_for_byte_and_takes_effects_of_no_size(metrics):
    table = errata.as_table(SLIPS, metrics["errata"]["effects"])
    assert draw(figures.effects, table) == draw(figures.effects, table)
    numbers = ["mean", "low", "high", "min", "max"]
    draw(figures.effects, table.assign(**dict.fromkeys(numbers, 0.0)))


@pytest.mark.parametrize("target", render.TARGETS)
def test_the_section_lists_every_slip(metrics, target):
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(render.TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"difference_like": render.difference_like}
    text = environment.get_template("errata.md.j2").render(
        doc=render.Document(target, metrics, []), m=metrics, slips=SLIPS
    )
    lines = text.splitlines()
    for slip in SLIPS:
        (row,) = (
            line
            for line in lines
            if line.startswith("|") and f"| {slip.printed} | {slip.right} |" in line
        )
        assert slip.evidence(metrics) in row
        # A cell for each column of its table, and none empty.
        assert all(cell.strip() for cell in row.strip("|").split("|"))
    assert json.dumps(metrics["errata"], allow_nan=False)
