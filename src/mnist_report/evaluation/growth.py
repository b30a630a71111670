"""How a cost grows with the rows: the exponent of a power."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def exponents(sizes: Sequence[int], costs: Floats) -> Floats:
    """Fit cost = a n^b by least squares of the logarithms, and return b for each row of costs.

    Parameters
    ----------
    sizes
        n, two or more.
    costs
        Above 0, shape (rows, sizes).
    """
    slopes: Floats = np.polyfit(np.log(sizes), np.log(costs).T, 1)[0]
    return slopes
