"""The IDX format, against bytes written by hand and against anything else."""

import gzip
import math
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_report.sources import idx

# Two images of 2 x 3 pixels and three labels, written out by hand.
IMAGES = (
    b"\x00\x00\x08\x03" b"\x00\x00\x00\x02" b"\x00\x00\x00\x02" b"\x00\x00\x00\x03"
    b"\x00\x01\x02\x03\x04\x05" b"\xff\xfe\xfd\xfc\xfb\xfa"
)  # fmt: skip
LABELS = b"\x00\x00\x08\x01\x00\x00\x00\x03\x07\x00\x09"


def test_handwritten_files_are_read_and_written():
    images, labels = idx.read_images(IMAGES), idx.read_labels(LABELS)
    assert images.dtype == labels.dtype == np.uint8
    assert images.tolist() == [[[0, 1, 2], [3, 4, 5]], [[255, 254, 253], [252, 251, 250]]]
    assert labels.tolist() == [7, 0, 9]
    assert (idx.encode(images), idx.encode(labels)) == (IMAGES, LABELS)
    # The memory layout of an array does not matter.
    turned = images.transpose(2, 1, 0)
    np.testing.assert_array_equal(idx.read_images(idx.encode(turned)), turned)


def test_hostile_files_are_refused_with_the_reason_in_little_memory():
    for read, raw, reason in (
        (idx.read_images, b"", "truncated: 0 bytes"),
        (idx.read_images, IMAGES[:15], "truncated: 15 bytes"),
        (idx.read_images, IMAGES[:-1], "wrong length"),
        (idx.read_images, LABELS, "wrong magic number: 2049, expected 2051"),
        (idx.read_images, struct.pack(">4I", 2051, 0, 28, 28), "holds nothing"),
        (idx.read_images, struct.pack(">4I", 2051, 2**32 - 1, 28, 28) + bytes(784), "wrong length"),
        # Its product is a multiple of 2**64: in 64-bit arithmetic it would match an empty body.
        (idx.read_images, struct.pack(">4I", 2051, 2**31, 2**31, 4), "wrong length"),
        (idx.read_labels, LABELS + b"\x00", "wrong length"),
        (idx.read_labels, IMAGES, "wrong magic number: 2051, expected 2049"),
        (idx.read_labels, struct.pack(">2I", 2049, 0), "holds nothing"),
        (lambda raw: idx.read_gzip(raw, 9999), gzip.compress(bytes(50_000_000)), "the 9999 bytes"),
        (lambda raw: idx.read_gzip(raw, 27), gzip.compress(IMAGES), "more than the 27 bytes"),
    ):
        tracemalloc.start()
        with pytest.raises(idx.IdxError, match=reason) as caught:
            read(raw)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000, reason
        assert "\n" not in str(caught.value)


def test_gzip_as_gzip_itself_takes_it():
    whole = gzip.compress(IMAGES)
    members = gzip.compress(IMAGES[:9]) + gzip.compress(b"") + gzip.compress(IMAGES[9:])
    for raw in (whole, whole + bytes(1000), members, members + bytes(3)):
        assert idx.read_gzip(raw, len(IMAGES)) == IMAGES
    corrupt = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]  # the check sum
    for raw in (whole[:1], whole[:20], whole[:-1], corrupt, whole + b"x", zlib.compress(IMAGES)):
        with pytest.raises(idx.IdxError, match="no whole gzip file"):
            idx.read_gzip(raw, 1000)


@st.composite
def mutated(draw):
    """Return a file with changed counts in its header, changed bytes, and another length."""
    raw = bytearray(draw(st.sampled_from([IMAGES, LABELS, gzip.compress(IMAGES, mtime=0)])))
    for word in draw(st.sets(st.integers(0, 1))):
        count = draw(st.sampled_from([0, 1, 2, 6, 2049, 2051, 2**16, 2**31, 2**32 - 1]))
        struct.pack_into(">I", raw, 4 * word, count)
    for place in draw(st.sets(st.integers(0, len(raw) - 1), max_size=3)):
        raw[place] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.none() | st.integers(0, len(raw)))]) + draw(st.binary(max_size=8))


@settings(deadline=None, max_examples=300)
@given(mutated() | st.binary(max_size=64), st.integers(0, 64))
def test_any_bytes_are_what_their_header_says_or_are_refused(raw, limit):
    for read, magic, words in ((idx.read_images, 2051, 4), (idx.read_labels, 2049, 2)):
        header = struct.unpack(f">{words}I", raw[: 4 * words]) if len(raw) >= 4 * words else (0,)
        try:
            array = read(raw)
        except idx.IdxError:
            assert header[0] != magic or not 0 < math.prod(header[1:]) == len(raw) - 4 * words
        else:
            assert header == (magic, *array.shape)
            assert array.tobytes() == raw[4 * words :]
    try:
        assert len(idx.read_gzip(raw, limit)) <= limit
    except idx.IdxError as error:
        assert "\n" not in str(error)
