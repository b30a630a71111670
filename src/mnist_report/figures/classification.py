"""Pictures of what a classifier gets right and wrong."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from mnist_report.figures.style import dark_cells, image_board, name_cells, write_cells


def confusion_heat_map(counts: NDArray[np.int64], classes: Sequence[int]) -> Figure:
    """Show how often each digit is taken for each other one; colour counts mistakes only.

    Rows are true classes, columns predicted ones, shape (k, k).
    """
    figure = Figure(figsize=(5.4, 4.6))
    axes = figure.add_subplot()
    right = np.eye(len(counts), dtype=bool)
    mistakes = np.ma.masked_equal(np.where(right, 0.0, counts), 0)
    norm = LogNorm(1, max(mistakes.filled(0).max(), 2))
    # Square cells are left to the figure's size: with a fixed aspect the layout cuts labels off.
    image = axes.imshow(mistakes, cmap="YlOrBr", norm=norm, aspect="auto")
    write_cells(axes, np.where(counts, counts.astype(str), ""), dark_cells(image), bold=right)
    names = [str(digit) for digit in classes]
    name_cells(axes, names, names)
    axes.set(xlabel="predicted", ylabel="true")
    bar = figure.colorbar(image, ax=axes, label="mistakes (images)")
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bar.ax.yaxis.set_major_formatter("{x:g}")
    bar.ax.yaxis.set_minor_locator(NullLocator())
    return figure


def wrong_images(
    vectors: NDArray[np.float32],
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    margins: Sequence[str],
) -> Figure:
    """Show up to twelve images, shape (k, 784), each with what a classifier took it for.

    `margins` are short texts that say how sure it was.
    """
    titles = [
        f"{label} taken for {answer}\n{margin}"
        for label, answer, margin in zip(true, predicted, margins, strict=True)
    ]
    figure, panels = image_board(vectors, titles, (2, 6), height=3.6)
    for axes in panels:
        axes.title.set_fontsize(8)
    return figure
