"""Picture of the ladders: what better models cost."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from mnist_report.figures import style


def error_by_cost(ladders: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw error against CPU seconds, a line for each method from the paper's model to the best.

    A row a step: ``accuracy`` (0 to 1) and ``cpu_seconds``.
    """
    figure, axes = style.subplots((7.0, 4.2))
    for number, (name, steps) in enumerate(ladders.items()):
        colour = f"C{number}"
        seconds, error = steps["cpu_seconds"].to_numpy(), 100 * (1 - steps["accuracy"].to_numpy())
        axes.plot(seconds, error, color=colour, lw=1.2, alpha=0.7)
        axes.plot(seconds[1:-1], error[1:-1], "o", ms=3.5, color=colour)
        axes.plot(seconds[:1], error[:1], "o", ms=7, mfc="white", color=colour)
        axes.plot(seconds[-1:], error[-1:], "*", ms=12, color=colour)
        axes.plot([], [], "o-", ms=4, color=colour, label=name)
    axes.set(xscale="log", yscale="log")
    style.plain_numbers(axes.xaxis, (1, 3))
    style.plain_numbers(axes.yaxis, (1, 2, 3, 5))
    axes.set_xlabel("CPU seconds of training, on one thread (logarithmic)")
    axes.set_ylabel("error on the test images (%, logarithmic)")
    words = "circle: the paper's model\nstar: the best"
    style.write_beside(axes, words, (0.02, 0.08), (0, 0), xycoords="axes fraction")
    axes.legend(loc="upper right")
    return figure
