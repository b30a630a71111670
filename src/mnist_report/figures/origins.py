"""Where printed numbers come from: candidates beside what the paper prints."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from mnist_report.evaluation.agreement import reach
from mnist_report.figures.names import KERNELS

#: How a candidate is named in the picture: which gamma, which rows.
GAMMAS = {"auto": "γ = 1/784", "scale_2019": "γ = 1/(784 · sd)", "scale": "γ = 1/(784 · variance)"}
ROWS = {"train": "training rows", "test": "test rows"}


def kernel_candidates(measured: Mapping[str, Any], printed: Mapping[str, float]) -> Figure:
    """Show each kernel's AUC by gamma and rows, `measured` over seeds; the printed is a line."""
    kernels = list(measured)
    sizes = [len(measured[kernel]) * len(ROWS) for kernel in kernels]
    figure = Figure(figsize=(7.0, 1.0 + 0.23 * sum(sizes) + 0.25 * len(kernels)))
    panels = figure.subplots(len(kernels), 1, sharex=True, height_ratios=sizes, squeeze=False)
    for axes, kernel in zip(panels[:, 0], kernels, strict=True):
        names: list[str] = []
        for gamma, by_rows in measured[kernel].items():
            for rows, spread in by_rows.items():
                allowed = reach(spread["sd"], spread["seeds"])
                fits = abs(printed[kernel] - spread["mean"]) <= allowed
                fmt, colour = ("D", "C0") if fits else ("o", "0.55")
                look = {"fmt": fmt, "color": colour, "markersize": 5, "capsize": 3}
                axes.errorbar(spread["mean"], len(names), xerr=allowed, **look)
                names.append(ROWS[rows] if kernel == "linear" else f"{GAMMAS[gamma]}, {ROWS[rows]}")
        axes.axvline(printed[kernel], color="C1", linewidth=1.5)
        axes.set_yticks(range(len(names)), names, size=8)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_title(KERNELS[kernel], loc="left", size=9, weight="bold", pad=3)
    words = "AUC from hard labels: where 19 of 20 further draws lie; line: printed"
    panels[-1, 0].set_xlabel(words)
    return figure
