"""Pictures of support vector machines: margins, kernels, decision regions, the grid."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.svm import SVC

from mnist_report.figures import style

#: The two classes of the toy data: blue and orange, told apart with any colour vision.
_TWO = ListedColormap(["#ffa90e", "#3f90da"])

#: The columns that compare kernels, and how the picture names them.
MEASURES = {
    "accuracy": "accuracy",
    "auc_hard": "AUC from hard labels",
    "auc_scores": "AUC from scores",
}

#: Cells along each side of a plane that is coloured; finer than the picture shows nothing.
CELLS = 240

#: A region gets its digit written in if it is so wide, in cells from its middle to its edge.
ROOM = 8

Points = NDArray[np.float64]
Classifier = Callable[[Points], NDArray[np.int64]]


def margins(X: Points, y: NDArray[np.int64], models: Mapping[float, SVC]) -> Figure:
    """Show two classes, then the boundary, margins and support vectors of a model for each C."""
    titles = [f"C = {C:g}: {len(model.support_)} support vectors" for C, model in models.items()]
    return _decisions(X, y, titles, list(models.values()))


def rings(X: Points, y: NDArray[np.int64], model: SVC) -> Figure:
    """Show classes that no line parts, and the boundary that a quadratic kernel draws."""
    return _decisions(X, y, ["the plane in space, seen in the plane"], [model])


def lifted(Z: Points, y: NDArray[np.int64], model: SVC) -> Figure:
    """Show the images of the points in space, (n, 3), and the plane that parts them.

    It must cut the first two axes above 0; images far from it would press all others together.
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
    figure, axes = style.subplots(
        (5.6, 4.4), subplot_kw={"projection": "3d", "computed_zorder": False}
    )
    # The plane is seen nearly edge on, from the side of the disc: what lies beyond it comes first.
    inside = Z @ weights + constant > 0
    for points, order in ((~inside, 1), (inside, 3)):
        axes.scatter(*Z[points].T, color=_TWO(y[points]), s=9, depthshade=False, zorder=order)
    axes.plot_surface(first, second, third, color="0.4", alpha=0.5, linewidth=0, zorder=2)
    axes.view_init(elev=15, azim=-60)
    axes.set(xlabel="$x_1^2$", ylabel="$x_2^2$", zlabel=r"$\sqrt{2}\,x_1 x_2$")
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    axes.set_box_aspect(None, zoom=1.05)
    return figure


def kernel_scores(table: pd.DataFrame) -> Figure:
    """Compare kernels on training and on test ``rows``, by three `MEASURES`."""
    kernels = table["kernel"].unique().tolist()
    places = range(len(kernels))
    figure, panels = style.subplots((7.2, 0.45 * len(kernels) + 1.2), 1, len(MEASURES), sharey=True)
    for axes, (measure, title) in zip(panels, MEASURES.items(), strict=True):
        values = table.pivot(index="kernel", columns="rows", values=measure).loc[kernels]
        axes.hlines(places, values["train"], values["test"], color="0.7", zorder=1)
        # A ring, so that it shows around a diamond in the same place.
        ring = {"ms": 9, "mfc": "white", "mew": 1.6}
        axes.plot(values["train"], places, "o", label="rows it was trained on", **ring)
        axes.plot(values["test"], places, "D", ms=4, label="test images")
        axes.set_xlabel(title)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.margins(0.12, 0.15)
    panels[0].set_yticks(places, kernels)
    panels[0].invert_yaxis()
    style.legend_above(panels[0], columns=2)
    return figure


def decision_regions(
    X: Points, y: NDArray[np.int64], classifiers: Mapping[str, Classifier]
) -> Figure:
    """Show how classifiers, by their titles, part the plane of two components into ten digits."""
    low, high = X.min(axis=0) - 1, X.max(axis=0) + 1
    grid = np.stack(np.meshgrid(*np.linspace(low, high, CELLS, axis=1)), axis=-1).reshape(-1, 2)
    count = len(classifiers)
    names = ("component 1", "component 2")
    figure, panels = style.shared_panels(count, min(count, 2), (3.5, 3.0), *names)
    for axes, (title, classify) in zip(panels, classifiers.items(), strict=True):
        regions = classify(grid).reshape(CELLS, CELLS)
        extent = (low[0], high[0], low[1], high[1])
        axes.imshow(
            regions, origin="lower", extent=extent, aspect="auto", alpha=0.45, **style.DIGITS
        )
        axes.scatter(X[:, 0], X[:, 1], c=y, s=9, edgecolors="white", linewidths=0.3, **style.DIGITS)
        _name_regions(axes, regions, low, high)
        axes.set_title(title)
        axes.grid(visible=False)
    dots = [
        Line2D([], [], ls="", marker="o", color=f"C{digit}", label=str(digit))
        for digit in range(10)
    ]
    tight = {"handletextpad": 0.1, "columnspacing": 1.2, "title": "label"}
    columns = 10 if count > 1 else 5
    figure.legend(handles=dots, loc="outside lower center", ncols=columns, **tight)
    return figure


def _name_regions(axes: Axes, regions: NDArray[np.int64], low: Points, high: Points) -> None:
    """Write digits into the regions, shape (CELLS, CELLS), of a plane with these corners."""
    outline = [withStroke(linewidth=2.5, foreground="white")]
    for digit in np.unique(regions):
        inside = regions == digit
        # How far the next cell of another digit lies; the rim of the plane counts as such.
        depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        parts, count = ndimage.label(inside)
        for middle in ndimage.maximum_position(depth, parts, range(1, count + 1)):
            if depth[middle] >= ROOM:
                x, y = low + (high - low) * (np.array(middle[::-1]) + 0.5) / CELLS
                text = axes.text(x, y, str(digit), weight="bold", size=13, path_effects=outline)
                text.set(ha="center", va="center")


def grid_heat_map(table: pd.DataFrame, taken: tuple[float, float]) -> Figure:
    """Show the ``mean`` accuracy by ``C`` and ``gamma``; the pair `taken` is framed.

    Those ``within_one_se`` of the best are bold.
    """
    cells = table.pivot(index="gamma", columns="C")
    values, bold = cells["mean"], cells["within_one_se"]
    Cs, gammas = list(values.columns), list(values.index)
    figure, axes = style.subplots((0.75 * len(Cs) + 1.6, 0.55 * len(gammas) + 1.3))
    image = axes.imshow(values, cmap="cividis", origin="lower", aspect="auto", vmin=0, vmax=1)
    style.write_cells(axes, values.map("{:.3f}".format), (values <= 0.55).to_numpy(), bold)
    column, row = Cs.index(taken[0]), gammas.index(taken[1])
    frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="red", lw=2, clip_on=False)
    axes.add_patch(frame)
    style.name_cells(axes, [f"{C:g}" for C in Cs], [f"{gamma:g}" for gamma in gammas])
    axes.set(xlabel="C", ylabel="γ")
    figure.colorbar(image, ax=axes, label="mean accuracy")
    return figure


def _decisions(
    X: Points, y: NDArray[np.int64], titles: Sequence[str], models: Sequence[SVC]
) -> Figure:
    """Show points of the plane alone, then with what each model makes of it.

    Lines are where its decision function is -1, 0 and 1; its support vectors have circles.
    """
    count = len(models) + 1
    columns = count if count <= 3 else -(-count // 2)
    size = (3.4 if columns < 3 else 2.7, 3.0)
    figure, panels = style.shared_panels(count, columns, size, "$x_1$", "$x_2$")
    for axes, title in zip(panels, ["the data", *titles], strict=True):
        axes.set_aspect("equal")
        axes.scatter(X[:, 0], X[:, 1], c=y, cmap=_TWO, s=8)
        axes.set_title(title)
    for axes, model in zip(panels[1:], models, strict=True):
        xs, ys = np.linspace(*axes.get_xlim(), 200), np.linspace(*axes.get_ylim(), 200)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1)
        values = model.decision_function(grid.reshape(-1, 2)).reshape(200, 200)
        lines = ["--", "-", "--"]
        axes.contour(xs, ys, values, (-1, 0, 1), colors="black", linestyles=lines, linewidths=1)
        marked = X[model.support_]
        axes.scatter(
            marked[:, 0], marked[:, 1], s=26, facecolors="none", edgecolors="black", lw=0.6
        )
    handles = [
        Line2D([], [], color="black", label="boundary"),
        Line2D([], [], color="black", ls="--", label="margins"),
        Line2D([], [], ls="", marker="o", mfc="none", mec="black", label="support vector"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
