"""The IDX format, in which MNIST and its relatives are published.

A file is a header of big-endian 32-bit counts followed by one unsigned byte per value:

* images: magic number 2051, number of images, rows, columns, then the pixels row by row;
* labels: magic number 2049, number of labels, then the labels.

Whatever the bytes are, reading ends with an array or with `IdxError`, and no memory is taken
before the header agrees with the length of the file.
"""

import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049

#: What every gzip file starts with; no IDX file does.
GZIP_MAGIC = b"\x1f\x8b"


class IdxError(ValueError):
    """The bytes are not the IDX file (or not the gzip of one) that they should be."""


def read_images(raw: bytes) -> NDArray[np.uint8]:
    """Read a file of images.

    Parameters
    ----------
    raw
        The whole decompressed file.

    Returns
    -------
    numpy.ndarray of uint8, shape (n, rows, columns)
        Grey levels 0 to 255. A read-only view of `raw`: nothing is copied.

    Raises
    ------
    IdxError
        If `raw` is not a whole file of at least one image of at least one pixel.
    """
    return _read(raw, IMAGES_MAGIC, 3)


def read_labels(raw: bytes) -> NDArray[np.uint8]:
    """Read a file of labels.

    Parameters
    ----------
    raw
        The whole decompressed file.

    Returns
    -------
    numpy.ndarray of uint8, shape (n,)
        The labels as stored; the format allows 0 to 255. A read-only view of `raw`.

    Raises
    ------
    IdxError
        If `raw` is not a whole file of at least one label.
    """
    return _read(raw, LABELS_MAGIC, 1)


def encode_images(images: NDArray[np.uint8]) -> bytes:
    """Return the IDX file that holds `images`.

    Parameters
    ----------
    images
        Grey levels 0 to 255, dtype uint8, shape (n, rows, columns), none of them zero.

    Raises
    ------
    IdxError
        If the dtype or the shape is another one.
    """
    return _encode(images, IMAGES_MAGIC, 3)


def encode_labels(labels: NDArray[np.uint8]) -> bytes:
    """Return the IDX file that holds `labels`.

    Parameters
    ----------
    labels
        Class numbers, dtype uint8, shape (n,), n at least 1.

    Raises
    ------
    IdxError
        If the dtype or the shape is another one.
    """
    return _encode(labels, LABELS_MAGIC, 1)


def read_gzip(raw: bytes, limit: int) -> bytes:
    """Decompress a gzip file of one member.

    Parameters
    ----------
    raw
        The whole compressed file.
    limit
        The largest allowed length of the result in bytes; decompression stops there, so that
        a small file cannot fill the memory.

    Raises
    ------
    IdxError
        If the file is truncated, corrupt, followed by something else or too long inside.
    """
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        # One byte more than allowed: a file of exactly `limit` bytes then reaches its end.
        content = inflater.decompress(raw, limit + 1)
    except zlib.error as error:
        raise IdxError(f"corrupt gzip ({error})") from error
    if len(content) > limit:
        raise IdxError(f"holds more than the {limit} bytes expected after decompression")
    if not inflater.eof:
        raise IdxError(f"truncated gzip (ends after {len(raw)} bytes)")
    if inflater.unused_data:
        raise IdxError(f"{len(inflater.unused_data)} stray bytes after the end of the gzip data")
    return content


def _read(raw: bytes, magic: int, dimensions: int) -> NDArray[np.uint8]:
    """Read a file with the given magic number and number of dimensions."""
    header = struct.Struct(f">{1 + dimensions}I")
    # The magic number first: of a file of the wrong kind it says more than the length does.
    if len(raw) >= 4 and (found := int.from_bytes(raw[:4], "big")) != magic:
        raise IdxError(f"wrong magic number: {found}, expected {magic}")
    if len(raw) < header.size:
        raise IdxError(f"truncated: {len(raw)} bytes, the header alone has {header.size}")
    shape: tuple[int, ...] = header.unpack_from(raw)[1:]
    if 0 in shape:
        raise IdxError(f"holds nothing: its header says {_times(shape)}")
    # In Python's integers: a product of three 32-bit counts overflows 64 bits.
    expected = math.prod(shape)
    body = len(raw) - header.size
    if body != expected:
        raise IdxError(
            f"wrong length: its header says {_times(shape)} = {expected} bytes, {body} follow"
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=header.size).reshape(shape)


def _encode(array: NDArray[np.uint8], magic: int, dimensions: int) -> bytes:
    """Write a file with the given magic number and number of dimensions."""
    if array.dtype != np.uint8 or array.ndim != dimensions or array.size == 0:
        raise IdxError(
            f"cannot store an array of shape {array.shape} and dtype {array.dtype}: "
            f"{dimensions} dimension(s) of uint8, none empty, are needed"
        )
    return struct.pack(f">{1 + dimensions}I", magic, *array.shape) + array.tobytes()


def _times(shape: tuple[int, ...]) -> str:
    """Return a shape as text, ``60000 x 28 x 28``."""
    return " x ".join(map(str, shape))
