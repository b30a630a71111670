"""ROC curves of a classifier of many classes: one against the rest, and two averages of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

Floats = NDArray[np.float64]

#: Points kept of each curve in a table, at most.
POINTS = 202


@dataclass(frozen=True)
class RocCurve:
    """A curve from (0, 0) to (1, 1), straight between its points.

    Attributes
    ----------
    false_positive_rate, true_positive_rate
        Share of the others, and of the class, that scores at or above a threshold: shape
        (points,), from 0 to 1, never falling.
    auc
        The area below, 0 to 1; 0.5 is chance.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    auc: float


def roc_curves(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> dict[str, RocCurve]:
    """Return the ROC curve of every class against the rest, then their two averages.

    Parameters
    ----------
    y_true : (n,) int
        The column number of each row's true class.
    scores : (n, c) float
        One column for each class. Within a column only the order counts; the micro average also
        compares scores of different columns, so they should be probabilities or alike.

    Returns
    -------
    dict
        A curve for each class that some rows have and some have not, by its number ("0", "1",
        ...); then ``micro``, every pair of a row and a class taken as a case of one two-class
        problem; and ``macro``, the mean of the classes' curves at equal false positive rates,
        whose area is the mean of their areas (Fawcett 2006, sections 8 and 10).

    Raises
    ------
    ValueError
        If the shapes do not fit, a label has no column, a score is not finite, or `y_true`
        holds fewer than two classes.
    """
    if scores.ndim != 2 or y_true.shape != scores.shape[:1]:
        raise ValueError(f"labels of shape {y_true.shape} do not fit scores of {scores.shape}")
    classes = scores.shape[1]
    truth = y_true[:, np.newaxis] == np.arange(classes)
    if not truth.any(axis=1).all():
        raise ValueError(f"a label has no column; labels are 0 to {classes - 1}")
    # A class that no row has, or that all have, has no curve.
    defined = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    if not len(defined):
        raise ValueError("a ROC curve needs rows of at least two classes")
    by_class = [_curve(truth[:, column], scores[:, column]) for column in defined]
    curves = {str(column): curve for column, curve in zip(defined, by_class, strict=True)}
    curves["micro"] = _curve(truth[:, defined].ravel(), scores[:, defined].ravel())
    curves["macro"] = _mean(by_class)
    return curves


def roc_table(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> pd.DataFrame:
    """Return the curves of `roc_curves` as a table, thinned for plots.

    Parameters
    ----------
    y_true : (n,) int
        The column number of each row's true class.
    scores : (n, c) float
        One column for each class.

    Returns
    -------
    DataFrame
        Columns ``curve`` (its name), ``false_positive_rate`` and ``true_positive_rate``; both
        ends and at most `POINTS` points of each curve. The area below the points differs from
        the curve's by less than 0.005.

    Raises
    ------
    ValueError
        As `roc_curves`.
    """
    parts = []
    for name, curve in roc_curves(y_true, scores).items():
        keep = _thinned(curve)
        parts.append(
            pd.DataFrame(
                {
                    "curve": name,
                    "false_positive_rate": curve.false_positive_rate[keep],
                    "true_positive_rate": curve.true_positive_rate[keep],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _curve(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> RocCurve:
    x, y, _ = roc_curve(truth, scores)
    return RocCurve(x, y, float(auc(x, y)))


def _mean(curves: list[RocCurve]) -> RocCurve:
    """Average over y at every x at which one of the curves has a point."""
    grid = np.unique(np.concatenate([curve.false_positive_rate for curve in curves]))
    # A curve may rise upright: each x has a lowest and a highest y. Where x occurs more than
    # once np.interp takes the last, the highest; mirrored, it takes the first, the lowest.
    lowest = np.mean(
        [
            np.interp(-grid, -curve.false_positive_rate[::-1], curve.true_positive_rate[::-1])
            for curve in curves
        ],
        axis=0,
    )
    highest = np.mean(
        [np.interp(grid, curve.false_positive_rate, curve.true_positive_rate) for curve in curves],
        axis=0,
    )
    x = np.repeat(grid, 2)
    y = np.column_stack((lowest, highest)).ravel()
    return RocCurve(x, y, float(auc(x, y)))


def _thinned(curve: RocCurve) -> NDArray[np.intp]:
    """Return the numbers of at most `POINTS` points, spread evenly along the curve."""
    count = len(curve.false_positive_rate)
    if count <= POINTS:
        return np.arange(count)
    way = curve.false_positive_rate + curve.true_positive_rate  # 0 to 2, never falling
    # The points on both sides of each mark, so that a long straight piece keeps its two ends.
    after = np.searchsorted(way, np.linspace(0, way[-1], POINTS // 2))
    return np.unique(np.concatenate(([0], after[1:] - 1, after[1:], [count - 1])))
