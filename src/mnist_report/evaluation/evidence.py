"""Evidence for and against the paper's statements: numbers, taken from what the stages measured.

One function for each statement, named in `EVIDENCE`. None of them judges: that is done in
`mnist_report.report.statements`, by rules that stand there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier

from mnist_report.core.trees import at
from mnist_report.evaluation.growth import exponents
from mnist_report.evaluation.seeds import welch
from mnist_report.evaluation.signs import with_signs_of_2019
from mnist_report.models.classical.pca import components_for
from mnist_report.scores.scores import accuracy
from mnist_report.scores.uncertainty import mcnemar, paired_difference, spread
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

#: Numbers of rows, rising, and what fits on so many cost, shape (repeats, numbers).
Costs = tuple[list[int], Floats]

#: How many components the paper finds enough.
ENOUGH = 50

#: What the paper's search found (cell 19), as the grid's names have it.
FOUND = (f"C_{FOUND_C:g}", f"gamma_{FOUND_GAMMA:g}")

#: Two means of accuracies over folds that are less than this apart are the same number.
ROUNDING = 1e-9

#: From this F1 on a label counts as clearly told from the others.
CLEAR = 0.9

#: Epochs that the paper trains its network from scratch (cell 26), and their learning rate.
SCRATCH_EPOCHS, SCRATCH_RATE = 2, "1"

#: An interval that is wrong once in so many times.
CHANCE = 0.05


class NotMeasured(Exception):  # noqa: N818  (it is no error: the data or the parameters lack it)
    """There is nothing to take the evidence from, with these data and parameters."""


@dataclass(frozen=True)
class Projected:
    """Images on their first three principal components.

    The scores have the shape (n, 3); the labels (n,).
    """

    train_scores: Floats
    train_labels: Labels
    test_scores: Floats
    test_labels: Labels


@dataclass(frozen=True)
class Measured:
    """All that the stages measured.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file; ``benchmark`` to the timings; ``printed`` to
        ``epoch_seconds``, network to the seconds of each epoch in the paper's logs.
    values
        Stage name to metric name to its values, one for each seed, in the order of the seeds.
    spectrum
        The share of the variance that each principal component explains, shape (components,).
    projected
        The images on the first three components.
    """

    metrics: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Floats]]
    spectrum: Floats
    projected: Projected

    def metric(self, stage: str, name: str) -> Any:  # noqa: ANN401  (a number or a tree of them)
        """Return what a stage's metrics hold under a dotted name."""
        try:
            return at(self.metrics[stage], name)
        except KeyError:
            raise NotMeasured(f"{stage}: {name}") from None

    def seeds(self, stage: str, name: str) -> Floats:
        """Return a metric's values, one for each seed, shape (seeds,)."""
        try:
            return self.values[stage][name]
        except KeyError:
            raise NotMeasured(f"{stage}: {name}") from None

    def curve(self, stage: str, name: str) -> Floats:
        """Return a metric by epoch, shape (seeds, epochs); `name` holds ``{epoch}``."""
        values = self.values.get(stage, {})
        found: list[Floats] = []
        while (key := name.format(epoch=len(found) + 1)) in values:
            found.append(values[key])
        if not found:
            raise NotMeasured(f"{stage}: {name}")
        return np.stack(found, axis=1)

    def parts(self, stage: str, pattern: str) -> list[str]:
        """Return what the group of a pattern stands for in the names of a stage's metrics."""
        matches = (re.fullmatch(pattern, name) for name in self.values.get(stage, {}))
        return list(dict.fromkeys(match[1] for match in matches if match))


def gather(measured: Measured) -> dict[str, dict[str, Any]]:
    """Return the evidence for every statement that has some, under its name in `EVIDENCE`."""
    found = {}
    for name, evidence in EVIDENCE.items():
        try:
            found[name] = evidence(measured)
        except NotMeasured:
            continue
    return found


# Tools


def unpaired_difference(one: Floats, other: Floats) -> dict[str, float]:
    """Return `welch` of the values of two models that share no draw, shapes (seeds,)."""
    return welch(spread(one.tolist()), spread(other.tolist()))


def mean_interval(values: Floats) -> dict[str, float]:
    """Return the mean of values over seeds with Student's 95 % interval, and their number."""
    return paired_difference(np.zeros(len(values)).tolist(), values.tolist())


def rises(curve: Floats) -> Floats:
    """Return how far a loss rises in all from epoch to epoch, falls left out, shape (seeds,).

    Parameters
    ----------
    curve
        Shape (seeds, epochs).
    """
    total: Floats = np.diff(curve, axis=1).clip(0).sum(axis=1)
    return total


def ratio_range(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Return median, min and max of the ratios of two timings taken in turn, and their number."""
    return _range(np.divide(above, below))


def _range(values: Floats) -> dict[str, float]:
    return {
        "median": float(np.median(values)),
        "min": float(values.min()),
        "max": float(values.max()),
        "rounds": len(values),
    }


def _paired(one: Floats, other: Floats, tests: int = 1) -> dict[str, float]:
    """Return `paired_difference` with an interval that is right for so many tests together.

    By Bonferroni's rule: each may be wrong `CHANCE` / tests of the time.
    """
    return paired_difference(one.tolist(), other.tolist(), 1 - CHANCE / tests)


def _timing(m: Measured, name: str) -> Any:  # noqa: ANN401
    """Return what the benchmark holds under a name, if it was run on the data set at hand."""
    if m.metric("benchmark", "dataset") != m.metric("fetch", "dataset"):
        raise NotMeasured("the benchmark was run on another data set")
    return m.metric("benchmark", name)


# Principal components


def _variance(m: Measured, components: int) -> float:
    if len(m.spectrum) < components:
        raise NotMeasured(f"there are no {components} components")
    return float(m.spectrum[:components].sum())


def two_components(m: Measured) -> dict[str, Any]:
    """Return the share of the variance that two components explain."""
    return {"share": _variance(m, 2)}


def three_components(m: Measured) -> dict[str, Any]:
    """Return the share of the variance that three components explain."""
    return {"share": _variance(m, 3)}


def place_of_zeros(m: Measured) -> dict[str, Any]:
    """Return where the images labelled 0 lie on the first two components, signs as in 2019."""
    scores = with_signs_of_2019(m.projected.train_scores)
    zeros = scores[m.projected.train_labels == 0]
    if len(zeros) == 0:
        raise NotMeasured("no image is labelled 0")
    return {
        f"component_{k + 1}": {"mean": float(zeros[:, k].mean()), "sd": float(zeros[:, k].std())}
        for k in range(2)
    }


def neighbours(projected: Projected, components: int) -> Labels:
    """Classify the test images by their nearest training images on the first components.

    As many neighbours vote as the square root of the training images, a rule of thumb: enough
    to follow the majority where classes overlap.

    Returns
    -------
    (n,) int64
        The predicted labels.
    """
    votes = max(1, round(len(projected.train_scores) ** 0.5))
    model = KNeighborsClassifier(votes).fit(
        projected.train_scores[:, :components], projected.train_labels
    )
    predicted: Labels = model.predict(projected.test_scores[:, :components])
    return predicted


def _told_apart(projected: Projected, predicted: Labels) -> dict[str, Any]:
    """Return the accuracy, and how many labels are told clearly from all others."""
    truth = projected.test_labels
    labels = np.unique(truth)
    f1 = f1_score(truth, predicted, labels=labels, average=None, zero_division=0.0)
    return {
        "accuracy": accuracy(truth, predicted),
        "labels": len(labels),
        "clear": int((f1 >= CLEAR).sum()),
        "best_f1": float(f1.max()),
        "best_label": int(labels[f1.argmax()]),
    }


def labels_on_two_components(m: Measured) -> dict[str, Any]:
    """Return how well a nearest-neighbour classifier reads labels from two components."""
    largest = np.unique(m.projected.test_labels, return_counts=True)[1].max()
    return {
        **_told_apart(m.projected, neighbours(m.projected, 2)),
        "by_guessing": float(largest / len(m.projected.test_labels)),
    }


def labels_on_three_components(m: Measured) -> dict[str, Any]:
    """Compare nearest-neighbour classifiers on two and on three components, by McNemar's test."""
    two, three = (neighbours(m.projected, k) for k in (2, 3))
    truth = m.projected.test_labels
    only_two, only_three, p = mcnemar(two == truth, three == truth)
    return {
        **_told_apart(m.projected, three),
        "accuracy_two": accuracy(truth, two),
        "only_two": only_two,
        "only_three": only_three,
        "p": p,
    }


def fifty_components(m: Measured) -> dict[str, Any]:
    """Return the share of the variance that fifty components explain."""
    return {"share": _variance(m, ENOUGH), "for_80_percent": components_for(m.spectrum, 0.8)}


def gain_of_variance(m: Measured) -> dict[str, Any]:
    """Compare the variance that a component adds, among the first fifty and the next fifty."""
    first = m.spectrum[:ENOUGH]
    after = m.spectrum[ENOUGH : 2 * ENOUGH]
    if len(after) == 0:
        raise NotMeasured(f"there are no more than {ENOUGH} components")
    return {
        "first": float(first.mean()),
        "after": float(after.mean()),
        "after_components": len(after),
        "share_left": float(1 - first.sum()),
    }


def by_components(m: Measured) -> dict[int, Floats]:
    """Return number of components, rising, to the accuracies of the SVM, one for each seed."""
    numbers = sorted(int(k) for k in m.parts("ablations_svm", r"components\.k_(\d+)\.accuracy"))
    return {k: m.seeds("ablations_svm", f"components.k_{k}.accuracy") for k in numbers}


def _fifty_and_more(m: Measured) -> dict[int, Floats]:
    accuracies = by_components(m)
    if ENOUGH not in accuracies or max(accuracies) == ENOUGH:
        raise NotMeasured(f"no SVM on {ENOUGH} components and on more")
    return accuracies


def more_than_fifty(m: Measured) -> dict[str, Any]:
    """Compare the accuracy of SVMs on more than fifty components with that on fifty."""
    accuracies = _fifty_and_more(m)
    more = [k for k in accuracies if k > ENOUGH]
    best = max(more, key=lambda k: accuracies[k].mean())
    gains = {f"k_{k}": _paired(accuracies[ENOUGH], accuracies[k], tests=len(more)) for k in more}
    return {
        "accuracy": float(accuracies[ENOUGH].mean()),
        "best": best,
        "best_accuracy": float(accuracies[best].mean()),
        "gain": gains,
    }


def all_components(m: Measured) -> dict[str, Any]:
    """Compare the accuracy of an SVM on fifty components with that on all."""
    accuracies = _fifty_and_more(m)
    most = max(accuracies)
    best = max(accuracies, key=lambda k: accuracies[k].mean())
    return {
        "components": most,
        "accuracy": float(accuracies[most].mean()),
        "accuracy_of_fifty": float(accuracies[ENOUGH].mean()),
        "advantage_of_fifty": _paired(accuracies[most], accuracies[ENOUGH]),
        "best": best,
        "best_accuracy": float(accuracies[best].mean()),
    }


# Support vector machines


def kernel_identity(m: Measured) -> dict[str, Any]:
    """Return how far the kernel is from the inner product it stands for, and what it decides."""
    return dict(m.metric("svm_intuition", "kernel_identity"))


def counted_work(m: Measured) -> dict[str, Costs]:
    """Return ``C_<price>`` to the numbers of rows and the work of a fit, shape (seeds, numbers)."""
    stage, result = "ablations_svm", {}
    for price in m.parts(stage, r"growth\.(C_.+)\.rows_\d+"):
        pattern = rf"growth\.{re.escape(price)}\.rows_(\d+)"
        sizes = sorted(int(rows) for rows in m.parts(stage, pattern))
        work = [m.seeds(stage, f"growth.{price}.rows_{rows}") for rows in sizes]
        result[price] = (sizes, np.stack(work, axis=1))
    return result


def timed_work(m: Measured) -> dict[str, Costs]:
    """Return ``C_<price>`` to the numbers of rows and the CPU seconds, shape (rounds, numbers)."""
    result = {}
    for price, timings in _timing(m, "growth").items():
        by_rows = {int(name.removeprefix("rows_")): times["cpu"] for name, times in timings.items()}
        sizes = sorted(by_rows)
        result[price] = (sizes, np.array([by_rows[rows] for rows in sizes]).T)
    return result


def growth_curves(m: Measured) -> dict[str, dict[str, Costs]]:
    """Return ``counted`` and ``timed`` to the costs by price; empty what was not measured."""
    try:
        timed = timed_work(m)
    except NotMeasured:
        timed = {}
    return {"counted": counted_work(m), "timed": timed}


def growth_of_work(m: Measured) -> dict[str, Any]:
    """Return the exponents with which the cost of a fit grows, counted and timed, by the price C.

    Over all numbers of rows, and from the last but one to the last (``last_step``). Counted:
    Student's interval over seeds. Timed: the range over rounds.
    """
    result: dict[str, Any] = {}
    for kind, curves in growth_curves(m).items():
        for price, (sizes, costs) in curves.items():
            if len(sizes) > 1:
                summarize = mean_interval if kind == "counted" else _range
                result.setdefault(price, {})[kind] = {
                    "rows": sizes[-1],
                    **summarize(exponents(sizes, costs)),
                    "last_step": summarize(exponents(sizes[-2:], costs[:, -2:])),
                }
    if any("counted" not in result.get(price, {}) for price in ("C_1", "C_1000")):
        raise NotMeasured("too few rows to see the work grow")
    return result


def _kernel_seconds(m: Measured, kernel: str) -> dict[str, Any]:
    """Compare the CPU seconds of every other kernel with those of one, fit and prediction."""
    result: dict[str, Any] = {
        "rows": _timing(m, "kernels.rows"),
        "rounds": len(_timing(m, f"kernels.fit.{kernel}.cpu")),
    }
    for work in ("fit", "predict"):
        timings = _timing(m, f"kernels.{work}")
        result[work] = {
            "seconds": float(np.median(timings[kernel]["cpu"])),
            "others": {
                other: ratio_range(timing["cpu"], timings[kernel]["cpu"])
                for other, timing in timings.items()
                if other != kernel
            },
        }
    return result


def linear_kernel(m: Measured) -> dict[str, Any]:
    """Return how much longer the other kernels take than the linear one."""
    return _kernel_seconds(m, "linear")


def rbf_kernel(m: Measured) -> dict[str, Any]:
    """Return how much longer the other kernels take than the RBF kernel (below 1: less long)."""
    return _kernel_seconds(m, "rbf")


def best_kernel(m: Measured) -> dict[str, Any]:
    """Compare the RBF kernel with each other one on the same draws, by rows and by measure."""
    stage = "spread_svm_kernels"
    kernels = m.parts(stage, r"kernels\.([^.]+)\.test\.accuracy")
    others = [kernel for kernel in kernels if kernel != "rbf"]
    if "rbf" not in kernels or not others:
        raise NotMeasured("no RBF kernel, or nothing beside it")
    return {
        rows: {
            measure: {
                "rbf": float(m.seeds(stage, f"kernels.rbf.{rows}.{measure}").mean()),
                "advantage": {
                    other: _paired(
                        m.seeds(stage, f"kernels.{other}.{rows}.{measure}"),
                        m.seeds(stage, f"kernels.rbf.{rows}.{measure}"),
                        tests=len(others),
                    )
                    for other in others
                },
            }
            for measure in ("auc_hard", "auc_scores", "accuracy")
        }
        for rows in ("train", "test")
    }


def best_of_grid(m: Measured) -> dict[str, Any]:
    """Return how often, over draws, the paper's C and gamma come out best of the grid."""
    stage = "spread_svm_gridsearch"
    pairs = [
        (C, gamma)
        for C in m.parts(stage, r"mean_accuracy\.(C_.+)\.gamma_.+")
        for gamma in m.parts(stage, rf"mean_accuracy\.{re.escape(C)}\.(gamma_.+)")
    ]
    if FOUND not in pairs or len(pairs) == 1:
        raise NotMeasured("the grid does not hold the paper's pair beside others")
    accuracies = {pair: m.seeds(stage, f"mean_accuracy.{pair[0]}.{pair[1]}") for pair in pairs}
    best = np.max(list(accuracies.values()), axis=0)
    among_best = {pair: values >= best - ROUNDING for pair, values in accuracies.items()}
    hits = among_best[FOUND]
    ties = np.sum(list(among_best.values()), axis=0)
    gamma_best = np.any([v for pair, v in among_best.items() if pair[1] == FOUND[1]], axis=0)
    result: dict[str, Any] = {
        "draws": len(best),
        "among_best": int(hits.sum()),
        "alone_best": int((hits & (ties == 1)).sum()),
        "gamma_best": int(gamma_best.sum()),
        "ties": float(ties.mean()),
        "accuracy": float(accuracies[FOUND].mean()),
        "behind_best": float((best - accuracies[FOUND]).max()),
    }
    elsewhere = [values for pair, values in accuracies.items() if pair[1] != FOUND[1]]
    if elsewhere:
        result["ahead_of_other_gammas"] = _paired(np.max(elsewhere, axis=0), accuracies[FOUND])
    return result


# Networks


def untrained_network(m: Measured) -> dict[str, Any]:
    """Return the accuracy of the network before training, and that of always the same answer."""
    return {
        "accuracy": m.metric("scratch_nn", "untrained_accuracy"),
        "by_guessing": m.metric("scale", "test.largest_class_share"),
    }


def trained_network(m: Measured) -> dict[str, Any]:
    """Compare the trained network with the untrained one, and with one that starts better."""
    stage = "ablations_network"
    as_printed = m.curve(stage, "scaling.scaled.epoch_{epoch}.accuracy")
    better = m.curve(stage, f"convergence.sigmoid.eta_{SCRATCH_RATE}.epoch_{{epoch}}.accuracy")
    if as_printed.shape[1] < SCRATCH_EPOCHS:
        raise NotMeasured("too few epochs")
    one, other = as_printed[:, SCRATCH_EPOCHS - 1], better[:, SCRATCH_EPOCHS - 1]
    trained = m.seeds("spread_scratch_nn", "test.accuracy")
    untrained = m.metric("scratch_nn", "untrained_accuracy")
    return {
        "untrained": untrained,
        "learned": mean_interval(trained - untrained),
        "accuracy": float(trained.mean()),
        "auc_scores": float(m.seeds("spread_scratch_nn", "test.auc_scores").mean()),
        "paper_start": float(one.mean()),
        "better_start": float(other.mean()),
        "shortfall": _paired(one, other),
    }


def _advantage(m: Measured, one: str, other: str, measures: Iterable[str]) -> dict[str, Any]:
    """Compare two final models over seeds, and the two trained ones on the test images.

    An advantage is the other's value less the one's; of the loss, the one's less the other's.
    """
    result: dict[str, Any] = {}
    for measure in measures:
        first, second = (m.seeds(f"spread_{model}", f"test.{measure}") for model in (one, other))
        sign = -1 if measure == "loss" else 1
        result[measure] = {
            "one": float(first.mean()),
            "other": float(second.mean()),
            "seeds_one": len(first),
            "seeds_other": len(second),
            "advantage": unpaired_difference(sign * first, sign * second),
        }
    test = m.metric("comparison", f"tests.{one}.{other}")
    result["pair"] = {key: test[key] for key in ("difference", "p_holm")}
    return result


def scratch_against_svm(m: Measured) -> dict[str, Any]:
    """Compare the network from scratch with the final SVM by equal measures, and as printed."""
    svm = m.seeds("spread_svm_final", "test.auc_hard")
    network = m.seeds("spread_scratch_nn", "test.auc_scores")
    return {
        "as_printed": unpaired_difference(svm, network),
        **_advantage(m, "svm_final", "scratch_nn", ("auc_scores", "auc_hard", "accuracy")),
    }


def dense_against_scratch(m: Measured) -> dict[str, Any]:
    """Compare the dense network with the one from scratch."""
    return _advantage(m, "scratch_nn", "keras_dense", ("accuracy", "auc_scores", "loss"))


def cnn_against_dense(m: Measured) -> dict[str, Any]:
    """Compare the convolutional network with the dense one."""
    return _advantage(m, "keras_dense", "cnn", ("accuracy", "loss"))


def dense_accuracy(m: Measured) -> dict[str, Any]:
    """Return the accuracy of the dense network over seeds."""
    return dict(m.metric("spread_keras_dense", "test.accuracy"))


def scaling_of_svm(m: Measured) -> dict[str, Any]:
    """Compare SVMs on scaled pixels with those on pixels up to 255."""
    result: dict[str, Any] = {}
    for kernel in ("linear", "rbf"):
        # More is better of the accuracy, fewer of the iterations.
        for measure, sign in (("accuracy", 1), ("iterations", -1)):
            scaled, unscaled = (
                m.seeds("ablations_svm", f"scaling.{kernel}.{pixels}.{measure}")
                for pixels in ("scaled", "unscaled")
            )
            result.setdefault(kernel, {})[measure] = {
                "scaled": float(scaled.mean()),
                "unscaled": float(unscaled.mean()),
                "advantage": _paired(sign * unscaled, sign * scaled),
            }
    return result


#: Where the loss by epoch stands, of a network on scaled pixels and on pixels up to 255.
SCALING_CURVES = {
    "scratch_nn": (
        "ablations_network",
        "scaling.scaled.epoch_{epoch}.loss",
        "scaling.unscaled.epoch_{epoch}.loss",
    ),
    "keras_dense": (
        "ablations_keras",
        "dense_paper.epochs.{epoch}.validation_loss",
        "dense_unscaled.epochs.{epoch}.validation_loss",
    ),
    "cnn": (
        "ablations_keras",
        "cnn_paper.epochs.{epoch}.validation_loss",
        "cnn_unscaled.epochs.{epoch}.validation_loss",
    ),
}


def scaling_curves(m: Measured, network: str) -> dict[str, Floats]:
    """Return ``scaled`` and ``unscaled`` to the loss by epoch, shape (seeds, epochs)."""
    stage, scaled, unscaled = SCALING_CURVES[network]
    return {"scaled": m.curve(stage, scaled), "unscaled": m.curve(stage, unscaled)}


def _scaling_of(m: Measured, network: str) -> dict[str, Any]:
    """Compare a network's loss on scaled pixels with that on pixels up to 255.

    Speed is the loss after the first epoch; steadiness is how far the loss rises from epoch to
    epoch, over the epochs that both ran. The loss is that on rows not trained on, in nats.
    """
    scaled, unscaled = scaling_curves(m, network).values()
    epochs = min(scaled.shape[1], unscaled.shape[1])
    measures = {
        "first_loss": (scaled[:, 0], unscaled[:, 0]),
        "rises": (rises(scaled[:, :epochs]), rises(unscaled[:, :epochs])),
        "last_loss": (scaled[:, epochs - 1], unscaled[:, epochs - 1]),
    }
    if epochs == 1:
        del measures["rises"]
    return {
        "epochs": epochs,
        **{
            measure: {
                "scaled": float(one.mean()),
                "unscaled": float(other.mean()),
                "advantage": _paired(one, other),
            }
            for measure, (one, other) in measures.items()
        },
    }


def scaling_of_scratch(m: Measured) -> dict[str, Any]:
    """Compare the network from scratch with and without scaled pixels."""
    return _scaling_of(m, "scratch_nn")


def scaling_of_dense(m: Measured) -> dict[str, Any]:
    """Compare the dense network with and without scaled pixels."""
    return _scaling_of(m, "keras_dense")


def scaling_of_cnn(m: Measured) -> dict[str, Any]:
    """Compare the convolutional network with and without scaled pixels."""
    return _scaling_of(m, "cnn")


def convergence_curves(m: Measured, activation: str) -> dict[str, Floats]:
    """Return learning rate to the loss on the test images by epoch, shape (seeds, epochs)."""
    stage, start = "ablations_network", f"convergence.{activation}.eta_"
    rates = m.parts(stage, rf"{re.escape(start)}(.+)\.epoch_1\.loss")
    if not rates:
        raise NotMeasured(f"{stage}: {start}")
    return {rate: m.curve(stage, f"{start}{rate}.epoch_{{epoch}}.loss") for rate in rates}


def adam_curve(m: Measured) -> Floats:
    """Return the loss on the test images by epoch of training with Adam, shape (seeds, epochs)."""
    return m.curve("ablations_network", "adam.epoch_{epoch}.loss")


def _best_rate(curves: Mapping[str, Floats]) -> str:
    """Return the learning rate whose loss is lowest in the mean over seeds and epochs."""
    return min(curves, key=lambda rate: curves[rate].mean())


def _epochs_to(curve: Floats, goal: float) -> int | None:
    """Return the first epoch whose mean loss is at most `goal`, None if there is none."""
    reached = curve.mean(axis=0) <= goal
    return int(reached.argmax()) + 1 if reached.any() else None


def relu_against_sigmoid(m: Measured) -> dict[str, Any]:
    """Compare the convergence of ReLU and sigmoid: the loss in the mean over all epochs.

    At each learning rate, and with each activation at the rate that serves it best.
    """
    relu, sigmoid = (convergence_curves(m, name) for name in ("relu", "sigmoid"))
    best_relu, best_sigmoid = _best_rate(relu), _best_rate(sigmoid)
    fast, slow = relu[best_relu], sigmoid[best_sigmoid]
    return {
        "epochs": fast.shape[1],
        "relu_rate": float(best_relu),
        "sigmoid_rate": float(best_sigmoid),
        "relu_first_loss": float(fast[:, 0].mean()),
        "sigmoid_first_loss": float(slow[:, 0].mean()),
        "sigmoid_last_loss": float(slow[:, -1].mean()),
        "relu_epochs_to_that": _epochs_to(fast, float(slow[:, -1].mean())),
        "advantage_at_best": _paired(fast.mean(axis=1), slow.mean(axis=1)),
        "advantage": {
            f"eta_{rate}": _paired(
                relu[rate].mean(axis=1), sigmoid[rate].mean(axis=1), tests=len(relu)
            )
            for rate in relu
        },
    }


def relu_cost(m: Measured) -> dict[str, Any]:
    """Compare the CPU seconds of an epoch with the sigmoid and with ReLU."""
    timings = _timing(m, "epochs")
    sigmoid, relu = (timings[name]["cpu"] for name in ("scratch_nn", "scratch_nn_relu"))
    return {
        "sigmoid_seconds": float(np.median(sigmoid)),
        "relu_seconds": float(np.median(relu)),
        "ratio": ratio_range(sigmoid, relu),
    }


def adam_against_descent(m: Measured) -> dict[str, Any]:
    """Compare Adam with plain gradient descent: the loss in the mean over the first epochs.

    Both train the network from scratch with ReLU. Adam keeps its usual settings; gradient
    descent is given at each learning rate that was tried, and at the one that serves it best.
    """
    descent = convergence_curves(m, "relu")
    adam = adam_curve(m)
    epochs = min(adam.shape[1], *(curve.shape[1] for curve in descent.values()))
    descent = {rate: curve[:, :epochs] for rate, curve in descent.items()}
    adam = adam[:, :epochs]
    best = _best_rate(descent)
    return {
        "epochs": epochs,
        "first_loss": float(adam[:, 0].mean()),
        "best_rate": float(best),
        "best_first_loss": float(descent[best][:, 0].mean()),
        "advantage": {
            f"eta_{rate}": _paired(adam.mean(axis=1), curve.mean(axis=1), tests=len(descent))
            for rate, curve in descent.items()
        },
        "advantage_at_best": _paired(adam.mean(axis=1), descent[best].mean(axis=1)),
    }


def dropout_curves(m: Measured, network: str) -> dict[str, dict[str, Floats]]:
    """Return ``with`` and ``without`` dropout to ``loss`` and ``validation_loss`` by epoch."""
    return {
        name: {
            loss: m.curve("ablations_keras", f"{network}_{variant}.epochs.{{epoch}}.{loss}")
            for loss in ("loss", "validation_loss")
        }
        for name, variant in (("with", "paper"), ("without", "no_dropout"))
    }


def _dropout_in(m: Measured, network: str) -> dict[str, Any]:
    """Compare a network with and without dropout on rows that it was not trained on.

    ``rise`` is how far the loss on the validation rows ends above its lowest point, the epoch at
    which its mean over seeds is lowest: what overfitting does to it.
    """
    curves = dropout_curves(m, network)
    result: dict[str, Any] = {}
    risen = {}
    for name, curve in curves.items():
        loss = curve["validation_loss"]
        lowest = int(loss.mean(axis=0).argmin())
        risen[name] = loss[:, -1] - loss[:, lowest]
        result[name] = {
            "loss": float(loss[:, -1].mean()),
            "lowest_epoch": lowest + 1,
            "rise": mean_interval(risen[name]),
        }
    last, last_without = (curves[name]["validation_loss"][:, -1] for name in ("with", "without"))
    without, tested = (
        m.seeds("ablations_keras", f"{network}_{variant}.test.accuracy")
        for variant in ("no_dropout", "paper")
    )
    return result | {
        "epochs": curves["with"]["loss"].shape[1],
        "loss_advantage": _paired(last, last_without),
        "rise_advantage": _paired(risen["with"], risen["without"]),
        "accuracy_with": float(tested.mean()),
        "accuracy_without": float(without.mean()),
        "accuracy_advantage": _paired(without, tested),
    }


def dropout_in_dense(m: Measured) -> dict[str, Any]:
    """Compare the dense network with and without dropout."""
    return _dropout_in(m, "dense")


def dropout_in_cnn(m: Measured) -> dict[str, Any]:
    """Compare the convolutional network with and without dropout."""
    return _dropout_in(m, "cnn")


def cnn_speed(m: Measured) -> dict[str, Any]:
    """Compare the time of an epoch of the convolutional network with that of the dense one.

    An epoch of the one has fewer images than one of the other, so the time for an image too. What
    the paper's own training logs say of seconds goes beside it.
    """
    timings = _timing(m, "epochs")
    cnn, dense = timings["cnn"], timings["keras_dense"]
    images = dense["rows"] / cnn["rows"]
    printed_cnn, printed_dense = (
        float(np.mean(m.metric("printed", f"epoch_seconds.{name}")))
        for name in ("cnn", "keras_dense")
    )
    return {
        "printed": {
            "cnn_seconds": printed_cnn,
            "dense_seconds": printed_dense,
            "epoch": printed_cnn / printed_dense,
        },
        "cnn_seconds": float(np.median(cnn["wall"])),
        "dense_seconds": float(np.median(dense["wall"])),
        "epoch": ratio_range(cnn["wall"], dense["wall"]),
        "image": ratio_range([images * seconds for seconds in cnn["wall"]], dense["wall"]),
        "image_cpu": ratio_range([images * seconds for seconds in cnn["cpu"]], dense["cpu"]),
    }


#: The statements, in the paper's order, and where the evidence for each comes from.
EVIDENCE: dict[str, Callable[[Measured], dict[str, Any]]] = {
    "scaling_svm": scaling_of_svm,
    "scaling_scratch": scaling_of_scratch,
    "scaling_dense": scaling_of_dense,
    "scaling_cnn": scaling_of_cnn,
    "two_components": two_components,
    "place_of_zeros": place_of_zeros,
    "two_components_labels": labels_on_two_components,
    "three_components": three_components,
    "three_components_labels": labels_on_three_components,
    "fifty_components": fifty_components,
    "gain_beyond_fifty": gain_of_variance,
    "more_than_fifty": more_than_fifty,
    "noise_components": all_components,
    "kernel_identity": kernel_identity,
    "cubic_growth": growth_of_work,
    "linear_fastest": linear_kernel,
    "rbf_slowest": rbf_kernel,
    "rbf_best": best_kernel,
    "grid_best": best_of_grid,
    "untrained_poor": untrained_network,
    "trained_correctly": trained_network,
    "scratch_beats_svm": scratch_against_svm,
    "relu_faster": relu_cost,
    "relu_converges": relu_against_sigmoid,
    "dropout_dense": dropout_in_dense,
    "adam_faster": adam_against_descent,
    "dense_98": dense_accuracy,
    "dense_beats_scratch": dense_against_scratch,
    "dropout_cnn": dropout_in_cnn,
    "cnn_slow": cnn_speed,
    "cnn_beats_dense": cnn_against_dense,
}
