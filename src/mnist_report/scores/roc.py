"""ROC curves of a classifier of many classes: one against the rest, and two averages of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from mnist_report.scores.scores import one_against_rest

Floats = NDArray[np.float64]

#: Points kept of each curve in a table, at most.
POINTS = 202


@dataclass(frozen=True)
class RocCurve:
    """A curve from (0, 0) to (1, 1), whose rates never fall, and the area below it."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    auc: float


def roc_curves(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> dict[str, RocCurve]:
    """Return the ROC curve of every class against the rest, then their two averages.

    ``micro`` takes every pair of a row and a class as a case of one two-class problem, so scores
    should be probabilities or alike; ``macro`` is the mean of the classes' curves at equal false
    positive rates (Fawcett 2006, sections 8 and 10). `y_true` has each row's column.
    """
    truth, defined = one_against_rest(y_true, np.arange(scores.shape[1]))
    curves = {str(column): _curve(truth[:, column], scores[:, column]) for column in defined}
    macro = _mean(list(curves.values()))
    micro = _curve(truth[:, defined].ravel(), scores[:, defined].ravel())
    return {**curves, "micro": micro, "macro": macro}


def roc_table(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> pd.DataFrame:
    """Return `roc_curves` as a table; each is thinned to `POINTS` points, its ends among them."""
    parts = []
    for name, curve in roc_curves(y_true, scores).items():
        kept, rates = _thinned(curve), ("false_positive_rate", "true_positive_rate")
        points = {rate: getattr(curve, rate)[kept] for rate in rates}
        parts.append(pd.DataFrame({"curve": name, **points}))
    return pd.concat(parts, ignore_index=True)


def _curve(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> RocCurve:
    x, y, _ = roc_curve(truth, scores)
    return RocCurve(x, y, float(auc(x, y)))


def _mean(curves: list[RocCurve]) -> RocCurve:
    """Average over y at every x at which one of the curves has a point."""
    grid = np.unique(np.concatenate([curve.false_positive_rate for curve in curves]))
    lows, highs = [], []
    for curve in curves:
        x, y = curve.false_positive_rate, curve.true_positive_rate
        # A curve may rise upright: each x has a lowest and a highest y. Where x occurs more than
        # once np.interp takes the last, the highest; mirrored, it takes the first, the lowest.
        lows.append(np.interp(-grid, -x[::-1], y[::-1]))
        highs.append(np.interp(grid, x, y))
    x = np.repeat(grid, 2)
    y = np.column_stack((np.mean(lows, axis=0), np.mean(highs, axis=0))).ravel()
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
