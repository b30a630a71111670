"""Principal component analysis of the images, and what its spectrum says."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.utils import gen_batches
from sklearn.utils.extmath import svd_flip
from threadpoolctl import threadpool_limits

from mnist_report.data.scaled import ScaledData

#: Rows turned to float64 at a time: 31 MB of images.
BATCH_ROWS = 5000


def fit_pca(vectors: NDArray[np.float32], components: int) -> PCA:
    """Fit principal components, in float64 and in memory that does not grow with the rows.

    The eigenvectors of the covariance matrix of the features are the right singular vectors of the
    centred rows (Jolliffe, Principal Component Analysis, 2002, section 3.5). Its sums are taken
    batch by batch, in two passes, mean first: so the rows may lie in a file that is mapped into
    memory, and no digits are lost to a large mean. Of either sign of a component the one is taken
    that makes its entry of largest absolute value positive, as scikit-learn does: reruns and
    machines agree.

    Parameters
    ----------
    vectors
        Shape (n, features).
    components
        How many to keep, at most min(n, features); fewer are kept where there are fewer.

    Returns
    -------
    A scikit-learn estimator as its own fit with ``svd_solver="covariance_eigh"`` leaves it.
    """
    n, features = vectors.shape
    kept = min(components, n, features)
    mean = np.zeros(features)
    scatter = np.zeros((features, features))
    # One thread is cheaper at this size, and its sums do not depend on the machine's cores.
    with threadpool_limits(1):
        for batch in gen_batches(n, BATCH_ROWS):
            mean += vectors[batch].sum(axis=0, dtype=np.float64)
        mean /= n
        for batch in gen_batches(n, BATCH_ROWS):
            centred = vectors[batch] - mean
            scatter += centred.T @ centred
        values, axes = np.linalg.eigh(scatter / (n - 1))
    # Rising, and rounding may leave the smallest a little below 0.
    variances = np.maximum(values[::-1], 0)
    _, rows = svd_flip(None, axes.T[::-1], u_based_decision=False)
    model = PCA(n_components=kept, svd_solver="covariance_eigh")
    model._fit_svd_solver = model.svd_solver
    model.n_features_in_ = features
    model.n_samples_ = n
    model.n_components_ = kept
    model.mean_ = mean
    model.components_ = np.ascontiguousarray(rows[:kept])
    model.explained_variance_ = variances[:kept]
    model.explained_variance_ratio_ = variances[:kept] / variances.sum()
    model.singular_values_ = np.sqrt(variances[:kept] * (n - 1))
    rest = variances[kept:]
    model.noise_variance_ = rest.mean() if kept < min(n, features) else 0.0
    return model


def project(model: PCA, vectors: NDArray[np.float32], components: int) -> NDArray[np.float64]:
    """Return the scores of `vectors` on the first `components`, shape (n, components)."""
    axes = model.components_[:components]
    scores = np.empty((len(vectors), len(axes)))
    with threadpool_limits(1):
        for batch in gen_batches(len(vectors), BATCH_ROWS):
            scores[batch] = (vectors[batch] - model.mean_) @ axes.T
    return scores


def project_all(model: PCA, data: ScaledData) -> ScaledData:
    """Return the data set in the coordinates of all components of the model.

    They are float32, as the images of every data set are.
    """
    k = model.n_components_
    return replace(
        data,
        train_images=project(model, data.train_images, k).astype(np.float32),
        test_images=project(model, data.test_images, k).astype(np.float32),
    )


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
