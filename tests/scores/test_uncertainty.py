"""Spread, intervals and paired tests against SciPy, closed forms and published examples."""

import math

import numpy as np
import pytest
from scipy import stats

from mnist_report.scores import uncertainty


def test_paired_difference_is_students_interval():
    one, other = [1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 4.5, 4.0]  # differences 0.5, 0, 1.5, 0
    # By hand: mean 0.5, sum of squares 1.5, so the standard error is sqrt(1.5 / 3 / 4);
    # the 97.5 % point of Student's t with 3 degrees of freedom is 3.1824 in every table.
    half = 3.182446305 * math.sqrt(1.5 / 3 / 4)
    p = stats.ttest_rel(other, one).pvalue
    expected = {"mean": 0.5, "low": 0.5 - half, "high": 0.5 + half, "p": p, "seeds": 4}
    assert uncertainty.paired_difference(one, other) == pytest.approx(expected)
    back = expected | {"mean": -0.5, "low": -0.5 - half, "high": -0.5 + half}
    assert uncertainty.paired_difference(other, one) == pytest.approx(back)
    equal = {"mean": 0.5, "low": 0.5, "high": 0.5, "p": 0.0, "seeds": 2}
    assert uncertainty.paired_difference([1.0, 2.0], [1.5, 2.5]) == equal


def test_wilson_interval_is_the_published_one():
    for hits, total, low, high in (
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert uncertainty.wilson_interval(hits, total) == pytest.approx((low, high), abs=5e-5)


def test_the_bootstrap_has_the_variance_of_both_sources():
    rng = np.random.default_rng(0)
    # Seeds differ in how often they are right, images in how hard they are.
    skills, hard = np.array([0.9, 0.8, 0.6, 0.7, 0.75]), rng.random(2000)
    table = skills[:, None] > hard
    twin, constant = table[::-1], np.ones((2, 2000), dtype=bool)
    drawn = uncertainty.pigeonhole_bootstrap({"a": table, "b": twin, "c": constant}, rng)
    assert {name: values.shape for name, values in drawn.items()} == {
        "a": (4000, 4), "b": (4000, 4), "c": (4000, 1),
    }  # fmt: skip
    by_seeds, by_images = table.mean(axis=1).var(ddof=1), table.mean(axis=0).var() / 2000
    means = {name: values.mean(axis=1) for name, values in drawn.items()}
    assert means["a"].mean() == pytest.approx(table.mean(), abs=0.005)
    assert means["a"].var() == pytest.approx(by_seeds / 5 + by_images, rel=0.1)
    # One run: all of the seeds' variance. (Drawn are five, so four fifths of it.)
    assert drawn["a"][:, 0].var() == pytest.approx(0.8 * by_seeds + by_images, rel=0.1)
    # Of two models on the same images only the seeds are left.
    assert (means["b"] - means["a"]).var() == pytest.approx(2 * by_seeds / 5, rel=0.1)
    assert np.all(drawn["c"] == 1)


def test_mcnemar_by_hand():
    def test(only_one, only_other, both, neither):
        counts = {(1, 0): only_one, (0, 1): only_other, (1, 1): both, (0, 0): neither}
        one, other = np.repeat(list(counts), list(counts.values()), axis=0).astype(bool).T
        return uncertainty.mcnemar(one, other)

    # Of 6 rows that tell, the one has 1: twice the chance of 0 or 1 heads in 6 throws.
    assert test(1, 5, 20, 3) == (1, 5, pytest.approx(2 * (1 + 6) / 2**6))
    assert test(5, 1, 0, 0) == (5, 1, pytest.approx(2 * (1 + 6) / 2**6))
    assert test(0, 0, 4, 2) == (0, 0, 1.0)
    assert test(3, 3, 1, 1)[2] == 1


def test_holm_is_the_textbook_example():
    # Sorted 0.005, 0.01, 0.03, 0.04, times 4, 3, 2, 1; the last may not fall below the third.
    assert uncertainty.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert uncertainty.holm([0.6, 0.7, 0.5]) == [1, 1, 1]
    assert uncertainty.holm([0.02]) == [0.02]
    assert uncertainty.holm([]) == []
    assert uncertainty.holm([0.01, 0.01]) == [0.02, 0.02]
