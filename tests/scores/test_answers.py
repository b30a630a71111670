"""Answers of all seeds, kept short and read again."""

import numpy as np

from mnist_report.scores.answers import misread, read_right


def test_images_that_some_seed_misreads_are_kept_and_the_rest_follows():
    labels = np.array([7, 2, 1, 0])
    answers = [[7, 2, 1, 6], [7, 3, 1, 6], [7, 2, 1, 0]]
    table = misread(answers, labels)
    assert table == {"1": "232", "3": "660"}
    assert np.array_equal(read_right(table, labels, 3), np.array(answers) == labels)
