"""Scaled images."""

import numpy as np
import pytest

from mnist_report.data.scaling import describe, scale_images


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
