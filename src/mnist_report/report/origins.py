"""Which candidate a printed number fits best: where it comes from if not from the printed code."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scipy import stats

from mnist_report.evaluation.agreement import EXACT, prediction_error, reach

GAMMAS = {
    "auto": "1/784, as printed",
    "scale_2019": "'scale' of January 2019",
    "scale": "'scale' of today",
}
ROWS = {"train": "training", "test": "test"}


class Candidate(NamedTuple):
    """A way in which a printed number may have come about: the number over seeds, `mean` ± `sd`.

    The printed one lies `z` standard deviations above the mean and `fits` where nineteen of twenty
    further draws lie, of `density` there.
    """

    gamma: str
    rows: str
    mean: float
    sd: float
    z: float
    fits: bool
    density: float


def candidates(measured: Mapping[str, Any], printed: float) -> list[Candidate]:
    """Return the candidates for a printed number, by gamma and rows, the best first."""
    found = []
    for gamma, by_rows in measured.items():
        for rows, spread in by_rows.items():
            off, sd, n = printed - spread["mean"], spread["sd"], spread["seeds"]
            # Seeds that all agree leave no doubt: any difference is one too many.
            z = off / sd if sd > 0 else (0.0 if off == 0 else float("inf"))
            error = prediction_error(sd, n)
            density = float(stats.t.pdf(off / error, n - 1)) / error if sd > 0 else 0.0
            fits = abs(off) <= reach(sd, n)
            found.append(Candidate(gamma, rows, spread["mean"], sd, z, fits, density))
    return sorted(found, key=lambda candidate: abs(candidate.z))


class Size(NamedTuple):
    """A size of the final training set: the AUC that it gives, and the p of the printed one."""

    rows: int
    mean: float
    sd: float
    p: float


def sizes(measured: Mapping[str, Any], printed: float) -> list[Size]:
    """Judge how well sizes of a training set, ``rows_<n>``, explain a printed number.

    All have one standard deviation, pooled: a few draws each know little of their own.
    """
    spreads = list(measured.values())
    n = spreads[0]["seeds"]
    # Draws that all agree leave only what floats make of equal numbers.
    pooled = max((sum(spread["sd"] ** 2 for spread in spreads) / len(spreads)) ** 0.5, EXACT)
    error, freedom = prediction_error(pooled, n), len(spreads) * (n - 1)
    found = []
    for name, spread in measured.items():
        p = 2 * stats.t.sf(abs(printed - spread["mean"]) / error, freedom)
        found.append(Size(int(name.removeprefix("rows_")), spread["mean"], pooled, float(p)))
    return found
