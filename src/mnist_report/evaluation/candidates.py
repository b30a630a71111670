"""Which candidate a printed number fits best: where it comes from if not from the printed code."""

from collections.abc import Mapping
from typing import Any

from scipy import stats

from mnist_report.evaluation.agreement import EXACT, prediction_error, reach


def candidates(measured: Mapping[str, Any], printed: float) -> dict[str, dict[str, Any]]:
    """Return the candidates for a printed number, ``<gamma>_<rows>``, the best first.

    Of each the `spread` over seeds, how many ``sd`` the printed number lies above its mean (``z``,
    None if seeds that all agree leave no sd), whether it ``fits``, lying where 19 of 20 further
    draws do, and their ``density`` there.
    """
    found = []
    for gamma, by_rows in measured.items():
        for rows, spread in by_rows.items():
            off, sd, n = printed - spread["mean"], spread["sd"], spread["seeds"]
            z = off / sd if sd > 0 else None
            error = prediction_error(sd, n)
            density = float(stats.t.pdf(off / error, n - 1)) / error if sd > 0 else 0.0
            more = {"z": z, "fits": abs(off) <= reach(sd, n), "density": density}
            found.append({"gamma": gamma, "rows": rows, **spread, **more})
    # Seeds that all agree leave no doubt: they fit exactly or not at all.
    found.sort(key=lambda c: (not c["fits"], abs(c["z"] or 0)))
    return {f"{each['gamma']}_{each['rows']}": each for each in found}


def sizes(measured: Mapping[str, Any], printed: float) -> dict[str, dict[str, Any]]:
    """Judge how well sizes of a training set, ``rows_<n>``, explain a printed number.

    Returned are ``rows``, ``seeds``, ``mean``, ``sd`` and ``p`` of each. All have one standard
    deviation, pooled: a few draws each know little of their own.
    """
    spreads = list(measured.values())
    n = spreads[0]["seeds"]
    # Draws that all agree leave only what floats make of equal numbers.
    pooled = max((sum(spread["sd"] ** 2 for spread in spreads) / len(spreads)) ** 0.5, EXACT)
    error, freedom = prediction_error(pooled, n), len(spreads) * (n - 1)
    return {
        name: {
            "rows": int(name.removeprefix("rows_")),
            "seeds": n,
            "mean": spread["mean"],
            "sd": pooled,
            "p": float(2 * stats.t.sf(abs(printed - spread["mean"]) / error, freedom)),
        }
        for name, spread in measured.items()
    }
