"""Pictures of the evidence for and against the paper's statements."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from mnist_report.figures.style import logarithmic_loss

Floats = NDArray[np.float64]

#: How the pictures name networks, activations and costs.
NAMES = {
    "scratch_nn": "network from scratch",
    "keras_dense": "dense network",
    "dense": "dense network",
    "cnn": "convolutional network",
    "sigmoid": "sigmoid",
    "relu": "ReLU",
    "counted": "solver's work, iterations × rows",
    "timed": "fit, CPU seconds",
}


def accuracy_by_components(accuracies: Mapping[int, Floats], enough: int) -> Figure:
    """Draw the accuracy of an SVM on the first k components, for several k.

    Parameters
    ----------
    accuracies
        k to the accuracies (0 to 1), one for each seed.
    enough
        A number of components to mark.
    """
    figure = Figure(figsize=(7.0, 3.2))
    axes = figure.add_subplot()
    numbers = sorted(accuracies)
    values = 100 * np.stack([accuracies[k] for k in numbers], axis=1)
    axes.axvline(enough, color="0.4", ls=":", lw=1.2)
    axes.annotate(
        f"{enough} components",
        (enough, 0.06),
        xycoords=("data", "axes fraction"),
        xytext=(5, 0),
        textcoords="offset points",
        color="0.3",
        size=8,
    )
    _band(axes, numbers, values, "C0", marker="o")
    best = int(values.mean(axis=0).argmax())
    axes.annotate(
        f"most right: {numbers[best]}",
        (numbers[best], values[:, best].mean()),
        xytext=(0, -16),
        textcoords="offset points",
        ha="center",
        size=8,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
        arrowprops={"arrowstyle": "-", "color": "0.4", "lw": 0.8, "shrinkB": 3},
    )
    axes.set_xscale("log")
    # Labels of neighbours on a logarithmic axis would run together.
    shown = [k for k in numbers if k in (numbers[0], numbers[-1]) or _is_round(k)]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_major_formatter(FixedFormatter([str(k) for k in shown]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("number of components (logarithmic)")
    axes.set_ylabel("right on the test images (%)")
    return figure


def convergence(curves: Mapping[str, Mapping[str, Floats]], adam: Floats) -> Figure:
    """Draw the loss by epoch of several activations, a panel for each learning rate.

    Parameters
    ----------
    curves
        Activation to learning rate to the loss on the test images, shape (seeds, epochs), nats.
        All activations have the same learning rates.
    adam
        The loss of training with Adam, shape (seeds, epochs); shown in every panel.
    """
    rates = list(next(iter(curves.values())))
    columns = min(2, len(rates))
    rows = -(-len(rates) // columns)
    figure = Figure(figsize=(7.0, 0.9 + 2.1 * rows))
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, rate in zip(panels.flat, rates, strict=False):
        for number, (activation, by_rate) in enumerate(curves.items()):
            loss = by_rate[rate]
            _band(
                axes,
                range(1, loss.shape[1] + 1),
                loss,
                f"C{number}",
                label=NAMES[activation],
                marker="os"[number % 2],
            )
        _band(
            axes,
            range(1, adam.shape[1] + 1),
            adam,
            "C2",
            label="ReLU with Adam",
            marker="^",
            ls="--",
        )
        axes.set_title(f"learning rate {rate}")
    for axes in list(panels.flat)[len(rates) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("test loss (nats)")
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    logarithmic_loss(panels.flat[0])
    _whole_epochs(panels.flat[0])
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def dropout(curves: Mapping[str, Mapping[str, Mapping[str, Floats]]]) -> Figure:
    """Draw training and validation loss with and without dropout, a panel for each network.

    Parameters
    ----------
    curves
        Network to ``with`` and ``without`` to ``loss`` and ``validation_loss``, each of shape
        (seeds, epochs), nats.
    """
    figure = Figure(figsize=(7.0, 3.4))
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (network, variants) in zip(panels, curves.items(), strict=True):
        for number, (variant, losses) in enumerate(variants.items()):
            for loss, line in (("validation_loss", "-"), ("loss", "--")):
                kind = "validation" if loss == "validation_loss" else "training"
                values = losses[loss]
                _band(
                    axes,
                    range(1, values.shape[1] + 1),
                    values,
                    f"C{number}",
                    label=f"{kind}, {variant} dropout",
                    marker="os"[number % 2],
                    ls=line,
                )
        axes.set_title(NAMES[network])
        axes.set_xlabel("epoch")
        _whole_epochs(axes)
        logarithmic_loss(axes)
    panels[0].set_ylabel("loss (nats)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def scaling(curves: Mapping[str, Mapping[str, Floats]]) -> Figure:
    """Draw the loss by epoch on scaled and on unscaled pixels, a panel for each network.

    Parameters
    ----------
    curves
        Network to ``scaled`` and ``unscaled`` to the loss on rows not trained on, shape
        (seeds, epochs), nats.
    """
    figure = Figure(figsize=(7.0, 3.1))
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    names = {"scaled": "pixels 0 to 1", "unscaled": "pixels 0 to 255"}
    for axes, (network, variants) in zip(panels, curves.items(), strict=True):
        for number, (variant, loss) in enumerate(variants.items()):
            _band(
                axes,
                range(1, loss.shape[1] + 1),
                loss,
                f"C{number}",
                label=names[variant],
                marker="os"[number % 2],
            )
        axes.set_title(NAMES[network])
        axes.set_xlabel("epoch")
        _whole_epochs(axes)
        logarithmic_loss(axes)
    panels[0].set_ylabel("loss on unseen images (nats)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def growth(measures: Mapping[str, Mapping[str, tuple[list[int], Floats]]]) -> Figure:
    """Draw how costs grow with the rows, both axes logarithmic, with fitted straight lines.

    Parameters
    ----------
    measures
        ``counted`` and ``timed`` to ``C_<price>`` to the numbers of rows, rising, and the costs of
        shape (repeats, numbers). A panel for each measure; without numbers it says so.
    """
    figure = Figure(figsize=(7.0, 3.6))
    panels = figure.subplots(1, len(measures), squeeze=False)[0]
    for axes, (measure, series) in zip(panels, measures.items(), strict=True):
        axes.set_xlabel("rows (logarithmic)")
        axes.set_ylabel(f"{NAMES[measure]} (logarithmic)")
        if not series:
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color="0.4")
            axes.set_xticks([])
            axes.set_yticks([])
            continue
        axes.set_xscale("log")
        axes.set_yscale("log")
        for number, (price, (sizes, costs)) in enumerate(series.items()):
            name = price.replace("C_", "C = ")
            repeated = np.tile(sizes, len(costs))
            label = name
            if len(sizes) > 1:
                slope, height = np.polyfit(np.log(repeated), np.log(costs.ravel()), 1)
                axes.plot(sizes, np.exp(height) * np.power(sizes, slope), color=f"C{number}")
                label = f"{name}: exponent {slope:.2f}"
            axes.plot(
                repeated,
                costs.ravel(),
                "os"[number % 2],
                color=f"C{number}",
                ms=4,
                alpha=0.7,
                label=label,
            )
        _guides(axes, series)
        every = sorted({size for sizes, _ in series.values() for size in sizes})
        axes.xaxis.set_major_locator(FixedLocator(every))
        axes.xaxis.set_major_formatter(FixedFormatter([f"{size:,}" for size in every]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.legend(fontsize=8, loc="upper left")
        # Room for the legend above the points.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.25)
    return figure


def _guides(axes: Axes, series: Mapping[str, tuple[list[int], Floats]]) -> None:
    """Draw grey lines with the slopes 2 and 3 from the lowest first point."""
    sizes, costs = min(series.values(), key=lambda item: float(item[1][:, 0].mean()))
    if len(sizes) < 2:
        return
    start = float(costs[:, 0].mean()) / 2
    for slope in (2, 3):
        ends = [sizes[0], sizes[-1]]
        heights = [start * (size / sizes[0]) ** slope for size in ends]
        axes.plot(ends, heights, color="0.6", lw=0.9, ls=":", zorder=0)
        axes.annotate(
            f"$n^{slope}$",
            (ends[1], heights[1]),
            xytext=(3, 0),
            textcoords="offset points",
            color="0.4",
            size=8,
            va="center",
        )


def _band(
    axes: Axes,
    x: Any,  # noqa: ANN401  (numbers, in any sequence)
    values: Floats,
    colour: str,
    *,
    label: str | None = None,
    marker: str = "",
    ls: str = "-",
) -> None:
    """Draw the mean over the rows of `values`, and their range as a band."""
    axes.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, lw=0)
    axes.plot(x, values.mean(axis=0), ls=ls, color=colour, marker=marker, ms=3.5, label=label)


def _whole_epochs(axes: Axes) -> None:
    first, last = axes.dataLim.intervalx
    axes.set_xlim(first - 0.25, last + 0.25)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _is_round(number: int) -> bool:
    """Return whether a number is 1, 2 or 5 times a power of ten."""
    return f"{number:.0e}"[0] in "125" and float(f"{number:.0e}") == number
