"""Pictures of the evidence for and against the paper's statements.

Curves have the shape (seeds, points): the mean is drawn as a line, the range as a band.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnist_report.figures import style
from mnist_report.figures.names import MODELS

Floats = NDArray[np.float64]

#: Numbers of components with a label; those of neighbours on a logarithmic axis would run together.
ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500)

#: In what costs are counted.
UNITS = {"counted": "iterations × rows", "noisy": "iterations × rows", "timed": "CPU seconds"}

#: How the pictures name networks, activations, pixels and costs.
NAMES = MODELS | {
    "dense": MODELS["keras_dense"],
    "sigmoid": "sigmoid",
    "relu": "ReLU",
    "scaled": "pixels 0 to 1",
    "unscaled": "pixels 0 to 255",
    "noisy": "work, one label in ten wrong",
    "counted": "work of the solver",
    "timed": "time of a fit",
}


def accuracy_by_components(accuracies: Mapping[int, Floats], enough: int) -> Figure:
    """Draw the accuracy of an SVM on the first k components, (seeds,), with a line at `enough`."""
    figure, axes = style.subplots((7.0, 3.2))
    numbers = sorted(accuracies)
    values = 100 * np.stack([accuracies[k] for k in numbers], axis=1)
    axes.axvline(enough, color="0.4", ls=":", lw=1.2)
    low = {"xycoords": ("data", "axes fraction"), "va": "baseline", "color": "0.3"}
    style.write_beside(axes, f"{enough} components", (enough, 0.06), (5, 0), **low)
    _band(axes, values, 0, x=numbers)
    best = int(values.mean(axis=0).argmax())
    how = {
        "ha": "center",
        "va": "baseline",
        "bbox": {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
        "arrowprops": {"arrowstyle": "-", "color": "0.4", "lw": 0.8, "shrinkB": 3},
    }
    place = (numbers[best], values[:, best].mean())
    style.write_beside(axes, f"most right: {numbers[best]}", place, (0, -16), **how)
    axes.set_xscale("log")
    shown = [k for k in numbers if k in (numbers[0], numbers[-1]) or k in ROUND]
    axes.set_xticks(shown, [str(k) for k in shown])
    axes.xaxis.minorticks_off()
    axes.set(xlabel="number of components (logarithmic)", ylabel="right on the test images (%)")
    return figure


def convergence(curves: Mapping[str, Mapping[str, Floats]], adam: Floats) -> Figure:
    """Draw test losses by epoch, a panel for each learning rate, with Adam's in every panel.

    `curves` lead from activation to learning rate, the same ones for all.
    """
    rates = list(next(iter(curves.values())))
    columns = min(2, len(rates))
    size, names = (7.0 / columns, 2.1), ("epoch", "test loss (nats)")
    figure, panels = style.shared_panels(len(rates), columns, size, *names, legend=0.9)
    for axes, rate in zip(panels, rates, strict=True):
        for number, (activation, by_rate) in enumerate(curves.items()):
            _band(axes, by_rate[rate], number, label=NAMES[activation])
        _band(axes, adam, 2, label="ReLU with Adam", ls="--")
        axes.set_title(f"learning rate {rate}")
    style.logarithmic_loss(panels[0])
    _whole_epochs(panels[0])
    style.legend_above(panels[0], columns=len(curves) + 1)
    return figure


def dropout(curves: Mapping[str, Mapping[str, Mapping[str, Floats]]]) -> Figure:
    """Draw training and validation loss, ``with`` and ``without`` dropout, a panel per network."""
    figure, panels = style.subplots((7.0, 3.4), 1, len(curves), squeeze=False)
    for axes, (network, variants) in zip(panels[0], curves.items(), strict=True):
        for number, (variant, losses) in enumerate(variants.items()):
            ends = f"{variant} dropout"
            _band(axes, losses["validation_loss"], number, label=f"validation, {ends}")
            _band(axes, losses["loss"], number, label=f"training, {ends}", ls="--")
        _finish_losses(axes, network)
    panels[0, 0].set_ylabel("loss (nats)")
    style.legend_above(panels[0, 0], columns=2)
    return figure


def scaling(curves: Mapping[str, Mapping[str, Floats]]) -> Figure:
    """Draw the loss on unseen rows with ``scaled`` and ``unscaled`` pixels, a panel per network."""
    figure, panels = style.subplots((7.0, 3.1), 1, len(curves), squeeze=False)
    for axes, (network, by_pixels) in zip(panels[0], curves.items(), strict=True):
        for number, (pixels, loss) in enumerate(by_pixels.items()):
            _band(axes, loss, number, label=NAMES[pixels])
        _finish_losses(axes, network)
    panels[0, 0].set_ylabel("loss on unseen images (nats)")
    style.legend_above(panels[0, 0], columns=2)
    return figure


def growth(measures: Mapping[str, Mapping[str, tuple[list[int], Floats]]]) -> Figure:
    """Draw how costs grow with the rows, both axes logarithmic, a panel for each kind of costs."""
    count = len(measures)
    figure, panels = style.subplots((0.4 + 2.4 * count, 3.2), 1, count, squeeze=False)
    for axes, (measure, series) in zip(panels[0], measures.items(), strict=True):
        axes.set(title=NAMES[measure], xlabel="rows", ylabel=UNITS[measure])
        if not series:
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color="0.4")
            axes.set(xticks=[], yticks=[])
            continue
        axes.set(xscale="log", yscale="log")
        for number, (price, (sizes, costs)) in enumerate(series.items()):
            colour, label = f"C{number}", price.replace("C_", "C = ")
            repeated, values = np.tile(sizes, len(costs)), costs.ravel()
            if len(sizes) > 1:
                slope, height = np.polyfit(np.log(repeated), np.log(values), 1)
                axes.plot(sizes, np.exp(height) * np.power(sizes, slope), color=colour)
                middle = np.median if measure == "timed" else np.mean
                n, cost = np.log(sizes), np.log(costs).T
                whole, last = (middle(np.polyfit(n[k:], cost[k:], 1)[0]) for k in (0, -2))
                label += f": {whole:.2f}, last {last:.2f}"
            axes.plot(repeated, values, "os"[number], color=colour, ms=4, alpha=0.7, label=label)
        _guides(axes, series)
        every = sorted({size for sizes, _ in series.values() for size in sizes})
        axes.set_xticks(every, [f"{size:,}" for size in every])
        axes.xaxis.minorticks_off()
        axes.legend(title="exponent", fontsize=8, loc="upper left", handletextpad=0.2)
        # Room for the legend above the points.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.35)
    return figure


def _guides(axes: Axes, series: Mapping[str, tuple[list[int], Floats]]) -> None:
    """Draw grey lines with the slopes 2 and 3 from the lowest first point."""
    sizes, costs = min(series.values(), key=lambda item: float(item[1][:, 0].mean()))
    if len(sizes) < 2:
        return
    start = float(costs[:, 0].mean()) / 2
    for slope in (2, 3):
        end = start * (sizes[-1] / sizes[0]) ** slope
        axes.plot([sizes[0], sizes[-1]], [start, end], color="0.6", lw=0.9, ls=":", zorder=0)
        style.write_beside(axes, f"$n^{slope}$", (sizes[-1], end), (3, 0), color="0.4")


def _finish_losses(axes: Axes, network: str) -> None:
    axes.set(title=NAMES[network], xlabel="epoch")
    _whole_epochs(axes)
    style.logarithmic_loss(axes)


def _band(
    axes: Axes,
    values: Floats,
    number: int,
    x: Sequence[int] = (),
    **line: Any,  # noqa: ANN401  (any property of a line)
) -> None:
    """Draw values in the colour and with the marker of a number; without `x` they are by epoch."""
    x = x or range(1, values.shape[1] + 1)
    colour, marker = f"C{number}", "os^"[number]
    axes.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)
    axes.plot(x, values.mean(axis=0), color=colour, marker=marker, ms=3.5, **line)


def _whole_epochs(axes: Axes) -> None:
    first, last = axes.dataLim.intervalx
    axes.set_xlim(first - 0.25, last + 0.25)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
