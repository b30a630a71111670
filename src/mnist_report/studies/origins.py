"""Where printed numbers come from: candidates, measured once for a seed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.params import Compute, Origins
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.final_svm import drawn_rows
from mnist_report.models.classical.kernels import answers
from mnist_report.models.classical.svm import as_number, fit_unique, predict_with_scores
from mnist_report.scores.scores import auc_hard
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA, SVM_KERNELS


def gammas(X: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Return what gamma was, or was called, in scikit-learn's own day, on the rows X, shape (n, d).

    ``auto``: 1 / d, as printed. ``scale_2019``: 1 / (d s) with s the standard deviation of all
    values of X, which ``gamma='scale'`` meant until release 0.20.3 of March 2019 (scikit-learn's
    pull request 13221). ``scale``: 1 / (d s²), its meaning since.
    """
    d = X.shape[1]
    return {
        "auto": 1 / d,
        "scale_2019": 1 / (d * float(X.std(dtype=np.float64))),
        "scale": as_number("scale", X),
    }


def kernel_aucs(data: ScaledData, rows: int, seed: int) -> dict[str, Any]:
    """Return the AUC of hard labels by kernel, gamma and rows judged (``train`` or ``test``)."""
    n = len(data.train_images)
    drawn = draw_with_replacement(n, rows, generator(seed, "svm_kernels"))
    candidates = gammas(data.train_images[drawn])
    result: dict[str, Any] = {}
    for kernel in SVM_KERNELS.kernels:
        for name, gamma in candidates.items():
            if kernel == "linear" and name != "auto":  # it has no gamma
                continue
            model = fit_unique(
                data.train_images, data.train_labels, drawn, kernel=kernel, C=1.0, gamma=gamma
            )
            result.setdefault(kernel, {})[name] = {
                part: auc_hard(labels, predicted, model.classes_)
                for part, (labels, predicted, _) in answers(model, data, drawn)
            }
    return result


def final_aucs(data: ScaledData, sizes: Sequence[int], seed: int) -> dict[str, float]:
    """Return ``rows_<n>``, for numbers of training rows, to the final SVM's AUC of hard labels.

    It is taken on the test images. The largest draw is made once; a smaller one is its beginning. A
    size of which the data set does not have so many rows counts as all that it has.
    """
    n = len(data.train_images)
    drawn = drawn_rows(n, max(sizes), seed)
    fit = partial(fit_unique, data.train_images, data.train_labels, kernel="rbf")
    result = {}
    for size in dict.fromkeys(min(size, n) for size in sizes):
        model = fit(drawn[:size], C=FOUND_C, gamma=FOUND_GAMMA)
        predicted, _ = predict_with_scores(model, data.test_images)
        result[f"rows_{size}"] = auc_hard(data.test_labels, predicted, model.classes_)
    return result


def plan(data: ScaledData, params: Origins, compute: Compute) -> Study:
    """Measure every candidate for every seed."""
    kernels = partial(kernel_aucs, data, params.kernel_rows)
    final = partial(final_aucs, data, params.final_rows)
    return Study({"kernels": Group(kernels, params.seeds), "final": Group(final, params.seeds)})
