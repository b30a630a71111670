"""Images described by their edges: which way the grey level rises, and about where."""

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize
from sklearn.utils import gen_batches

from mnist_report.data.distortions import BATCH, SIDE

#: Directions told apart, a full turn in all, and cells in a row and in a column.
DIRECTIONS, CELLS = 8, 7

Images = NDArray[np.float32]


def histograms_of_gradients(images: Images) -> Images:
    """Describe every image by how much ink rises in each direction in each part of it.

    Histograms of oriented gradients (Dalal and Triggs, 2005). The gradient is the difference of the
    two neighbours, in rows and in columns. Its length is shared between the two directions and the
    two cells each way whose middles are nearest, linearly: nothing jumps where an edge crosses a
    border. Square roots keep a few strong edges from outweighing all others.

    From rows of 784 grey levels, (n, 784) float32, to (n, 392) float32: for each direction, from
    that of the columns on and turning to the rows', the cells row by row. Every row has length 1,
    or 0 where an image is of one grey.
    """
    width = SIDE / CELLS
    middles = (np.arange(CELLS) + 0.5) * width - 0.5
    near = np.maximum(0, 1 - np.abs(np.arange(SIDE)[:, np.newaxis] - middles) / width)
    shares = near.astype(np.float32)
    described = np.empty((len(images), DIRECTIONS, CELLS, CELLS), np.float32)
    for batch in gen_batches(len(images), BATCH):
        rows, columns = np.gradient(images[batch].reshape(-1, SIDE, SIDE), axis=(1, 2))
        length = np.hypot(rows, columns)
        turned = np.arctan2(rows, columns) * (DIRECTIONS / (2 * np.pi))
        for direction in range(DIRECTIONS):
            away = np.abs((turned - direction + DIRECTIONS / 2) % DIRECTIONS - DIRECTIONS / 2)
            described[batch, direction] = shares.T @ (length * np.maximum(0, 1 - away)) @ shares
    return normalize(np.sqrt(described.reshape(len(images), -1)))
