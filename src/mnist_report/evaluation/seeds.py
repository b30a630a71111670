"""Values over seeds: reading the tables of studies, and comparing models that share no draw."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnist_report.core import files, paths

#: ``<study>.<metric>`` to its values in the order of the seeds, shape (seeds,).
Values = Mapping[str, NDArray[np.float64]]


def read_values() -> Values:
    """Read what the studies measured from ``results/<study>.csv``."""
    values = {}
    for path in sorted(paths.RESULTS.glob("*.csv")):
        table = files.read_csv(path).sort_values("seed", kind="stable")
        for metric, group in table.groupby("metric", sort=False)["value"]:
            values[f"{path.stem}.{metric}"] = group.to_numpy(np.float64)
    return values


def welch(one: NDArray[np.float64], other: NDArray[np.float64]) -> dict[str, float]:
    """Return ``other - one`` of models that share no draw, with Welch's 95 % interval and p.

    B. L. Welch, Biometrika 34, 1947. Where neither side has a spread the interval has no width.
    """
    low = high = mean = float(other.mean() - one.mean())
    p = float(mean == 0)
    if np.ptp(one) > 0 or np.ptp(other) > 0:
        test = stats.ttest_ind(other, one, equal_var=False)
        low, high = test.confidence_interval(0.95)
        p = float(test.pvalue)
    return {"mean": mean, "low": float(low), "high": float(high), "p": p}
