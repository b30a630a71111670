"""Pixels as numbers that models take: vectors in [0, 1]."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.errors import UserError

#: One row more than a minibatch of the paper: its code, as printed, leaves one out of each.
LEAST_TRAINING_ROWS = 51

#: Of every class. The grid search draws rows with replacement and then deals each class out to
#: its folds; of fewer images a draw would often not hold enough.
LEAST_OF_A_CLASS = 10

_REMEDY = (
    "use a data set that has them, or keep more rows with scale.train_rows and scale.test_rows "
    "in params.yaml"
)


def check_parts(
    train_images: NDArray[np.uint8], train_labels: NDArray[np.uint8], test_labels: NDArray[np.uint8]
) -> None:
    """Refuse with a UserError what some later stage could not learn from, or not be judged on."""
    classes, counts = np.unique(train_labels, return_counts=True)
    rarest = counts.argmin()
    unknown = np.setdiff1d(test_labels, classes)
    if len(train_labels) < LEAST_TRAINING_ROWS:
        fault = f"{len(train_labels)} training images are too few: {LEAST_TRAINING_ROWS} are needed"
    elif len(classes) < 2:
        fault = f"all training images are of class {classes[0]}: two classes are needed"
    elif counts[rarest] < LEAST_OF_A_CLASS:
        fault = (
            f"class {classes[rarest]} has only {counts[rarest]} of the {len(train_labels)} "
            f"training images: {LEAST_OF_A_CLASS} of each class are needed"
        )
    elif (train_images == train_images[0]).all():
        fault = "all training images are the same: images that differ are needed"
    elif unknown.size:
        fault = (
            f"the test images hold class {unknown[0]}, of which there is no training image: "
            "classes to test must be among those to train"
        )
    elif len(np.unique(test_labels)) < 2:
        fault = f"all test images are of class {test_labels[0]}: two classes are needed"
    else:
        return
    raise UserError(f"{fault}; {_REMEDY}")


def scale_images(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn grey levels 0 to 255, (n, rows, columns), into vectors from 0 to 1, row after row."""
    vectors = images.reshape(len(images), -1).astype(np.float32)
    vectors /= np.float32(255)
    return vectors


def describe(vectors: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Count scaled images, by digit too, and summarise their pixels (float64 sums)."""
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
