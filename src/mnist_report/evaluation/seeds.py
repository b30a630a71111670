"""Values over seeds: reading the tables of studies, and comparing models that share no draw."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

#: Mean, sd and number of seeds, as `scores.uncertainty.spread` gives them.
Summary = Mapping[str, float]

#: ``<study>.<metric>`` to its values in the order of the seeds, shape (seeds,).
Values = Mapping[str, NDArray[np.float64]]


def read_values(tables: Mapping[str, pd.DataFrame]) -> dict[str, NDArray[np.float64]]:
    """Return ``<study>.<metric>`` to its values in the order of the seeds, shape (seeds,).

    Parameters
    ----------
    tables
        Study to a table with the columns ``metric``, ``seed`` and ``value``.
    """
    return {
        f"{study}.{metric}": group.to_numpy(np.float64)
        for study, table in tables.items()
        for metric, group in table.sort_values("seed", kind="stable").groupby("metric", sort=False)[
            "value"
        ]
    }


def welch(one: Summary, other: Summary) -> dict[str, float]:
    """Return the difference of means, ``other - one``, with its 95 % interval.

    The interval is Welch's (B. L. Welch, Biometrika 34, 1947): the two sides need neither the
    same seeds nor the same spread. For sides that rise and fall together it is wider than need be.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high`` and ``p``. Where neither has a spread the interval has no width.
    """
    mean = other["mean"] - one["mean"]
    errors = [side["sd"] ** 2 / side["seeds"] for side in (one, other)]
    half, p = 0.0, float(mean == 0)
    if sum(errors) > 0:
        freedom = sum(errors) ** 2 / sum(
            error**2 / (side["seeds"] - 1) for error, side in zip(errors, (one, other), strict=True)
        )
        error = sum(errors) ** 0.5
        half = float(stats.t.ppf(0.975, freedom)) * error
        p = float(2 * stats.t.sf(abs(mean) / error, freedom))
    return {"mean": mean, "low": mean - half, "high": mean + half, "p": p}
