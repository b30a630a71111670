"""Spread, intervals and paired tests against SciPy, closed forms and published examples."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from mnist_report.evaluation.uncertainty import (
    holm,
    mcnemar,
    paired_difference,
    spread,
    spreads,
    wilson_interval,
)

VALUES = [0.91, 0.93, 0.90, 0.95]


def test_spread_is_that_of_the_standard_library():
    assert spread(VALUES) == pytest.approx(
        {
            "mean": statistics.mean(VALUES),
            "sd": statistics.stdev(VALUES),
            "min": 0.90,
            "max": 0.95,
            "seeds": 4,
        }
    )
    assert spread([3, 3])["sd"] == 0


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_value_has_no_spread(values):
    with pytest.raises(ValueError, match=f"{len(values)} values have no spread"):
        spread(values)


def test_spreads_keep_the_shape_of_the_trees():
    runs = [{"test": {"accuracy": a}, "C": 10} for a in VALUES]
    assert spreads(runs) == {"test": {"accuracy": spread(VALUES)}, "C": spread([10] * 4)}


def test_paired_difference_is_students_interval():
    one, other = [1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 4.5, 4.0]  # differences 0.5, 0, 1.5, 0
    effect = paired_difference(one, other)
    # By hand: mean 0.5, sum of squares 1.5, so the standard error is sqrt(1.5 / 3 / 4);
    # the 97.5 % point of Student's t with 3 degrees of freedom is 3.1824 in every table.
    half = 3.182446305 * math.sqrt(1.5 / 3 / 4)
    assert effect["seeds"] == 4
    assert (effect["mean"], effect["low"], effect["high"]) == pytest.approx(
        (0.5, 0.5 - half, 0.5 + half)
    )
    reference = stats.t.interval(0.9, 3, loc=0.5, scale=math.sqrt(1.5 / 3 / 4))
    narrow = paired_difference(one, other, confidence=0.9)
    assert (narrow["low"], narrow["high"]) == pytest.approx(reference)


def test_paired_difference_has_a_sign():
    there, back = paired_difference([0, 1, 2], [1, 3, 2]), paired_difference([1, 3, 2], [0, 1, 2])
    assert there["mean"] == 1
    assert (back["mean"], back["low"], back["high"]) == pytest.approx(
        (-there["mean"], -there["high"], -there["low"])
    )


def test_equal_differences_give_an_interval_without_width():
    assert paired_difference([1.0, 2.0], [1.5, 2.5]) == {
        "mean": 0.5,
        "low": 0.5,
        "high": 0.5,
        "seeds": 2,
    }


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_is_the_published_one(hits, total, low, high):
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_solves_its_equation():
    # Its ends are the shares p at which (x/n - p)² = z² p (1 - p) / n.
    z = statistics.NormalDist().inv_cdf(0.95)
    for end in wilson_interval(7, 40, confidence=0.9):
        assert (7 / 40 - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / 40)


def cases(only_one, only_other, both, neither):
    pairs = [(1, 0)] * only_one + [(0, 1)] * only_other + [(1, 1)] * both + [(0, 0)] * neither
    one, other = np.array(pairs, dtype=bool).T
    return one, other


def test_mcnemar_by_hand():
    # Of 6 rows that tell, the one has 1: twice the chance of 0 or 1 heads in 6 throws.
    assert mcnemar(*cases(1, 5, 20, 3)) == (1, 5, pytest.approx(2 * (1 + 6) / 2**6))
    assert mcnemar(*cases(5, 1, 0, 0)) == (5, 1, pytest.approx(2 * (1 + 6) / 2**6))


def test_mcnemar_without_a_difference():
    assert mcnemar(*cases(0, 0, 4, 2)) == (0, 0, 1.0)
    assert mcnemar(*cases(3, 3, 1, 1))[2] == 1


def test_holm_is_the_textbook_example():
    # Sorted 0.005, 0.01, 0.03, 0.04, times 4, 3, 2, 1; the last may not fall below the third.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_never_rises_above_one_and_leaves_a_single_value_alone():
    assert holm([0.6, 0.7, 0.5]) == [1, 1, 1]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []
    assert holm([0.01, 0.01]) == [0.02, 0.02]
