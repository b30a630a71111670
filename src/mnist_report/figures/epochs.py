"""Training epoch by epoch: the paper's printed values over the spread of ours."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

#: The measures of a panel, with colour and name.
PANELS = {
    "loss (nats)": {"loss": ("C0", "training"), "validation_loss": ("C1", "validation")},
    "accuracy": {"accuracy": ("C0", "training"), "validation_accuracy": ("C1", "validation")},
}


def printed_epochs(spread: Mapping[str, Any], printed: pd.DataFrame) -> Figure:
    """Show loss and accuracy by epoch, the range over seeds as a band, printed values as dots.

    `spread` leads from epoch to measure to ``mean``, ``min`` and ``max``; `printed` has the columns
    ``epoch``, ``measure`` and ``value``.
    """
    figure = Figure(figsize=(7.0, 2.8))
    epochs = sorted(spread, key=int)
    x = [int(epoch) for epoch in epochs]
    for axes, (label, measures) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
        for measure, (colour, name) in measures.items():
            if measure not in spread[epochs[0]]:
                continue
            values = pd.DataFrame([spread[epoch][measure] for epoch in epochs])
            axes.fill_between(x, values["min"], values["max"], color=colour, alpha=0.3, lw=0)
            axes.plot(x, values["mean"], color=colour, label=f"{name}, our seeds")
            axes.plot(
                "epoch",
                "value",
                "D",
                data=printed[printed["measure"] == measure],
                color=colour,
                markeredgecolor="black",
                markersize=5,
                label=f"{name}, printed",
            )
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].legend(fontsize=8)
    return figure
