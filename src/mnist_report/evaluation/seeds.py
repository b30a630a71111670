"""Values over seeds: reading the tables of studies, and comparing models that share no draw."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnist_report.core import files, paths
from mnist_report.scores.uncertainty import spread

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
    sides = spread(one), spread(other)
    mean = sides[1]["mean"] - sides[0]["mean"]
    errors = [side["sd"] ** 2 / side["seeds"] for side in sides]
    half, p = 0.0, float(mean == 0)
    if sum(errors) > 0:
        freedom = sum(errors) ** 2 / sum(
            error**2 / (side["seeds"] - 1) for error, side in zip(errors, sides, strict=True)
        )
        error = sum(errors) ** 0.5
        half = float(stats.t.ppf(0.975, freedom)) * error
        p = float(2 * stats.t.sf(abs(mean) / error, freedom))
    return {"mean": mean, "low": mean - half, "high": mean + half, "p": p}
