"""scikit-learn's 1,797 digits, laid out like MNIST: a stand-in that needs no network."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnist_report.sources import idx
from mnist_report.sources.datasets import NAMES


def digits_as_idx() -> dict[str, bytes]:
    """Return the four IDX files of the digits by name: the same bytes on every machine.

    Of every class the first 80 % of the rows are for training and the rest for testing, in the
    order of the file. That order follows the writers (the scikit-learn MOOC finds 14 runs), so
    the test rows, from 1423 on, come from other writers than the training rows, which end at
    1444; only the writer of rows 1415 to 1544 is in both.
    """
    # Here, for scikit-learn takes most of a second, and other data sets need none of it.
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = _enlarged(digits.images.astype(np.int64))
    labels = digits.target.astype(np.uint8)
    by_label = pd.Series(labels).groupby(labels)
    train = (by_label.cumcount() < by_label.transform("size") * 4 // 5).to_numpy()
    parts = (images[train], labels[train], images[~train], labels[~train])
    return dict(zip(NAMES, map(idx.encode, parts), strict=True))


def _enlarged(images: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Put levels 0 to 16, (n, 8, 8), as 0 to 255 into the middle 20 x 20 pixels of (n, 28, 28).

    Bilinear interpolation, as ``scipy.ndimage.zoom(order=1)``, but in whole numbers: a level of
    exactly 127.5 would be rounded up or down by the processor's whim, and the files differ between
    machines.
    """
    # New pixel i lies at i * 7 / 19 between two old ones; weights are counted in nineteenths.
    left, part = np.divmod(np.arange(20) * 7, 19)
    weights = np.zeros((20, 8), dtype=np.int64)
    weights[np.arange(20), left] = 19 - part
    weights[np.arange(20), np.minimum(left + 1, 7)] += part
    white = 16 * 19**2
    levels = (weights @ images @ weights.T * 255 + white // 2) // white
    return np.pad(levels, ((0, 0), (4, 4), (4, 4))).astype(np.uint8)
