"""Scaled images."""

import numpy as np
import pytest

from mnist_report.data.scaling import (
    LEAST_TRAINING_ROWS,
    check_parts,
    describe,
    scale_images,
)
from mnist_report.errors import UserError
from mnist_report.models.neural_network import NeuralNetworkClassifier


def test_pixels_are_divided_by_255_in_the_order_of_the_rows():
    images = np.array([[[0, 51], [102, 255]], [[153, 204], [1, 254]]], dtype=np.uint8)
    vectors = scale_images(images)
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, 4)
    expected = np.array([[0, 0.2, 0.4, 1], [0.6, 0.8, 1 / 255, 254 / 255]])
    np.testing.assert_array_equal(vectors, expected.astype(np.float32))


def test_every_grey_value_becomes_the_nearest_float32():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    exact = [np.float32(value / 255) for value in range(256)]
    assert scale_images(images)[0].tolist() == exact


def test_images_are_neither_changed_nor_shared():
    images = np.full((2, 2, 2), 7, dtype=np.uint8)
    vectors = scale_images(images)
    vectors[:] = 0
    assert (images == 7).all()


@pytest.fixture
def described():
    vectors = np.array([[0, 0.5], [0.5, 0.5], [0.5, 1.0], [0, 1]], dtype=np.float32)
    return describe(vectors, np.array([9, 0, 9, 9], dtype=np.uint8))


def test_rows_and_classes_are_counted(described):
    assert described["rows"] == 4
    assert described["per_class"] == {
        "0": 1, "1": 0, "2": 0, "3": 0, "4": 0, "5": 0, "6": 0, "7": 0, "8": 0, "9": 3,
    }  # fmt: skip
    assert described["smallest_class_share"] == 0
    assert described["largest_class_share"] == 0.75


def test_pixels_are_summarised(described):
    # Pixels 0 0 .5 .5 .5 .5 1 1: mean 1/2, squared distances 4 x 1/4, so variance 1/8.
    assert described["pixel_min"] == 0
    assert described["pixel_max"] == 1
    assert described["pixel_mean"] == 0.5
    assert described["pixel_sd"] == pytest.approx(0.125**0.5, rel=1e-15)


def test_sums_of_many_pixels_are_exact():
    # Summed one after the other in float32, the mean of these would stop growing at 2**24.
    vectors = np.full((6_000, 784), 0.2, dtype=np.float32)
    labels = np.zeros(6_000, dtype=np.uint8)
    described = describe(vectors, labels)
    assert described["pixel_mean"] == pytest.approx(float(np.float32(0.2)), rel=1e-13)
    assert described["pixel_sd"] == pytest.approx(0, abs=1e-13)


def parts(train, test, same=False):
    """Return training images, their labels and test labels, given images by class."""
    labels = [np.repeat(list(part), list(part.values())).astype(np.uint8) for part in (train, test)]
    images = np.random.default_rng(0).integers(0, 256, (len(labels[0]), 28, 28), dtype=np.uint8)
    return np.full_like(images, images[0]) if same else images, *labels


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ({0: 26, 1: 25}, {0: 1, 1: 1}),
        ({3: 41, 9: 10}, {3: 5, 9: 1}),
        ({0: 20, 1: 20, 2: 20}, {0: 9, 2: 9}),  # a class that is not tested
    ],
)
def test_parts_that_can_be_worked_on(train, test):
    check_parts(*parts(train, test))


@pytest.mark.parametrize(
    ("train", "test", "fault"),
    [
        ({0: 25, 1: 25}, {0: 1, 1: 1}, "50 training images are too few: 51 are needed"),
        ({4: 60}, {4: 1, 5: 1}, "all training images are of class 4: two"),
        ({3: 60, 9: 9}, {3: 5, 9: 1}, "class 9 has only 9 of the 69 training images: 10"),
        ({0: 30, 1: 30}, {0: 1, 2: 1}, "the test images hold class 2, of which there is no"),
        ({0: 30, 1: 30}, {1: 7}, "all test images are of class 1: two"),
    ],
)
def test_parts_that_cannot_be_worked_on(train, test, fault):
    with pytest.raises(UserError, match=fault) as caught:
        check_parts(*parts(train, test))
    assert "\n" not in str(caught.value)
    assert "scale.train_rows" in str(caught.value)


def test_images_that_are_all_the_same_cannot_be_worked_on():
    with pytest.raises(UserError, match="all training images are the same"):
        check_parts(*parts({0: 30, 1: 30}, {0: 5, 1: 5}, same=True))


def test_the_least_rows_are_what_the_network_as_printed_needs():
    images, labels, _ = parts({0: 25, 1: 25}, {0: 1})
    network = NeuralNetworkClassifier(minibatching="as_printed", epochs=1)
    with pytest.raises(ValueError, match=f"at least .* = {LEAST_TRAINING_ROWS} rows"):
        network.fit(scale_images(images), labels)
