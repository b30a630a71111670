"""Pictures of principal components."""

from collections.abc import Mapping

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from mnist_report.figures.style import DIGIT_COLOURS, DIGIT_NORM


def scatter_2d(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> Figure:
    """Scatter the first two components by label, with each digit's mean written in.

    Parameters
    ----------
    scores
        Shape (n, at least 2).
    labels
        Digits, shape (n,).
    """
    figure = Figure(figsize=(6.4, 5.0))
    axes = figure.add_subplot()
    axes.scatter(
        scores[:, 0],
        scores[:, 1],
        c=labels,
        cmap=DIGIT_COLOURS,
        norm=DIGIT_NORM,
        s=_point_size(len(labels)),
        linewidths=0,
    )
    for digit in np.unique(labels):
        x, y = scores[labels == digit, :2].mean(axis=0)
        axes.text(
            x,
            y,
            str(digit),
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "0.3", "alpha": 0.9},
        )
    axes.set_xlabel("component 1")
    axes.set_ylabel("component 2")
    _colour_bar(figure, axes)
    return figure


def scatter_3d(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> Figure:
    """Scatter the first three components by label.

    Parameters
    ----------
    scores
        Shape (n, at least 3).
    labels
        Digits, shape (n,).
    """
    figure = Figure(figsize=(6.4, 5.4))
    axes = figure.add_subplot(projection="3d")
    axes.scatter(
        scores[:, 0],
        scores[:, 1],
        scores[:, 2],
        c=labels,
        cmap=DIGIT_COLOURS,
        norm=DIGIT_NORM,
        s=_point_size(len(labels)),
        linewidths=0,
        depthshade=False,
    )
    axes.set_xlabel("component 1")
    axes.set_ylabel("component 2")
    axes.set_zlabel("component 3")
    _colour_bar(figure, axes, pad=0.1)
    return figure


def cumulative_variance(
    ratios: NDArray[np.float64], reached: Mapping[float, int], printed: int
) -> Figure:
    """Draw the share of variance explained by the first k components, for all k.

    Parameters
    ----------
    ratios
        Explained variance ratios, shape (components,).
    reached
        Share of the variance to number of components that reach it; marked on the curve.
    printed
        How many components the paper's own figure shows; that part is shaded.
    """
    figure = Figure(figsize=(6.4, 3.8))
    axes = figure.add_subplot()
    counts = np.arange(1, len(ratios) + 1)
    axes.axvspan(1, min(printed, len(ratios)), color="0.93", lw=0, zorder=0)
    axes.text(printed / 2, 0.03, "shown in\nthe paper", ha="center", color="0.35", fontsize=8)
    axes.plot(counts, np.cumsum(ratios), lw=1.8)
    for share, count in reached.items():
        axes.plot(count, share, "o", color="black", ms=4)
        axes.annotate(
            f"{100 * share:g}%: {count} components",
            (count, share),
            xytext=(9, -4),
            textcoords="offset points",
            va="top",
            fontsize=8,
        )
    axes.set_xlabel("number of components")
    axes.set_ylabel("cumulative variance explained")
    axes.set_xlim(0, len(ratios))
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def _point_size(n: int) -> float:
    """Return a marker area in square points at which `n` points neither vanish nor merge."""
    return float(np.clip(30_000 / n, 0.5, 12))


def _colour_bar(figure: Figure, axes: object, pad: float = 0.02) -> None:
    mappable = ScalarMappable(norm=DIGIT_NORM, cmap=DIGIT_COLOURS)
    bar = figure.colorbar(mappable, ax=axes, ticks=range(10), shrink=0.85, pad=pad)  # type: ignore[arg-type]
    bar.set_label("label")
    bar.ax.tick_params(length=0)
