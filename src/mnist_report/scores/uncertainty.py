"""How sure a number is: its spread over seeds, intervals and paired tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats


def spread(values: ArrayLike) -> dict[str, Any]:
    """Return ``mean``, ``sd`` (divisor n - 1; None of one), ``min``, ``max`` and ``seeds``."""
    array = np.asarray(values, dtype=np.float64)
    return {
        "mean": float(array.mean()),
        "sd": float(array.std(ddof=1)) if len(array) > 1 else None,
        "min": float(array.min()),
        "max": float(array.max()),
        "seeds": len(array),
    }


def spreads(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `spread` over runs of every number in nested mappings, all of one shape."""
    return {
        key: (spreads if isinstance(value, Mapping) else spread)([run[key] for run in runs])
        for key, value in runs[0].items()
    }


def paired_difference(one: ArrayLike, other: ArrayLike) -> dict[str, float]:
    """Return the ``mean`` of ``other - one`` over ``seeds``, with Student's 95 % interval and p.

    Both hold a value for each seed. Of equal differences the interval has no width.
    """
    differences = np.subtract(other, one, dtype=np.float64)
    low = high = mean = float(differences.mean())
    p = float(mean == 0)
    if np.ptp(differences) > 0:
        test = stats.ttest_1samp(differences, 0)
        low, high = test.confidence_interval(0.95)
        p = float(test.pvalue)
    seeds = len(differences)
    return {"mean": mean, "low": float(low), "high": float(high), "p": p, "seeds": seeds}


def pigeonhole_bootstrap(
    right: Mapping[str, NDArray[np.bool_]], rng: np.random.Generator, draws: int = 4000
) -> dict[str, NDArray[np.float64]]:
    """Draw accuracies anew by both sources of chance: seeds and images, each with replacement.

    All models share the images of a draw; each has seeds of its own (A. B. Owen, Annals of Applied
    Statistics 1, 2007). From whether each of two or more seeds reads each image right, (seeds, n),
    to the accuracy of every seed drawn, (draws, seeds - 1).
    """
    n = next(iter(right.values())).shape[1]
    tables = {name: table.astype(np.float64) for name, table in right.items()}
    # One seed fewer than there are makes the variance of means right (Rao and Wu, 1988).
    drawn = {name: np.empty((draws, len(table) - 1)) for name, table in tables.items()}
    for draw in range(draws):
        times = np.bincount(rng.integers(n, size=n), minlength=n)
        for name, table in tables.items():
            seeds = rng.integers(len(table), size=len(table) - 1)
            drawn[name][draw] = (table @ times)[seeds] / n
    return drawn


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval for a share (Wilson, 1927), both ends from 0 to 1."""
    interval = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Compare two classifiers, right or wrong on the same rows, by McNemar's exact test.

    Returned is how many rows only the one, or only the other, has right, and the two-sided p
    (McNemar, 1947; the exact form is the binomial test).
    """
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if only_one + only_other == 0:
        return 0, 0, 1.0
    return only_one, only_other, float(stats.binomtest(only_one, only_one + only_other).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm, 1979): the chance of any false alarm stays alpha."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    corrected = np.empty_like(p)
    corrected[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    found: list[float] = corrected.tolist()
    return found
