"""The scaled data set as every later stage reads it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import load_array

PARTS = ("train", "test")


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
    """Open what stage `scale` wrote.

    Raises
    ------
    UserError
        If a file is missing or does not hold what `scale` writes.
    """
    arrays = {}
    for part in PARTS:
        images = load_array(paths.scaled_file(part, "images"))
        labels = load_array(paths.scaled_file(part, "labels"))
        good = (
            images.dtype == np.float32
            and images.ndim == 2
            and labels.dtype == np.uint8
            and labels.shape == (len(images),)
            and len(labels) > 0
            and labels.max() <= 9
            # NaN fails the comparison too.
            and bool(images.min() >= 0)
            and bool(images.max() <= 1)
        )
        if not good:
            raise UserError(
                f"{paths.SCALED}/{part}_*.npy do not hold scaled images and their labels; "
                "delete them and run 'dvc repro'"
            )
        arrays[f"{part}_images"] = images
        arrays[f"{part}_labels"] = labels.astype(np.int64)
    return ScaledData(**arrays)


def unscaled(data: ScaledData) -> ScaledData:
    """Return the same data with pixels from 0 to 255, float32, in memory."""
    levels = np.float32(255)
    return replace(
        data, train_images=data.train_images * levels, test_images=data.test_images * levels
    )
