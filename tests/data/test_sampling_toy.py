"""Draws with replacement and the toy data of the kernel trick."""

import numpy as np
import pytest
from sklearn.svm import SVC

from mnist_report.data import sampling, toy
from mnist_report.errors import UserError


def test_a_draw_is_seeded_repeats_rows_and_stays_in_range():
    first = sampling.draw_with_replacement(100, 1000, np.random.default_rng(1))
    again = sampling.draw_with_replacement(100, 1000, np.random.default_rng(1))
    assert first.dtype == np.int64
    assert first.shape == (1000,)
    assert np.array_equal(first, again)
    assert set(first) == set(range(100))


def test_a_draw_is_uniform():
    counts = np.bincount(sampling.draw_with_replacement(10, 100_000, np.random.default_rng(2)))
    # Chi-squared with 9 degrees of freedom is above 27.9 once in a thousand draws.
    assert np.square(counts - 10_000).sum() / 10_000 < 27.9


def test_a_draw_of_the_papers_size_holds_the_expected_number_of_rows():
    drawn = sampling.draw_with_replacement(60_000, 30_000, np.random.default_rng(3))
    rows, _ = sampling.unique_with_counts(drawn)
    expected = 60_000 * (1 - (1 - 1 / 60_000) ** 30_000)
    assert len(rows) == pytest.approx(expected, rel=0.01)


def test_unique_rows_and_counts_rebuild_the_draw():
    drawn = sampling.draw_with_replacement(50, 200, np.random.default_rng(4))
    rows, counts = sampling.unique_with_counts(drawn)
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(np.repeat(rows, counts), np.sort(drawn))


@pytest.mark.parametrize(("n_rows", "size", "name"), [(0, 5, "n_rows"), (5, 0, "size")])
def test_an_empty_draw_is_refused(n_rows, size, name):
    with pytest.raises(UserError, match=name):
        sampling.draw_with_replacement(n_rows, size, np.random.default_rng(0))


@pytest.mark.parametrize("make", [toy.separable, toy.overlapping, toy.rings])
def test_toy_data_is_seeded_and_has_both_classes(make):
    X, y = make(np.random.default_rng(7))
    again, _ = make(np.random.default_rng(7))
    assert np.array_equal(X, again)
    assert X.dtype == np.float64
    assert y.dtype == np.int64
    assert X.shape == (len(y), 2)
    assert len(y) <= 500
    assert set(y) == {0, 1}


def test_separable_classes_lie_beyond_the_strip():
    X, y = toy.separable(np.random.default_rng(1))
    total = X.sum(axis=1)
    assert np.all(total[y == 1] > 2)
    assert np.all(total[y == 0] < 1)
    assert SVC(kernel="linear", C=1000).fit(X, y).score(X, y) == 1


def test_overlapping_classes_keep_every_point_and_no_line_parts_them():
    X, y = toy.overlapping(np.random.default_rng(1))
    assert len(X) == 500
    assert X.std() == pytest.approx(1.5, rel=0.1)
    assert 0.7 < SVC(kernel="linear", C=1000).fit(X, y).score(X, y) < 1


def test_rings_lie_on_both_sides_of_the_gap():
    X, y = toy.rings(np.random.default_rng(1))
    radius = np.square(X).sum(axis=1)
    assert np.all(radius[y == 1] < 8)
    assert np.all(radius[y == 0] > 14)


def test_the_kernel_is_the_inner_product_of_the_images():
    rng = np.random.default_rng(5)
    X, Y = rng.normal(size=(200, 2)), rng.normal(size=(300, 2))
    assert toy.phi(X).shape == (200, 3)
    np.testing.assert_allclose(toy.phi(X) @ toy.phi(Y).T, (X @ Y.T) ** 2, atol=1e-12)


def test_the_kernel_svm_is_the_linear_svm_on_the_images():
    X, y = toy.rings(np.random.default_rng(6))
    grid = np.random.default_rng(7).uniform(-8, 8, size=(2000, 2))
    trick = SVC(kernel="poly", degree=2, gamma=1, coef0=0, C=10, tol=1e-9).fit(X, y)
    direct = SVC(kernel="linear", C=10, tol=1e-9).fit(toy.phi(X), y)
    assert trick.score(X, y) == 1
    np.testing.assert_allclose(
        trick.decision_function(grid), direct.decision_function(toy.phi(grid)), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (toy.separable, {"n": 0}),
        (toy.rings, {"sd": 0.0}),
        (toy.overlapping, {"noise_sd": -1.0}),
        (toy.separable, {"below": 2.0, "above": 1.0}),
        (toy.rings, {"inner": 14.0, "outer": 8.0}),
    ],
)
def test_impossible_toy_data_is_refused(make, options):
    with pytest.raises(UserError):
        make(np.random.default_rng(0), **options)
