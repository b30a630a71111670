"""Pictures of images: one, or a grid of them."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mnist_report.figures.style import hide_axes


def single_image(vector: NDArray[np.float32], label: int) -> Figure:
    """Show one image, dark ink on white, with its label above.

    Parameters
    ----------
    vector
        One scaled image, shape (784,).
    label
        Its digit.
    """
    figure = Figure(figsize=(2.6, 2.8))
    axes = figure.add_subplot()
    axes.imshow(vector.reshape(28, 28), vmin=0, vmax=1)
    axes.set_title(f"label: {label}")
    hide_axes(axes)
    return figure


def samples_by_class(
    vectors: NDArray[np.float32], labels: NDArray[np.uint8], per_class: int = 12
) -> Figure:
    """Show the first images of every class, a row per class.

    Parameters
    ----------
    vectors
        Scaled images, shape (n, 784).
    labels
        Digits, shape (n,).
    per_class
        How many to show at most; a class with fewer shows what it has.
    """
    figure = Figure(figsize=(6.4, 5.6))
    axes = figure.add_subplot()
    board = np.zeros((10 * 28, per_class * 28), dtype=np.float32)
    for digit in range(10):
        for column, row in enumerate(np.flatnonzero(labels == digit)[:per_class]):
            tile = np.s_[digit * 28 : (digit + 1) * 28, column * 28 : (column + 1) * 28]
            board[tile] = vectors[row].reshape(28, 28)
    axes.imshow(board, vmin=0, vmax=1)
    hide_axes(axes)
    axes.set_yticks([digit * 28 + 14 for digit in range(10)], [str(d) for d in range(10)])
    axes.tick_params(length=0)
    axes.set_ylabel("label")
    return figure
