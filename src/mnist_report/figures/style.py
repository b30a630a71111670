"""One style for every picture: size, letters and colours that colour-blind readers can tell."""

import io
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import numpy as np
from matplotlib import color_sequences, colormaps, style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from mnist_report.core import files, paths

P = ParamSpec("P")

#: What draws numbers in the colours of digits, which as lines are "C0" to "C9".
DIGITS: dict[str, Any] = {
    "cmap": ListedColormap(color_sequences["petroff10"]),
    "norm": BoundaryNorm(np.arange(-0.5, 10), 10),
}

#: Below zero, zero, above zero: told apart with any colour vision, and white where nothing is.
DIVERGING = colormaps["PuOr"]

SETTINGS: dict[str, Any] = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "legend.frameon": False,
    "image.cmap": "gray_r",
    "image.interpolation": "nearest",
    # Ten colours made to be told apart with any colour vision (Petroff 2021, arXiv:2107.02270).
    "axes.prop_cycle": style.library["petroff10"]["axes.prop_cycle"],
}


def draw(make: Callable[P, Figure], *args: P.args, **kwargs: P.kwargs) -> bytes:
    """Draw ``make(*args, **kwargs)`` in the project's style; return a PNG file's bytes, undated."""
    # Nothing of a user's own matplotlibrc.
    with style.context(SETTINGS, after_reset=True):
        canvas = FigureCanvasAgg(make(*args, **kwargs))
        canvas.draw()  # type: ignore[no-untyped-call]
    # 256 colours without dither: a third of the bytes, and no difference that one could see.
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    palette = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(palette, format="png", optimize=True)
    return palette.getvalue()


def plot(
    stage: str, name: str, make: Callable[P, Figure], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Draw a picture into the folder of a stage."""
    files.write_bytes(paths.PLOTS / stage / name, draw(make, *args, **kwargs))


def subplots(
    size: tuple[float, float],
    rows: int = 1,
    columns: int = 1,
    **how: Any,  # noqa: ANN401  (whatever `Figure.subplots` takes)
) -> tuple[Figure, Any]:
    """Make a figure of a size in inches, and its panels as `Figure.subplots` gives them."""
    figure = Figure(figsize=size)
    return figure, figure.subplots(rows, columns, **how)


def shared_panels(
    count: int, columns: int, size: tuple[float, float], x: str, y: str, legend: float = 0.6
) -> tuple[Figure, list[Axes]]:
    """Make `count` panels with the same limits, named at the left and under the lowest ones.

    Each has a `size` in inches; all together leave so much height for a legend.
    """
    rows = -(-count // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows + legend))
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for number, axes in enumerate(panels):
        if number >= count:
            axes.remove()
        elif number >= count - columns:
            axes.xaxis.set_tick_params(labelbottom=True)
            axes.set_xlabel(x)
        if number % columns == 0:
            axes.set_ylabel(y)
    return figure, panels[:count]


def hide_axes(axes: Axes) -> None:
    """Leave only the picture of an image: no ticks, no frame, no grid."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def show_image(axes: Axes, vector: NDArray[np.floating[Any]], title: str) -> None:
    """Show a scaled image, shape (784,), dark ink on white, with a title above."""
    axes.imshow(vector.reshape(28, 28), vmin=0, vmax=1)
    axes.set_title(title)
    hide_axes(axes)


def image_board(
    vectors: NDArray[np.floating[Any]], titles: Sequence[str], shape: tuple[int, int], height: float
) -> tuple[Figure, list[Axes]]:
    """Show wrongly read images, as many as there are places, and say so if there are none."""
    figure = Figure(figsize=(7.0, height))
    if not len(vectors):
        figure.text(0.5, 0.5, "no mistakes", ha="center", va="center")
    panels = hidden_panels(figure, *shape)
    for axes, vector, title in zip(panels.flat, vectors, titles, strict=False):
        show_image(axes, vector, title)
    return figure, list(panels.flat)


def hidden_panels(figure: FigureBase, rows: int, columns: int) -> NDArray[Any]:
    """Make panels, shape (rows, columns), for pictures; those that stay empty do not show."""
    panels: NDArray[Any] = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat:
        hide_axes(axes)
    return panels


def name_cells(axes: Axes, columns: Sequence[str], rows: Sequence[str]) -> None:
    """Name the columns and the rows of a table shown as an image."""
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(visible=False)


def dark_cells(shown: AxesImage) -> NDArray[np.bool_]:
    """Return which cells of an image are so dark that only white can be read on them."""
    red, green, blue, alpha = np.moveaxis(shown.to_rgba(shown.get_array()), -1, 0)  # type: ignore[arg-type]
    dark: NDArray[np.bool_] = (alpha > 0) & (0.3 * red + 0.6 * green + 0.1 * blue < 0.5)
    return dark


def write_cells(
    axes: Axes, texts: ArrayLike, dark: NDArray[np.bool_], bold: ArrayLike = False, size: float = 8
) -> None:
    """Write a text into every cell of an image, white into the dark ones; shape (rows, columns)."""
    colours = np.where(dark, "white", "black")
    weights = np.broadcast_to(np.where(bold, "bold", "normal"), dark.shape)
    look: dict[str, Any] = {"ha": "center", "va": "center", "size": size}
    for (row, column), text in np.ndenumerate(np.asarray(texts)):
        look |= {"color": colours[row, column], "weight": weights[row, column]}
        axes.text(column, row, text, **look)


def write_beside(
    axes: Axes,
    text: str,
    point: tuple[float, float],
    shift: tuple[float, float],
    **how: Any,  # noqa: ANN401  (any property of a text)
) -> None:
    """Write a small text so many printer's points right of and above a point."""
    options = {"size": 8, "va": "center", **how}
    axes.annotate(text, point, shift, textcoords="offset points", **options)


def legend_above(axes: Axes, columns: int) -> None:
    """Explain the lines of one panel above all of them."""
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def logarithmic_loss(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers; call it when all is drawn."""
    axes.set_yscale("log")
    plain_numbers(axes.yaxis)
    low, high = axes.get_ylim()
    if sum(low <= tick <= high for tick in axes.get_yticks()) < 3:
        # So short a stretch of a logarithmic axis is nearly even.
        axes.yaxis.set_major_locator(MaxNLocator(5))


def plain_numbers(axis: Axis, digits: Sequence[float] = (1, 2, 5)) -> None:
    """Mark an axis, a logarithmic one, with these numbers times powers of ten, written out."""
    axis.set_major_locator(LogLocator(subs=digits))
    axis.set_major_formatter("{x:,g}")
    axis.minorticks_off()
