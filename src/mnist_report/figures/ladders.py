"""Picture of the ladders: what better models cost."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from mnist_report.figures.style import fixed_ticks, write_beside

#: Errors (%) and CPU seconds marked on the axes.
ERRORS = (0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20)
SECONDS = (1, 3, 10, 30, 100, 300, 1000, 3000)


def error_by_cost(ladders: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw error against CPU seconds, a line for each method from the paper's model to the best.

    A row a step: ``accuracy`` (0 to 1) and ``cpu_seconds``.
    """
    figure = Figure(figsize=(7.0, 4.2))
    axes = figure.add_subplot()
    for number, (name, steps) in enumerate(ladders.items()):
        colour = f"C{number}"
        seconds, error = steps["cpu_seconds"].to_numpy(), 100 * (1 - steps["accuracy"].to_numpy())
        axes.plot(seconds, error, color=colour, lw=1.2, alpha=0.7)
        axes.plot(seconds[1:-1], error[1:-1], "o", ms=3.5, color=colour)
        axes.plot(seconds[:1], error[:1], "o", ms=7, mfc="white", color=colour)
        axes.plot(seconds[-1:], error[-1:], "*", ms=12, color=colour)
        axes.plot([], [], "o-", ms=4, color=colour, label=name)
    axes.set(xscale="log", yscale="log")
    for axis, places in ((axes.xaxis, SECONDS), (axes.yaxis, ERRORS)):
        low, high = axis.get_view_interval()
        shown = [place for place in places if low <= place <= high]
        fixed_ticks(axis, shown, [f"{place:,g}" for place in shown])
    axes.set_xlabel("CPU seconds of training, on one thread (logarithmic)")
    axes.set_ylabel("error on the test images (%, logarithmic)")
    write_beside(axes, "circle: the paper's model\nstar: the best", (0.02, 0.08), (0, 0),
                 xycoords="axes fraction")  # fmt: skip
    axes.legend(loc="upper right")
    return figure
