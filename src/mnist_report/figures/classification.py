"""Pictures of what a classifier gets right and wrong."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mnist_report.figures import style


def confusion_heat_map(counts: NDArray[np.int64], classes: Sequence[int]) -> Figure:
    """Show how often each digit (row) is taken for each other one; colour counts mistakes only."""
    figure, axes = style.subplots((5.4, 4.6))
    right = np.eye(len(counts), dtype=bool)
    mistakes = np.ma.masked_equal(np.where(right, 0.0, counts), 0)
    norm = LogNorm(1, max(mistakes.filled(0).max(), 2))
    # Square cells are left to the figure's size: with a fixed aspect the layout cuts labels off.
    image = axes.imshow(mistakes, cmap="YlOrBr", norm=norm, aspect="auto")
    style.write_cells(
        axes, np.where(counts, counts.astype(str), ""), style.dark_cells(image), bold=right
    )
    names = [str(digit) for digit in classes]
    style.name_cells(axes, names, names)
    axes.set(xlabel="predicted", ylabel="true")
    bar = figure.colorbar(image, ax=axes, label="mistakes (images)")
    style.plain_numbers(bar.ax.yaxis)
    return figure


def wrong_images(vectors: NDArray[np.float32], table: pd.DataFrame, margin: str) -> Figure:
    """Show up to twelve images, (k, 784), each with what a classifier took it for.

    The column `margin`, how far that is ahead of the truth, is empty for a label without training.
    """
    titles = [
        f"image {row['image']:.0f}\n{row['actual']:.0f} taken for {row['predicted']:.0f}\n"
        + ("label unknown" if np.isnan(row[margin]) else f"{margin} {row[margin]:.1f}")
        for _, row in table.iterrows()
    ]
    figure, panels = style.image_board(vectors, titles, (2, 6), height=3.6)
    for axes in panels:
        axes.title.set_fontsize(8)
    return figure
