"""What every seed reads in every test image, without the images that all read right.

A table leads from an image, its number from 0, to a string with the digit that each seed reads.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def misread(answers: Sequence[ArrayLike], labels: NDArray[np.int64]) -> dict[str, str]:
    """Return the table of `answers`, for each seed the digits that it reads, shape (n,)."""
    table = np.asarray(answers)
    images = np.flatnonzero((table != labels).any(axis=0))
    return {str(image): "".join(map(str, table[:, image])) for image in images}


def digits_read(
    table: Mapping[str, str], labels: NDArray[np.int64], seeds: int
) -> NDArray[np.int64]:
    """Return the digit that each seed reads in each image, shape (seeds, n)."""
    read = np.tile(labels, (seeds, 1))
    for image, digits in table.items():
        read[:, int(image)] = [int(digit) for digit in digits]
    return read
