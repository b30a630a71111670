"""Pictures of support vector machines: margins, kernels, decision regions, the grid."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.axes3d import Axes3D
from numpy.typing import NDArray
from sklearn.svm import SVC

from mnist_report.figures.style import DIGIT_COLOURS, DIGIT_NORM

#: The two classes of the toy data: blue and orange, told apart with any colour vision.
_TWO = ListedColormap(["#ffa90e", "#3f90da"])

Points = NDArray[np.float64]
Decision = Callable[[Points], NDArray[np.float64]]
Classifier = Callable[[Points], NDArray[np.int64]]


def margins(X: Points, y: NDArray[np.int64], models: Mapping[float, SVC]) -> Figure:
    """Show two classes, then each linear model's boundary, margins and support vectors.

    Parameters
    ----------
    X, y
        Points of the plane, shape (n, 2), and their classes 0 or 1, shape (n,).
    models
        C to the linear SVC fitted with it.
    """
    figure, panels = _square_panels(len(models) + 1)
    _points(panels[0], X, y)
    panels[0].set_title("the data")
    for axes, (C, model) in zip(panels[1:], models.items(), strict=True):
        _points(axes, X, y)
        _boundary(axes, model.decision_function)
        _mark(axes, X[model.support_])
        axes.set_title(f"C = {C:g}: {len(model.support_)} support vectors")
    _explain_lines(figure)
    return figure


def rings(X: Points, y: NDArray[np.int64], model: SVC) -> Figure:
    """Show classes that no line parts, and the boundary that a quadratic kernel draws.

    Parameters
    ----------
    X, y
        Points, shape (n, 2), and their classes 0 or 1.
    model
        SVC with the quadratic kernel, fitted on them.
    """
    figure, (left, right) = _square_panels(2)
    _points(left, X, y)
    left.set_title("the data")
    _points(right, X, y)
    _boundary(right, model.decision_function)
    _mark(right, X[model.support_])
    right.set_title("the plane in space, seen in the plane")
    _explain_lines(figure)
    return figure


def lifted(Z: Points, y: NDArray[np.int64], model: SVC) -> Figure:
    """Show the images of the points in space and the plane that parts them.

    Images far from the plane are left out: they would press all others into a corner.

    Parameters
    ----------
    Z, y
        Images of the points, shape (n, 3), and their classes 0 or 1.
    model
        Linear SVC fitted on them; its plane must cut the first two axes above 0, as one does that
        parts a disc around the origin from the rest.
    """
    weights, constant = model.coef_[0], model.intercept_[0]
    cuts = -constant / weights[:2]
    near = (Z[:, :2] < 3 * cuts).all(axis=1)
    Z, y = Z[near], y[near]
    # The plane w . z + b = 0, from one axis to the other, as high as the images lie.
    first, third = np.meshgrid(
        np.linspace(0, cuts[0], 2), np.linspace(Z[:, 2].min(), Z[:, 2].max(), 2)
    )
    second = -(weights[0] * first + weights[2] * third + constant) / weights[1]
    figure = Figure(figsize=(5.6, 4.4))
    axes = figure.add_subplot(projection="3d", computed_zorder=False)
    assert isinstance(axes, Axes3D)  # noqa: S101
    # The plane is seen nearly edge on, from the side of the disc: what lies beyond it comes first.
    inside = Z @ weights + constant > 0
    for points, order in ((~inside, 1), (inside, 3)):
        axes.scatter(*Z[points].T, color=_TWO(y[points]), s=9, depthshade=False, zorder=order)
    axes.plot_surface(first, second, third, color="0.4", alpha=0.5, linewidth=0, zorder=2)
    axes.view_init(elev=15, azim=-60)
    axes.set_xlabel("$x_1^2$")
    axes.set_ylabel("$x_2^2$")
    axes.set_zlabel(r"$\sqrt{2}\,x_1 x_2$")
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    axes.set_box_aspect(None, zoom=1.05)
    return figure


def kernel_scores(table: pd.DataFrame) -> Figure:
    """Compare kernels on training and on test rows, by three measures.

    Parameters
    ----------
    table
        Columns ``kernel``, ``rows`` (``train`` or ``test``), ``accuracy``, ``auc_hard`` and
        ``auc_scores``.
    """
    kernels = list(dict.fromkeys(table["kernel"]))
    measures = {
        "accuracy": "accuracy",
        "auc_hard": "AUC from hard labels",
        "auc_scores": "AUC from scores",
    }
    figure = Figure(figsize=(7.2, 0.45 * len(kernels) + 1.2))
    panels = figure.subplots(1, len(measures), sharey=True)
    for axes, (measure, title) in zip(panels, measures.items(), strict=True):
        values = table.set_index(["rows", "kernel"])[measure]
        train, test = ([values[rows, kernel] for kernel in kernels] for rows in ("train", "test"))
        places = range(len(kernels))
        axes.hlines(places, train, test, color="0.7", zorder=1)
        # A ring, so that it shows around a diamond in the same place.
        axes.plot(train, places, "o", ms=9, mfc="white", mew=1.6, label="rows it was trained on")
        axes.plot(test, places, "D", ms=4, label="test images")
        axes.set_xlabel(title)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.margins(0.12, 0.15)
    panels[0].set_yticks(range(len(kernels)), kernels)
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def decision_regions(
    X: Points, y: NDArray[np.int64], classifiers: Mapping[str, Classifier], cells: int = 240
) -> Figure:
    """Show how each classifier parts the plane of two principal components into ten digits.

    Parameters
    ----------
    X, y
        Scores on two components, shape (n, 2), and digits, shape (n,).
    classifiers
        Panel title to a function that takes points, shape (m, 2), and returns their digits.
    cells
        Cells along each side of the grid that is coloured; finer than the picture shows nothing.
    """
    low, high = X.min(axis=0) - 1, X.max(axis=0) + 1
    xs, ys = (np.linspace(low[k], high[k], cells) for k in range(2))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    figure, panels = _panels(len(classifiers), columns=min(len(classifiers), 2), size=(3.5, 3.0))
    digits: dict[str, Any] = {"cmap": DIGIT_COLOURS, "norm": DIGIT_NORM}
    for axes, (title, classify) in zip(panels, classifiers.items(), strict=True):
        regions = classify(grid).reshape(cells, cells)
        extent = (low[0], high[0], low[1], high[1])
        axes.imshow(regions, origin="lower", extent=extent, aspect="auto", alpha=0.45, **digits)
        axes.scatter(X[:, 0], X[:, 1], c=y, s=9, edgecolors="white", linewidths=0.3, **digits)
        axes.set_title(title)
        axes.grid(visible=False)
    _label_outer(panels, "component 1", "component 2")
    handles = [
        Line2D([], [], ls="", marker="o", color=DIGIT_COLOURS(DIGIT_NORM(d)), label=str(d))
        for d in range(10)
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=10 if len(classifiers) > 1 else 5,
        title="label",
        handletextpad=0.1,
        columnspacing=1.2,
    )
    return figure


def grid_heat_map(table: pd.DataFrame, taken: tuple[float, float]) -> Figure:
    """Show the mean accuracy of every candidate over C and gamma.

    Parameters
    ----------
    table
        Columns ``C``, ``gamma``, ``mean`` and ``within_one_se``, a row per candidate; those
        within one standard error of the best are written bold.
    taken
        C and gamma of the candidate that goes on; it is framed.
    """
    Cs, gammas = sorted(table["C"].unique()), sorted(table["gamma"].unique())
    values = table.pivot(index="gamma", columns="C", values="mean").to_numpy()
    bold = table.pivot(index="gamma", columns="C", values="within_one_se").to_numpy()
    figure = Figure(figsize=(0.75 * len(Cs) + 1.6, 0.55 * len(gammas) + 1.3))
    axes = figure.add_subplot()
    image = axes.imshow(values, cmap="cividis", origin="lower", aspect="auto", vmin=0, vmax=1)
    for row, column in np.ndindex(*values.shape):
        axes.text(
            column,
            row,
            f"{values[row, column]:.3f}",
            ha="center",
            va="center",
            size=8,
            weight="bold" if bold[row, column] else "normal",
            color="black" if values[row, column] > 0.55 else "white",
        )
    column, row = Cs.index(taken[0]), gammas.index(taken[1])
    frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="red", lw=2, clip_on=False)
    axes.add_patch(frame)
    axes.set_xticks(range(len(Cs)), [f"{value:g}" for value in Cs])
    axes.set_yticks(range(len(gammas)), [f"{value:g}" for value in gammas])
    axes.set_xlabel("C")
    axes.set_ylabel("γ")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="mean accuracy")
    return figure


def _panels(count: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Make a figure of `count` panels with the same limits, each about `size` inches large."""
    rows = -(-count // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows + 0.6))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.flat)
    for axes in panels[count:]:
        axes.remove()
    for axes in panels[max(count - columns, 0) : count]:
        axes.xaxis.set_tick_params(labelbottom=True)
    return figure, panels[:count]


def _square_panels(count: int) -> tuple[Figure, list[Axes]]:
    """Make panels for points of the plane: a unit is as long in both directions."""
    columns = count if count <= 3 else -(-count // 2)
    figure, panels = _panels(count, columns, size=(3.4 if columns < 3 else 2.7, 3.0))
    for axes in panels:
        axes.set_aspect("equal")
    _label_outer(panels, "$x_1$", "$x_2$")
    return figure, panels


def _label_outer(panels: Sequence[Axes], x: str, y: str) -> None:
    """Name the axes where the tick labels are: at the left and under the lowest panels."""
    for axes in panels:
        if axes.xaxis.get_tick_params()["labelbottom"]:
            axes.set_xlabel(x)
        if axes.yaxis.get_tick_params()["labelleft"]:
            axes.set_ylabel(y)


def _points(axes: Axes, X: Points, y: NDArray[np.int64]) -> None:
    axes.scatter(X[:, 0], X[:, 1], c=y, cmap=_TWO, s=8)


def _mark(axes: Axes, support: Points) -> None:
    """Circle the support vectors."""
    axes.scatter(support[:, 0], support[:, 1], s=26, facecolors="none", edgecolors="black", lw=0.6)


def _boundary(axes: Axes, decision: Decision) -> None:
    """Draw where a decision function takes the values -1, 0 and 1 inside the present limits."""
    xs, ys = np.linspace(*axes.get_xlim(), 200), np.linspace(*axes.get_ylim(), 200)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    values = decision(grid.reshape(-1, 2)).reshape(200, 200)
    axes.contour(
        xs,
        ys,
        values,
        levels=(-1, 0, 1),
        colors="black",
        linestyles=["--", "-", "--"],
        linewidths=1,
    )


def _explain_lines(figure: Figure) -> None:
    figure.legend(
        handles=[
            Line2D([], [], color="black", label="boundary"),
            Line2D([], [], color="black", ls="--", label="margins"),
            Line2D([], [], ls="", marker="o", mfc="none", mec="black", label="support vector"),
        ],
        loc="outside lower center",
        ncols=3,
    )
