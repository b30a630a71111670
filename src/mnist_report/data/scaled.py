"""The scaled data set as every later stage reads it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mnist_report.core import paths
from mnist_report.core.files import load_array


@dataclass(frozen=True)
class ScaledData:
    """Images as float32 vectors in [0, 1], labels as int64 digits.

    The images are memory-mapped and read only.
    """

    train_images: NDArray[np.float32]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.float32]
    test_labels: NDArray[np.int64]


def load_scaled() -> ScaledData:
    """Open what stage `scale` wrote; UserError if it is not there."""
    arrays = {}
    for part in ("train", "test"):
        arrays[f"{part}_images"] = load_array(paths.SCALED / f"{part}_images.npy")
        arrays[f"{part}_labels"] = load_array(paths.SCALED / f"{part}_labels.npy").astype(np.int64)
    return ScaledData(**arrays)


def unscaled(data: ScaledData) -> ScaledData:
    """Return the same data with pixels from 0 to 255, float32, in memory."""
    levels = np.float32(255)
    return replace(
        data, train_images=data.train_images * levels, test_images=data.test_images * levels
    )
