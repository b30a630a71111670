"""Values over seeds: reading the tables of studies, and comparing models that share no draw."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

#: Mean, sd and number of seeds, as `evaluation.uncertainty.spread` gives them.
Summary = Mapping[str, float]


def by_seed(table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return metric name to its values in the order of the seeds.

    Parameters
    ----------
    table
        Columns ``metric``, ``seed`` and ``value``, as studies write them.
    """
    ordered = table.sort_values("seed", kind="stable")
    return {
        str(name): group.to_numpy(np.float64)
        for name, group in ordered.groupby("metric", sort=False)["value"]
    }


def welch(one: Summary, other: Summary) -> dict[str, float]:
    """Return the difference of means, ``other - one``, with its 95 % interval.

    The interval is Welch's (B. L. Welch, Biometrika 34, 1947): the two sides need neither the
    same seeds nor the same spread. For sides that rise and fall together it is wider than need be.

    Returns
    -------
    dict
        ``mean``, ``low`` and ``high``. Where neither has a spread the interval has no width.
    """
    mean = other["mean"] - one["mean"]
    errors = [side["sd"] ** 2 / side["seeds"] for side in (one, other)]
    half = 0.0
    if sum(errors) > 0:
        freedom = sum(errors) ** 2 / sum(
            error**2 / (side["seeds"] - 1) for error, side in zip(errors, (one, other), strict=True)
        )
        half = float(stats.t.ppf(0.975, freedom)) * sum(errors) ** 0.5
    return {"mean": mean, "low": mean - half, "high": mean + half}
