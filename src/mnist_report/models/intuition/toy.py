"""Seeded toy data in the plane: the three pictures of the paper's section 2.1.

Each set starts from `n` points whose coordinates are independent normals of mean 0. Two of the
sets drop the points of a strip between the classes, so they return fewer than `n`.
"""

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.errors import UserError

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def separable(
    rng: np.random.Generator,
    n: int = 500,
    *,
    sd: float = 1.5,
    below: float = 1.0,
    above: float = 2.0,
) -> Points:
    """Draw two classes that a straight line parts: x1 + x2 > `above` and x1 + x2 < `below`.

    Parameters
    ----------
    rng
        The source of randomness.
    n
        The number of points drawn; those between the two lines are dropped.
    sd
        The standard deviation of a coordinate.
    below, above
        The edges of the empty strip, in units of x1 + x2.

    Returns
    -------
    X : (m, 2) float64
        The points kept, m <= `n`.
    y : (m,) int64
        1 above the strip, 0 below it.

    Raises
    ------
    UserError
        If `n` or `sd` is not positive, or the edges of the strip are the wrong way round.
    """
    X = _normal_points(rng, n, sd)
    return _without_strip(X, X.sum(axis=1), below, above)


def overlapping(
    rng: np.random.Generator,
    n: int = 500,
    *,
    sd: float = 1.5,
    noise_sd: float = 1.0,
    threshold: float = 1.5,
) -> Points:
    """Draw two classes that no line parts: x1 + x2 + noise > `threshold`.

    The paper rounds the noisy sum to a whole number before it compares it with 1.5; that parts
    the points at the same place, so the rounding is left out.

    Parameters
    ----------
    rng
        The source of randomness.
    n
        The number of points; all are kept.
    sd
        The standard deviation of a coordinate.
    noise_sd
        The standard deviation of the normal noise on the sum.
    threshold
        Where the classes meet, in units of x1 + x2.

    Returns
    -------
    X : (n, 2) float64
        The points.
    y : (n,) int64
        1 above the threshold, 0 elsewhere.

    Raises
    ------
    UserError
        If `n`, `sd` or `noise_sd` is not positive.
    """
    X = _normal_points(rng, n, sd)
    if not noise_sd > 0:
        raise UserError(f"toy data cannot have noise_sd = {noise_sd}; give a number above 0")
    noise = rng.normal(0.0, noise_sd, size=n)
    return X, (X.sum(axis=1) + noise > threshold).astype(np.int64)


def rings(
    rng: np.random.Generator,
    n: int = 500,
    *,
    sd: float = 3.0,
    inner: float = 8.0,
    outer: float = 14.0,
) -> Points:
    """Draw a disc and the plane around it: x1^2 + x2^2 < `inner` and > `outer`.

    Parameters
    ----------
    rng
        The source of randomness.
    n
        The number of points drawn; those between the two circles are dropped.
    sd
        The standard deviation of a coordinate.
    inner, outer
        The squared radii of the edges of the empty ring.

    Returns
    -------
    X : (m, 2) float64
        The points kept, m <= `n`.
    y : (m,) int64
        1 inside the disc, 0 outside the ring.

    Raises
    ------
    UserError
        If `n` or `sd` is not positive, or the edges of the ring are the wrong way round.
    """
    X = _normal_points(rng, n, sd)
    X, outside = _without_strip(X, np.square(X).sum(axis=1), inner, outer)
    return X, 1 - outside


def phi(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map the plane into space by (x1^2, x2^2, sqrt(2) x1 x2), the paper's equation (1).

    The inner product of two images is the square of the inner product of the points, which is
    scikit-learn's polynomial kernel of degree 2 with gamma 1 and coef0 0.

    Parameters
    ----------
    X : (n, 2) float64
        Points of the plane.

    Returns
    -------
    (n, 3) float64
        Their images.
    """
    x1, x2 = X[:, 0], X[:, 1]
    return np.column_stack((x1**2, x2**2, np.sqrt(2.0) * x1 * x2))


def _normal_points(rng: np.random.Generator, n: int, sd: float) -> NDArray[np.float64]:
    """Draw (n, 2) normals of mean 0, all the first coordinates before the second ones."""
    if n < 1 or not sd > 0:
        raise UserError(f"toy data cannot have n = {n} and sd = {sd}; give both above 0")
    return rng.normal(0.0, sd, size=(2, n)).T


def _without_strip(
    X: NDArray[np.float64], height: NDArray[np.float64], below: float, above: float
) -> Points:
    """Keep the points whose `height` is under `below` (class 0) or over `above` (class 1)."""
    if not below <= above:
        raise UserError(f"the lower edge of a gap, {below}, cannot be over the upper, {above}")
    keep = (height < below) | (height > above)
    return np.ascontiguousarray(X[keep]), (height[keep] > above).astype(np.int64)
