"""The evidence for the paper's statements, against hand-made examples and other libraries."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from mnist_report.evaluation import evidence
from mnist_report.evaluation.evidence import EVIDENCE, Measured, NotMeasured, Projected, gather
from mnist_report.evaluation.seeds import by_seed

# Hand-made differences that are all the same differ in their last bits.
pytestmark = pytest.mark.filterwarnings("ignore:Precision loss")

RNG = np.random.default_rng(0)
SPECTRUM = 0.5 ** np.arange(1, 121)

#: Two labels that the first component parts, and a third one that only the third component does.
TRAIN_LABELS = np.repeat([0, 1, 2], 60)
TEST_LABELS = np.repeat([0, 1, 2], [40, 30, 20])


def scores(labels):
    centres = np.array([[-4, 2, 0], [4, 0, 0], [4, 0, 6]])
    return centres[labels] + 0.1 * RNG.normal(size=(len(labels), 3))


PROJECTED = Projected(scores(TRAIN_LABELS), TRAIN_LABELS, scores(TEST_LABELS), TEST_LABELS)


def model(**measures):
    return {f"test.{name}": np.array(values) for name, values in measures.items()}


def curves(prefix, *seeds, measure="loss"):
    """Return metric names to values of curves by epoch, one curve for each seed."""
    return {
        f"{prefix}{epoch}.{measure}": np.array(values)
        for epoch, values in enumerate(zip(*seeds, strict=True), start=1)
    }


def clock(cpu, wall=None):
    return {"cpu": cpu, "wall": wall or cpu}


BENCHMARK = {
    "dataset": "mnist",
    "kernels": {
        "rows": 100,
        "fit": {
            "linear": clock([1.0, 2.0, 1.0]),
            "poly": clock([3.0, 4.0, 2.0]),
            "rbf": clock([2.0, 1.0, 4.0]),
        },
        "predict": {
            "linear": clock([1.0, 1.0]),
            "poly": clock([2.0, 2.0]),
            "rbf": clock([4.0, 4.0]),
        },
    },
    "growth": {
        price: {"rows_200": clock([4.0, 8.0]), "rows_100": clock([1.0, 1.0])}
        for price in ("C_1", "C_1000")
    },
    "epochs": {
        "scratch_nn": {"rows": 100, **clock([3.0, 3.0])},
        "scratch_nn_relu": {"rows": 100, **clock([2.0, 1.5])},
        "keras_dense": {"rows": 100, **clock([8.0, 8.0], [4.0, 4.0])},
        "cnn": {"rows": 80, **clock([4.0, 4.0], [4.0, 8.0])},
    },
}

VALUES = {
    "spread_svm_kernels": {
        f"kernels.{kernel}.{rows}.{measure}": np.array([0.5, 0.6, 0.55]) + shift
        for kernel, shift in (("linear", 0.1), ("sigmoid", 0.0), ("rbf", 0.05))
        for rows in ("train", "test")
        for measure in ("auc_hard", "auc_scores", "accuracy")
    },
    "spread_svm_gridsearch": {
        "mean_accuracy.C_1.gamma_0.01": np.array([0.80, 0.70, 0.70]),
        "mean_accuracy.C_10.gamma_0.01": np.array([0.88, 0.88, 0.90]),
        "mean_accuracy.C_100.gamma_0.01": np.array([0.88, 0.90, 0.80]) + 1e-16,
        "mean_accuracy.C_10.gamma_0.1": np.array([0.60, 0.60, 0.90]),
        "two_sd.C_10.gamma_0.1": np.array([9.0, 9.0, 9.0]),
    },
    "spread_svm_final": model(auc_scores=[0.9, 0.91], auc_hard=[0.8, 0.8], accuracy=[0.7, 0.8]),
    "spread_scratch_nn": model(
        auc_scores=[0.85, 0.86, 0.9],
        auc_hard=[0.7, 0.7, 0.7],
        accuracy=[0.6, 0.7, 0.65],
        loss=[0.5, 0.6, 0.4],
    ),
    "spread_keras_dense": model(accuracy=[0.8, 0.9], auc_scores=[0.95, 0.97], loss=[0.2, 0.3]),
    "spread_cnn": model(accuracy=[0.9, 0.92, 0.95], loss=[0.1, 0.2, 0.3]),
    "ablations_svm": {
        "components.k_50.accuracy": np.array([0.95, 0.96]),
        "components.k_10.accuracy": np.array([0.80, 0.81]),
        "components.k_784.accuracy": np.array([0.94, 0.94]),
        "components.k_100.accuracy": np.array([0.96, 0.97]),
        "components.k_100.iterations": np.array([1, 2]),
        "growth.C_1.rows_100": np.array([10.0, 10.0]),
        "growth.C_1.rows_1000": np.array([100.0, 1000.0]),
        "growth.C_1000.rows_100": np.array([10.0, 10.0]),
        "growth.C_1000.rows_1000": np.array([1e4, 1e4]),
        **{
            f"scaling.{kernel}.{pixels}.{measure}": np.array([value, value + 0.01])
            for kernel in ("linear", "rbf")
            for pixels, measure, value in (
                ("scaled", "accuracy", 0.9),
                ("unscaled", "accuracy", 0.4),
                ("scaled", "iterations", 100),
                ("unscaled", "iterations", 70),
            )
        },
    },
    "ablations_network": {
        **curves("scaling.scaled.epoch_", [0.5, 0.4, 0.6, 0.5], [0.6, 0.5, 0.4, 0.3]),
        **curves("scaling.unscaled.epoch_", [2.0, 5.0, 3.0], [3.0, 2.0, 2.5]),
        **curves("scaling.scaled.epoch_", [0.7, 0.8], [0.6, 0.7], measure="accuracy"),
        **curves("convergence.sigmoid.eta_1.epoch_", [0.8, 0.9], [0.8, 0.8], measure="accuracy"),
        **curves("convergence.sigmoid.eta_0.03.epoch_", [2.0, 1.8, 1.7], [2.0, 1.9, 1.6]),
        **curves("convergence.sigmoid.eta_1.epoch_", [0.5, 0.4, 0.3], [0.6, 0.4, 0.3]),
        **curves("convergence.relu.eta_0.03.epoch_", [0.4, 0.3, 0.2], [0.5, 0.2, 0.1]),
        **curves("convergence.relu.eta_1.epoch_", [2.0, 2.0, 2.0], [2.1, 2.0, 2.0]),
        **curves("adam.epoch_", [0.3, 0.2], [0.2, 0.3]),
    },
    "ablations_keras": {
        f"{network}_{name}": values
        for network in ("dense", "cnn")
        for name, values in {
            **curves("paper.epochs.", [0.3, 0.2, 0.1], [0.3, 0.2, 0.1]),
            **curves("no_dropout.epochs.", [0.2, 0.1, 0.0], [0.2, 0.1, 0.0]),
            **curves("paper.epochs.", [0.5, 0.4, 0.3], [0.5, 0.3, 0.4], measure="validation_loss"),
            **curves(
                "no_dropout.epochs.", [0.4, 0.3, 0.7], [0.4, 0.3, 0.6], measure="validation_loss"
            ),
            **curves("unscaled.epochs.", [0.9], [0.8], measure="validation_loss"),
            "paper.test.accuracy": np.array([0.98, 0.99]),
            "no_dropout.test.accuracy": np.array([0.97, 0.98]),
        }.items()
    },
}

METRICS = {
    "fetch": {"dataset": "mnist"},
    "scale": {"test": {"largest_class_share": 0.4}},
    "svm_intuition": {"kernel_identity": {"pairs": 10, "largest_difference": 0.0}},
    "scratch_nn": {"untrained_accuracy": 0.1},
    "spread_keras_dense": {"test": {"accuracy": {"mean": 0.85, "min": 0.8}}},
    "comparison": {
        "tests": {
            one: {other: {"difference": 0.01, "p": 0.01, "p_holm": 0.03, "only_one": 3}}
            for one, other in (
                ("svm_final", "scratch_nn"),
                ("scratch_nn", "keras_dense"),
                ("keras_dense", "cnn"),
            )
        }
    },
    "benchmark": BENCHMARK,
    "printed": {"epoch_seconds": {"keras_dense": [30.0, 34.0], "cnn": [200.0, 184.0]}},
}

MEASURED = Measured(METRICS, VALUES, SPECTRUM, PROJECTED)


def without(stage):
    """Return what was measured but for one stage's values."""
    values = {name: content for name, content in VALUES.items() if name != stage}
    return dataclasses.replace(MEASURED, values=values)


def with_values(stage, **changes):
    return dataclasses.replace(MEASURED, values={**VALUES, stage: VALUES[stage] | changes})


# Tools


def test_values_by_seed_come_in_the_order_of_seeds():
    table = pd.DataFrame(
        {"metric": ["a.b", "c", "a.b", "c"], "seed": [1, 1, 0, 0], "value": [1.5, 3.0, 0.5, 2.0]}
    )
    found = by_seed(table)
    assert {name: values.tolist() for name, values in found.items()} == {
        "a.b": [0.5, 1.5],
        "c": [2.0, 3.0],
    }


def test_unpaired_difference_is_welchs():
    one, other = RNG.normal(0, 1, 5), RNG.normal(1, 4, 8)
    variances = one.var(ddof=1) / 5, other.var(ddof=1) / 8
    # Welch and Satterthwaite's degrees of freedom, written out.
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 4 + variances[1] ** 2 / 7)
    reach = stats.t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    middle = other.mean() - one.mean()
    assert evidence.unpaired_difference(one, other) == pytest.approx(
        {"mean": middle, "low": middle - reach, "high": middle + reach}
    )


def test_unpaired_difference_without_any_spread_has_no_width():
    found = evidence.unpaired_difference(np.ones(3), np.full(2, 3.0))
    assert found == {"mean": 2.0, "low": 2.0, "high": 2.0}


def test_rises_leave_falls_out():
    assert evidence.rises(np.array([[3.0, 1.0, 1.5, 1.0, 1.25], [4, 3, 2, 1, 0]])) == pytest.approx(
        [0.75, 0]
    )


def test_ratios_are_taken_round_by_round():
    found = evidence.ratio_range([2.0, 9.0, 4.0], [1.0, 3.0, 8.0])
    assert found == {"median": 2.0, "min": 0.5, "max": 3.0, "rounds": 3}


def test_a_curve_ends_where_its_epochs_end():
    curve = MEASURED.curve("ablations_network", "scaling.unscaled.epoch_{epoch}.loss")
    assert curve.tolist() == [[2.0, 5.0, 3.0], [3.0, 2.0, 2.5]]
    with pytest.raises(NotMeasured):
        MEASURED.curve("ablations_network", "scaling.other.epoch_{epoch}.loss")


# Gathering


def leaves(tree):
    for value in tree.values():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield value


def test_all_evidence_is_finite_numbers():
    found = gather(MEASURED)
    assert list(found) == list(EVIDENCE)
    values = list(leaves(found))
    assert all(isinstance(value, int | float) for value in values)
    assert all(np.isfinite(value) for value in values)


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        ("spread_svm_gridsearch", {"grid_best"}),
        ("spread_svm_kernels", {"rbf_best"}),
        ("spread_cnn", {"cnn_beats_dense"}),
        (
            "ablations_svm",
            {"scaling_svm", "more_than_fifty", "noise_components", "cubic_growth"},
        ),
        (
            "ablations_network",
            {"scaling_scratch", "trained_correctly", "relu_converges", "adam_faster"},
        ),
    ],
)
def test_evidence_that_is_missing_is_left_out(stage, missing):
    assert set(EVIDENCE) - set(gather(without(stage))) == missing


def test_timings_of_another_data_set_do_not_count():
    other = dataclasses.replace(MEASURED, metrics=METRICS | {"fetch": {"dataset": "digits"}})
    found = gather(other)
    assert set(EVIDENCE) - set(found) == {
        "linear_fastest",
        "rbf_slowest",
        "relu_faster",
        "cnn_slow",
    }
    assert "timed" not in found["cubic_growth"]["C_1"]


# Components


def test_variance_of_components():
    found = gather(MEASURED)
    assert found["two_components"]["share"] == pytest.approx(1 - 0.25)
    assert found["three_components"]["share"] == pytest.approx(1 - 0.125)
    assert found["fifty_components"]["share"] == pytest.approx(1)
    assert found["fifty_components"]["for_80_percent"] == 3
    gain = found["gain_beyond_fifty"]
    assert gain["first"] / gain["after"] == pytest.approx(2.0**50)
    assert gain["after_components"] == 50


def test_few_components_say_less():
    few = dataclasses.replace(MEASURED, spectrum=np.full(50, 0.01))
    found = gather(few)
    assert found["fifty_components"] == {"share": pytest.approx(0.5), "for_80_percent": None}
    assert "gain_beyond_fifty" not in found
    fewer = gather(dataclasses.replace(MEASURED, spectrum=np.full(49, 0.01)))
    assert "fifty_components" not in fewer


def test_zeros_have_their_mean_and_spread():
    # Whichever signs the components came with, the score of largest size is positive.
    largest = np.abs(PROJECTED.train_scores).argmax(axis=0)
    signs = np.sign(PROJECTED.train_scores[largest, np.arange(3)])
    zeros = (signs * PROJECTED.train_scores)[:60]
    turned = dataclasses.replace(PROJECTED, train_scores=-PROJECTED.train_scores)
    place = gather(MEASURED)["place_of_zeros"]
    assert gather(dataclasses.replace(MEASURED, projected=turned))["place_of_zeros"] == place
    assert place["component_1"] == pytest.approx(
        {"mean": np.mean(zeros[:, 0]), "sd": np.std(zeros[:, 0])}
    )
    none = dataclasses.replace(PROJECTED, train_labels=TRAIN_LABELS + 1)
    assert "place_of_zeros" not in gather(dataclasses.replace(MEASURED, projected=none))


def test_labels_on_two_and_three_components():
    found = gather(MEASURED)
    two, three = found["two_components_labels"], found["three_components_labels"]
    predicted = evidence.neighbours(PROJECTED, 2)
    assert (predicted[:40] == 0).all()
    assert set(predicted[40:]) <= {1, 2}
    f1 = f1_score(TEST_LABELS, predicted, average=None)
    assert two["clear"] == (f1 >= 0.9).sum() == 1
    assert (two["best_label"], two["best_f1"], two["labels"]) == (0, 1.0, 3)
    assert two["by_guessing"] == pytest.approx(40 / 90)
    assert (three["accuracy"], three["clear"]) == (1.0, 3)
    assert three["accuracy_two"] == two["accuracy"] == (predicted == TEST_LABELS).mean()
    wrong = int((predicted != TEST_LABELS).sum())
    assert (three["only_two"], three["only_three"]) == (0, wrong)
    assert three["p"] == pytest.approx(2 * 0.5**wrong)


def test_machines_on_more_components():
    found = gather(MEASURED)
    gain = found["more_than_fifty"]
    assert (gain["best"], gain["best_accuracy"]) == (100, pytest.approx(0.965))
    assert set(gain["gain"]) == {"k_100", "k_784"}
    assert gain["gain"]["k_100"] == pytest.approx(
        {"mean": 0.01, "low": 0.01, "high": 0.01, "seeds": 2}, abs=1e-9
    )
    # Two differences, -0.01 and -0.02; two tests, so each may be wrong 2.5 % of the time.
    reach = stats.t.ppf(1 - 0.025 / 2, 1) * 0.005
    assert gain["gain"]["k_784"]["low"] == pytest.approx(-0.015 - reach)
    noise = found["noise_components"]
    assert (noise["components"], noise["best"]) == (784, 100)
    assert noise["advantage_of_fifty"]["mean"] == pytest.approx(0.015)
    assert noise["advantage_of_fifty"]["high"] == pytest.approx(
        0.015 + stats.t.ppf(0.975, 1) * 0.005
    )


# Support vector machines


def test_growth_is_counted_and_timed():
    growth = gather(MEASURED)["cubic_growth"]
    cubic = {"mean": 3, "low": 3, "high": 3, "seeds": 2}
    counted = growth["C_1000"]["counted"]
    assert counted.pop("last_step") == pytest.approx(cubic)
    assert counted == pytest.approx({"rows": 1000, **cubic})
    assert growth["C_1"]["counted"]["mean"] == pytest.approx(1.5)
    timed = growth["C_1"]["timed"]
    slopes = {"median": 2.5, "min": 2, "max": 3, "rounds": 2}
    assert timed.pop("last_step") == pytest.approx(slopes)
    assert timed == pytest.approx({"rows": 200, **slopes})


def test_the_last_step_of_a_growth_that_bends():
    name = "growth.C_1000.rows_1000"
    steeper = {name: 2 * VALUES["ablations_svm"][name]}
    found = gather(with_values("ablations_svm", **steeper))["cubic_growth"]["C_1000"]["counted"]
    assert found["last_step"]["mean"] == pytest.approx(3 + np.log10(2))


def test_growth_needs_two_sizes():
    few = {name: v for name, v in VALUES["ablations_svm"].items() if "rows_1000" not in name}
    small = dataclasses.replace(MEASURED, values=VALUES | {"ablations_svm": few})
    assert "cubic_growth" not in gather(small)
    assert evidence.growth_curves(small)["counted"]["C_1"][0] == [100]


def test_kernels_are_timed_against_one():
    found = gather(MEASURED)
    linear = found["linear_fastest"]["fit"]
    assert linear["seconds"] == 1.0
    assert found["linear_fastest"]["rounds"] == 3
    assert linear["others"]["poly"] == {"median": 2.0, "min": 2.0, "max": 3.0, "rounds": 3}
    assert found["rbf_slowest"]["predict"]["others"]["linear"]["median"] == 0.25


def test_kernels_are_compared_draw_by_draw():
    found = gather(MEASURED)["rbf_best"]["test"]["accuracy"]
    assert found["rbf"] == pytest.approx(0.6)
    # The draws differ by 0.1, the kernels on a draw always by the same.
    assert {other: (d["mean"], d["high"]) for other, d in found["advantage"].items()} == {
        "linear": (pytest.approx(-0.05), pytest.approx(-0.05)),
        "sigmoid": (pytest.approx(0.05), pytest.approx(0.05)),
    }


def test_the_best_of_the_grid_is_counted_over_draws():
    found = gather(MEASURED)["grid_best"]
    # Draw 0: tied with C = 100, but for rounding. Draw 1: beaten. Draw 2: tied with gamma 0.1.
    assert (found["draws"], found["among_best"], found["alone_best"]) == (3, 2, 0)
    assert found["gamma_best"] == 3
    assert found["ties"] == pytest.approx((2 + 1 + 2) / 3)
    assert found["behind_best"] == pytest.approx(0.02)
    assert found["ahead_of_other_gammas"]["mean"] == pytest.approx((0.28 + 0.28 + 0) / 3)


def test_a_grid_without_the_papers_pair_says_nothing():
    other = {"mean_accuracy.C_10.gamma_0.1": np.ones(2), "mean_accuracy.C_1.gamma_0.1": np.ones(2)}
    small = dataclasses.replace(MEASURED, values=VALUES | {"spread_svm_gridsearch": other})
    assert "grid_best" not in gather(small)


def test_scaling_of_machines():
    linear = gather(MEASURED)["scaling_svm"]["linear"]
    assert linear["accuracy"]["advantage"]["mean"] == pytest.approx(0.5)
    # Scaled pixels need more iterations here.
    assert linear["iterations"]["advantage"]["mean"] == pytest.approx(-30)


# Networks


def test_trained_against_a_better_start():
    found = gather(MEASURED)["trained_correctly"]
    assert (found["paper_start"], found["better_start"]) == (
        pytest.approx(0.75),
        pytest.approx(0.85),
    )
    assert found["shortfall"]["mean"] == pytest.approx(0.1)
    assert found["learned"]["mean"] == pytest.approx(0.55)


def test_final_models_over_seeds():
    found = gather(MEASURED)
    network = found["scratch_beats_svm"]
    assert network["auc_hard"]["advantage"] == pytest.approx(
        {"mean": -0.1, "low": -0.1, "high": -0.1}
    )
    assert network["as_printed"]["mean"] == pytest.approx(0.87 - 0.8)
    assert network["pair"] == {"difference": 0.01, "p_holm": 0.03}
    # A lower loss is an advantage.
    loss = found["dense_beats_scratch"]["loss"]
    assert (loss["one"], loss["other"]) == (pytest.approx(0.5), pytest.approx(0.25))
    assert loss["advantage"]["mean"] == pytest.approx(0.25)
    assert (loss["seeds_one"], loss["seeds_other"]) == (3, 2)


def test_scaling_of_networks():
    found = gather(MEASURED)
    scratch = found["scaling_scratch"]
    assert scratch["epochs"] == 3
    assert scratch["first_loss"]["advantage"]["mean"] == pytest.approx(1.95)
    assert scratch["rises"]["scaled"] == pytest.approx(0.1)
    assert scratch["rises"]["unscaled"] == pytest.approx((3 + 0.5) / 2)
    assert scratch["last_loss"]["scaled"] == pytest.approx(0.5)
    dense = found["scaling_dense"]
    assert dense["epochs"] == 1
    assert "rises" not in dense
    assert dense["first_loss"]["advantage"]["mean"] == pytest.approx(0.35)


def test_activations_at_equal_and_at_best_rates():
    found = gather(MEASURED)["relu_converges"]
    assert (found["relu_rate"], found["sigmoid_rate"]) == (0.03, 1.0)
    assert found["relu_epochs_to_that"] == 2
    assert found["advantage"]["eta_1"]["mean"] == pytest.approx(np.mean([0.4, 1.3 / 3]) - 6.05 / 3)
    assert found["advantage_at_best"]["mean"] == pytest.approx(np.mean([0.4, 1.3 / 3]) - 1.7 / 6)


def test_relu_that_never_gets_as_far():
    worse = with_values(
        "ablations_network", **curves("convergence.relu.eta_0.03.epoch_", [1, 1, 1], [1, 1, 1])
    )
    assert gather(worse)["relu_converges"]["relu_epochs_to_that"] is None


def test_adam_over_the_epochs_that_both_ran():
    found = gather(MEASURED)["adam_faster"]
    assert (found["epochs"], found["best_rate"]) == (2, 0.03)
    assert found["advantage_at_best"]["mean"] == pytest.approx(0.35 - 0.25)
    assert found["advantage"]["eta_1"]["mean"] == pytest.approx(2.025 - 0.25)


def test_dropout():
    found = gather(MEASURED)["dropout_dense"]
    # The means over seeds are 0.5, 0.35, 0.35: the first of the lowest counts.
    assert (found["with"]["lowest_epoch"], found["without"]["lowest_epoch"]) == (2, 2)
    assert found["with"]["rise"]["mean"] == pytest.approx(0)
    assert found["without"]["rise"]["mean"] == pytest.approx(0.35)
    assert found["rise_advantage"]["mean"] == pytest.approx(0.35)
    assert found["loss_advantage"]["mean"] == pytest.approx(0.3)
    assert found["accuracy_advantage"]["mean"] == pytest.approx(0.01)


def test_time_of_an_image_allows_for_fewer_images():
    found = gather(MEASURED)["cnn_slow"]
    assert (found["epoch"]["min"], found["epoch"]["max"]) == (1, 2)
    assert (found["image"]["min"], found["image"]["max"]) == (1.25, 2.5)
    assert found["image_cpu"]["median"] == pytest.approx(0.625)
    assert found["printed"] == {"cnn_seconds": 192, "dense_seconds": 32, "epoch": 6}


def test_cost_of_an_activation():
    found = gather(MEASURED)["relu_faster"]
    assert found["ratio"] == {"median": 1.75, "min": 1.5, "max": 2.0, "rounds": 2}
