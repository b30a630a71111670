"""Measurements made up by hand, small enough to work out what they are evidence for."""

import numpy as np

from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.evidence import Measured

RNG = np.random.default_rng(0)
SPECTRUM = 0.5 ** np.arange(1, 121)

#: Two labels that the first component parts, and a third one that only the third component does.
TRAIN_LABELS = np.repeat([0, 1, 2], 60)
TEST_LABELS = np.repeat([0, 1, 2], [40, 30, 20])


def scores(labels):
    centres = np.array([[-4, 2, 0], [4, 0, 0], [4, 0, 6]])
    return centres[labels] + 0.1 * RNG.normal(size=(len(labels), 3))


PROJECTED = ScaledData(scores(TRAIN_LABELS), TRAIN_LABELS, scores(TEST_LABELS), TEST_LABELS)


def model(**measures):
    return {f"test.{name}": np.array(values) for name, values in measures.items()}


def curves(prefix, *seeds, measure="loss"):
    """Return metric names to values of curves by epoch, one curve for each seed."""
    return {
        f"{prefix}{epoch}.{measure}": np.array(values)
        for epoch, values in enumerate(zip(*seeds, strict=True), start=1)
    }


VALIDATION = "validation_loss"


def clock(cpu, wall=None):
    return {"cpu": cpu, "wall": wall or cpu}


BENCHMARK = {
    "dataset": "mnist",
    "kernels": {
        "rows": 100,
        "fit": {
            "linear": clock([1.0, 2.0, 1.0]), "poly": clock([3.0, 4.0, 2.0]),
            "rbf": clock([2.0, 1.0, 4.0]),
        },
        "predict": {
            "linear": clock([1.0, 1.0]), "poly": clock([2.0, 2.0]), "rbf": clock([4.0, 4.0]),
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
    "activations": {
        "calls": 1000, "sigmoid": clock([0.5, 0.6]), "tanh": clock([0.3, 0.1]),
        "relu": clock([0.2, 0.1]),
    },
}  # fmt: skip

STUDIES = {
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
        auc_scores=[0.85, 0.86, 0.9], auc_hard=[0.7, 0.7, 0.7],
        accuracy=[0.6, 0.7, 0.65], loss=[0.5, 0.6, 0.4],
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
            f"growth_noisy.{price}.{name}": np.array(values)
            for price in ("C_1", "C_1000")
            for name, values in {
                "rows_100": [10.0, 10.0], "rows_1000": [1e3, 1e4],
                "bound_100": [0.0, 0.0], "bound_1000": [0.2, 0.4],
            }.items()
        },
        **{
            f"scaling.{kernel}.{pixels}.{measure}": np.array([value, value + 0.01])
            for kernel in ("linear", "rbf")
            for pixels, measure, value in (
                ("scaled", "accuracy", 0.9), ("unscaled", "accuracy", 0.4),
                ("scaled", "iterations", 100), ("unscaled", "iterations", 70),
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
    "origins": {
        f"kernels.{kernel}.{gamma}.test": np.array([0.5, 0.6]) + shift
        for kernel, shift in (("sigmoid", 0.0), ("rbf", 0.05), ("linear", 0.1))
        for gamma in ("auto", "scale_2019", "scale")
        if kernel != "linear" or gamma == "auto"
    },
    "slips_network": {
        "base.auc_scores": np.array([0.91, 0.92]),
        "minibatches_as_printed.auc_scores": np.array([0.90, 0.92]),
    },
    "slips_svm": {
        f"scores.auc.{kind}": np.array([0.9, 0.91])
        for kind in ("labels", "decision", "votes", "margins", "calibrated")
    },
    "ablations_keras": {
        **curves("optimizers.adam.eta_0.001.epochs.", [0.3, 0.2], [0.2, 0.3], measure=VALIDATION),
        **curves("optimizers.adam.eta_0.003.epochs.", [1.0, 1.0], [1.0, 1.0], measure=VALIDATION),
        **curves("optimizers.descent.eta_0.1.epochs.", [0.4, 0.3], [0.5, 0.2], measure=VALIDATION),
        **curves("optimizers.descent.eta_1.epochs.", [2.0, 2.0], [2.1, 2.0], measure=VALIDATION),
    }
    | {
        f"{network}_{name}": values
        for network in ("dense", "cnn")
        for name, values in {
            **curves("paper.epochs.", [0.3, 0.2, 0.1], [0.3, 0.2, 0.1]),
            **curves("no_dropout.epochs.", [0.2, 0.1, 0.0], [0.2, 0.1, 0.0]),
            **curves("paper.epochs.", [0.5, 0.4, 0.3], [0.5, 0.3, 0.4], measure=VALIDATION),
            **curves("no_dropout.epochs.", [0.4, 0.3, 0.7], [0.4, 0.3, 0.6], measure=VALIDATION),
            **curves("unscaled.epochs.", [0.9], [0.8], measure=VALIDATION),
            "paper.test.accuracy": np.array([0.98, 0.99]),
            "no_dropout.test.accuracy": np.array([0.97, 0.98]),
        }.items()
    },
}  # fmt: skip

VALUES = {
    f"{study}.{metric}": values
    for study, metrics in STUDIES.items()
    for metric, values in metrics.items()
}

METRICS = {
    "fetch": {"dataset": "mnist"},
    "scale": {"test": {"largest_class_share": 0.4}},
    "svm_intuition": {
        "kernel_identity": {
            "points": 5, "pairs": 10, "largest_difference": 0.0, "same_decisions": 1.0,
            "largest_decision_gap": 0.0,
        }
    },
    "scratch_nn": {"untrained_accuracy": 0.1},
    "comparison": {
        "tests": {
            one: {other: {"difference": 0.01, "p": 0.01, "p_holm": 0.03, "only_one": 3}}
            for one, other in (
                ("svm_final", "scratch_nn"), ("scratch_nn", "keras_dense"), ("keras_dense", "cnn"),
            )
        }
    },
    "benchmark": BENCHMARK,
    "printed": {"keras_dense": [30.0, 34.0], "cnn": [200.0, 184.0]},
}  # fmt: skip

MEASURED = Measured(METRICS, VALUES, SPECTRUM, PROJECTED)
