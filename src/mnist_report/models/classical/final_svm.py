"""The paper's final support vector machine: drawn, fitted and asked about the test images."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from mnist_report.core.params import SvmFinal
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.pca import fit_pca, project_all
from mnist_report.models.classical.svm import fit_unique, predict_with_scores


class FinalSVM(NamedTuple):
    """The fitted machine, on components if there is a `pca`, and its answers.

    `drawn` are the numbers of the training images drawn, with repeats, (m,); `predicted` the digits
    of the test images, (t,), and `scores` what each class gets for them, (t, k).
    """

    model: SVC
    pca: PCA | None
    drawn: NDArray[np.int64]
    predicted: NDArray[Any]
    scores: NDArray[np.float64]


def drawn_rows(n: int, rows: int, seed: int) -> NDArray[np.int64]:
    """Draw the training rows of the final machine, with repeats: `rows` of `n`, at most n."""
    return draw_with_replacement(n, rows, generator(seed, "svm_final"))


def final_svm(data: ScaledData, params: SvmFinal, *, C: float, gamma: float, seed: int) -> FinalSVM:
    """Draw training images, fit the machine and let it predict the test images."""
    drawn = drawn_rows(len(data.train_images), params.rows, seed)
    pca = None
    if params.pca_components is not None:
        pca = fit_pca(data.train_images, params.pca_components)
        data = project_all(pca, data)
    model = fit_unique(
        data.train_images, data.train_labels, drawn, kernel=params.kernel, C=C, gamma=gamma
    )
    return FinalSVM(model, pca, drawn, *predict_with_scores(model, data.test_images))
