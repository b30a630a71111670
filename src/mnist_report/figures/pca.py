"""Pictures of principal components."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from mnist_report.figures import style

Floats = NDArray[np.float64]


def scatter_2d(scores: Floats, labels: NDArray[np.int64]) -> Figure:
    """Scatter the first two components by label, with each digit's mean written in."""
    figure, axes = style.subplots((6.4, 5.0))
    x, y, _ = scores.T
    dots = axes.scatter(x, y, c=labels, s=_point_size(len(labels)), linewidths=0, **style.DIGITS)
    for digit in np.unique(labels):
        x, y = scores[labels == digit, :2].mean(axis=0)
        circle = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "0.3", "alpha": 0.9}
        axes.text(x, y, str(digit), ha="center", va="center", weight="bold", bbox=circle)
    axes.set(xlabel="component 1", ylabel="component 2")
    _colour_bar(figure, dots, pad=0.02)
    return figure


def scatter_3d(scores: Floats, labels: NDArray[np.int64]) -> Figure:
    """Scatter the first three components, shape (n, 3), by label, shape (n,)."""
    figure, axes = style.subplots((6.4, 5.4), subplot_kw={"projection": "3d"})
    size = _point_size(len(labels))
    dots = axes.scatter(*scores.T, c=labels, s=size, linewidths=0, depthshade=False, **style.DIGITS)
    axes.set(xlabel="component 1", ylabel="component 2", zlabel="component 3")
    _colour_bar(figure, dots, pad=0.1)
    return figure


def cumulative_variance(ratios: Floats, reached: Mapping[float, int], printed: int) -> Figure:
    """Draw the share of variance that the first k components explain, with marks where `reached`.

    What the paper shows, `printed` components, is shaded.
    """
    figure, axes = style.subplots((6.4, 3.8))
    axes.axvspan(1, min(printed, len(ratios)), color="0.93", lw=0, zorder=0)
    axes.text(printed / 2, 0.03, "shown in\nthe paper", ha="center", color="0.35", fontsize=8)
    axes.plot(np.arange(1, len(ratios) + 1), np.cumsum(ratios), lw=1.8)
    for share, count in reached.items():
        axes.plot(count, share, "o", color="black", ms=4)
        words = f"{100 * share:g}%: {count} components"
        style.write_beside(axes, words, (count, share), (9, -4), va="top")
    axes.set(xlabel="number of components", ylabel="cumulative variance explained")
    axes.set(xlim=(0, len(ratios)), ylim=(0, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def components(mean: Floats, directions: Floats, ratios: Floats) -> Figure:
    """Show the mean image, (784,), and up to twelve components, (k, 784); white is zero."""
    figure = Figure(figsize=(7.0, 2.4))
    grid = figure.add_gridspec(2, 7, width_ratios=[1.6, *[1] * 6])
    style.show_image(figure.add_subplot(grid[:, 0]), mean, "mean")
    for number, (direction, ratio) in enumerate(zip(directions[:12], ratios, strict=False)):
        axes = figure.add_subplot(grid[number // 6, 1 + number % 6])
        axes.imshow(direction.reshape(28, 28), cmap=style.DIVERGING, norm=CenteredNorm())
        axes.set_title(f"{number + 1}: {100 * ratio:.1f} %", fontsize=9)
        style.hide_axes(axes)
    return figure


def reconstructions(images: Mapping[int, Floats], rebuilt: Mapping[int, Floats]) -> Figure:
    """Show images, by their number, above what is rebuilt of them from so many components."""
    rows: dict[str, Iterable[Floats]] = {
        "original": images.values(),
        **{f"{count} components": pictures for count, pictures in rebuilt.items()},
    }
    size = (7.0, 0.3 + 0.64 * len(rows))
    figure, panels = style.subplots(size, len(rows), len(images), squeeze=False)
    for line, (name, pictures) in zip(panels, rows.items(), strict=True):
        for axes, picture in zip(line, pictures, strict=True):
            style.show_image(axes, picture, "")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axes, number in zip(panels[0], images, strict=True):
        axes.set_title(f"image {number}", fontsize=8)
    return figure


def _point_size(n: int) -> float:
    """Return a marker area in square points at which `n` points neither vanish nor merge."""
    return float(np.clip(30_000 / n, 0.5, 12))


def _colour_bar(figure: Figure, dots: PathCollection, pad: float) -> None:
    bar = figure.colorbar(dots, ticks=range(10), label="label", shrink=0.85, pad=pad)
    bar.ax.tick_params(length=0)
