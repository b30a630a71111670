"""Streams of randomness."""

import numpy as np

from mnist_report.data.randomness import draw_with_replacement, generator


def test_every_use_and_seed_has_a_stream_of_its_own():
    first = generator(2019, "svm_final").standard_normal(100_000)
    generator(2019, "svm_kernels").random(1000)
    assert np.array_equal(generator(2019, "svm_final").standard_normal(100_000), first)
    for other in ((2019, "svm_kernels"), (2020, "svm_final"), (0, "svm_final")):
        second = generator(*other).standard_normal(100_000)
        assert not np.isin(first, second).any()


def test_no_more_rows_are_drawn_than_there_are():
    for rows, drawn in ((50, 50), (3000, 1000)):
        numbers = draw_with_replacement(1000, rows, generator(0, "svm_final"))
        assert (len(numbers), len(set(numbers)) < drawn) == (drawn, True)
