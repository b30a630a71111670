"""Pictures of images: one, or a grid of them."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mnist_report.figures import style

#: Images of a class that are shown at most.
PER_CLASS = 12


def single_image(vector: NDArray[np.float32], label: int) -> Figure:
    """Show one scaled image, shape (784,), with its label above."""
    figure, axes = style.subplots((1.5, 1.7))
    style.show_image(axes, vector, f"label: {label}")
    return figure


def samples_by_class(vectors: NDArray[np.float32], labels: NDArray[np.uint8]) -> Figure:
    """Show the first scaled images, shape (n, 784), of every class, a row per class."""
    figure, axes = style.subplots((6.4, 5.6))
    board = np.zeros((10, 28, PER_CLASS, 28), dtype=np.float32)
    for digit in range(10):
        shown = vectors[labels == digit][:PER_CLASS].reshape(-1, 28, 28)
        board[digit, :, : len(shown)] = shown.transpose(1, 0, 2)
    axes.imshow(board.reshape(10 * 28, PER_CLASS * 28), vmin=0, vmax=1)
    style.hide_axes(axes)
    axes.set_yticks([digit * 28 + 14 for digit in range(10)], [str(d) for d in range(10)])
    axes.tick_params(length=0)
    axes.set_ylabel("label")
    return figure
