"""Pictures of what a classifier gets right and wrong."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from mnist_report.figures.style import hide_axes


def confusion_heat_map(counts: NDArray[np.int64], classes: Sequence[int]) -> Figure:
    """Show how often each digit is taken for each other one; colour counts mistakes only.

    Parameters
    ----------
    counts
        Rows are true classes, columns predicted ones, shape (k, k).
    classes
        The class of each row and column.
    """
    figure = Figure(figsize=(5.4, 4.6))
    axes = figure.add_subplot()
    mistakes = counts.astype(float)
    np.fill_diagonal(mistakes, np.nan)
    mistakes[mistakes == 0] = np.nan
    highest = np.nanmax(mistakes) if np.isfinite(mistakes).any() else 1
    # Square cells are left to the figure's size: with a fixed aspect the layout cuts labels off.
    image = axes.imshow(mistakes, cmap="YlOrBr", norm=LogNorm(1, max(highest, 2)), aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        count = counts[row, column]
        if count:
            red, green, blue, _ = image.to_rgba(count)
            dark = row != column and 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
            axes.text(
                column,
                row,
                str(count),
                ha="center",
                va="center",
                size=8,
                color="white" if dark else "black",
                weight="bold" if row == column else "normal",
            )
    axes.set_xticks(range(len(classes)), [str(c) for c in classes])
    axes.set_yticks(range(len(classes)), [str(c) for c in classes])
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.grid(visible=False)
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
    """Show images that a classifier took for something else, each with what it took it for.

    Parameters
    ----------
    vectors
        Scaled images, shape (k, 784), k from 0 to 12.
    true, predicted
        Their labels and the predictions, shape (k,).
    margins
        A short text for each image that says how sure the classifier was.
    """
    figure = Figure(figsize=(7.0, 3.6))
    if not len(vectors):
        figure.text(0.5, 0.5, "no mistakes", ha="center", va="center")
    panels = figure.subplots(2, 6)
    for axes in panels.flat:
        hide_axes(axes)
    for axes, vector, label, answer, margin in zip(
        panels.flat, vectors, true, predicted, margins, strict=False
    ):
        axes.imshow(vector.reshape(28, 28), vmin=0, vmax=1)
        axes.set_title(f"{label} taken for {answer}\n{margin}", size=8)
    return figure
