"""The digits of scikit-learn, scaled images, and parts that cannot be worked on."""

import numpy as np
import pytest
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from mnist_report.core.errors import UserError
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.sources import idx
from mnist_report.sources.datasets import NAMES
from mnist_report.sources.digits import digits_as_idx
from mnist_report.sources.scaling import LEAST_TRAINING_ROWS, check_parts, describe, scale_images


def test_every_grey_value_becomes_the_nearest_float32_in_the_order_of_the_rows():
    images = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    vectors = scale_images(images)
    assert vectors.shape == (4, 64)
    assert vectors.dtype == np.float32
    assert vectors.ravel().tolist() == [np.float32(value / 255) for value in range(256)]


def test_rows_classes_and_pixels_are_summarised():
    vectors = np.array([[0, 0.5], [0.5, 0.5], [0.5, 1.0], [0, 1]], dtype=np.float32)
    described = describe(vectors, np.array([9, 0, 9, 9], dtype=np.uint8))
    per_class = {str(digit): {0: 1, 9: 3}.get(digit, 0) for digit in range(10)}
    # Pixels 0 0 .5 .5 .5 .5 1 1: mean 1/2, squared distances 4 x 1/4, so variance 1/8.
    assert described == {
        "rows": 4, "per_class": per_class, "smallest_class_share": 0, "largest_class_share": 0.75,
        "pixel_min": 0, "pixel_max": 1, "pixel_mean": 0.5, "pixel_sd": pytest.approx(0.125**0.5),
    }  # fmt: skip
    # Summed one after the other in float32, these would stop growing at 2**24.
    many = describe(np.full((6_000, 784), 0.2, np.float32), np.zeros(6_000, np.uint8))
    assert many["pixel_mean"] == pytest.approx(float(np.float32(0.2)), rel=1e-13)


def parts(train, test):
    """Return training images, their labels and test labels, given the number of images by class."""
    labels = [np.repeat(list(part), list(part.values())).astype(np.uint8) for part in (train, test)]
    images = np.random.default_rng(0).integers(0, 256, (len(labels[0]), 28, 28), dtype=np.uint8)
    return images, *labels


def test_parts_that_cannot_be_worked_on_are_refused():
    check_parts(*parts({0: 26, 1: 25}, {0: 1, 1: 1}))
    check_parts(*parts({3: 41, 9: 10, 5: 10}, {3: 5, 9: 1}))  # a class that is not tested
    images, *labels = parts({0: 30, 1: 30}, {0: 5, 1: 5})
    for refused, fault in (
        (parts({0: 25, 1: 25}, {0: 1, 1: 1}), "50 training images are too few: 51 are needed"),
        (parts({4: 60}, {4: 1, 5: 1}), "all training images are of class 4: two"),
        (parts({3: 60, 9: 9}, {3: 5, 9: 1}), "class 9 has only 9 of the 69 training images: 10"),
        (parts({0: 30, 1: 30}, {0: 1, 2: 1}), "the test images hold class 2, of which there is no"),
        (parts({0: 30, 1: 30}, {1: 7}), "all test images are of class 1: two"),
        ((np.full_like(images, images[0]), *labels), "all training images are the same"),
    ):
        with pytest.raises(UserError, match=fault) as caught:
            check_parts(*refused)
        assert "\n" not in str(caught.value)
        assert "scale.train_rows" in str(caught.value)
    # The least number of rows is what the network as printed needs.
    images, labels, _ = parts({0: 25, 1: 25}, {0: 1})
    network = NeuralNetworkClassifier(minibatching="as_printed", epochs=1)
    with pytest.raises(ValueError, match=f"at least .* = {LEAST_TRAINING_ROWS} rows"):
        network.fit(scale_images(images), labels)


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
