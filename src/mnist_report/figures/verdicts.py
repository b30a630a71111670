"""Pictures of the verdicts on the paper's numbers."""

from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from mnist_report.figures import style
from mnist_report.figures.names import KERNELS

#: Rows of the picture from top to bottom, and the ids that belong to each; the first that fits.
GROUPS = {
    "four kernels": "svm_kernels.*",
    "search, mean accuracies": "svm_grid.*.mean",
    "search, their ± figures": "svm_grid.*.two_sd",
    "final SVM, test": "svm_final.*",
    "scratch network, test": "scratch_nn.*",
    "dense network, training": "keras_dense.epoch_*",
    "dense network, test": "keras_dense.*",
    "CNN, training": "cnn.epoch_*.[la]*",  # loss, accuracy
    "CNN, validation": "cnn.epoch_*.validation_*",
    "CNN, test": "cnn.*",
}

#: Sign and colour of each verdict, so that shape tells what colour does.
LOOKS = {"agrees": ("o", "#3f90da"), "undecided": ("D", "#ffa90e"), "differs": ("X", "#bd1f01")}

#: Standard deviations around the mean that hold about nineteen of twenty draws.
USUAL = 2

#: What lies further out, in standard deviations, stands at the edge with an arrow.
EDGE = 8.0

#: Numbers in the same stretch of so many standard deviations are stacked.
BIN = 0.25

#: Inches that a sign of a stack takes; a sign with words beside it takes twice as many.
STEP = 0.065


def deviations(table: pd.DataFrame) -> Figure:
    """Show how many standard deviations, ``z`` if any, each printed number lies from our mean."""
    placed = _place(table[table["z"].notna()])
    by_group = placed.groupby("group", sort=False)["height"]
    # Of a row of the picture: how high its stacks grow, with some air, and where its floor lies.
    tops = by_group.max() + 3
    floors = -tops.cumsum()
    figure, axes = style.subplots((7.2, 1.1 + STEP * max(float(tops.sum()), 6)))
    axes.set_xlabel("printed number less the mean over our seeds, in standard deviations")
    axes.set_xlim(-EDGE - 0.5, EDGE + 0.5)
    axes.xaxis.set_major_locator(MultipleLocator(2))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.axvspan(-USUAL, USUAL, color="0.93", zorder=0, label="about 19 of 20 draws")
    axes.axvline(0, color="0.6", lw=0.8, zorder=1)
    if placed.empty:
        axes.set_yticks([])
        axes.text(0, 0.5, "no printed number is held against a spread", ha="center", va="center")
        return figure
    axes.set_ylim(-tops.sum(), 0)
    names = [f"{name} ({count})" for name, count in by_group.size().items()]
    axes.set_yticks((floors + tops / 2).to_numpy(), names)
    axes.hlines(floors[:-1], *axes.get_xlim(), color="0.85", lw=0.8)
    placed["y"] = placed["group"].map(floors) + 1.2 + placed["height"]
    for verdict, (marker, colour) in LOOKS.items():
        rows = placed[placed["verdict"] == verdict]
        axes.plot(rows["x"], rows["y"], marker, ms=4.5, mew=0, color=colour, label=verdict)
    for name, z, x, y in placed.loc[placed["named"], ["id", "z", "x", "y"]].to_numpy():
        words = name.partition(".")[2].replace("_", " ").replace("auc", "AUC")
        words = ", ".join(KERNELS.get(part, part) for part in words.split("."))
        beyond = abs(z) > EDGE
        words = f"{words} {z:+.{0 if beyond else 1}f}".replace("-", "\N{MINUS SIGN}")
        if beyond:
            words = f"{words} →" if z > 0 else f"← {words}"
        side, shift = ("right", -0.2) if z > 0 else ("left", 0.2)
        axes.text(x + shift, y, words, ha=side, va="center", size=7)
    figure.legend(loc="outside upper center", ncols=len(LOOKS) + 1, markerscale=1.6)
    return figure


def _place(judged: pd.DataFrame) -> pd.DataFrame:
    """Give each number its ``group``, ``x`` and its ``height`` in steps above the group's floor.

    One that is ``named`` gets words beside it, and so a line of its own above the stacks.
    """
    order = list(GROUPS)
    groups = [
        next(group for group, ids in GROUPS.items() if fnmatchcase(name, ids))
        for name in judged["id"]
    ]
    placed = judged.assign(group=groups)
    placed = placed.sort_values("group", key=lambda names: names.map(order.index), kind="stable")
    placed["x"] = ((np.floor(placed["z"] / BIN) + 0.5) * BIN).clip(-EDGE, EDGE)
    placed["named"] = (placed["verdict"] == "differs") | (placed["z"].abs() > EDGE)
    stacked, named = placed[~placed["named"]], placed[placed["named"]]
    stacks = stacked.groupby(["group", "x"]).cumcount()
    tops = (stacks + 1).groupby(stacked["group"]).max().reindex(order, fill_value=0)
    lines = named["group"].map(tops) + 0.5 + 2 * named.groupby("group").cumcount()
    placed["height"] = pd.concat([stacks, lines])
    return placed
