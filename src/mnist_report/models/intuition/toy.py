"""Seeded toy data in the plane: the three pictures of the paper's section 2.1.

Each set starts from `n` points whose coordinates are independent normals of mean 0, and is returned
as points, (m, 2), and their classes 0 and 1, (m,). Two of the sets drop the points of a strip
between the classes, so m may be less than `n`.
"""

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def separable(rng: np.random.Generator, n: int = 500) -> Points:
    """Draw two classes that a straight line parts: x1 + x2 > 2 (1) and x1 + x2 < 1 (0)."""
    X = _normal_points(rng, n, sd=1.5)
    return _without_strip(X, X.sum(axis=1), below=1, above=2)


def overlapping(rng: np.random.Generator, n: int = 500) -> Points:
    """Draw two classes that no line parts: x1 + x2 + noise > 1.5 (1) and the others (0).

    The paper rounds the noisy sum to a whole number before it compares it with 1.5; that parts
    the points at the same place, so the rounding is left out.
    """
    X = _normal_points(rng, n, sd=1.5)
    noise = rng.normal(0.0, 1.0, size=n)
    return X, (X.sum(axis=1) + noise > 1.5).astype(np.int64)


def rings(rng: np.random.Generator, n: int = 500) -> Points:
    """Draw a disc (1) and the plane around it (0): x1^2 + x2^2 < 8 and > 14."""
    X = _normal_points(rng, n, sd=3.0)
    X, outside = _without_strip(X, np.square(X).sum(axis=1), below=8, above=14)
    return X, 1 - outside


def phi(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points of the plane, (n, 2), into space by (x1^2, x2^2, sqrt(2) x1 x2), equation (1).

    The inner product of two images is the square of the inner product of the points, which is
    scikit-learn's polynomial kernel of degree 2 with gamma 1 and coef0 0.
    """
    x1, x2 = X[:, 0], X[:, 1]
    return np.column_stack((x1**2, x2**2, np.sqrt(2.0) * x1 * x2))


def _normal_points(rng: np.random.Generator, n: int, sd: float) -> NDArray[np.float64]:
    """Draw (n, 2) normals of mean 0, all the first coordinates before the second ones."""
    return rng.normal(0.0, sd, size=(2, n)).T


def _without_strip(
    X: NDArray[np.float64], height: NDArray[np.float64], below: float, above: float
) -> Points:
    """Keep the points whose `height` is under `below` (class 0) or over `above` (class 1)."""
    keep = (height < below) | (height > above)
    return np.ascontiguousarray(X[keep]), (height[keep] > above).astype(np.int64)
