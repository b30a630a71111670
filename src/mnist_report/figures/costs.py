"""The picture of what the pipeline costs."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from mnist_report.figures import style


def stages(rows: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the wall ``seconds`` of every stage, beside ``port_seconds`` where there are any."""
    figure, axes = style.subplots((7.0, 0.34 * len(rows) + 1.0))
    axes.barh(list(rows), [row["seconds"] for row in rows.values()], 0.62, label="stage")
    port = {name: row["port_seconds"] for name, row in rows.items() if "port_seconds" in row}
    axes.plot(list(port.values()), list(port), "D", color="C1", ms=5, label="plain port")
    axes.invert_yaxis()
    axes.set_xlabel("wall time (seconds)")
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right")
    return figure
