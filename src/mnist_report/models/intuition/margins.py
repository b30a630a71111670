"""The classifiers of the toy data, and the kernel trick put to the test."""

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from mnist_report.models.intuition.toy import phi

Points = NDArray[np.float64]


def fit_linear(X: Points, y: NDArray[np.int64], C: float) -> SVC:
    """Fit the classifier with a straight boundary; `C` is the price of a unit of slack."""
    return SVC(kernel="linear", C=C, tol=1e-6).fit(X, y)


def fit_quadratic(X: Points, y: NDArray[np.int64], C: float) -> SVC:
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
