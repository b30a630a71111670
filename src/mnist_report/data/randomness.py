"""Randomness: the one seed, a generator of its own for every use of it, and drawn rows."""

import zlib

import numpy as np
from numpy.typing import NDArray


def generator(seed: int, use: str) -> np.random.Generator:
    """Return the generator for one use, such as ``"svm_final"``.

    Two uses get independent streams, and a use keeps its stream whatever others draw.
    """
    return np.random.default_rng([seed, zlib.crc32(use.encode())])


def draw_with_replacement(n: int, rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw so many numbers below n, each any number of times (section 2.2); n of them at most."""
    return rng.integers(n, size=min(rows, n))
