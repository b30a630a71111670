"""Does a printed number agree with ours? A prediction interval, and a test of equivalence.

A printed number x is one draw; ours are n draws with mean m and standard deviation s. If both come
from one normal distribution, (x - m) / (s √(1 + 1/n)) follows Student's t with n - 1 degrees of
freedom (Hahn and Meeker, Statistical Intervals, 1991, section 4.7). Two questions are asked:

- Is x another draw of ours? The two-sided p of that t says how often a draw lies so far off.
- If it is, are the two means closer than a margin? Two one-sided tests (Schuirmann, Journal of
  Pharmacokinetics and Biopharmaceutics 15, 1987), each at `ALPHA`.

A printed number is rounded, so both questions are asked of the nearest number that prints so.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnist_report.scores.uncertainty import holm

#: A test is wrong so often where there is nothing to find.
ALPHA = 0.05

#: Numbers so close are equal.
EXACT = 1e-12

Floats = NDArray[np.float64]
Agreement = Literal["agrees", "undecided", "differs"]


@dataclass(frozen=True)
class Question:
    """A printed number with so many decimals, off by `rounding` at most before it was printed.

    `draws` are our values, of two seeds or more; `margin` is the distance that a reader would take
    for none. Of questions that share the name `together` all differ if one does.
    """

    printed: float
    decimals: int
    rounding: float
    draws: Floats
    margin: float
    together: str | None = None


class Answer(NamedTuple):
    """The verdict on a question, and its p alone and by Holm's correction."""

    verdict: Agreement
    p: float
    p_holm: float


def prediction_error(sd: float, n: int) -> float:
    """Return the standard deviation of one more draw from the mean of n draws."""
    return sd * float((1 + 1 / n) ** 0.5)


def reach(sd: float, n: int) -> float:
    """Return how far from the mean of n draws one more draw lies, but for a share of `ALPHA`."""
    return float(stats.t.ppf(1 - ALPHA / 2, n - 1)) * prediction_error(sd, n)


def hold_against(question: Question) -> tuple[float, bool]:
    """Return p, how often one more draw is as far off, and whether both are shown to be close."""
    draws, n = question.draws, len(question.draws)
    distance = abs(question.printed - draws.mean())
    if np.ptp(draws) == 0:
        # Floats leave some 1e-17 between numbers that are equal.
        off = distance - question.rounding
        return float(off <= EXACT), bool(off <= question.margin + EXACT)
    error = prediction_error(float(draws.std(ddof=1)), n)
    p = 2 * stats.t.sf(max(distance - question.rounding, 0) / error, n - 1)
    farthest = distance + stats.t.ppf(1 - ALPHA, n - 1) * error
    return float(p), bool(farthest <= question.rounding + question.margin)


def answer(questions: Mapping[Hashable, Question]) -> dict[Hashable, Answer]:
    """Return the verdict on each of many numbers.

    *differs*: one more draw of ours would lie so far off less often than `ALPHA` allows, over all
    the numbers together; or so does a number that belongs together with this one. *agrees*: closer
    than the margin, and its own p is `ALPHA` or more. *undecided*: the rest.
    """
    found = {name: hold_against(question) for name, question in questions.items()}
    corrected = dict(zip(questions, holm([p for p, _ in found.values()]), strict=True))
    different = {name for name, p_holm in corrected.items() if p_holm < ALPHA}
    cells = {questions[name].together for name in different} - {None}
    answers: dict[Hashable, Answer] = {}
    for name, (p, close) in found.items():
        verdict: Agreement = "undecided"
        if name in different or questions[name].together in cells:
            verdict = "differs"
        elif close and p >= ALPHA:
            verdict = "agrees"
        answers[name] = Answer(verdict, p, corrected[name])
    return answers


def calibration(questions: Mapping[Hashable, Question]) -> list[dict[Hashable, Agreement]]:
    """Judge each of our own draws by the others, printed with as many digits; seed by seed.

    The draws of one seed are judged together, as the printed numbers are. Numbers of fewer seeds
    begin again, so that there are always as many; a verdict is returned once only. Those of fewer
    than 3 seeds are left out.
    """
    questions = {name: each for name, each in questions.items() if len(each.draws) >= 3}
    found = []
    for seed in range(max((len(each.draws) for each in questions.values()), default=0)):
        left_out: dict[Hashable, Question] = {}
        for name, each in questions.items():
            place = seed % len(each.draws)
            printed = round(float(each.draws[place]), each.decimals)
            others = np.delete(each.draws, place)
            left_out[name] = replace(each, printed=printed, draws=others)
        new = {name for name, each in questions.items() if seed < len(each.draws)}
        answers = answer(left_out).items()
        found.append({name: found.verdict for name, found in answers if name in new})
    return found
