"""The signs of principal components."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def with_signs_of_2019(scores: Floats) -> Floats:
    """Return scores with the signs that the scikit-learn of the paper gave to components.

    Either sign of a component is right. Release 0.20 made the score of largest size positive: its
    `svd_flip` went by the left singular vectors, which are the scores but for their scale.

    Parameters
    ----------
    scores
        The training images on the first components, shape (n, components).
    """
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    turned: Floats = scores * np.sign(largest)
    return turned
