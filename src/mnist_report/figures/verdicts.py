"""Pictures of the verdicts on the paper's numbers."""

from collections import Counter
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

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
LOOKS = {
    "reproduced": ("o", "#3f90da"),
    "near": ("D", "#ffa90e"),
    "not reproduced": ("X", "#bd1f01"),
}

#: What lies further out, in standard deviations, stands at the edge with an arrow.
EDGE = 8.0

#: Numbers in the same stretch of so many standard deviations are stacked.
BIN = 0.25

#: Inches that a sign of a stack takes; a sign with words beside it takes twice as many.
STEP = 0.065


def deviations(table: pd.DataFrame, reach: float) -> Figure:
    """Show how many standard deviations each printed number lies from the mean over our seeds.

    Each sign is a number of the paper; those of about the same deviation are stacked.

    Parameters
    ----------
    table
        Columns ``id``, ``z`` (standard deviations over seeds; empty where there is none) and
        ``verdict``. Without any z the figure says so.
    reach
        How far from 0 still counts as reproduced, in standard deviations.
    """
    placed = _place(table[table["z"].notna()])
    # Of a row of the picture: how high its stacks grow, with some air, and where its floor lies.
    tops = placed.groupby("group", sort=False)["height"].max() + 3
    floors = -tops.cumsum()
    figure = Figure(figsize=(7.2, 1.1 + STEP * max(float(tops.sum()), 6)))
    axes = figure.add_subplot()
    axes.set_xlabel("printed number less the mean over our seeds, in standard deviations")
    axes.set_xlim(-EDGE - 0.5, EDGE + 0.5)
    axes.xaxis.set_major_locator(MultipleLocator(2))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.axvspan(-reach, reach, color="0.93", zorder=0, label=f"within {reach:g} sd")
    axes.axvline(0, color="0.6", lw=0.8, zorder=1)
    if placed.empty:
        axes.set_yticks([])
        axes.text(0, 0.5, "no printed number is held against a spread", ha="center", va="center")
        return figure
    axes.set_ylim(-tops.sum(), 0)
    counts = placed.groupby("group", sort=False).size()
    names = [f"{name} ({count})" for name, count in counts.items()]
    axes.set_yticks((floors + tops / 2).to_numpy(), names)
    axes.hlines(floors[:-1], *axes.get_xlim(), color="0.85", lw=0.8)
    placed["y"] = placed["group"].map(floors) + 1.2 + placed["height"]
    for verdict, (marker, colour) in LOOKS.items():
        rows = placed[placed["verdict"] == verdict]
        axes.plot(rows["x"], rows["y"], marker, ms=4.5, mew=0, color=colour, label=verdict)
    named = placed[placed["named"]]
    for name, z, x, y in zip(*(named[column] for column in ("id", "z", "x", "y")), strict=True):
        words = name.partition(".")[2].replace("poly", "polynomial").replace(".", ", ")
        words = words.replace("_", " ")
        words = f"{words} {z:+.{0 if abs(z) > EDGE else 1}f}".replace("-", "\N{MINUS SIGN}")
        beyond = abs(z) > EDGE
        if z > 0:
            axes.text(x - 0.2, y, words + " →" * beyond, ha="right", va="center", fontsize=7)
        else:
            axes.text(x + 0.2, y, "← " * beyond + words, ha="left", va="center", fontsize=7)
    figure.legend(loc="outside upper center", ncols=len(LOOKS) + 1)
    return figure


def _place(judged: pd.DataFrame) -> pd.DataFrame:
    """Give each number its place in the picture.

    Returns
    -------
    DataFrame
        Columns ``id``, ``z`` and ``verdict``; ``group``, in the order of the picture; ``x``;
        ``named``, whether it gets words beside it, and so a line of its own above the stacks; and
        ``height`` above the floor of its group, in steps.
    """
    members: dict[str, list[dict[str, Any]]] = {label: [] for label in GROUPS}
    for name, z, verdict in zip(judged["id"], judged["z"], judged["verdict"], strict=True):
        group = next(label for label, ids in GROUPS.items() if fnmatchcase(name, ids))
        x = min(max((np.floor(z / BIN) + 0.5) * BIN, -EDGE), EDGE)
        named = verdict != "reproduced" or abs(z) > EDGE
        members[group].append(
            {"id": name, "z": z, "verdict": verdict, "group": group, "x": x, "named": named}
        )
    for numbers in members.values():
        stacks: Counter[float] = Counter()
        for number in numbers:
            if not number["named"]:
                number["height"] = stacks[number["x"]]
                stacks[number["x"]] += 1
        line = max(stacks.values(), default=0) + 0.5
        for number in numbers:
            if number["named"]:
                number["height"] = line
                line += 2
    columns = ["id", "z", "verdict", "group", "x", "named", "height"]
    return pd.DataFrame([n for numbers in members.values() for n in numbers], columns=columns)
