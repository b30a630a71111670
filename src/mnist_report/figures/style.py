"""One style for every picture: size, letters and colours that colour-blind readers can tell."""

import io
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator
from PIL import Image

P = ParamSpec("P")

#: Ten colours made to be told apart with any colour vision (Petroff 2021, arXiv:2107.02270).
DIGIT_COLOURS = ListedColormap(
    [entry["color"] for entry in style.library["petroff10"]["axes.prop_cycle"]], name="digits"
)

#: Gives each digit the colour of its number.
DIGIT_NORM = BoundaryNorm(np.arange(-0.5, 10), DIGIT_COLOURS.N)

#: Values that can stand on a logarithmic axis of losses.
LOSSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)

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
    "axes.prop_cycle": style.library["petroff10"]["axes.prop_cycle"],
}


def draw(make: Callable[P, Figure], *args: P.args, **kwargs: P.kwargs) -> bytes:
    """Draw ``make(*args, **kwargs)`` in the project's style; return a PNG file's bytes.

    The file names no date and no software version, so the same figure gives the same bytes.
    """
    with mpl.rc_context():
        # Nothing of a user's own matplotlibrc.
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]
        canvas = FigureCanvasAgg(make(*args, **kwargs))
        canvas.draw()  # type: ignore[no-untyped-call]
    # 256 colours without dither: a third of the bytes, and no difference that one could see.
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    palette = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(palette, format="png", optimize=True)
    return palette.getvalue()


def hide_axes(axes: Any) -> None:  # noqa: ANN401  (Matplotlib's own stubs say Any here)
    """Leave only the picture of an image: no ticks, no frame, no grid."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def logarithmic_loss(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers; call it when all is drawn."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    ticks = [loss for loss in LOSSES if low <= loss <= high]
    if len(ticks) < 3:
        # So short a stretch of a logarithmic axis is nearly even.
        ticks = [float(tick) for tick in MaxNLocator(5).tick_values(low, high) if tick > 0]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{loss:.4g}" for loss in ticks]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(low, high)
