"""Support vector classifiers on rows drawn with replacement, by kernel matrices.

libsvm takes one kernel value at a time; `sklearn.metrics.pairwise` takes a whole matrix of them in
a fraction of the time. So fits and predictions here hand libsvm the matrix. The models are plain
`sklearn.svm.SVC` objects and predict by themselves what `predict_with_scores` predicts.
"""

from copy import copy
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC
from sklearn.utils import gen_batches

from mnist_report.core.errors import UserError
from mnist_report.core.params import Kernel

Gamma = float | Literal["auto", "scale"]

#: The largest kernel matrix to keep in memory, in GiB: u distinct rows need 8 u² bytes.
GRAM_GIB = 5.0

#: Rows of a kernel matrix made at a time.
BATCH_ROWS = 1000


def fit_unique(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    indices: NDArray[np.int64],
    *,
    kernel: Kernel,
    C: float,
    gamma: Gamma,
    degree: int = 2,
) -> SVC:
    """Fit a classifier on rows drawn with replacement, each distinct row taken once.

    A row drawn m times adds m equal terms to the dual problem, whose multipliers each lie in [0, C]
    (Cortes and Vapnik, 1995). Only their sum matters, and it lies in [0, m C]: the row taken once
    with the weight m, which is what ``sample_weight`` does to C. (The sigmoid kernel is not
    positive definite: with a large gamma the solver may end in another solution.)

    `indices` are the numbers drawn, with repeats, of the rows X, (n, d), and y. The model is as
    `SVC` would leave it, with `gamma` as a number; ``support_`` counts the distinct drawn rows in
    ascending order. UserError if these are all of one class.
    """
    rows, counts = np.unique(indices, return_counts=True)
    points, labels = X[rows].astype(np.float64), y[rows]
    if np.all(labels == labels[0]):
        raise UserError(f"all drawn rows are of class {labels[0]}; draw more rows")
    scale = as_number(gamma, X[indices])
    model = SVC(kernel=kernel, C=C, gamma=scale, degree=degree)
    if 8 * len(rows) ** 2 > GRAM_GIB * 2**30:
        return model.fit(points, labels, sample_weight=counts)
    gram = np.empty((len(rows), len(rows)))
    for batch in gen_batches(len(rows), BATCH_ROWS):
        gram[batch, : batch.stop] = _kernel_values(model, points[batch], points[: batch.stop])
        gram[: batch.stop, batch] = gram[batch, : batch.stop].T
    model.set_params(kernel="precomputed").fit(gram, labels, sample_weight=counts)
    # From here on the model is what a fit on the points themselves would have left.
    model.set_params(kernel=kernel)
    model.support_vectors_ = points[model.support_]
    model.n_features_in_ = points.shape[1]
    model.shape_fit_ = points.shape
    model._gamma = scale
    return model


def predict_with_scores(
    model: SVC, X: NDArray[np.floating[Any]]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return ``model.predict(X)``, (n,), and ``model.decision_function(X)``, (n, k).

    With two classes, where `SVC` gives one value f for each row, the columns are -f and f.
    """
    # To libsvm the kernel values of the support vectors are all that it needs.
    vectors = len(model.support_vectors_)
    twin = copy(model).set_params(kernel="precomputed")
    twin.support_ = np.arange(vectors, dtype=np.int32)
    twin.n_features_in_ = vectors
    twin.shape_fit_ = (vectors, vectors)
    labels, scores = [], []
    for batch in gen_batches(len(X), BATCH_ROWS):
        values = _kernel_values(model, X[batch].astype(np.float64), model.support_vectors_)
        labels.append(twin.predict(values))
        decision = twin.decision_function(values)
        scores.append(np.stack([-decision, decision], 1) if decision.ndim == 1 else decision)
    return np.concatenate(labels), np.concatenate(scores)


def as_number(gamma: Gamma, X: NDArray[np.floating[Any]]) -> float:
    """Return the number that `SVC` uses for `gamma` on the rows, shape (n, d)."""
    if gamma == "auto":
        return 1 / X.shape[1]
    if gamma == "scale":
        variance = float(X.var(dtype=np.float64))
        return 1 / (X.shape[1] * variance) if variance > 0 else 1.0
    return gamma


def _kernel_values(
    model: SVC, X: NDArray[np.float64], Y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the model's kernel between all rows of X and of Y, shape (rows of X, rows of Y)."""
    return pairwise_kernels(
        X,
        Y,
        metric=model.kernel,
        filter_params=True,
        gamma=model.gamma if isinstance(model.gamma, float) else model._gamma,
        degree=model.degree,
        coef0=model.coef0,
    )
