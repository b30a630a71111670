"""Principal component analysis of the images, and what its spectrum says."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from mnist_report.data.scaled import ScaledData


def fit_pca(vectors: NDArray[np.float32], components: int) -> PCA:
    """Fit principal components of vectors, (n, features), in float64, at most n or features.

    Of either sign of a component scikit-learn takes the one that makes its entry of largest
    absolute value positive: reruns and machines agree.
    """
    return PCA(min(components, *vectors.shape), svd_solver="covariance_eigh").fit(
        vectors.astype(np.float64)
    )


def project(model: PCA, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the scores of vectors, shape (n, features), on all components of the model."""
    return model.transform(vectors.astype(np.float64))


def with_signs_of_2019(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the training images' scores, (n, components), as the paper's scikit-learn gave them.

    Either sign of a component is right. Release 0.20 made the score of largest size positive: its
    `svd_flip` went by the left singular vectors, which are the scores but for their scale.
    """
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    return scores * np.sign(largest)


def project_all(model: PCA, data: ScaledData) -> ScaledData:
    """Return the data set in the coordinates of the components, in float32 as the images are."""
    return replace(
        data,
        train_images=project(model, data.train_images).astype(np.float32),
        test_images=project(model, data.test_images).astype(np.float32),
    )


def components_for(ratios: NDArray[np.float64], share: float) -> int | None:
    """Return how many components explain at least `share` of the variance; None if all do not."""
    reached = np.cumsum(ratios) >= share
    return int(np.argmax(reached)) + 1 if reached.any() else None


def variance_sums(ratios: NDArray[np.float64], counts: Sequence[int]) -> dict[str, float]:
    """Return the share of the variance that the first k components explain, k at most all."""
    cumulative = np.cumsum(ratios)
    kept = sorted({min(count, len(ratios)) for count in counts})
    return {str(count): float(cumulative[count - 1]) for count in kept}
