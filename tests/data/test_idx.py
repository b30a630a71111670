"""The IDX format, against bytes written by hand and against anything else."""

import gzip
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnist_report.data import idx

# Two images of 2 x 3 pixels and three labels, written out by hand.
IMAGES = (
    b"\x00\x00\x08\x03" b"\x00\x00\x00\x02" b"\x00\x00\x00\x02" b"\x00\x00\x00\x03"
    b"\x00\x01\x02\x03\x04\x05" b"\xff\xfe\xfd\xfc\xfb\xfa"
)  # fmt: skip
LABELS = b"\x00\x00\x08\x01\x00\x00\x00\x03\x07\x00\x09"


def test_handwritten_images():
    images = idx.read_images(IMAGES)
    assert images.dtype == np.uint8
    assert images.tolist() == [
        [[0, 1, 2], [3, 4, 5]],
        [[255, 254, 253], [252, 251, 250]],
    ]
    assert idx.encode_images(images) == IMAGES


def test_handwritten_labels():
    labels = idx.read_labels(LABELS)
    assert labels.dtype == np.uint8
    assert labels.tolist() == [7, 0, 9]
    assert idx.encode_labels(labels) == LABELS


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "truncated"),
        (IMAGES[:3], "truncated"),
        (IMAGES[:15], "truncated"),
        (IMAGES[:16], "wrong length"),
        (IMAGES[:-1], "wrong length"),
        (IMAGES + b"\x00", "wrong length"),
        (LABELS, "wrong magic number: 2049, expected 2051"),
        (b"<html>not found</html>", "wrong magic number"),
        (struct.pack(">4I", 2051, 0, 28, 28), "holds nothing"),
        (struct.pack(">4I", 2051, 2**32 - 1, 0, 2**32 - 1), "holds nothing"),
        # Its product is a multiple of 2**64: in 64-bit arithmetic it would match an empty body.
        (struct.pack(">4I", 2051, 2**31, 2**31, 4), "wrong length"),
    ],
)
def test_images_refused(raw, message):
    with pytest.raises(idx.IdxError, match=message):
        idx.read_images(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "truncated"),
        (LABELS[:7], "truncated"),
        (LABELS[:-1], "wrong length"),
        (LABELS + b"\x00", "wrong length"),
        (IMAGES, "wrong magic number: 2051, expected 2049"),
        (struct.pack(">2I", 2049, 0), "holds nothing"),
    ],
)
def test_labels_refused(raw, message):
    with pytest.raises(idx.IdxError, match=message):
        idx.read_labels(raw)


def test_a_header_of_four_thousand_million_images_takes_no_memory():
    raw = struct.pack(">4I", 2051, 2**32 - 1, 28, 28) + bytes(784)
    tracemalloc.start()
    try:
        with pytest.raises(idx.IdxError, match="wrong length"):
            idx.read_images(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 3, 3), np.float64),
        np.zeros((0, 3, 3), np.uint8),
        np.zeros((2, 3, 3, 1), np.uint8),
    ],
)
def test_encoding_refuses_what_is_not_images(array):
    with pytest.raises(idx.IdxError, match="cannot store"):
        idx.encode_images(array)


def test_encoding_refuses_what_is_not_labels():
    with pytest.raises(idx.IdxError, match="cannot store"):
        idx.encode_labels(np.array([1, 2, 3]))


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)))
def test_images_round_trip(images):
    np.testing.assert_array_equal(idx.read_images(idx.encode_images(images)), images)
    # The memory layout of the array must not matter.
    turned = images.transpose(2, 1, 0)
    np.testing.assert_array_equal(idx.read_images(idx.encode_images(turned)), turned)


@given(hnp.arrays(np.uint8, st.integers(1, 50)))
def test_labels_round_trip(labels):
    np.testing.assert_array_equal(idx.read_labels(idx.encode_labels(labels)), labels)


@st.composite
def damaged(draw):
    """Bytes that are nearly a file: cut, lengthened or with some bytes changed."""
    raw = bytearray(draw(st.sampled_from([IMAGES, LABELS, gzip.compress(IMAGES)])))
    for _ in range(draw(st.integers(0, 3))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(0, len(raw)))]) + draw(st.binary(max_size=4))


@given(st.one_of(st.binary(max_size=64), damaged()))
def test_nothing_but_arrays_and_idx_errors(raw):
    for read, dimensions in ((idx.read_images, 3), (idx.read_labels, 1)):
        try:
            array = read(raw)
        except idx.IdxError:
            continue
        assert array.dtype == np.uint8
        assert array.ndim == dimensions
        assert 0 < array.size < len(raw)


@given(st.one_of(st.binary(max_size=64), damaged()), st.integers(0, 64))
def test_nothing_but_bytes_and_idx_errors_from_gzip(raw, limit):
    try:
        content = idx.read_gzip(raw, limit)
    except idx.IdxError:
        return
    assert len(content) <= limit


@given(st.binary(max_size=2000))
def test_gzip_of_exactly_the_limit(content):
    assert idx.read_gzip(gzip.compress(content), len(content)) == content


def test_gzip_longer_than_the_limit():
    with pytest.raises(idx.IdxError, match="more than the 99 bytes"):
        idx.read_gzip(gzip.compress(bytes(100)), 99)


@pytest.mark.parametrize("kept", [0, 1, 5, 10, 20, -9, -8, -1])
def test_truncated_gzip(kept):
    with pytest.raises(idx.IdxError, match="truncated gzip"):
        idx.read_gzip(gzip.compress(IMAGES)[:kept], 1000)


def test_corrupt_gzip():
    whole = bytearray(gzip.compress(IMAGES))
    whole[-8] ^= 1  # the check sum at the end
    with pytest.raises(idx.IdxError, match="corrupt gzip"):
        idx.read_gzip(bytes(whole), 1000)
    with pytest.raises(idx.IdxError, match="corrupt gzip"):
        idx.read_gzip(zlib.compress(IMAGES), 1000)


# Named, because gzip writes the time into the member, and every test worker needs the same names.
@pytest.mark.parametrize(
    "rest",
    [b"\x00", b"hello", gzip.compress(b"a second member")],
    ids=["a zero byte", "text", "a second member"],
)
def test_gzip_with_something_behind(rest):
    with pytest.raises(idx.IdxError, match=f"{len(rest)} stray bytes"):
        idx.read_gzip(gzip.compress(IMAGES) + rest, 1000)


def test_a_gzip_bomb_stops_at_the_limit():
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(idx.IdxError, match="more than the 10000 bytes"):
            idx.read_gzip(bomb, 10_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
