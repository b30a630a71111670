"""The rule that judges printed numbers: right by its nominal rate, and able to fail."""

import numpy as np
import pytest
from scipy import stats

from mnist_report.evaluation.agreement import ALPHA, Question, answer, calibration, hold_against

DRAWS = 1500


def ask(printed, draws, margin=0.0, rounding=0.0, together=None):
    return Question(printed, 4, rounding, np.asarray(draws, dtype=float), margin, together)


def simulate(shift, n=10, sd=1.0, margin=0.0, rounding=0.0):
    """Judge printed numbers, drawn like ours but for a shift: p, and close or not."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        ours = rng.normal(0, sd, n)
        printed = rng.normal(shift, sd)
        if rounding:
            printed = np.round(printed / (2 * rounding)) * 2 * rounding
        found.append(hold_against(ask(printed, ours, margin, rounding)))
    return zip(*found, strict=True)


def test_draws_are_called_different_as_often_as_students_t_says():
    for shift, n in ((0, 3), (0, 20), (3, 10), (5, 10)):
        # Non-central t: the shift in units of the prediction error.
        t, parameter = stats.t.ppf(1 - ALPHA / 2, n - 1), shift / (1 + 1 / n) ** 0.5
        power = stats.nct.sf(t, n - 1, parameter) + stats.nct.cdf(-t, n - 1, parameter)
        assert shift or power == pytest.approx(ALPHA)
        p, _ = simulate(shift, n)
        # The standard deviation of a share of 5 % over 1,500 is 0.0056, of 50 % it is 0.013.
        assert np.mean(np.less(p, ALPHA)) == pytest.approx(power, abs=0.04 if shift else 0.017)
    # Rounding is allowed for, and so makes the rule milder, never stricter.
    p, _ = simulate(0, rounding=1.0)
    assert np.mean(np.less(p, ALPHA)) < ALPHA


def test_means_a_margin_apart_are_called_close_no_more_often_than_stated():
    for n, margin in ((10, -3.0), (10, 8.0), (20, 5.0)):
        _, close = simulate(margin, n, margin=abs(margin))
        assert np.mean(close) <= ALPHA + 0.017, (n, margin)
    # Equal means are shown to be close where the margin is wide, and never where it is narrow.
    for margin, least, most in ((6.0, 0.95, 1), (0.5, 0, 0.01)):
        _, close = simulate(0, margin=margin)
        assert least <= np.mean(close) <= most, margin


def test_equal_draws_leave_rounding_and_margin_alone_to_decide():
    # As floats, 0.1 + 0.2 is not 0.3.
    for printed, draw, rounding, margin, expected in (
        (0.16, 0.1649, 0.005, 0.0, (1, True)),
        (0.16, 0.1651, 0.005, 0.0, (0, False)),
        (0.3, 0.1 + 0.2, 0.0, 0.0, (1, True)),
        (0.3, 0.4, 0.1, 0.0, (1, True)),
    ):
        assert hold_against(ask(printed, [draw] * 5, margin, rounding)) == expected, printed


def test_numbers_of_one_cell_differ_together():
    near, far = ask(0, [-1, 0, 1], 9, together="cell"), ask(99, [-1, 0, 1], 9, together="cell")
    alone = ask(0, [-1, 0, 1], 9)
    answers = answer({"near": near, "far": far, "alone": alone})
    assert [each.verdict for each in answers.values()] == ["differs", "differs", "agrees"]


def test_our_own_draws_are_rarely_called_different():
    rng = np.random.default_rng(1)
    # Half of them have twenty seeds, half ten: in the later seeds these begin again, uncounted.
    questions = {
        k: ask(0.9, rng.normal(0.9, 0.001, 10 + 10 * (k % 2)), 0.01, 5e-5) for k in range(40)
    }
    by_seed = calibration(questions | {"few": ask(0.9, [0.8, 0.9], 0.01)})
    assert [len(verdicts) for verdicts in by_seed] == [40] * 10 + [20] * 10
    # Over 20 families at 5 % one false alarm is expected; five are rarer than 1 in 300.
    assert sum("differs" in verdicts.values() for verdicts in by_seed) < 5
    # One in twenty has an own p below 5 %.
    given = [verdict for verdicts in by_seed for verdict in verdicts.values()]
    assert given.count("agrees") / len(given) == pytest.approx(0.95, abs=0.03)
