"""Pictures of the final models side by side; tables have a row per model, named by the index."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mnist_report.figures import style

#: Below this distance from 1 the axis of a reliability curve is straight, above it logarithmic.
NEAR_ONE = 0.0003

#: Shares marked on the axes of a reliability curve.
SHARES = (0.5, 0.9, 0.99, 0.999, 1)


def error_rates(table: pd.DataFrame) -> Figure:
    """Show the error of every model with its interval; ``accuracy``, ``low``, ``high``: 0 to 1."""
    figure, axes = style.subplots((7.0, 0.42 * len(table) + 0.7))
    error, low, high = (100 * (1 - table[name]) for name in ("accuracy", "high", "low"))
    places = range(len(table))
    axes.hlines(places, low, high, lw=2.5)
    axes.plot(error, places, "o", ms=6)
    for place, middle, most, wrong in zip(places, error, high, table["wrong"], strict=True):
        style.write_beside(axes, f"{middle:.2f} % ({wrong:,} wrong)", (most, place), (8, 0))
    axes.set_yticks(places, list(table.index))
    axes.set_ylim(len(table) - 0.5, -0.5)
    # Room at the right for the words beside the longest error.
    axes.set_xlim(0, 1.35 * high.max())
    axes.set_xlabel("error on the test images (%)")
    return figure


def errors_by_digit(wrong: pd.DataFrame, images: Sequence[int]) -> Figure:
    """Show how often every model misreads every digit: a column each, `images` of it in all."""
    counts = wrong.to_numpy()
    shares = 100 * counts / np.asarray(images)
    figure, axes = style.subplots((7.0, 0.5 * len(wrong) + 1.1))
    norm = PowerNorm(0.5, 0, shares.max() or 1)
    shown = axes.imshow(shares, cmap="YlOrBr", norm=norm, aspect="auto")
    style.write_cells(
        axes, np.vectorize("{:.1f}\n({})".format)(shares, counts), style.dark_cells(shown)
    )
    digits = [f"{digit}\n({count:,})" for digit, count in zip(wrong.columns, images, strict=True)]
    style.name_cells(axes, digits, list(wrong.index))
    axes.set_xlabel("digit (test images)")
    axes.tick_params(length=0)
    axes.tick_params(axis="x", labelsize=8)
    figure.colorbar(shown, ax=axes, label="error (%)", pad=0.02)
    return figure


def reliability_curves(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Show how often classifiers are right when they are so and so sure, a panel for each.

    Both axes are stretched towards 1, where most confidences lie.
    """
    figure, panels = style.subplots((7.0, 2.9), 1, len(curves), sharex=True, sharey=True)
    lowest = min(float(curve[["confidence", "low"]].min().min()) for curve in curves.values())
    # A share's place on an axis, and the share at a place.
    functions = (
        lambda share: -np.arcsinh((1 - share) / NEAR_ONE),
        lambda place: 1 - NEAR_ONE * np.sinh(-place),
    )
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        axes.set_xscale("function", functions=functions)
        axes.set_yscale("function", functions=functions)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks(SHARES, [f"{100 * share:g}" for share in SHARES])
        axes.plot([lowest, 1], [lowest, 1], color="0.6", lw=0.8, zorder=0)
        share = curve["share_right"]
        reach = np.stack((share - curve["low"], curve["high"] - share)).clip(0)
        axes.errorbar(curve["confidence"], share, yerr=reach, fmt="o", ms=4, elinewidth=1)
        axes.set(xlim=(lowest - 0.05, 1.0001), ylim=(lowest - 0.05, 1.0001), title=name)
    figure.supxlabel("confidence (%)", size=9)
    panels[0].set_ylabel("right (%)")
    return figure


def hardest_images(vectors: NDArray[np.float32], table: pd.DataFrame) -> Figure:
    """Show up to twelve images, (k, 784), with the ``label`` and what each model answers."""
    titles = [
        f"image {image}\nlabel {label}" for image, label in table[["image", "label"]].to_numpy()
    ]
    figure, panels = style.image_board(vectors, titles, (3, 4), height=4.6)
    for axes, row in zip(panels, table.to_dict("records"), strict=False):
        for line, name in enumerate(table.columns.drop(["image", "label"])):
            words, weight = f"{name}: {row[name]}", "normal"
            if row[name] == row["label"]:
                words, weight = f"{words} ✓", "bold"
            beside = axes.text(1.05, 0.8 - 0.2 * line, words, weight=weight, size=8, va="center")
            beside.set_transform(axes.transAxes)
    return figure
