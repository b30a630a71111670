"""Pictures of the final models side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from mnist_report.figures.style import hide_axes

#: Below this distance from 1 the axis of a reliability curve is straight, above it logarithmic.
NEAR_ONE = 0.0003

#: Shares marked on the axes of a reliability curve.
SHARES = (0.5, 0.9, 0.99, 0.999, 1)

#: Pictures of the hardest images, down and across.
BOARD = (3, 4)


def error_rates(table: pd.DataFrame) -> Figure:
    """Show the error of every model with its interval.

    Parameters
    ----------
    table
        A row per model, the index being its name: ``accuracy``, ``low``, ``high`` (0 to 1) and
        ``wrong`` (images).
    """
    figure = Figure(figsize=(7.0, 0.42 * len(table) + 0.7))
    axes = figure.add_subplot()
    error, low, high = (100 * (1 - table[name]) for name in ("accuracy", "high", "low"))
    places = np.arange(len(table))
    axes.hlines(places, low, high, lw=2.5)
    axes.plot(error, places, "o", ms=6)
    for place, middle, most, wrong in zip(places, error, high, table["wrong"], strict=True):
        axes.annotate(
            f"{middle:.2f} % ({wrong:,} wrong)",
            (most, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=8,
        )
    axes.set_yticks(places, list(table.index))
    axes.set_ylim(len(table) - 0.5, -0.5)
    # Room at the right for the words beside the longest error.
    axes.set_xlim(0, 1.35 * high.max())
    axes.set_xlabel("error on the test images (%)")
    return figure


def errors_by_digit(wrong: pd.DataFrame, images: Sequence[int]) -> Figure:
    """Show how often every model misreads every digit.

    Colour follows the square root of the error, so that good models show differences too.

    Parameters
    ----------
    wrong
        Mistakes: a row per model, the index being its name, a column per digit.
    images
        How many images there are of each digit.
    """
    counts = wrong.to_numpy()
    shares = 100 * counts / np.asarray(images)
    figure = Figure(figsize=(7.0, 0.5 * len(wrong) + 1.1))
    axes = figure.add_subplot()
    shown = axes.imshow(
        shares, cmap="YlOrBr", norm=PowerNorm(0.5, 0, shares.max() or 1), aspect="auto"
    )
    for row, column in np.ndindex(*shares.shape):
        red, green, blue, _ = shown.to_rgba(shares[row, column])
        axes.text(
            column,
            row,
            f"{shares[row, column]:.1f}\n({counts[row, column]})",
            ha="center",
            va="center",
            size=8,
            color="white" if 0.3 * red + 0.6 * green + 0.1 * blue < 0.5 else "black",
        )
    ticks = [f"{digit}\n({count:,})" for digit, count in zip(wrong.columns, images, strict=True)]
    axes.set_xticks(range(len(ticks)), ticks, size=8)
    axes.set_yticks(range(len(wrong)), list(wrong.index))
    axes.set_xlabel("digit (test images)")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    figure.colorbar(shown, ax=axes, label="error (%)", pad=0.02)
    return figure


def reliability_curves(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Show how often classifiers are right when they are so and so sure, a panel for each.

    Both axes are stretched towards 1, where most confidences lie.

    Parameters
    ----------
    curves
        Name to a table of bins: ``confidence``, ``share_right``, ``low`` and ``high`` (0 to 1).
    """
    figure = Figure(figsize=(7.0, 2.9))
    panels = figure.subplots(1, len(curves), sharex=True, sharey=True)
    lowest = min(float(curve[["confidence", "low"]].min().min()) for curve in curves.values())
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        for set_scale in (axes.set_xscale, axes.set_yscale):
            set_scale("function", functions=(_stretched, _shrunk))
        axes.plot([lowest, 1], [lowest, 1], color="0.6", lw=0.8, zorder=0)
        share = curve["share_right"]
        reach = np.stack((share - curve["low"], curve["high"] - share)).clip(0)
        axes.errorbar(curve["confidence"], share, yerr=reach, fmt="o", ms=4, elinewidth=1)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(FixedLocator(SHARES))
            axis.set_major_formatter(FixedFormatter([f"{100 * share:g}" for share in SHARES]))
        axes.set_xlim(lowest - 0.05, 1.0001)
        axes.set_ylim(lowest - 0.05, 1.0001)
        axes.set_title(name)
    figure.supxlabel("confidence (%)", size=9)
    panels[0].set_ylabel("right (%)")
    return figure


def hardest_images(
    vectors: NDArray[np.float32], true: NDArray[np.int64], answers: Mapping[str, NDArray[np.int64]]
) -> Figure:
    """Show images with what every model says of them; right answers are bold and ticked.

    Parameters
    ----------
    vectors
        Scaled images, shape (k, 784), k from 0 to 12.
    true
        Their labels, shape (k,).
    answers
        Short name of a model to its predictions, shape (k,).
    """
    figure = Figure(figsize=(7.0, 4.2))
    if not len(vectors):
        figure.text(0.5, 0.5, "no mistakes", ha="center", va="center")
    panels = figure.subplots(*BOARD)
    for axes in panels.flat:
        hide_axes(axes)
    for number, (axes, vector, label) in enumerate(zip(panels.flat, vectors, true, strict=False)):
        axes.imshow(vector.reshape(28, 28), vmin=0, vmax=1)
        axes.set_title(f"label: {label}")
        for line, (name, given) in enumerate(answers.items()):
            right = given[number] == label
            axes.text(
                1.05,
                0.8 - 0.2 * line,
                f"{name}: {given[number]}{' ✓' if right else ''}",
                transform=axes.transAxes,
                va="center",
                size=8,
                weight="bold" if right else "normal",
            )
    return figure


def _stretched(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give shares places on an axis that is nearly logarithmic in the distance from 1."""
    return -np.arcsinh((1 - np.asarray(share)) / NEAR_ONE)


def _shrunk(place: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - NEAR_ONE * np.sinh(-np.asarray(place))
