"""scikit-learn's 1,797 digits, laid out like MNIST: a stand-in that needs no network."""

import numpy as np
from numpy.typing import NDArray

from mnist_report.sources import datasets, idx

#: Side of a digit as shipped, of the box MNIST draws its digits in, and of an MNIST image: pixels.
_SHIPPED, _BOX, _IMAGE = 8, 20, 28

#: The largest grey level as shipped.
_WHITE = 16


def digits_as_idx() -> dict[str, bytes]:
    """Return the four IDX files of the digits by name.

    Of every class the first 80 % of the rows are for training and the rest for testing, in the
    order of the file. That order follows the writers (the scikit-learn MOOC finds 14 runs), so
    the test rows, from 1423 on, come from other writers than the training rows, which end at
    1444; only the writer of rows 1415 to 1544 is in both.

    Returns
    -------
    dict
        The files ``train-images-idx3-ubyte`` (1433 images of 28 x 28 pixels),
        ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` (364 images) and
        ``t10k-labels-idx1-ubyte``. The same bytes on every machine.
    """
    # Here, for scikit-learn takes most of a second, and other data sets need none of it.
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = _enlarged(digits.images.astype(np.int64))
    labels = digits.target.astype(np.uint8)
    in_training = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        in_training[rows[: len(rows) * 4 // 5]] = True
    return {
        datasets.TRAIN_IMAGES: idx.encode_images(images[in_training]),
        datasets.TRAIN_LABELS: idx.encode_labels(labels[in_training]),
        datasets.TEST_IMAGES: idx.encode_images(images[~in_training]),
        datasets.TEST_LABELS: idx.encode_labels(labels[~in_training]),
    }


def _enlarged(images: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Enlarge digits as shipped to the layout of MNIST.

    Bilinear interpolation, corner pixel on corner pixel as in ``scipy.ndimage.zoom(order=1)``,
    but in whole numbers: in floating point a level of exactly 127.5 is rounded up or down by
    the processor's whim, and the files would differ between machines.

    Parameters
    ----------
    images
        Grey levels 0 to 16, shape (n, 8, 8).

    Returns
    -------
    numpy.ndarray of uint8, shape (n, 28, 28)
        Grey levels 0 to 255: the digit in the middle 20 x 20 pixels, zeros around it.
    """
    # New pixel i lies at i * 7 / 19 between two old ones; weights are counted in nineteenths.
    steps = _BOX - 1
    left, part = np.divmod(np.arange(_BOX) * (_SHIPPED - 1), steps)
    weights = np.zeros((_BOX, _SHIPPED), dtype=np.int64)
    weights[np.arange(_BOX), left] = steps - part
    weights[np.arange(_BOX), np.minimum(left + 1, _SHIPPED - 1)] += part
    whole = _WHITE * steps**2
    levels = (weights @ images @ weights.T * 255 + whole // 2) // whole
    margin = (_IMAGE - _BOX) // 2
    return np.pad(levels, ((0, 0), (margin, margin), (margin, margin))).astype(np.uint8)
