"""Streams of randomness, and the toy data of the kernel trick."""

import numpy as np
import pytest
from sklearn.svm import SVC

from mnist_report.data.randomness import generator
from mnist_report.models.intuition import margins


def rng(seed=1):
    return np.random.default_rng(seed)


def test_every_use_and_seed_has_a_stream_of_its_own():
    first = generator(2019, "svm_final").standard_normal(100_000)
    generator(2019, "svm_kernels").random(1000)
    assert np.array_equal(generator(2019, "svm_final").standard_normal(100_000), first)
    for other in ((2019, "svm_kernels"), (2020, "svm_final"), (0, "svm_final")):
        second = generator(*other).standard_normal(100_000)
        assert not np.isin(first, second).any()


def test_the_classes_of_toy_data_lie_where_they_should():
    X, y = margins.separable(rng())
    assert X[y == 1].sum(axis=1).min() > 2
    assert X[y == 0].sum(axis=1).max() < 1
    assert SVC(kernel="linear", C=1000).fit(X, y).score(X, y) == 1

    X, y = margins.overlapping(rng())
    assert len(X) == 500
    assert X.std() == pytest.approx(1.5, rel=0.1)
    assert 0.7 < SVC(kernel="linear", C=1000).fit(X, y).score(X, y) < 1

    X, y = margins.rings(rng())
    radius = np.square(X).sum(axis=1)
    assert radius[y == 1].max() < 8
    assert radius[y == 0].min() > 14
