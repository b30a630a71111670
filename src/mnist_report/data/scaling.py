"""Pixels as numbers that models take: vectors in [0, 1]."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scale_images(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn images into vectors with pixels from 0 to 1.

    Parameters
    ----------
    images
        Grey values from 0 to 255, uint8, shape (n, rows, columns).

    Returns
    -------
    Pixels divided by 255, float32, shape (n, rows * columns), in the order of the rows.
    """
    vectors = images.reshape(len(images), -1).astype(np.float32)
    vectors /= np.float32(255)
    return vectors


def describe(vectors: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Count and summarise scaled images.

    Parameters
    ----------
    vectors
        Scaled images, shape (n, features).
    labels
        Digits from 0 to 9, shape (n,).

    Returns
    -------
    Number of rows, images per class, and minimum, maximum, mean and standard deviation of the
    pixels (float64 sums).
    """
    counts = np.bincount(labels, minlength=10)
    return {
        "rows": len(vectors),
        "per_class": {str(digit): int(count) for digit, count in enumerate(counts)},
        "smallest_class_share": float(counts.min() / len(labels)),
        "largest_class_share": float(counts.max() / len(labels)),
        "pixel_min": float(vectors.min()),
        "pixel_max": float(vectors.max()),
        "pixel_mean": float(vectors.mean(dtype=np.float64)),
        "pixel_sd": float(vectors.std(dtype=np.float64)),
    }
