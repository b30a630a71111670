"""Histograms of gradients, on ramps and edges whose directions and places are known."""

import numpy as np
import pytest

from mnist_report.data.distortions import SIDE
from mnist_report.data.gradients import CELLS, DIRECTIONS, histograms_of_gradients

ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)


def described(picture):
    """Return what ink rises, as shares of all: (directions, rows, columns) of the cells."""
    found = histograms_of_gradients(picture.astype(np.float32).reshape(1, -1))
    assert found.dtype == np.float32
    # The squares of a vector of length 1 undo the square root, but for a factor.
    return (found.astype(float) ** 2).reshape(DIRECTIONS, CELLS, CELLS)


def test_a_ramp_rises_in_the_two_directions_nearest_to_its_own():
    for degrees in (0, 10, 45, 100, 180, 260, 350):
        angle = np.radians(degrees)
        shares = described(np.cos(angle) * COLUMNS + np.sin(angle) * ROWS).sum(axis=(1, 2))
        before, part = divmod(degrees / 45, 1)
        expected = np.zeros(DIRECTIONS)
        expected[int(before)] += 1 - part
        expected[(int(before) + 1) % DIRECTIONS] += part
        np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_an_edge_is_shared_between_the_two_cells_nearest_to_it():
    for place in (6, 8, 13, 20.5):
        # Central differences see a step at `place` in the pixels on both sides of it.
        picture = np.heaviside(COLUMNS - place, 0.5)
        columns = described(picture).sum(axis=(0, 1))
        middles = np.arange(CELLS) * 4 + 1.5
        assert columns.sum() == pytest.approx(1, abs=1e-5)
        assert columns @ middles == pytest.approx(place, abs=1e-4)
        assert not columns[np.abs(middles - place) >= 5].any()


def test_a_quarter_turn_of_the_image_turns_cells_and_directions():
    picture = np.random.default_rng(0).random((SIDE, SIDE))
    turned = described(np.rot90(picture, -1))
    expected = np.rot90(np.roll(described(picture), DIRECTIONS // 4, axis=0), -1, axes=(1, 2))
    np.testing.assert_allclose(turned, expected, atol=1e-6)


def test_brightness_does_not_count_and_batches_do_not_show():
    images = np.random.default_rng(0).random((700, SIDE**2), dtype=np.float32)
    images[3] = 0
    found = histograms_of_gradients(images)
    assert not found[3].any()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.arange(700) != 3, atol=1e-6)
    np.testing.assert_allclose(histograms_of_gradients(images[650:] / 2), found[650:], atol=1e-6)
