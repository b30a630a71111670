"""Images set upright, and new ones made of them: what a digit may look like and stay the digit.

Images are rows of 784 grey levels, (n, 784) float32, and so is what comes back. Each is made by
saying for every pixel where in the old image it is read; between four old pixels the grey level is
interpolated linearly, and outside of the image it is 0.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from sklearn.utils import gen_batches

SIDE = 28

#: Places of the pixels, counted from the middle of the image: rows and columns.
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32) - np.float32((SIDE - 1) / 2)

#: Distortions of strength 1: moved by up to so many pixels, turned by up to so many radians,
#: stretched each way and sheared by up to such a share, and waves with this standard deviation in
#: pixels, which change over about so many pixels.
SHIFT, TURN, STRETCH, SHEAR, WAVE, WAVE_LENGTH = 1.0, 0.12, 0.07, 0.07, 0.4, 4.0

#: Images distorted at a time, which fit the processor's cache.
BATCH = 500

Images = NDArray[np.float32]


def deskew(images: Images) -> Images:
    """Shear every image so that its columns do not lean, and move its centre of mass to the middle.

    Grey levels are taken as masses. A digit leans by the slope of the line through its rows'
    centres, cov(column, row) / var(row): the slant that LeCun et al. (1998) take out by moments.
    """
    upright = np.empty_like(images)
    for batch in gen_batches(len(images), BATCH):
        grey = images[batch].reshape(-1, SIDE, SIDE).astype(np.float64)
        # An image without ink has no centre, and stays what it is.
        mass = grey.sum(axis=(1, 2), keepdims=True)
        grey /= np.where(mass > 0, mass, 1)
        row, column = _mean(grey, ROWS), _mean(grey, COLUMNS)
        variance = _mean(grey, (ROWS - row) ** 2)
        covariance = _mean(grey, (ROWS - row) * (COLUMNS - column))
        slant = np.divide(covariance, variance, out=np.zeros_like(mass), where=variance > 0)
        upright[batch] = _read(images[batch], ROWS + row, COLUMNS + column + slant * ROWS)
    return upright


def distort(images: Images, strength: float, rng: np.random.Generator) -> Images:
    """Move, turn, stretch, shear and bend every image at random, each in a way of its own.

    The bending is elastic (Simard, Steinkraus and Platt, 2003): every pixel is moved by chance, and
    a Gaussian smooths the moves so that neighbours move alike. All of `SHIFT`, `TURN`, `STRETCH`,
    `SHEAR` and `WAVE` are multiplied by `strength`; 0 changes nothing.
    """
    distance = np.arange(SIDE)[:, np.newaxis] - np.arange(SIDE)
    smooth = np.exp(-((distance / WAVE_LENGTH) ** 2) / 2)
    # White noise of standard deviation 1 keeps it in the middle of the image.
    smooth = (smooth / np.linalg.norm(smooth[SIDE // 2])).astype(np.float32)

    def up_to(most: float, n: int) -> Images:
        drawn = rng.uniform(-most * strength, most * strength, (n, 1, 1))
        return drawn.astype(np.float32)

    def moved(places: Images) -> Images:
        shifted = places + up_to(SHIFT, len(places))
        noise = rng.standard_normal(places.shape, dtype=np.float32)
        return shifted + np.float32(WAVE * strength) * (smooth @ noise @ smooth)

    distorted = np.empty_like(images)
    for batch in gen_batches(len(images), BATCH):
        n = len(images[batch])
        turn, tall, wide, shear = (up_to(most, n) for most in (TURN, STRETCH, STRETCH, SHEAR))
        rows = (1 + tall) * (np.cos(turn) * ROWS + np.sin(turn) * COLUMNS)
        columns = (1 + wide) * (np.cos(turn) * COLUMNS - np.sin(turn) * ROWS) + shear * ROWS
        distorted[batch] = _read(images[batch], moved(rows), moved(columns))
    return distorted


def _mean(grey: NDArray[np.float64], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean of `values` over each image's ink, shape (n, 1, 1)."""
    return (grey * values).sum(axis=(1, 2), keepdims=True)


def _read(images: Images, rows: NDArray[np.floating], columns: NDArray[np.floating]) -> Images:
    """Return the images as read at places counted from the middle, each (n, 28, 28)."""
    middle = np.float32((SIDE - 1) / 2)
    number = np.arange(len(images), dtype=np.float32)[:, np.newaxis, np.newaxis]
    places = [np.broadcast_to(number, rows.shape), rows + middle, columns + middle]
    grey = images.reshape(-1, SIDE, SIDE)
    read = map_coordinates(grey, places, output=np.float32, order=1, mode="constant")
    return read.reshape(len(images), -1)
