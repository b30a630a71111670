"""The pictures of what setting the paper's slips right changes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_report.figures import style

#: A panel for each measure: its title, and digits of percentage points as in the report's tables.
PANELS = {"accuracy": ("accuracy", 2), "auc": ("AUC", 3)}


def effects(
    table: pd.DataFrame, words: str = "set right minus as printed (percentage points)"
) -> Figure:
    """Show effects with their 95 % intervals, a panel for each measure, the largest on top.

    Effects of one label share a line; `words` name the horizontal axes.
    """
    shown = table[table["measure"].isin(PANELS)]
    measures = [measure for measure in PANELS if (shown["measure"] == measure).any()]
    labels = list(shown.groupby("label")["mean"].max().sort_values(ascending=False).index)
    figure = Figure(figsize=(7.0, 0.3 * len(labels) + 1.4))
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        title, digits = PANELS[measure]
        rows = shown[shown["measure"] == measure]
        points = 100 * rows[["mean", "low", "high", "min", "max"]].astype(np.float64)
        places = [labels.index(label) for label in rows["label"]]
        axes.axvline(0, color="0.4", lw=0.8, zorder=1)
        seeds = {"color": "0.75", "lw": 5, "label": "single seeds"}
        axes.hlines(places, points["min"], points["max"], zorder=2, **seeds)
        interval = {"lw": 1.8, "label": "95 % interval of the mean"}
        axes.hlines(places, points["low"], points["high"], zorder=3, **interval)
        axes.plot(points["mean"], places, "o", ms=5, zorder=4, label="mean")
        ends = points[["high", "max"]].max(axis=1)
        for place, mean, end in zip(places, points["mean"], ends, strict=True):
            # Adding 0 takes the sign from a zero.
            number = f"{round(mean, digits) + 0:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
            style.write_beside(axes, number, (end, place), (6, 0))
        axes.set_title(title)
        axes.grid(axis="y", color="0.95")
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        # Room at the right for the number beside the longest line.
        low, high = axes.get_xlim()
        axes.set_xlim(low, high + 0.25 * (high - low))
    panels[0].set_yticks(range(len(labels)), labels)
    panels[0].set_ylim(len(labels) - 0.5, -0.5)
    # In the middle of all panels.
    panels[0].set_xlabel(words, x=len(measures) / 2)
    style.legend_above(panels[0], columns=3)
    return figure
