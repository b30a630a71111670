"""Random subsets of the training rows, drawn the way the paper draws them."""

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.errors import UserError


def draw_with_replacement(n_rows: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw row numbers uniformly, each row any number of times (the paper's section 2.2).

    Parameters
    ----------
    n_rows
        The number of rows to draw from.
    size
        The number of draws.
    rng
        The source of randomness; it is moved on by the draw.

    Returns
    -------
    (size,) int64
        Row numbers from 0 to ``n_rows - 1``, in the order drawn.

    Raises
    ------
    UserError
        If `n_rows` or `size` is below 1.
    """
    for name, value in (("n_rows", n_rows), ("size", size)):
        if value < 1:
            raise UserError(f"cannot draw rows with {name} = {value}; give 1 or more")
    return rng.integers(0, n_rows, size=size, dtype=np.int64)


def unique_with_counts(
    indices: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct row numbers of a draw, sorted, and how often each was drawn.

    Parameters
    ----------
    indices : (n,) int64
        Row numbers, as `draw_with_replacement` gives them.

    Returns
    -------
    rows : (u,) int64
        The distinct row numbers, ascending; `u` is at most `n`.
    counts : (u,) int64
        How often each was drawn; they sum to `n`.
    """
    rows, counts = np.unique(indices, return_counts=True)
    return rows, counts.astype(np.int64)
