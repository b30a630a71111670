"""Does a printed number agree with ours? A prediction interval, and a test of equivalence.

A printed number x is one draw; ours are n draws with mean m and standard deviation s. If both come
from one normal distribution, (x - m) / (s √(1 + 1/n)) follows Student's t with n - 1 degrees of
freedom (Hahn and Meeker, Statistical Intervals, 1991, section 4.7). Two questions are asked:

- Is x another draw of ours? The two-sided p of that t says how often a draw lies so far off.
- If it is, are the two means closer than a margin? Two one-sided tests (Schuirmann, Journal of
  Pharmacokinetics and Biopharmaceutics 15, 1987), each at `ALPHA`.

A printed number is rounded, so both questions are asked of the nearest number that prints so.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

#: A test is wrong so often where there is nothing to find.
ALPHA = 0.05

#: Numbers so close are equal.
EXACT = 1e-12


def prediction_error(sd: float, n: int) -> float:
    """Return the standard deviation of one more draw from the mean of n draws."""
    return sd * float((1 + 1 / n) ** 0.5)


def reach(sd: float, n: int) -> float:
    """Return how far from the mean of n draws one more draw lies, but for a share of `ALPHA`."""
    return float(stats.t.ppf(1 - ALPHA / 2, n - 1)) * prediction_error(sd, n)


def hold_against(
    draws: NDArray[np.float64], printed: float, rounding: float, margin: float
) -> tuple[float, bool]:
    """Return p, how often one more draw is as far off, and whether both are shown to be close.

    There are two draws or more; the printed number was off by `rounding` at most before it was
    printed, and `margin` is the distance that a reader would take for none.
    """
    n, distance = len(draws), abs(printed - draws.mean())
    if np.ptp(draws) == 0:
        # Floats leave some 1e-17 between numbers that are equal.
        off = distance - rounding
        return float(off <= EXACT), bool(off <= margin + EXACT)
    error = prediction_error(float(draws.std(ddof=1)), n)
    p = 2 * stats.t.sf(max(distance - rounding, 0) / error, n - 1)
    farthest = distance + stats.t.ppf(1 - ALPHA, n - 1) * error
    return float(p), bool(farthest <= rounding + margin)
