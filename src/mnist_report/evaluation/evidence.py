"""Evidence for and against the paper's statements: numbers, taken from what the stages measured.

`report/statements.yaml` says, for each statement, which numbers; what takes more than a mean or a
difference is a function here.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier

from mnist_report.core.trees import at, flatten
from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.agreement import prediction_error
from mnist_report.evaluation.seeds import Values, welch
from mnist_report.models.classical.pca import components_for, with_signs_of_2019
from mnist_report.scores.scores import accuracy
from mnist_report.scores.uncertainty import mcnemar, paired_difference, spread
from mnist_report.studies.paper import CNN, KERAS_DENSE

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Found = dict[str, Any]

#: Numbers of rows, rising, and what fits on so many cost, shape (repeats, numbers).
Costs = tuple[list[int], Floats]

#: Two means of accuracies over folds that are less than this apart are the same number.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Measured:
    """All that the stages measured.

    Beside stages' results `metrics` has the timings, ``benchmark``, and what the paper's logs say,
    ``printed``; `over_seeds` has what studies measured, `spectrum` the share of the variance that
    each principal component explains; `projected` the images on the first three components, (n, 3).
    """

    metrics: Mapping[str, Any]
    over_seeds: Values
    spectrum: Floats
    projected: ScaledData

    @cached_property
    def values(self) -> Values:
        """Values over seeds, over the epochs of a log, and over the rounds of a benchmark.

        Timings are there if they were taken on the data set at hand.
        """
        lists = {"printed": self.metrics["printed"]}
        if at(self.metrics, "benchmark.dataset") == at(self.metrics, "fetch.dataset"):
            lists["benchmark"] = self.metrics["benchmark"]
        found = {name: np.array(leaf) for name, leaf in flatten(lists) if isinstance(leaf, list)}
        return {**self.over_seeds, **found}

    def by_name(self, pattern: str) -> dict[str, Floats]:
        """Return the values whose names fit, by what stands for the first ``*``; or KeyError."""
        name = re.compile(re.escape(pattern).replace(r"\*", "(.+)", 1).replace(r"\*", ".+"))
        pairs = [(name.fullmatch(key), values) for key, values in self.values.items()]
        found = {match[1]: values for match, values in pairs if match}
        if not found:
            raise KeyError(pattern)
        return found

    def by_number(self, pattern: str) -> dict[int, Floats]:
        """Return the values `by_name` where numbers stand for the ``*``, in their order."""
        found = {int(name): values for name, values in self.by_name(pattern).items()}
        return {number: found[number] for number in sorted(found)}

    def curve(self, pattern: str) -> Floats:
        """Return values by epoch, which stands for the ``*``: shape (seeds, epochs)."""
        return np.stack(list(self.by_number(pattern).values()), axis=1)

    def curves(self, pattern: str) -> dict[str, Floats]:
        """Return what stands for the first ``*`` to the `curve` over the second."""
        return {name: self.curve(pattern.replace("*", name, 1)) for name in self.by_name(pattern)}


def gather(measured: Measured, sources: Mapping[str, Any]) -> dict[str, Found]:
    """Return the evidence for every statement; where something was not measured there is none."""
    found = {}
    for statement, source in sources.items():
        with suppress(KeyError):
            found[statement] = find(measured, source)
    return found


def find(m: Measured, source: Any) -> Any:  # noqa: ANN401  (a number or a tree of them)
    """Return the numbers that a tree of names stands for, as `report/statements.yaml` explains."""
    if isinstance(source, str):
        if "*" in source:
            return {name: float(values.mean()) for name, values in m.by_name(source).items()}
        return float(m.values[source].mean()) if source in m.values else at(m.metrics, source)
    if "from" in source:
        arguments = {key: value for key, value in source.items() if key != "from"}
        return EVIDENCE[source["from"]](m, **arguments)
    return {name: find(m, part) for name, part in source.items()}


# Differences


def ratio_range(above: ArrayLike, below: ArrayLike = 1.0) -> dict[str, float]:
    """Return median, min and max of the ratios of timings taken in turn, and their number."""
    ratios = np.divide(above, below)
    return {
        "median": float(np.median(ratios)),
        "min": float(ratios.min()),
        "max": float(ratios.max()),
        "rounds": len(ratios),
    }


def paired(m: Measured, one: str, other: str) -> Found:
    """Return the other less the one, seed by seed; the one may be a number of a stage."""
    start = m.values[one] if one in m.values else at(m.metrics, one)
    return paired_difference(start, m.values[other])


def unpaired(m: Measured, one: str, other: str) -> Found:
    """Return the other less the one, of models that share no draw."""
    return welch(m.values[one], m.values[other])


def two_models(m: Measured, one: str, other: str) -> Found:
    """Compare a measure of two models that share no draw; a lower loss is an advantage."""
    first, second = m.values[one], m.values[other]
    return {
        "one": float(first.mean()),
        "other": float(second.mean()),
        "seeds_one": len(first),
        "seeds_other": len(second),
        "advantage": welch(second, first) if one.endswith(".loss") else welch(first, second),
    }


def ahead(m: Measured, of: str, others: str, **more: str) -> Found:
    """Return by how much values are ahead of others, seed by seed, each under its name."""
    own = m.values[of]
    them = m.by_name(others) | {name: m.values[each] for name, each in more.items()}
    return {name: paired_difference(each, own) for name, each in them.items() if each is not own}


def ratios(m: Measured, of: str, to: str) -> Found:
    """Return the ratios of timings in the same rounds; with a ``*``, of each to another one."""
    below = m.values[to]
    if "*" not in of:
        return ratio_range(m.values[of], below)
    others = m.by_name(of).items()
    return {name: ratio_range(each, below) for name, each in others if each is not below}


def ratios_of_an_image(m: Measured, of: str, to: str) -> Found:
    """Return the `ratios` of the timings of epochs, each divided by its number of images."""
    rows, rows_to = (at(m.metrics, f"{name.rpartition('.')[0]}.rows") for name in (of, to))
    return ratio_range(rows_to / rows * m.values[of], m.values[to])


def microseconds(m: Measured, of: str, calls: str) -> float:
    """Return the time of one of many calls, timed together, the median over rounds."""
    return 1e6 * float(np.median(m.values[of])) / float(at(m.metrics, calls))


def chance_above(m: Measured, values: str, limit: float) -> Found:
    """Return the spread of values, and how likely one more draw (`agreement`) is above a limit."""
    drawn = m.values[values]
    found = spread(drawn)
    error = prediction_error(found["sd"], len(drawn))
    chance = float(found["mean"] > limit)
    if error > 0:
        chance = float(stats.t.sf((limit - found["mean"]) / error, len(drawn) - 1))
    return found | {"above": int((drawn > limit).sum()), "probability": chance}


# Principal components


def explained(m: Measured, components: int) -> float:
    """Return the share of the variance that the first components explain."""
    if len(m.spectrum) < components:
        raise KeyError(f"there are no {components} components")
    return float(m.spectrum[:components].sum())


def gain_of_variance(m: Measured, components: int) -> Found:
    """Compare the variance that each of the first components adds with that of the next ones."""
    first, after = m.spectrum[:components], m.spectrum[components : 2 * components]
    if len(after) == 0:
        raise KeyError(f"there are no more than {components} components")
    return {
        "first": float(first.mean()),
        "after": float(after.mean()),
        "after_components": len(after),
        "share_left": float(1 - first.sum()),
    }


def place_of_label(m: Measured, label: int) -> Found:
    """Return where the images of a label lie on the first two components, signs as in 2019."""
    scores = with_signs_of_2019(m.projected.train_images)[m.projected.train_labels == label]
    if len(scores) == 0:
        raise KeyError(f"no image is labelled {label}")
    return {
        f"component_{k + 1}": {"mean": float(scores[:, k].mean()), "sd": float(scores[:, k].std())}
        for k in range(2)
    }


def neighbours(projected: ScaledData, components: int) -> Labels:
    """Return the labels of the test images by their neighbours on the first components.

    The square root of their number vote: enough to follow the majority where classes overlap.
    """
    model = KNeighborsClassifier(round(len(projected.train_images) ** 0.5))
    model.fit(projected.train_images[:, :components], projected.train_labels)
    predicted: Labels = model.predict(projected.test_images[:, :components])
    return predicted


def _told_apart(truth: Labels, predicted: Labels, clear: float) -> Found:
    """Return the accuracy, and how many labels are told clearly from all others, by their F1."""
    labels = np.unique(truth)
    f1 = f1_score(truth, predicted, labels=labels, average=None, zero_division=0.0)
    return {
        "accuracy": accuracy(truth, predicted),
        "labels": len(labels),
        "clear": int((f1 >= clear).sum()),
        "best_f1": float(f1.max()),
        "best_label": int(labels[f1.argmax()]),
    }


def labels_on_two_components(m: Measured, clear: float) -> Found:
    """Return how well a nearest-neighbour classifier reads labels from two components."""
    truth = m.projected.test_labels
    largest = np.unique(truth, return_counts=True)[1].max()
    guessing = {"by_guessing": float(largest / len(truth))}
    return _told_apart(truth, neighbours(m.projected, 2), clear) | guessing


def labels_on_three_components(m: Measured, clear: float) -> Found:
    """Compare nearest-neighbour classifiers on two and on three components, by McNemar's test."""
    two, three = (neighbours(m.projected, k) for k in (2, 3))
    truth = m.projected.test_labels
    *_, p = mcnemar(two == truth, three == truth)
    return _told_apart(truth, three, clear) | {"accuracy_two": accuracy(truth, two), "p": p}


def more_components(m: Measured, values: str, enough: int) -> Found:
    """Compare the accuracy of SVMs on more components than enough with that on enough."""
    accuracies = m.by_number(values)
    more = [k for k in accuracies if k > enough]
    if not more:
        raise KeyError(f"no SVM on more than {enough} components")
    best = max(more, key=lambda k: accuracies[k].mean())
    return {
        "accuracy": float(accuracies[enough].mean()),
        "best": best,
        "best_accuracy": float(accuracies[best].mean()),
        "gain": {f"k_{k}": paired_difference(accuracies[enough], accuracies[k]) for k in more},
    }


def all_components(m: Measured, values: str, enough: int) -> Found:
    """Compare the accuracy of an SVM on enough components with that on all."""
    accuracies = m.by_number(values)
    most = max(accuracies)
    if most == enough:
        raise KeyError(f"no SVM on more than {enough} components")
    best = max(accuracies, key=lambda k: accuracies[k].mean())
    return {
        "components": most,
        "accuracy": float(accuracies[most].mean()),
        "accuracy_of_fifty": float(accuracies[enough].mean()),
        "advantage_of_fifty": paired_difference(accuracies[most], accuracies[enough]),
        "best": best,
        "best_accuracy": float(accuracies[best].mean()),
    }


# Support vector machines


def growth_curves(m: Measured, counted: str, noisy: str, timed: str) -> dict[str, dict[str, Costs]]:
    """Return costs by price and rows: ``counted``, ``noisy`` (wrong labels), ``timed`` if known."""

    def by_price(pattern: str) -> dict[str, Costs]:
        return {
            price: (list(m.by_number(pattern.replace("*", price, 1))), costs)
            for price, costs in m.curves(pattern).items()
        }

    found = {"counted": by_price(counted), "noisy": by_price(noisy), "timed": {}}
    with suppress(KeyError):
        found["timed"] = by_price(timed)
    return found


def growth_of_work(m: Measured, counted: str, noisy: str, timed: str, bound: str) -> Found:
    """Return the exponents with which the cost of a fit grows, counted and timed, by the price C.

    Over all numbers of rows, and in the ``last_step``; ``noisy`` is the same with wrong labels,
    with the share of the support vectors that is ``bound`` by the price at the most rows.
    """
    curves = growth_curves(m, counted, noisy, timed)
    over_seeds = partial(paired_difference, 0)
    found: Found = {}
    for price, (sizes, costs) in curves["counted"].items():
        if len(sizes) < 2:
            raise KeyError("too few rows to see the work grow")
        found[price] = {"counted": _growth(sizes, costs, over_seeds)}
    for price, (sizes, costs) in curves["timed"].items():
        found[price]["timed"] = _growth(sizes, costs, ratio_range)
    found["noisy"] = {
        price: {
            "rows": sizes[-1],
            "bound": float(m.values[f"{bound}.{price}.bound_{sizes[-1]}"].mean()),
            **_growth(sizes, costs, over_seeds),
        }
        for price, (sizes, costs) in curves["noisy"].items()
    }
    return found


def _growth(sizes: list[int], costs: Floats, sum_up: Callable[[Floats], Found]) -> Found:
    """Fit cost = a n^b by least squares of the logarithms, for each row of costs; sum up b."""
    n, cost = np.log(sizes), np.log(costs).T
    whole, last = np.polyfit(n, cost, 1)[0], np.polyfit(n[-2:], cost[-2:], 1)[0]
    return {"rows": sizes[-1], **sum_up(whole), "last_step": sum_up(last)}


def best_of_grid(m: Measured, values: str, C: float, gamma: float) -> Found:
    """Return how often, over draws, a pair of C and gamma comes out best of the grid."""
    accuracies, pair = m.by_name(values), f"C_{C:g}.gamma_{gamma:g}"
    same_gamma = np.array([name.endswith(f".gamma_{gamma:g}") for name in accuracies])
    if pair not in accuracies or same_gamma.all():
        raise KeyError("the grid does not hold the paper's pair beside others")
    table = np.stack(list(accuracies.values()))
    best = table >= table.max(axis=0) - ROUNDING
    hits, ties = best[list(accuracies).index(pair)], best.sum(axis=0)
    return {
        "draws": len(ties),
        "among_best": int(hits.sum()),
        "alone_best": int((hits & (ties == 1)).sum()),
        "gamma_best": int(best[same_gamma].any(axis=0).sum()),
        "ties": float(ties.mean()),
        "ahead_of_other_gammas": paired_difference(
            table[~same_gamma].max(axis=0), accuracies[pair]
        ),
    }


# Networks


def scaling_of_network(m: Measured, scaled: str, unscaled: str) -> Found:
    """Compare a network's loss, on rows not trained on, on pixels to 1 with that on pixels to 255.

    ``rises`` is how far it rises from epoch to epoch, over the epochs that both ran.
    """
    curves = [m.curve(scaled), m.curve(unscaled)]
    epochs = min(curve.shape[1] for curve in curves)

    def compare(take: Callable[[Floats], Floats]) -> Found:
        low, high = (take(curve[:, :epochs]) for curve in curves)
        return {
            "scaled": float(low.mean()),
            "unscaled": float(high.mean()),
            "advantage": paired_difference(low, high),
        }

    return {
        "epochs": epochs,
        "first_loss": compare(lambda loss: loss[:, 0]),
        "rises": compare(lambda loss: np.diff(loss, axis=1).clip(0).sum(axis=1)),
        "last_loss": compare(lambda loss: loss[:, -1]),
    }


def tuned(m: Measured, one: str, other: str) -> Found:
    """Compare the loss, in the mean over epochs, of two ways to train, each at its best rate.

    Also by rate, if both were tried at the same ones.
    """
    ones, others = m.curves(one), m.curves(other)
    best_one, best_other = (
        min(curves, key=lambda rate: curves[rate].mean()) for curves in (ones, others)
    )
    fast, slow = ones[best_one], others[best_other]
    reached = np.flatnonzero(fast.mean(axis=0) <= slow[:, -1].mean())
    found: Found = {
        "epochs": fast.shape[1],
        "one_rate": float(best_one),
        "other_rate": float(best_other),
        "one_first_loss": float(fast[:, 0].mean()),
        "other_first_loss": float(slow[:, 0].mean()),
        "one_epochs_to_that": int(reached[0]) + 1 if len(reached) else None,
        "one_at_edge": best_one in (min(ones, key=float), max(ones, key=float)),
        "other_at_edge": best_other in (min(others, key=float), max(others, key=float)),
        "advantage_at_best": paired_difference(fast.mean(axis=1), slow.mean(axis=1)),
    }
    if ones.keys() == others.keys():
        found["advantage"] = {
            f"eta_{rate}": paired_difference(curve.mean(axis=1), others[rate].mean(axis=1))
            for rate, curve in ones.items()
        }
    return found


#: What a network with dropout, and the same without, is called in the studies.
VARIANTS = {"with": "paper", "without": "no_dropout"}


def dropout_curves(m: Measured, network: str) -> dict[str, dict[str, Floats]]:
    """Return ``with`` and ``without`` dropout to ``loss`` and ``validation_loss`` by epoch."""
    return {
        name: {
            loss: m.curve(f"{network}_{variant}.epochs.*.{loss}")
            for loss in ("loss", "validation_loss")
        }
        for name, variant in VARIANTS.items()
    }


def dropout(m: Measured, network: str) -> Found:
    """Compare a network with and without dropout on rows that it was not trained on.

    ``rise`` is how far the loss ends above its lowest point: what overfitting does to it.
    """
    found: Found = {}
    last, risen = {}, {}
    for name, curves in dropout_curves(m, network).items():
        loss = curves["validation_loss"]
        lowest = int(loss.mean(axis=0).argmin())
        last[name], risen[name] = loss[:, -1], loss[:, -1] - loss[:, lowest]
        found[name] = {
            "loss": float(last[name].mean()),
            "lowest_epoch": lowest + 1,
            "rise": paired_difference(0, risen[name]),
        }
    tested = {k: m.values[f"{network}_{variant}.test.accuracy"] for k, variant in VARIANTS.items()}
    return found | {
        "epochs": loss.shape[1],
        "loss_advantage": paired_difference(last["with"], last["without"]),
        "rise_advantage": paired_difference(risen["with"], risen["without"]),
        "accuracy_advantage": paired_difference(tested["without"], tested["with"]),
    }


def multiplications(_: Measured) -> dict[str, int]:
    """Count the multiplications of one image: a filter's weights for each place where it fits."""
    sizes = [784, *KERAS_DENSE.hidden_units, 10]
    dense = sum(inputs * outputs for inputs, outputs in pairwise(sizes))
    side, depth, cnn = 28, 1, 0
    for filters in CNN.filters:
        side -= CNN.kernel_size - 1
        cnn += side**2 * CNN.kernel_size**2 * depth * filters
        side, depth = side // 2, filters
    sizes = [side**2 * depth, *CNN.dense_units, 10]
    cnn += sum(inputs * outputs for inputs, outputs in pairwise(sizes))
    return {"dense": dense, "cnn": cnn}


EVIDENCE: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        paired, unpaired, two_models, ahead, ratios, ratios_of_an_image, microseconds, chance_above,
        explained, gain_of_variance, place_of_label, labels_on_two_components,
        labels_on_three_components, more_components, all_components, growth_of_work, best_of_grid,
        scaling_of_network, tuned, dropout, multiplications,
    )
} | {
    "median": lambda m, of: float(np.median(m.values[of])),
    "count": lambda m, of: len(m.values[of]),
    "components_for": lambda m, share: components_for(m.spectrum, share),
    "ratio_of_means": lambda m, of, to: float(m.values[of].mean() / m.values[to].mean()),
}  # fmt: skip
