"""The rule that judges printed numbers: right by its nominal rate, and able to fail."""

import numpy as np
import pytest
from scipy import stats

from mnist_report.evaluation.agreement import ALPHA, hold_against

DRAWS = 1500


def simulate(shift, n=10, sd=1.0, margin=0.0, rounding=0.0):
    """Judge printed numbers, drawn like ours but for a shift: p, and close or not."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        ours = rng.normal(0, sd, n)
        printed = rng.normal(shift, sd)
        if rounding:
            printed = np.round(printed / (2 * rounding)) * 2 * rounding
        found.append(hold_against(ours, printed, rounding, margin))
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
        assert hold_against(np.full(5, draw), printed, rounding, margin) == expected, printed
