"""The ladders: votes, gains and rivals, counted by hand."""

import numpy as np
import pytest

from mnist_report.evaluation import ladders

LABELS = np.arange(1000) % 10


def reading(*wrong):
    """Return the answers of seeds, of which each misreads some images as the next digit."""
    answers = np.tile(LABELS, (len(wrong), 1))
    for seed, images in enumerate(wrong):
        answers[seed, images] = (answers[seed, images] + 1) % 10
    return answers


def test_a_vote_is_what_most_seeds_read_and_of_several_the_first():
    for read, expected in (
        ([3, 3, 5], 3), ([3, 5, 5], 5), ([7, 5, 3], 7), ([7, 3, 5, 5, 3], 3), ([1], 1),
        ([2, 2, 9, 9, 9], 9),
    ):  # fmt: skip
        assert ladders.vote(np.array(read)[:, np.newaxis]).tolist() == [expected], read


def test_gains_are_differences_of_means_and_their_intervals_those_of_a_normal_approximation():
    rng = np.random.default_rng(0)
    ladder = {
        "first": reading(*(rng.choice(1000, 200, replace=False) for _ in range(20))),
        "one_run": reading(np.arange(0, 100)),
        "same": reading(np.arange(0, 100)),
    }
    table = ladders.gains(ladder, LABELS, np.random.default_rng(1))
    assert table["seeds"].tolist() == [20, 1, 1]
    assert table["accuracy"].tolist() == pytest.approx([0.8, 0.9, 0.9])
    assert table["gain"].tolist()[1:] == pytest.approx([0.1, 0])
    assert table["gain"].isna().tolist() == [True, False, False]
    assert table["sd"].isna().tolist() == [False, True, True]
    # Two runs that misread the same images differ on no image.
    assert table.loc["same", ["gain_low", "gain_high"]].tolist() == [0, 0]
    # By images: the means over seeds are nearly even, so the single run's 90 % decide.
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    low, high = table.loc["one_run", ["gain_low", "gain_high"]]
    assert high - low == pytest.approx(2 * half, rel=0.25)
    assert (low + high) / 2 == pytest.approx(0.1, abs=0.005)


def test_rivals_are_tested_pair_by_pair_on_their_first_seeds():
    best = {
        "a": reading(range(10), range(10), range(500)),
        "b": reading(range(5, 40), range(5, 40), range(5, 40)),
        "c": reading(range(8), range(500, 900), range(500, 900)),
    }
    found = ladders.rivals(best, LABELS)
    assert found["voted"] == pytest.approx({"a": 0.99, "b": 0.965, "c": 0.6})
    assert set(found["tests"]) == {"a", "b"}
    assert found["tests"]["a"]["b"]["only_one"] == 30
    assert found["tests"]["a"]["b"]["only_other"] == 5
    assert found["tests"]["b"]["c"]["only_one"] == 5
