"""Training epoch by epoch: the paper's printed values over the spread of ours."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_report.evaluation.agreement import reach
from mnist_report.figures import style

#: The measures of a panel, with colour and name.
PANELS = {
    "loss (nats)": {"loss": ("C0", "training"), "validation_loss": ("C1", "validation")},
    "accuracy": {"accuracy": ("C0", "training"), "validation_accuracy": ("C1", "validation")},
}


def printed_epochs(spread: Mapping[str, Any], printed: pd.DataFrame) -> Figure:
    """Show loss and accuracy by epoch, and below how far printed values lie from our mean.

    Above, diamonds are printed values, bands the range over our seeds. Below, 19 of 20 further
    draws lie between -1 and 1.
    """
    figure, panels = style.subplots((7.0, 4.6), 2, 2, sharex=True, height_ratios=(3, 2))
    epochs = sorted(map(int, spread))
    for (above, below), (label, measures) in zip(panels.T, PANELS.items(), strict=True):
        for measure, (colour, name) in measures.items():
            if measure not in spread[str(epochs[0])]:
                continue
            ours = pd.DataFrame({epoch: spread[str(epoch)][measure] for epoch in epochs}).T
            theirs = printed[printed["measure"] == measure].set_index("epoch")["value"]
            above.fill_between(epochs, ours["min"], ours["max"], color=colour, alpha=0.3, lw=0)
            above.plot(epochs, ours["mean"], color=colour, label=f"{name}, our seeds")
            diamond = {"marker": "D", "ls": "", "color": colour, "mec": "black", "ms": 5}
            above.plot(theirs.index, theirs, label=f"{name}, printed", **diamond)
            allowed = ours.apply(lambda row: reach(row["sd"], int(row["seeds"])), axis="columns")
            below.plot((theirs - ours["mean"]) / allowed, **diamond)
        below.axhspan(-1, 1, color="0.93", zorder=0)
        below.axhline(0, color="0.6", lw=0.8, zorder=1)
        above.set_ylabel(label)
        below.margins(y=0.15)
        below.set_xlabel("epoch")
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.logarithmic_loss(panels[0, 0])
    style.legend_above(panels[0, 0], columns=4)
    panels[1, 0].set_ylabel("printed − our mean\n(±1: 19 of 20 draws)")
    return figure
