"""Principal component analysis of the images, and what its spectrum says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits


def fit_pca(vectors: NDArray[np.float32], components: int) -> PCA:
    """Fit principal components, in float64.

    The eigenvectors of the 784 x 784 covariance matrix give the same components as a singular
    value decomposition of all rows, at a twentieth of the cost. scikit-learn turns each
    component so that its largest entry is positive: reruns and machines agree on signs.

    Parameters
    ----------
    vectors
        Shape (n, features).
    components
        How many to keep, at most min(n, features); fewer are kept where there are fewer.

    Returns
    -------
    The fitted scikit-learn estimator.
    """
    model = PCA(n_components=min(components, *vectors.shape), svd_solver="covariance_eigh")
    # One thread is cheaper at this size, and its sums do not depend on the machine's cores.
    with threadpool_limits(1):
        return model.fit(vectors.astype(np.float64))


def project(model: PCA, vectors: NDArray[np.float32], components: int) -> NDArray[np.float64]:
    """Return the scores of `vectors` on the first `components`, shape (n, components)."""
    axes = model.components_[:components]
    with threadpool_limits(1):
        return np.asarray((vectors.astype(np.float64) - model.mean_) @ axes.T)


def components_for(ratios: NDArray[np.float64], share: float) -> int | None:
    """Return how many components explain at least `share` of the variance; None if all do not.

    Parameters
    ----------
    ratios
        Explained variance ratios, falling, shape (components,).
    share
        Between 0 and 1.
    """
    reached = np.cumsum(ratios) >= share
    return int(np.argmax(reached)) + 1 if reached.any() else None


def variance_sums(ratios: NDArray[np.float64], counts: Sequence[int]) -> dict[str, float]:
    """Return the share of the variance explained by the first k components for each k.

    Counts above the number of components that there are become that number.
    """
    cumulative = np.cumsum(ratios)
    kept = sorted({min(count, len(ratios)) for count in counts})
    return {str(count): float(cumulative[count - 1]) for count in kept}
