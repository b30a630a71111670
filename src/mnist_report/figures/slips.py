"""The picture of what the paper's slips cost."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

#: A panel for each measure, and its title.
PANELS = {"accuracy": "accuracy", "auc": "AUC"}

#: Digits of percentage points, as in the report's tables.
DIGITS = {"accuracy": 2, "auc": 3}


def effects(table: pd.DataFrame) -> Figure:
    """Show effects with their 95 % intervals, a panel for each measure, the largest on top.

    Parameters
    ----------
    table
        A row per effect: ``label``, ``measure`` (``accuracy`` or ``auc``; others are left out),
        ``mean``, ``low`` and ``high`` (0 to 1), and ``min`` and ``max`` over single seeds.
        Effects of one label share a line of the picture.
    """
    shown = table[table["measure"].isin(PANELS)]
    labels = list(shown.groupby("label")["mean"].max().sort_values(ascending=False).index)
    figure = Figure(figsize=(7.0, 0.3 * len(labels) + 1.4))
    panels = figure.subplots(1, len(PANELS), sharex=True, sharey=True)
    for axes, (measure, title) in zip(panels, PANELS.items(), strict=True):
        rows = shown[shown["measure"] == measure]
        points = 100 * rows[["mean", "low", "high", "min", "max"]].astype(np.float64)
        places, digits = [labels.index(label) for label in rows["label"]], DIGITS[measure]
        axes.axvline(0, color="0.4", lw=0.8, zorder=1)
        axes.hlines(
            places, points["min"], points["max"], color="0.75", lw=5, zorder=2, label="single seeds"
        )
        axes.hlines(
            places,
            points["low"],
            points["high"],
            lw=1.8,
            zorder=3,
            label="95 % interval of the mean",
        )
        axes.plot(points["mean"], places, "o", ms=5, zorder=4, label="mean")
        ends = points[["high", "max"]].max(axis=1)
        for place, mean, end in zip(places, points["mean"], ends, strict=True):
            axes.annotate(
                # Adding 0 takes the sign from a zero.
                f"{round(mean, digits) + 0:+.{digits}f}".replace("-", "\N{MINUS SIGN}"),
                (end, place),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                size=8,
            )
        axes.set_title(title)
        axes.grid(axis="y", color="0.95")
    panels[0].set_yticks(range(len(labels)), labels)
    panels[0].set_ylim(len(labels) - 0.5, -0.5)
    panels[0].xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    # Room at the right for the number beside the longest line.
    low, high = panels[0].get_xlim()
    panels[0].set_xlim(low, high + 0.25 * (high - low))
    figure.supxlabel("set right minus as printed (percentage points)", size=9)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3)
    return figure
