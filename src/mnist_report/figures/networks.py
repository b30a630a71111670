"""Pictures of neural networks: how they learn, how they score, and what is inside them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnist_report.figures.style import DIGIT_COLOURS, hide_axes, logarithmic_loss
from mnist_report.scores.roc import roc_curves as compute_roc_curves

#: Below zero, zero, above zero: told apart with any colour vision, and white where nothing is.
DIVERGING = colormaps["PuOr"]

#: Maps in a row; six and sixteen, LeNet's numbers, fill their rows.
MAPS_IN_A_ROW = 8

Floats = NDArray[np.float32]


def learning_curves(history: pd.DataFrame) -> Figure:
    """Draw loss (logarithmic) and accuracy by epoch, in training and in validation if any.

    Parameters
    ----------
    history
        Columns ``epoch``, ``loss`` (nats) and ``accuracy`` (0 to 1), and perhaps
        ``validation_loss`` and ``validation_accuracy``.
    """
    figure = Figure(figsize=(6.4, 3.2))
    panels = figure.subplots(1, 2)
    for axes, measure, unit in zip(panels, ("loss", "accuracy"), (" (nats)", ""), strict=True):
        for prefix, label, marker, line in (
            ("", "training", "o", "-"),
            ("validation_", "validation", "s", "--"),
        ):
            column = prefix + measure
            if column not in history:
                continue
            axes.plot(history["epoch"], history[column], line, marker=marker, ms=4, label=label)
        axes.set_xlabel("epoch")
        axes.set_ylabel(measure + unit)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    logarithmic_loss(panels[0])
    return figure


def roc_curves(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> Figure:
    """Draw the ROC curve of every class and both averages, whole and close to the corner.

    Parameters
    ----------
    y_true
        The column number of each row's true class, (n,).
    scores
        One column for each class, (n, c).

    Raises
    ------
    ValueError
        As :func:`mnist_report.scores.roc.roc_curves`.
    """
    figure = Figure(figsize=(6.4, 3.6))
    panels = figure.subplots(1, 2)
    whole, corner = panels
    for name, curve in compute_roc_curves(y_true, scores).items():
        style: dict[str, Any]
        if name in ("micro", "macro"):
            style = {"color": "black", "ls": "--" if name == "micro" else ":", "lw": 1.8}
            label = f"{name} average"
        else:
            style = {"color": DIGIT_COLOURS(int(name)), "ls": "-", "lw": 1.0}
            label = name
        for axes in panels:
            axes.plot(
                curve.false_positive_rate,
                curve.true_positive_rate,
                label=f"{label}: {curve.auc:.4f}",
                **style,
            )
    for axes in panels:
        axes.plot([0, 1], [0, 1], color="0.6", lw=0.8, zorder=0)
        axes.set_xlabel("false positive rate")
        axes.set_ylabel("true positive rate")
    whole.set(title="whole", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    corner.set(title="top left corner", xlim=(-0.001, 0.1), ylim=(0.9, 1.001))
    whole.legend(
        title="AUC", loc="lower right", fontsize=7, frameon=True, framealpha=1, edgecolor="none"
    )
    return figure


def hidden_weights(weights: Floats, rows: int, columns: int) -> Figure:
    """Show the weights into the first hidden units as pictures, ``rows × columns`` of them.

    Parameters
    ----------
    weights
        From 784 pixels to H hidden units, (784, H). With fewer units than places the last
        places stay empty.
    rows, columns
        Of the board of pictures.
    """
    # A gap of one pixel around every picture; what holds no weight stays grey.
    board = np.full((rows * 29 + 1, columns * 29 + 1), np.nan, dtype=weights.dtype)
    for unit in range(min(rows * columns, weights.shape[1])):
        top, left = 1 + 29 * (unit // columns), 1 + 29 * (unit % columns)
        board[top : top + 28, left : left + 28] = weights[:, unit].reshape(28, 28)
    figure = Figure(figsize=(6.4, 0.6 + 5.2 * rows / columns))
    axes = figure.add_subplot()
    # A few outliers of a trained network must not wash out the rest: they share the last colour.
    reach = float(np.nanquantile(np.abs(board), 0.999))
    image = axes.imshow(
        board, cmap=DIVERGING.with_extremes(bad="0.6"), norm=CenteredNorm(0, reach or 1.0)
    )
    hide_axes(axes)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.85, pad=0.02, extend="both")
    return figure


def feature_maps(name: str, maps: Floats, image: Floats, label: int) -> Figure:
    """Show all maps that a layer makes of one image, beside that image.

    Parameters
    ----------
    name
        The layer's name, for the title.
    maps
        What the layer passes on, (height, width, channels); all share one scale.
    image
        The input, (784,), grey levels from 0 to 1.
    label
        Its digit.
    """
    height, width, channels = maps.shape
    columns = min(channels, MAPS_IN_A_ROW)
    rows = -(-channels // columns)
    figure = Figure(figsize=(6.8, 0.9 + 0.75 * rows))
    grid = figure.add_gridspec(rows, columns + 2, width_ratios=[1.6, *[1] * columns, 0.15])
    picture = figure.add_subplot(grid[:, 0])
    picture.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    picture.set_title(f"label: {label}")
    hide_axes(picture)
    # Nothing comes out of a layer in which every unit is dead; its scale must still have a top.
    top = float(maps.max()) or 1.0
    for channel in range(channels):
        axes = figure.add_subplot(grid[channel // columns, 1 + channel % columns])
        shown = axes.imshow(maps[:, :, channel], cmap="viridis", vmin=0, vmax=top)
        axes.set_title(str(channel + 1), fontsize=8, pad=2)
        hide_axes(axes)
    figure.colorbar(shown, cax=figure.add_subplot(grid[:, -1]), label="activation")
    figure.suptitle(f"{name.replace('_', ' ')}: {channels} maps of {height} × {width}")
    return figure


def filters(kernels: Floats) -> Figure:
    """Show the filters of a convolution, with the weights written in.

    Parameters
    ----------
    kernels
        (filters, height, width), no unit.
    """
    count, height, width = kernels.shape
    columns = min(count, MAPS_IN_A_ROW)
    rows = -(-count // columns)
    figure = Figure(figsize=(6.8, 0.4 + 1.2 * rows))
    norm = CenteredNorm(0, float(np.abs(kernels).max()) or 1.0)
    panels = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(panels.flat):
        hide_axes(axes)
        if place >= count:
            axes.set_visible(False)
            continue
        shown = axes.imshow(kernels[place], cmap=DIVERGING, norm=norm)
        axes.set_title(str(place + 1))
        for row in range(height):
            for column in range(width):
                value = kernels[place, row, column]
                ink = "white" if abs(value) > 0.7 * norm.halfrange else "black"
                axes.text(
                    column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=6
                )
    figure.colorbar(shown, ax=panels, label="weight", pad=0.02)
    return figure
