"""The final models side by side: paired tests, calibration, and the images they disagree on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mnist_report.scores.uncertainty import holm, mcnemar, wilson_interval

Labels = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: Bins of a reliability curve at most, and images that each has at least: fewer say nothing.
BINS, IMAGES_IN_A_BIN = 20, 50


def summary(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Gather one row of the table of models from a model's metrics file.

    Parameters
    ----------
    metrics
        With ``rows`` and ``test``; ``unique_rows``, ``parameters``, ``support_vectors`` and
        ``test.loss`` where the model has them.

    Returns
    -------
    dict
        ``accuracy`` with ``low`` and ``high``, the ends of Wilson's 95 % interval (0 to 1);
        ``wrong`` (test images); ``auc_scores`` and ``auc_hard``; ``training_rows``; and, where
        the model has them, ``loss`` (mean cross-entropy, nats), ``unique_rows``, ``parameters``
        and ``support_vectors``.
    """
    test = metrics["test"]
    low, high = wilson_interval(test["rows"] - test["wrong"], test["rows"])
    row = {"accuracy": test["accuracy"], "low": low, "high": high}
    row |= {
        name: test[name] for name in ("wrong", "auc_scores", "auc_hard", "loss") if name in test
    }
    row["training_rows"] = metrics["rows"]
    sizes = ("unique_rows", "parameters", "support_vectors")
    return row | {name: metrics[name] for name in sizes if name in metrics}


def paired_tests(
    right: Mapping[str, Bools], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Test pairs of models on the same rows, and correct for the number of tests.

    Parameters
    ----------
    right
        Model to whether it has each row right, shape (n,).
    pairs
        The models to compare, each pair once.

    Returns
    -------
    dict
        One model, the other model, and then ``only_one`` and ``only_other`` (rows that just one
        of them has right), ``difference`` (accuracy of the other less that of the one), ``p`` of
        McNemar's exact test and ``p_holm``, corrected for all pairs.
    """
    tests: dict[str, dict[str, dict[str, float]]] = {}
    results = [mcnemar(right[one], right[other]) for one, other in pairs]
    corrected = holm([p for _, _, p in results])
    for (one, other), (only_one, only_other, p), p_holm in zip(
        pairs, results, corrected, strict=True
    ):
        tests.setdefault(one, {})[other] = {
            "only_one": only_one,
            "only_other": only_other,
            "difference": (only_other - only_one) / len(right[one]),
            "p": p,
            "p_holm": p_holm,
        }
    return tests


def reliability(confidences: NDArray[np.floating[Any]], right: Bools) -> pd.DataFrame:
    """Hold a classifier's confidence against the share that it has right, bin by bin.

    Rows are sorted by confidence and cut into bins of equal counts, since most confidences lie
    close to 1 (Nixon and others, 2019). Rows of the same confidence stay in one bin, which can
    make it larger.

    Parameters
    ----------
    confidences
        The probability of the predicted class, 0 to 1, shape (n,).
    right
        Whether the prediction is right, shape (n,).

    Returns
    -------
    DataFrame
        A row per bin, rising: ``confidence`` (mean), ``share_right`` with ``low`` and ``high``
        (Wilson's 95 % interval), ``images``, and ``gap_by_chance``: how far off the share right
        would be on average if each image were right with just this confidence.
    """
    order = np.argsort(confidences, kind="stable")
    rising = confidences[order].astype(np.float64)
    count = len(rising)
    bins = max(1, min(BINS, count // IMAGES_IN_A_BIN))
    # Each bin starts with the first row of its confidence.
    starts = np.unique(np.searchsorted(rising, rising[np.arange(bins) * count // bins]))
    rows = []
    for share, hits in zip(
        np.split(rising, starts[1:]), np.split(right[order], starts[1:]), strict=True
    ):
        low, high = wilson_interval(int(hits.sum()), len(hits))
        rows.append(
            {
                "confidence": float(share.mean()),
                "share_right": float(hits.mean()),
                "low": low,
                "high": high,
                "images": len(share),
                "gap_by_chance": _mean_deviation(len(share), float(share.mean())),
            }
        )
    return pd.DataFrame(rows)


def calibration(curve: pd.DataFrame) -> dict[str, float]:
    """Sum up a reliability curve.

    Parameters
    ----------
    curve
        From `reliability`.

    Returns
    -------
    dict
        ``ece``, the expected calibration error: the mean distance of confidence and share right,
        each bin weighted with its images (Naeini, Cooper and Hauskrecht, 2015); ``ece_by_chance``,
        about what a perfectly calibrated classifier would get from so many images;
        ``mean_confidence``; and ``overconfidence``, that less the share right. All 0 to 1, the
        last one from -1.
    """
    weights = curve["images"] / curve["images"].sum()
    gap = curve["confidence"] - curve["share_right"]
    return {
        "ece": float((weights * gap.abs()).sum()),
        "ece_by_chance": float((weights * curve["gap_by_chance"]).sum()),
        "mean_confidence": float((weights * curve["confidence"]).sum()),
        "overconfidence": float((weights * gap).sum()),
    }


def columns(width: int, train_labels: Labels) -> Labels:
    """Return the class of each column of a network's probabilities.

    Parameters
    ----------
    width
        How many columns there are. A network with ten has one for every digit; one with fewer
        has one for each digit that it was trained on.
    train_labels
        Labels of the training images.
    """
    classes: Labels = np.arange(10) if width == 10 else np.unique(train_labels)
    return classes


def probability_of_truth(
    labels: Labels, probabilities: NDArray[np.floating[Any]], classes: Labels
) -> Floats:
    """Return the probability that a classifier gives to each row's true class.

    Parameters
    ----------
    labels
        Shape (n,). A label that is not one of `classes` has the probability 0.
    probabilities
        Shape (n, k).
    classes
        The class of each column, shape (k,).
    """
    own_column = labels[:, np.newaxis] == classes
    truth: Floats = np.where(own_column, probabilities, 0).sum(axis=1, dtype=np.float64)
    return truth


def hardest(right: Bools, truth: Floats, k: int) -> NDArray[np.int64]:
    """Find the rows that most models get wrong.

    Parameters
    ----------
    right
        Whether each model has each row right, shape (models, n).
    truth
        How probable the true class is to the models that say so, shape (n,): of rows that as many
        models get wrong, the least probable comes first.
    k
        How many rows are wanted.

    Returns
    -------
    (at most k,) int64
        Row numbers, hardest first; a row that every model has right is none of them.
    """
    wrong = (~right).sum(axis=0)
    order = np.lexsort((truth, -wrong))
    found: NDArray[np.int64] = order[wrong[order] > 0][:k].astype(np.int64)
    return found


def disagreement(labels: Labels, answers: Mapping[str, Labels]) -> dict[str, Any]:
    """Count where models agree and where they do not.

    Parameters
    ----------
    labels
        Shape (n,).
    answers
        Model to its predictions, shape (n,).

    Returns
    -------
    dict
        ``wrong_by``: number of models (as text, from "0" to all) to the images that just so many
        get wrong. ``disputed``: images on which not all give the same answer, and
        ``disputed_by_digit`` the same by label. ``wrong_alike``: images on which all give the
        same wrong answer. ``only_right`` and ``only_wrong``: model to the images that it alone
        has right or wrong.
    """
    table = np.stack(list(answers.values()))
    right = table == labels
    wrong = (~right).sum(axis=0)
    same = (table == table[0]).all(axis=0)
    models = len(table)
    return {
        "wrong_by": {str(k): int((wrong == k).sum()) for k in range(models + 1)},
        "disputed": int((~same).sum()),
        "disputed_by_digit": {
            str(digit): int((~same & (labels == digit)).sum()) for digit in np.unique(labels)
        },
        "wrong_alike": int((same & ~right[0]).sum()),
        "only_right": {
            name: int((hits & (wrong == models - 1)).sum())
            for name, hits in zip(answers, right, strict=True)
        },
        "only_wrong": {
            name: int((~hits & (wrong == 1)).sum())
            for name, hits in zip(answers, right, strict=True)
        },
    }


def errors_by_digit(labels: Labels, answers: Mapping[str, Labels]) -> pd.DataFrame:
    """Count the mistakes of every model on every digit.

    Parameters
    ----------
    labels
        Shape (n,).
    answers
        Model to its predictions, shape (n,).

    Returns
    -------
    DataFrame
        A row per model, in their order; a column for each digit among the labels, rising.
    """
    digits = np.unique(labels)
    return pd.DataFrame(
        [
            [int(((given != labels) & (labels == d)).sum()) for d in digits]
            for given in answers.values()
        ],
        index=list(answers),
        columns=digits,
    )


def _mean_deviation(n: int, p: float) -> float:
    """Return the mean distance of a binomial share from `p`, by de Moivre's formula.

    The source is Diaconis and Zabell, 1991: E|X - np| = 2 v (1 - p) P(X = v), where v is the
    smallest whole number above np.
    """
    v = int(n * p) + 1
    return float(2 * v * (1 - p) * stats.binom.pmf(v, n, p) / n)
