"""The final models side by side: paired tests, calibration, and the images they disagree on.

Labels and answers have the shape (n,); ``right`` says whether a model has each row right.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mnist_report.scores.uncertainty import holm, mcnemar, pigeonhole_bootstrap, wilson_interval

Labels = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: One model to the other to what is said of the two.
Nested = dict[str, dict[str, dict[str, float]]]

#: What the table of models says of each, where the model has it.
MEASURES = (
    "accuracy", "low", "high", "wrong", "auc_scores", "auc_hard", "loss", "training_rows",
    "unique_rows", "parameters", "support_vectors",
)  # fmt: skip

#: Test images of MNIST, counted from 0, of whose label at most two of five people were sure among
#: the 100 shown to them: the 15 errors of C. G. Northcutt, A. Athalye and J. Mueller, Pervasive
#: Label Errors in Test Sets Destabilize Machine Learning Benchmarks, 2021 (github.com/cleanlab/
#: label-errors, mturk/mnist_mturk.json).
LABEL_ERRORS = (
    947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
)  # fmt: skip

#: Bins of a reliability curve at most, and images that each has at least: fewer say nothing.
BINS, IMAGES_IN_A_BIN = 20, 50


def summary(results: Mapping[str, Any]) -> dict[str, float]:
    """Gather the `MEASURES` of a model from its results, with the accuracy's 95 % interval."""
    test = results["test"]
    low, high = wilson_interval(test["rows"] - test["wrong"], test["rows"])
    row = {**results, **test, "low": low, "high": high, "training_rows": results["rows"]}
    return {name: row[name] for name in MEASURES if name in row}


def paired_tests(right: Mapping[str, Bools], pairs: Sequence[tuple[str, str]]) -> Nested:
    """Test pairs of models on the same rows, and correct for the number of tests.

    Of a pair: ``only_one`` and ``only_other`` (rows that just one of them has right),
    ``difference`` (accuracy of the other less that of the one), McNemar's ``p`` and ``p_holm``.
    """
    results = [mcnemar(right[one], right[other]) for one, other in pairs]
    corrected = holm([p for _, _, p in results])
    tests: Nested = {}
    for (one, other), found, p_holm in zip(pairs, results, corrected, strict=True):
        only_one, only_other, p = found
        tests.setdefault(one, {})[other] = {
            "only_one": only_one,
            "only_other": only_other,
            "difference": (only_other - only_one) / len(right[one]),
            "p": p,
            "p_holm": p_holm,
        }
    return tests


def by_seeds_and_images(
    right: Mapping[str, Bools], pairs: Sequence[tuple[str, str]], rng: np.random.Generator
) -> dict[str, Any]:
    """Say how sure accuracies and their differences are, other seeds and other images considered.

    `right` has whether each seed of a model reads each row right, shape (seeds, n). Of each model
    and each pair (the other less the one) it says the ``mean`` over seeds with its 95 % interval,
    ``low`` to ``high``; that of one run of each; and of a pair how often the other's run is better.
    """
    drawn = pigeonhole_bootstrap(right, rng)
    # Of each model: the mean, that over seeds of each draw, and the first run of each draw.
    found = {
        name: (float(table.mean()), drawn[name].mean(axis=1), drawn[name][:, 0])
        for name, table in right.items()
    }

    def intervals(mean: float, several: Floats, single: Floats) -> dict[str, float]:
        ends = (*np.quantile(several, (0.025, 0.975)), *np.quantile(single, (0.025, 0.975)))
        names = ("low", "high", "run_low", "run_high")
        return {"mean": mean} | dict(zip(names, map(float, ends), strict=True))

    differences: Nested = {}
    for one, other in pairs:
        mean, several, single = (b - a for a, b in zip(found[one], found[other], strict=True))
        ahead = {"other_ahead": float((single > 0).mean())}
        differences.setdefault(one, {})[other] = intervals(mean, several, single) | ahead
    accuracies = {name: intervals(*numbers) for name, numbers in found.items()}
    return {"accuracy": accuracies, "difference": differences}


def reliability(confidences: NDArray[np.floating[Any]], right: Bools) -> pd.DataFrame:
    """Hold the probability of the predicted class against the share that is right, bin by bin.

    Bins have equal counts, since most confidences lie close to 1 (Nixon and others, 2019), but
    equal confidences stay together. Of a bin it says its mean ``confidence``, ``share_right`` with
    ``low`` and ``high`` (95 %), ``images``, and ``gap_by_chance``: how far off the share would be
    on average if each image were right with just this confidence.
    """
    order = np.argsort(confidences, kind="stable")
    rising = confidences[order].astype(np.float64)
    count = len(rising)
    bins = max(1, min(BINS, count // IMAGES_IN_A_BIN))
    # Each bin starts with the first row of its confidence.
    starts = np.unique(np.searchsorted(rising, rising[np.arange(bins) * count // bins]))[1:]
    rows = []
    for sure, hits in zip(np.split(rising, starts), np.split(right[order], starts), strict=True):
        confidence, n = float(sure.mean()), len(hits)
        interval = wilson_interval(int(hits.sum()), n)
        chance = _mean_deviation(n, confidence)
        rows.append((confidence, float(hits.mean()), *interval, n, chance))
    names = ["confidence", "share_right", "low", "high", "images", "gap_by_chance"]
    return pd.DataFrame(rows, columns=names)


def calibration(curve: pd.DataFrame) -> dict[str, float]:
    """Sum up a curve from `reliability`, each bin weighted with its images.

    ``ece`` is the expected calibration error (Naeini, Cooper and Hauskrecht, 2015),
    ``ece_by_chance`` about what a perfectly calibrated classifier would get.
    """
    weights = curve["images"] / curve["images"].sum()
    gap = curve["confidence"] - curve["share_right"]
    return {
        "ece": float((weights * gap.abs()).sum()),
        "ece_by_chance": float((weights * curve["gap_by_chance"]).sum()),
        "mean_confidence": float((weights * curve["confidence"]).sum()),
        "overconfidence": float((weights * gap).sum()),
    }


def probability_of_truth(
    labels: Labels, probabilities: NDArray[np.floating[Any]], train_labels: Labels
) -> Floats:
    """Return the probability of each row's true class, 0 if the network knows none.

    Of ten columns there is one for every digit; of fewer, for each digit that it was trained on.
    """
    digits = np.arange(10) if probabilities.shape[1] == 10 else np.unique(train_labels)
    own_column = labels[:, np.newaxis] == digits
    truth: Floats = np.where(own_column, probabilities, 0).sum(axis=1, dtype=np.float64)
    return truth


def hardest(right: Bools, truth: Floats, k: int) -> NDArray[np.intp]:
    """Find at most `k` rows that most models, (models, n), get wrong, least `truth` first."""
    wrong = (~right).sum(axis=0)
    order = np.lexsort((truth, -wrong))
    found: NDArray[np.intp] = order[wrong[order] > 0][:k]
    return found


def disagreement(labels: Labels, answers: Mapping[str, Labels]) -> dict[str, Any]:
    """Count images that just so many models get wrong, and those on which answers differ or not."""
    table = pd.DataFrame(answers)
    wrong = table.ne(labels, axis=0)
    wrong_by = wrong.sum(axis=1)
    disputed = table.ne(table.iloc[:, 0], axis=0).any(axis=1)
    return {
        "wrong_by": {str(k): int((wrong_by == k).sum()) for k in range(len(answers) + 1)},
        "disputed": int(disputed.sum()),
        "disputed_by_digit": disputed.groupby(labels).sum().rename(str).to_dict(),
        "wrong_alike": int((wrong.all(axis=1) & ~disputed).sum()),
        # By one model alone.
        "only_right": (~wrong)[wrong_by == len(answers) - 1].sum().to_dict(),
        "only_wrong": wrong[wrong_by == 1].sum().to_dict(),
    }


def wrong_by_all(labels: Labels, answers: Mapping[str, Labels]) -> pd.DataFrame:
    """List the rows that every model gets wrong: ``image`` from 0, ``label``, each answer."""
    table = pd.DataFrame({"image": np.arange(len(labels)), "label": labels, **answers})
    wrong = table[list(answers)].ne(table["label"], axis=0).all(axis=1)
    return table[wrong].reset_index(drop=True)


def errors_by_digit(labels: Labels, answers: Mapping[str, Labels]) -> pd.DataFrame:
    """Count the mistakes: a row per model, a column for each digit among the labels, rising."""
    wrong = pd.DataFrame({name: given != labels for name, given in answers.items()})
    return wrong.groupby(labels).sum().T


def _mean_deviation(n: int, p: float) -> float:
    """Return the mean distance of a binomial share from `p`, by de Moivre's formula.

    E|X - np| = 2 v (1 - p) P(X = v), v the smallest whole number above np (Diaconis, Zabell, 1991).
    """
    v = int(n * p) + 1
    return float(2 * v * (1 - p) * stats.binom.pmf(v, n, p) / n)
