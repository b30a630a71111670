"""The seed and its streams."""

import numpy as np
import pytest

from mnist_report.randomness import generator


def test_the_same_seed_and_use_give_the_same_stream():
    first, second = (generator(2019, "svm_final").integers(0, 2**63, 1000) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("other", [(2019, "svm_kernels"), (2020, "svm_final"), (0, "svm_final")])
def test_another_use_or_seed_gives_an_independent_stream(other):
    first, second = generator(2019, "svm_final"), generator(*other)
    a, b = first.standard_normal(100_000), second.standard_normal(100_000)
    # The correlation of independent streams has a standard deviation of 0.003.
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.015
    assert not np.isin(a, b).any()


def test_a_use_keeps_its_stream_whatever_others_draw():
    expected = generator(2019, "svm_final").random()
    generator(2019, "svm_kernels").random(1000)
    np.random.default_rng(0).random(10)
    assert generator(2019, "svm_final").random() == expected
