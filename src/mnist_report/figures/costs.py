"""Pictures of what the pipeline costs."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from mnist_report.evaluation.costs import COMPETITORS, sizes
from mnist_report.names import MODELS

#: Methods that are no final model.
OTHERS = {"pca": "principal components"}


def stages(rows: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the time of every stage, beside the port's and the bound where there are any.

    Parameters
    ----------
    rows
        Stage name to ``seconds`` and, where known, ``port_seconds`` and ``bound_seconds``.
    """
    figure = Figure(figsize=(7.0, 0.34 * len(rows) + 1.0))
    axes = figure.add_subplot()
    places = range(len(rows))
    axes.barh(places, [row["seconds"] for row in rows.values()], 0.62, color="C0", label="stage")
    for field, style, label in (
        ("port_seconds", {"marker": "D", "color": "C1", "ms": 5}, "the same in a plain port"),
        ("bound_seconds", {"marker": "|", "color": "black", "ms": 13, "mew": 2}, "lower bound"),
    ):
        known = [(row[field], place) for place, row in enumerate(rows.values()) if field in row]
        axes.plot(*zip(*known, strict=True), ls="", label=label, **style)  # type: ignore[arg-type]
    axes.set_yticks(places, list(rows))
    axes.invert_yaxis()
    axes.set_xlabel("wall time (seconds)")
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right")
    return figure


def growth(methods: Mapping[str, Any], fits: Mapping[str, Any]) -> Figure:
    """Draw seconds against rows, both axes logarithmic, with the fitted exponents.

    Parameters
    ----------
    methods
        Method to ``seconds`` by ``rows_<n>`` and ``exponent``: fits and epochs.
    fits
        The same of the support vector machine, by who fits it.
    """
    figure = Figure(figsize=(7.0, 3.6))
    panels = figure.subplots(1, 2)
    for axes, title, curves, names in (
        (panels[0], "an epoch, or a fit of the components", methods, MODELS | OTHERS),
        (panels[1], "a fit of the support vector machine", fits, COMPETITORS),
    ):
        every: set[int] = set()
        for number, (name, curve) in enumerate(curves.items()):
            rows = sizes(curve["seconds"])
            every.update(rows)
            axes.plot(
                rows,
                list(curve["seconds"].values()),
                f"C{number}{'osD^'[number % 4]}-",
                ms=4,
                label=f"{names[name]}: exponent {curve['exponent']:.2f}",
            )
        axes.set_title(title)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("rows (logarithmic)")
        axes.xaxis.set_major_locator(FixedLocator(sorted(every)))
        axes.xaxis.set_major_formatter(FixedFormatter([f"{n / 1000:g}k" for n in sorted(every)]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.legend(fontsize=7.5, loc="upper left")
        # Room for the legend above the points.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.45)
    panels[0].set_ylabel("wall time (seconds, logarithmic)")
    return figure
