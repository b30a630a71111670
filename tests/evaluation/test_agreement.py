"""The rule that judges printed numbers: right by its nominal rate, and able to fail."""

import numpy as np
import pytest
from scipy import stats

from mnist_report.evaluation.agreement import ALPHA, calibration, decide, hold_against

DRAWS = 1500


def simulate(shift, n=10, sd=1.0, margin=0.0, rounding=0.0):
    """Judge printed numbers, drawn like ours but for a shift, one at a time."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        ours = rng.normal(0, sd, n)
        printed = rng.normal(shift, sd)
        if rounding:
            printed = np.round(printed / (2 * rounding)) * 2 * rounding
        found.append(hold_against(printed, rounding, ours.mean(), ours.std(ddof=1), n, margin))
    return found


def test_a_draw_like_ours_is_called_different_as_often_as_stated():
    # The standard deviation of a share of 5 % over 1,500 is 0.0056.
    for n in (3, 10, 20):
        share = np.mean([one.p < ALPHA for one in simulate(0, n)])
        assert share == pytest.approx(ALPHA, abs=0.017), n
    # Rounding is allowed for, and so makes the rule milder, never stricter.
    assert np.mean([one.p < ALPHA for one in simulate(0, rounding=1.0)]) < ALPHA


def test_a_shifted_draw_is_called_different_as_often_as_students_t_says():
    for shift, n in ((3, 10), (5, 10), (3, 20)):
        # Non-central t: the shift in units of the prediction error.
        t, parameter = stats.t.ppf(1 - ALPHA / 2, n - 1), shift / (1 + 1 / n) ** 0.5
        power = stats.nct.sf(t, n - 1, parameter) + stats.nct.cdf(-t, n - 1, parameter)
        assert np.mean([one.p < ALPHA for one in simulate(shift, n)]) == pytest.approx(
            power, abs=0.04
        )
    assert np.mean([one.p < ALPHA for one in simulate(6)]) > 0.99


def test_means_a_margin_apart_are_called_close_no_more_often_than_stated():
    for n, margin in ((10, 3.0), (10, 8.0), (20, 5.0)):
        for side in (-1, 1):
            share = np.mean([one.within for one in simulate(side * margin, n, margin=margin)])
            assert share <= ALPHA + 0.017, (n, margin)
    # Equal means are shown to be close where the margin is wide, and never where it is narrow.
    assert np.mean([one.within for one in simulate(0, margin=6.0)]) > 0.95
    assert np.mean([one.within for one in simulate(0, margin=0.5)]) < 0.01


def test_equal_draws_leave_rounding_alone_to_decide():
    assert hold_against(0.16, 0.005, 0.1649, 0.0, 5, 0.0).p == 1
    assert hold_against(0.16, 0.005, 0.1651, 0.0, 5, 0.0).p == 0
    assert hold_against(0.16, 0.005, 0.1651, 0.0, 5, 0.006).within


def test_the_verdict_needs_both_tests_and_allows_for_how_many_there_are():
    def tested(p, within):
        one = hold_against(0, 0, 0, 0, 2, 0)
        return type(one)(p, within)

    many = {f"null_{k}": tested(0.5, True) for k in range(8)}
    many |= {"far": tested(0.004, False), "odd": tested(0.01, True), "wide": tested(0.5, False)}
    verdicts = {name: verdict for name, (verdict, _) in decide(many).items()}
    # Of eleven the smallest p is multiplied by 11, the next one by 10.
    assert decide(many)["far"][1] == pytest.approx(0.044)
    assert verdicts["far"] == "differs"
    assert verdicts["odd"] == "undecided"
    assert verdicts["wide"] == "undecided"
    assert {verdicts[f"null_{k}"] for k in range(8)} == {"agrees"}


def test_our_own_draws_are_rarely_called_different():
    rng = np.random.default_rng(1)
    names = [f"metric_{k}" for k in range(40)]
    values = {name: rng.normal(0.9, 0.001, 20) for name in names}
    rows = calibration(values, dict.fromkeys(names, 5e-5), dict.fromkeys(names, 0.01))
    assert len(rows) == 40 * 20
    verdicts = [verdict for _, _, verdict in rows]
    # Over 20 families at 5 % one false alarm is expected; five are rarer than 1 in 300.
    assert verdicts.count("differs") < 5
    # One in twenty has an own p below 5 %.
    assert verdicts.count("agrees") / len(rows) == pytest.approx(0.95, abs=0.03)
