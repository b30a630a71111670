"""The registry of data sets, and the digits against scikit-learn's and SciPy's own."""

import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from mnist_report.sources import idx
from mnist_report.sources.datasets import NAMES
from mnist_report.sources.digits import digits_as_idx


def test_of_every_digit_the_first_four_fifths_are_for_training_enlarged_as_scipy_does():
    files = digits_as_idx()
    assert tuple(files) == NAMES
    parts = [
        (idx.read_images(files[images]), idx.read_labels(files[labels]))
        for images, labels in (NAMES[:2], NAMES[2:])
    ]
    assert [images.shape for images, _ in parts] == [(1433, 28, 28), (364, 28, 28)]
    digits = load_digits()
    whole = np.bincount(digits.target)
    train, test = (np.bincount(labels) for _, labels in parts)
    np.testing.assert_array_equal(train, np.floor(whole * 0.8))
    np.testing.assert_array_equal(train + test, whole)
    for label in range(10):
        ours = np.concatenate([images[labels == label] for images, labels in parts])
        shipped = digits.images[digits.target == label]
        expected = np.pad(zoom(shipped, (1, 2.5, 2.5), order=1) * 255 / 16, ((0,), (4,), (4,)))
        assert np.abs(ours - expected).max() <= 0.5 + 1e-9  # ours are rounded
