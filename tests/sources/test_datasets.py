"""The registry of data sets, and the digits against scikit-learn's and SciPy's own."""

import re

import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from mnist_report.sources import idx
from mnist_report.sources.datasets import DATASETS, NAMES
from mnist_report.sources.digits import digits_as_idx


def test_every_data_set_states_its_provenance_and_well_formed_digests():
    assert list(DATASETS) == ["mnist", "fashion_mnist", "kmnist", "digits"]
    digests = []
    for key, dataset in DATASETS.items():
        assert dataset.key == key
        assert dataset.licence.startswith(("CC BY", "MIT"))
        assert re.search(r"(19|20)\d\d", dataset.source)
        assert all(re.fullmatch(r"https?://\S+/", mirror) for mirror in dataset.mirrors)
        assert key == "digits" or (dataset.mirrors and len(dataset.gz_sha256) == 4)
        digests += [*dataset.gz_sha256, *dataset.sha256]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert len(digests) == len(set(digests)) == 16


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
