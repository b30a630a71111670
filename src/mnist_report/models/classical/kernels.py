"""Kernels side by side: fitted on the same rows, judged on those and on rows they never saw."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.svm import SVC
from tqdm import tqdm

from mnist_report.core.params import SvmKernels
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.svm import fit_unique, predict_with_scores
from mnist_report.scores.scores import measures

#: True labels (m,), predicted ones (m,), and a score for each of k classes (m, k).
Answers = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def answers(
    model: SVC, data: ScaledData, drawn: NDArray[np.int64]
) -> Iterator[tuple[str, Answers]]:
    """Yield what a model says of the drawn training rows (``train``) and of the test images."""
    X, y = data.train_images[drawn], data.train_labels[drawn]
    yield "train", (y, *predict_with_scores(model, X))
    yield "test", (data.test_labels, *predict_with_scores(model, data.test_images))


def compare_kernels(data: ScaledData, drawn: NDArray[np.int64], params: SvmKernels) -> pd.DataFrame:
    """Fit one classifier a kernel on the drawn rows, shape (m,) with repeats; judge each twice.

    A kernel has two rows, ``rows`` being ``train`` (the drawn rows, repeats counted) and ``test``.
    """
    X, y, table = data.train_images, data.train_labels, []
    settings = params.model_dump(include={"C", "gamma", "degree"})
    for kernel in tqdm(params.kernels, desc="kernels", unit="kernel"):
        model = fit_unique(X, y, drawn, kernel=kernel, **settings)
        for rows, (labels, predicted, scores) in answers(model, data, drawn):
            table.append(
                {
                    "kernel": kernel,
                    "rows": rows,
                    **measures(labels, predicted, scores, model.classes_),
                    "support_vectors": len(model.support_),
                }
            )
    return pd.DataFrame(table)


def as_metrics(table: pd.DataFrame) -> dict[str, Any]:
    """Nest the table of `compare_kernels` as kernel, rows, measure."""
    nested: dict[str, Any] = {}
    for row in table.to_dict("records"):
        kernel = nested.setdefault(row.pop("kernel"), {})
        kernel["support_vectors"] = row.pop("support_vectors")
        kernel[row.pop("rows")] = row
    return nested
