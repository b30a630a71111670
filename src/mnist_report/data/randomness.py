"""Randomness: the one seed, and a generator of its own for every use of it."""

import zlib

import numpy as np


def generator(seed: int, use: str) -> np.random.Generator:
    """Return the generator for one use, such as ``"svm_final"``.

    Two uses get independent streams, and a use keeps its stream whatever others draw.
    """
    return np.random.default_rng([seed, zlib.crc32(use.encode())])
