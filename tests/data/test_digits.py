"""The enlarged digits, against scikit-learn's and SciPy's own."""

import numpy as np
import pytest
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from mnist_report.data import idx
from mnist_report.data.datasets import DATASETS, NAMES
from mnist_report.data.digits import digits_as_idx
from mnist_report.data.download import check_dataset


@pytest.fixture(scope="module")
def files():
    return digits_as_idx()


@pytest.fixture(scope="module")
def parts(files):
    return {
        part: (
            idx.read_images(files[f"{part}-images-idx3-ubyte"]),
            idx.read_labels(files[f"{part}-labels-idx1-ubyte"]),
        )
        for part in ("train", "t10k")
    }


def test_files(files, parts):
    assert tuple(files) == NAMES
    assert parts["train"][0].shape == (1433, 28, 28)
    assert parts["t10k"][0].shape == (364, 28, 28)
    check_dataset(DATASETS["digits"], files)
    assert digits_as_idx() == files


def test_split_is_80_to_20_in_every_class(parts):
    whole = np.bincount(load_digits().target)
    train = np.bincount(parts["train"][1])
    np.testing.assert_array_equal(train, np.floor(whole * 0.8))
    np.testing.assert_array_equal(train + np.bincount(parts["t10k"][1]), whole)


def test_each_class_keeps_its_order_training_first(parts):
    digits = load_digits()
    for label in range(10):
        joined = np.concatenate([images[labels == label] for images, labels in parts.values()])
        shipped = digits.images[digits.target == label]
        # The corner pixels of the box are the corner pixels as shipped, scaled.
        corners = joined[:, 4:24:19, 4:24:19]
        np.testing.assert_array_equal(corners, np.floor(shipped[:, ::7, ::7] * 255 / 16 + 0.5))


def test_rows_keep_the_order_of_the_file(parts):
    # Within both parts the labels must be a subsequence of the labels as shipped.
    target = load_digits().target.tolist()
    for _, labels in parts.values():
        rest = iter(target)
        assert all(label in rest for label in labels.tolist())


def test_pixels_are_those_of_scipy(parts):
    digits = load_digits()
    images, labels = parts["train"]
    zeros = digits.images[digits.target == 0][:100]
    ours = images[labels == 0][:100]
    assert not ours[:, :4].any()
    assert not ours[:, 24:].any()
    assert not ours[:, :, :4].any()
    assert not ours[:, :, 24:].any()
    for image, shipped in zip(ours, zeros, strict=True):
        expected = zoom(shipped, 2.5, order=1) * 255 / 16
        assert np.abs(image[4:24, 4:24] - expected).max() <= 0.5 + 1e-9


def test_downscaled_digits_correlate_with_the_shipped_ones(parts):
    digits = load_digits()
    for label in range(10):
        joined = np.concatenate([images[labels == label] for images, labels in parts.values()])
        shipped = digits.images[digits.target == label]
        # An independent way back to 8 x 8: the mean of the pixels that fall into each cell.
        cell = np.arange(20) * 8 // 20
        average = np.eye(8)[cell].T / np.bincount(cell)[:, None]
        back = average @ joined[:, 4:24, 4:24].astype(float) @ average.T
        for ours, theirs in zip(back, shipped, strict=True):
            assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9
