"""Pictures of neural networks: how they learn, how they score, and what is inside them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnist_report.figures import style
from mnist_report.scores import roc

#: Maps in a row; six and sixteen, LeNet's numbers, fill their rows.
MAPS_IN_A_ROW = 8

Floats = NDArray[np.float32]


def learning_curves(history: pd.DataFrame) -> Figure:
    """Draw ``loss`` (nats, logarithmic) and ``accuracy`` by ``epoch``, of validation too if any."""
    figure, panels = style.subplots((6.4, 3.2), 1, 2)
    measures = {"loss": "loss (nats)", "accuracy": "accuracy"}
    for axes, (measure, name) in zip(panels, measures.items(), strict=True):
        axes.plot("epoch", measure, "o-", data=history, ms=4, label="training")
        validation = f"validation_{measure}"
        if validation in history:
            axes.plot("epoch", validation, "s--", data=history, ms=4, label="validation")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    style.logarithmic_loss(panels[0])
    return figure


def roc_curves(y_true: NDArray[np.integer], scores: NDArray[np.floating]) -> Figure:
    """Draw the curves of `scores.roc.roc_curves`, whole and close to the corner."""
    figure, panels = style.subplots((6.4, 3.6), 1, 2)
    averages = {"micro": "--", "macro": ":"}
    for name, curve in roc.roc_curves(y_true, scores).items():
        words, look = name, {"color": f"C{name}", "lw": 1.0}
        if name in averages:
            words, look = f"{name} average", {"color": "black", "ls": averages[name], "lw": 1.8}
        label = f"{words}: {roc.area(curve):.4f}"
        for axes in panels:
            axes.plot(*roc.RATES, data=curve, label=label, **look)
    for axes in panels:
        axes.plot([0, 1], [0, 1], color="0.6", lw=0.8, zorder=0)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
    whole, corner = panels
    whole.set(title="whole", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    corner.set(title="top left corner", xlim=(-0.001, 0.1), ylim=(0.9, 1.001))
    whole.legend(
        title="AUC", loc="lower right", fontsize=7, frameon=True, framealpha=1, edgecolor="none"
    )
    return figure


def hidden_weights(weights: Floats) -> Figure:
    """Show the weights, shape (784, units), into the first hundred hidden units."""
    # A gap of one pixel around every picture; what holds no weight stays grey.
    board = np.full((291, 291), np.nan, dtype=weights.dtype)
    for unit in range(min(100, weights.shape[1])):
        top, left = 1 + 29 * (unit // 10), 1 + 29 * (unit % 10)
        board[top : top + 28, left : left + 28] = weights[:, unit].reshape(28, 28)
    figure, axes = style.subplots((6.4, 5.8))
    # A few outliers of a trained network must not wash out the rest: they share the last colour.
    norm = CenteredNorm(0, float(np.nanquantile(np.abs(board), 0.999)) or 1.0)
    image = axes.imshow(board, cmap=style.DIVERGING.with_extremes(bad="0.6"), norm=norm)
    style.hide_axes(axes)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.85, pad=0.02, extend="both")
    return figure


def layers(image: Floats, label: int, outputs: Sequence[tuple[str, Floats]]) -> Figure:
    """Show a scaled image, (784,), and below it all maps that each layer makes of it.

    `outputs` are names and maps, (height, width, channels); those of a layer share one scale.
    """
    rows = [-(-maps.shape[-1] // MAPS_IN_A_ROW) for _, maps in outputs]
    heights = [1.2, *(0.45 + 0.85 * number for number in rows)]
    figure = Figure(figsize=(7.0, sum(heights)))
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    style.show_image(parts[0].add_subplot(), image, f"label: {label}")
    for part, (name, maps), number in zip(parts[1:], outputs, rows, strict=True):
        height, width, channels = maps.shape
        words = f"{name.replace('_', ' ')}: {channels} maps of {height} × {width}"
        part.suptitle(words, x=0.01, ha="left", size=10, weight="bold")
        # Nothing comes out of a layer in which every unit is dead; its scale must still have a top.
        highest = float(maps.max()) or 1.0
        panels = style.hidden_panels(part, number, min(channels, MAPS_IN_A_ROW))
        for channel, axes in zip(range(channels), panels.flat, strict=False):
            shown = axes.imshow(maps[:, :, channel], cmap="viridis", vmin=0, vmax=highest)
            axes.set_title(str(channel + 1), fontsize=8, pad=2)
        part.colorbar(shown, ax=panels, label="activation", pad=0.02)
    return figure


def filters(kernels: Floats) -> Figure:
    """Show the filters of a convolution, shape (filters, height, width), weights written in."""
    columns = min(len(kernels), MAPS_IN_A_ROW)
    rows = -(-len(kernels) // columns)
    figure = Figure(figsize=(6.8, 0.4 + 1.2 * rows))
    norm = CenteredNorm(0, float(np.abs(kernels).max()) or 1.0)
    panels = style.hidden_panels(figure, rows, columns)
    for number, (axes, kernel) in enumerate(zip(panels.flat, kernels, strict=False), start=1):
        shown = axes.imshow(kernel, cmap=style.DIVERGING, norm=norm)
        axes.set_title(str(number))
        dark = np.abs(kernel) > 0.7 * norm.halfrange
        style.write_cells(axes, np.vectorize("{:.2f}".format)(kernel), dark, size=6)
    figure.colorbar(shown, ax=panels, label="weight", pad=0.02)
    return figure
