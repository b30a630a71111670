"""Deskewing and distortions, on drawn strokes and against SciPy's own transforms."""

import numpy as np
import pytest
from scipy import ndimage

from mnist_report.data import distortions
from mnist_report.data.distortions import deskew, distort

SIDE = distortions.SIDE


def stroke(slope, row=0.0, column=0.0):
    """Return an image of a straight stroke about the middle, leaning by `slope` columns a row."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    rows, columns = rows - row, columns - column
    ink = np.exp(-(((columns - slope * rows) / 1.5) ** 2)) * (np.abs(rows) < 7.6)
    return ink.astype(np.float32).reshape(1, -1)


def test_a_leaning_stroke_is_set_upright_in_the_middle():
    upright = stroke(0)
    for slope, row, column in ((0.4, 0, 0), (-0.5, 2, -3), (0, -3, 4), (0.25, 1, 1)):
        found = deskew(stroke(slope, row, column))
        # Linear interpolation blurs by less than a pixel.
        assert np.abs(found - upright).max() < 0.12, slope
        assert np.allclose(ndimage.center_of_mass(found.reshape(SIDE, SIDE)), 13.5, atol=0.05)
    assert np.abs(deskew(upright) - upright).max() < 1e-6


def test_an_image_without_ink_or_of_one_row_stays_finite():
    blank = np.zeros((2, SIDE**2), np.float32)
    blank[1, 14 * SIDE + 5 : 14 * SIDE + 20] = 1
    found = deskew(blank)
    assert not found[0].any()
    assert found[1].sum() == pytest.approx(15, abs=1e-3)


def test_strength_0_changes_nothing_and_a_seed_draws_the_same():
    images = np.random.default_rng(0).random((700, SIDE**2), dtype=np.float32)
    rng = np.random.default_rng
    np.testing.assert_array_equal(distort(images, 0, rng(1)), images)
    once, again, other = (distort(images, 1, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 0.1
    # Every image is distorted in a way of its own, also across batches.
    same = distort(np.repeat(stroke(0), 700, axis=0), 1, rng(1))
    assert len(np.unique(same, axis=0)) == 700


def only(monkeypatch, **strengths):
    """Leave one kind of distortion."""
    for name in ("SHIFT", "TURN", "STRETCH", "SHEAR", "WAVE"):
        monkeypatch.setattr(distortions, name, strengths.get(name, 0.0))


class Drawn:
    """A generator that draws what it is told, one after the other."""

    def __init__(self, *values):
        self.values = list(values)

    def uniform(self, low, high, size):
        value = self.values.pop(0)
        assert low == -high
        return np.full(size, high * value)

    def standard_normal(self, size, dtype):
        return np.zeros(size, dtype)


def test_shifts_and_turns_are_those_of_scipy(monkeypatch):
    image = stroke(0.3, 1, 2)
    square = image.reshape(SIDE, SIDE)
    only(monkeypatch, SHIFT=2.0)
    # Turn, stretches and shear first; then rows, then columns.
    found = distort(image, 1, Drawn(1, 1, 1, 1, 1, -0.5))
    expected = ndimage.shift(square, (-2, 1), order=1)
    np.testing.assert_allclose(found.reshape(SIDE, SIDE), expected, atol=1e-5)
    only(monkeypatch, TURN=np.radians(30))
    found = distort(image, 1, Drawn(1, 1, 1, 1, 1, 1))
    expected = ndimage.rotate(square, 30, reshape=False, order=1)
    np.testing.assert_allclose(found.reshape(SIDE, SIDE), expected, atol=1e-3)
    only(monkeypatch, STRETCH=0.2, SHEAR=0.1)
    found = distort(image, 0.5, Drawn(1, 1, -1, 1, 1, 1))
    matrix = np.array([[1.1, 0], [0.05, 0.9]])
    middle = (SIDE - 1) / 2
    offset = middle - matrix @ [middle, middle]
    expected = ndimage.affine_transform(square, matrix, offset, order=1)
    np.testing.assert_allclose(found.reshape(SIDE, SIDE), expected, atol=1e-4)
