"""Does a printed number agree with ours? A prediction interval, and a test of equivalence.

A printed number x is one draw; ours are n draws with mean m and standard deviation s. If both come
from one normal distribution, (x - m) / (s √(1 + 1/n)) follows Student's t with n - 1 degrees of
freedom (Hahn and Meeker, Statistical Intervals, 1991, section 4.7). Two questions are asked:

- Is x another draw of ours? The two-sided p of that t says how often a draw lies so far off.
- If it is, are the two means closer than a margin? Two one-sided tests (Schuirmann, Journal of
  Pharmacokinetics and Biopharmaceutics 15, 1987), each at `ALPHA`.

A printed number is rounded, so the distance counts from the nearest number that rounds to it in
the first question, and from the farthest in the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnist_report.scores.uncertainty import holm

#: A test is wrong so often where there is nothing to find.
ALPHA = 0.05

Agreement = Literal["agrees", "undecided", "differs"]


@dataclass(frozen=True)
class Tested:
    """What the two questions come to.

    Attributes
    ----------
    p
        How often one of our own draws lies as far off as the printed number, or farther.
    within
        Whether the two are shown to be closer than the margin.
    """

    p: float
    within: bool


def prediction_error(sd: float, n: int) -> float:
    """Return the standard deviation of one more draw from the mean of n draws."""
    return sd * float((1 + 1 / n) ** 0.5)


def hold_against(
    printed: float, rounding: float, mean: float, sd: float, n: int, margin: float
) -> Tested:
    """Ask both questions of one printed number.

    Parameters
    ----------
    rounding
        How far off the number before rounding may have been.
    mean, sd, n
        Of our draws; n is 2 or more.
    margin
        The distance that a reader would take for none.
    """
    distance = abs(printed - mean)
    near = max(distance - rounding, 0.0)
    error = prediction_error(sd, n)
    if error == 0:
        return Tested(float(near == 0), distance <= max(margin, rounding))
    p = 2 * stats.t.sf(near / error, n - 1)
    farthest = distance + rounding + stats.t.ppf(1 - ALPHA, n - 1) * error
    return Tested(float(p), bool(farthest <= margin))


def reach(sd: float, n: int) -> float:
    """Return how far from the mean of n draws one more draw lies, but for a share of `ALPHA`."""
    return float(stats.t.ppf(1 - ALPHA / 2, n - 1)) * prediction_error(sd, n)


def decide(tested: Mapping[str, Tested]) -> dict[str, tuple[Agreement, float]]:
    """Return the verdict on each of many numbers, and its p by Holm's correction.

    *differs*: a draw of ours would lie so far off less often than `ALPHA` allows, over all the
    numbers together. *agrees*: closer than the margin, and nothing speaks against it (p of this
    number alone is `ALPHA` or more). *undecided*: the rest.
    """
    corrected = dict(zip(tested, holm([one.p for one in tested.values()]), strict=True))
    verdicts: dict[str, tuple[Agreement, float]] = {}
    for name, one in tested.items():
        verdict: Agreement = "undecided"
        if corrected[name] < ALPHA:
            verdict = "differs"
        elif one.within and one.p >= ALPHA:
            verdict = "agrees"
        verdicts[name] = (verdict, corrected[name])
    return verdicts


def calibration(
    values: Mapping[str, NDArray[np.float64]],
    rounding: Mapping[str, float],
    margin: Mapping[str, float],
) -> list[tuple[str, int, Agreement]]:
    """Judge each of our own draws by the others: (name, seed, verdict) for all of them.

    The draws of one seed are judged together, as the printed numbers are.

    Parameters
    ----------
    values
        Name to its values, one for each seed, shape (n,) with n of 3 or more.
    rounding, margin
        By the same names, as `hold_against` takes them; a draw is rounded first.
    """
    result = []
    for seed in range(max(map(len, values.values()), default=0)):
        tested = {}
        for name, draws in values.items():
            if seed < len(draws):
                others = np.delete(draws, seed)
                unit = 2 * rounding[name]
                printed = round(draws[seed] / unit) * unit if unit else draws[seed]
                tested[name] = hold_against(
                    printed,
                    rounding[name],
                    others.mean(),
                    # Equal values can have a deviation of some 1e-17.
                    others.std(ddof=1) if np.ptp(others) else 0.0,
                    len(others),
                    margin[name],
                )
        result += [(name, seed, verdict) for name, (verdict, _) in decide(tested).items()]
    return result
