"""ROC curves of a classifier of many classes: one against the rest, and two averages of them.

A curve leads from (0, 0) to (1, 1): a table of points whose ``false_positive_rate`` and
``true_positive_rate`` never fall.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from mnist_report.scores.scores import one_against_rest

RATES = ["false_positive_rate", "true_positive_rate"]

#: Points kept of each curve in a table, at most.
POINTS = 202


def roc_curves(
    y_true: NDArray[np.integer], scores: NDArray[np.floating]
) -> dict[str, pd.DataFrame]:
    """Return the ROC curve of every class against the rest, then their two averages.

    ``micro`` takes every pair of a row and a class as a case of one two-class problem, so scores
    should be probabilities or alike; ``macro`` is the mean of the classes' curves at equal false
    positive rates (Fawcett 2006, sections 8 and 10). `y_true` has each row's column.
    """
    truth, defined = one_against_rest(y_true, np.arange(scores.shape[1]))
    curves = {str(column): _curve(truth[:, column], scores[:, column]) for column in defined}
    macro = _mean(curves.values())
    micro = _curve(truth[:, defined].ravel(), scores[:, defined].ravel())
    return {**curves, "micro": micro, "macro": macro}


def roc_table(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> pd.DataFrame:
    """Return `roc_curves` as a table; each is thinned to `POINTS` points, its ends among them."""
    curves = {name: _thinned(curve) for name, curve in roc_curves(y_true, scores).items()}
    return pd.concat(curves, names=["curve"]).reset_index("curve")


def area(curve: pd.DataFrame) -> float:
    """Return the area below a curve, 0 to 1."""
    return float(auc(*curve.to_numpy().T))


def _curve(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(RATES, roc_curve(truth, scores)[:2], strict=True)))


def _mean(curves: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Average over y at every x at which one of the curves has a point."""
    points = [curve.to_numpy().T for curve in curves]
    grid = np.unique(np.concatenate([x for x, _ in points]))
    # A curve may rise upright: each x has a lowest and a highest y. Where x occurs more than once
    # np.interp takes the last, the highest; mirrored, it takes the first, the lowest.
    low = np.mean([np.interp(-grid, -x[::-1], y[::-1]) for x, y in points], axis=0)
    high = np.mean([np.interp(grid, x, y) for x, y in points], axis=0)
    y = np.column_stack((low, high)).ravel()
    return pd.DataFrame(dict(zip(RATES, (np.repeat(grid, 2), y), strict=True)))


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """Keep at most `POINTS` points, spread evenly along the curve."""
    if len(curve) <= POINTS:
        return curve
    way = curve.sum(axis=1).to_numpy()  # 0 to 2, never falling
    # The points on both sides of each mark, so that a long straight piece keeps its two ends.
    after = np.searchsorted(way, np.linspace(0, way[-1], POINTS // 2))
    kept = np.concatenate(([0], after[1:] - 1, after[1:], [len(curve) - 1]))
    return curve.iloc[np.unique(kept)]
