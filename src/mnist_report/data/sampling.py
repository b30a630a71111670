"""Random subsets of the training rows, drawn the way the paper draws them."""

import numpy as np
from numpy.typing import NDArray


def draw_with_replacement(n_rows: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `size` row numbers below `n_rows`, each any number of times (section 2.2)."""
    return rng.integers(0, n_rows, size=size, dtype=np.int64)
