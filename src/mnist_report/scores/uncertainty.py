"""How sure a number is: its spread over seeds, intervals and paired tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the mean, the standard deviation (divisor n - 1), the extremes and the number.

    Parameters
    ----------
    values
        One for each seed, two or more.

    Returns
    -------
    dict
        ``mean``, ``sd``, ``min``, ``max``, ``seeds``.

    Raises
    ------
    ValueError
        If there are fewer than two: one value has no spread.
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} values have no spread; give two or more")
    array = np.asarray(values, dtype=np.float64)
    return {
        "mean": float(array.mean()),
        "sd": float(array.std(ddof=1)),
        "min": float(array.min()),
        "max": float(array.max()),
        "seeds": len(array),
    }


def spreads(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `spread` of every number of trees of one shape, under the same names.

    Parameters
    ----------
    runs
        Nested mappings of numbers, one for each seed.
    """
    return {
        key: spreads([run[key] for run in runs])
        if isinstance(value, Mapping)
        else spread([run[key] for run in runs])
        for key, value in runs[0].items()
    }


def paired_difference(
    one: Sequence[float], other: Sequence[float], confidence: float = 0.95
) -> dict[str, float]:
    """Return the mean of ``other - one`` over seeds, with Student's interval.

    Parameters
    ----------
    one, other
        A value for each seed, in the same order; the same seed is the same draw for both.
    confidence
        How often such an interval holds the true mean.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high`` and ``seeds``. Where all differences are equal the interval
        has no width.
    """
    differences = np.subtract(other, one, dtype=np.float64)
    mean = float(differences.mean())
    low, high = mean, mean
    if np.ptp(differences) > 0:
        low, high = stats.ttest_1samp(differences, 0).confidence_interval(confidence)
    return {"mean": mean, "low": float(low), "high": float(high), "seeds": len(differences)}


def wilson_interval(hits: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval for a share (Wilson, 1927), both ends from 0 to 1."""
    interval = stats.binomtest(hits, total).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Compare two classifiers on the same rows by McNemar's exact test.

    Only the rows that one has right and the other wrong tell them apart. If both are equally
    good, either is right on such a row with probability 1/2 (McNemar, 1947; the exact form is
    the binomial test).

    Parameters
    ----------
    one, other : (n,) bool
        Whether each row is right.

    Returns
    -------
    only_one, only_other : int
        How many rows only the one, or only the other, has right.
    p : float
        The two-sided p-value; 1 if there is no such row.
    """
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if only_one + only_other == 0:
        return 0, 0, 1.0
    return only_one, only_other, float(stats.binomtest(only_one, only_one + only_other).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm, 1979): the chance of any false alarm stays alpha.

    The k-th smallest of m is multiplied by m - k + 1; none may fall below one before it, none
    rises above 1.

    Parameters
    ----------
    p_values
        In any order.

    Returns
    -------
    list of float
        The corrected ones, in the same order.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1)
    return [float(value) for value in corrected]
