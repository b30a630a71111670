"""Section 2.1 on made-up points in the plane: two classes, what parts them, and the kernel trick.

Each set starts from `n` points whose coordinates are independent normals of mean 0, and is returned
as points, (m, 2), and their classes 0 and 1, (m,). Two of the sets drop the points of a strip
between the classes, so m may be less than `n`.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

Points = NDArray[np.float64]
Classes = NDArray[np.int64]


def separable(rng: np.random.Generator, n: int) -> tuple[Points, Classes]:
    """Draw two classes that a straight line parts: x1 + x2 > 2 (1) and x1 + x2 < 1 (0)."""
    X = rng.normal(0.0, 1.5, size=(2, n)).T
    return _without_strip(X, X.sum(axis=1), below=1, above=2)


def overlapping(rng: np.random.Generator, n: int) -> tuple[Points, Classes]:
    """Draw two classes that no line parts: x1 + x2 + noise > 1.5 (1) and the others (0).

    The paper rounds the noisy sum to a whole number first; that parts the points at the same place.
    """
    X = rng.normal(0.0, 1.5, size=(2, n)).T
    noise = rng.normal(0.0, 1.0, size=n)
    return X, (X.sum(axis=1) + noise > 1.5).astype(np.int64)


def rings(rng: np.random.Generator, n: int) -> tuple[Points, Classes]:
    """Draw a disc (1) and the plane around it (0): x1^2 + x2^2 < 8 and > 14."""
    X = rng.normal(0.0, 3.0, size=(2, n)).T
    X, outside = _without_strip(X, np.square(X).sum(axis=1), below=8, above=14)
    return X, 1 - outside


def phi(X: Points) -> Points:
    """Map points of the plane, (n, 2), into space by (x1^2, x2^2, sqrt(2) x1 x2), equation (1).

    The inner product of two images is the square of the inner product of the points, which is
    scikit-learn's polynomial kernel of degree 2 with gamma 1 and coef0 0.
    """
    x1, x2 = X[:, 0], X[:, 1]
    return np.column_stack((x1**2, x2**2, np.sqrt(2.0) * x1 * x2))


def fit_linear(X: Points, y: Classes, C: float) -> SVC:
    """Fit the classifier with a straight boundary; `C` is the price of a unit of slack."""
    return SVC(kernel="linear", C=C, tol=1e-6).fit(X, y)


def fit_quadratic(X: Points, y: Classes, C: float) -> SVC:
    """Fit the classifier with the kernel ⟨x, y⟩², which is the inner product of φ(x) and φ(y)."""
    return SVC(kernel="poly", degree=2, gamma=1.0, coef0=0.0, C=C, tol=1e-6).fit(X, y)


def check_kernel_identity(
    rng: np.random.Generator, pairs: int, X: Points, in_plane: SVC, in_space: SVC
) -> dict[str, float]:
    """Measure how well the kernel trick holds.

    Return the largest difference between ⟨φ(x), φ(y)⟩ and ⟨x, y⟩² over pairs of standard normal
    points, relative to |x|² |y|² (rounding grows with it); and the share of the points `X`, (n, 2),
    on which a quadratic model and a linear one, fitted on their images, decide alike, and the
    largest difference between their decision functions.
    """
    x, y = rng.standard_normal((2, pairs, 2))
    visiting = np.einsum("nk,nk->n", phi(x), phi(y))
    trick = np.einsum("nk,nk->n", x, y) ** 2
    size = np.square(x).sum(axis=1) * np.square(y).sum(axis=1)
    Z = phi(X)
    gap = np.abs(in_plane.decision_function(X) - in_space.decision_function(Z))
    return {
        "pairs": pairs,
        "largest_difference": float(np.max(np.abs(visiting - trick) / size)),
        "same_decisions": float(np.mean(in_plane.predict(X) == in_space.predict(Z))),
        "largest_decision_gap": float(gap.max()),
    }


def _without_strip(X: Points, height: Points, below: float, above: float) -> tuple[Points, Classes]:
    """Keep the points whose `height` is under `below` (class 0) or over `above` (class 1)."""
    keep = (height < below) | (height > above)
    return np.ascontiguousarray(X[keep]), (height[keep] > above).astype(np.int64)
