"""The IDX format, in which MNIST and its relatives are published.

A file is a header of big-endian 32-bit counts (a magic number, then the shape of the array)
followed by one unsigned byte per value. The magic number is 2048, which stands for bytes, plus the
number of dimensions. Whatever the bytes are, reading ends with an array or with `IdxError`, and no
memory is taken before the header agrees with the length of the file.
"""

import gzip
import io
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

BYTES_MAGIC = 2048

#: What every gzip file starts with; no IDX file does.
GZIP_MAGIC = b"\x1f\x8b"

#: A million images: so a small compressed file cannot fill the memory.
LARGEST = 16 + 1_000_000 * 784


class IdxError(ValueError):
    """The bytes are not the IDX file (or not the gzip of one) that they should be."""


def read_images(raw: bytes) -> NDArray[np.uint8]:
    """Return grey levels 0 to 255, shape (n, rows, columns), none zero: a view of `raw`."""
    return _read(raw, 3)


def read_labels(raw: bytes) -> NDArray[np.uint8]:
    """Return the labels as stored, shape (n,), n at least 1: a view of `raw`."""
    return _read(raw, 1)


def encode(array: NDArray[np.uint8]) -> bytes:
    """Return the file of images, shape (n, rows, columns), or of labels, shape (n,)."""
    header = struct.pack(f">{1 + array.ndim}I", BYTES_MAGIC + array.ndim, *array.shape)
    return header + array.tobytes()


def read_gzip(raw: bytes, limit: int = LARGEST) -> bytes:
    """Decompress a gzip file; IdxError if it is cut off, corrupt or holds more than `limit`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            # One byte more than allowed: a file of `limit` bytes is then read to its check sum.
            content = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IdxError(f"no whole gzip file ({error})") from error
    if len(content) > limit:
        raise IdxError(f"holds more than the {limit} bytes expected after decompression")
    return content


def _read(raw: bytes, dimensions: int) -> NDArray[np.uint8]:
    header, magic = struct.Struct(f">{1 + dimensions}I"), BYTES_MAGIC + dimensions
    # The magic number first: of a file of the wrong kind it says more than the length does.
    if len(raw) >= 4 and (found := int.from_bytes(raw[:4], "big")) != magic:
        raise IdxError(f"wrong magic number: {found}, expected {magic}")
    if len(raw) < header.size:
        raise IdxError(f"truncated: {len(raw)} bytes, the header alone has {header.size}")
    shape: tuple[int, ...] = header.unpack_from(raw)[1:]
    shown = " x ".join(map(str, shape))
    if 0 in shape:
        raise IdxError(f"holds nothing: its header says {shown}")
    # In Python's integers: a product of three 32-bit counts overflows 64 bits.
    expected, body = math.prod(shape), len(raw) - header.size
    if body != expected:
        raise IdxError(f"wrong length: its header says {shown} = {expected} bytes, {body} follow")
    return np.frombuffer(raw, dtype=np.uint8, offset=header.size).reshape(shape)
