"""Kernels side by side: fitted on the same rows, judged on those and on rows they never saw."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models.svm import Kernel, fit_unique, predict_gemm


def compare_kernels(
    data: ScaledData,
    drawn: NDArray[np.int64],
    kernels: Sequence[Kernel],
    *,
    C: float,
    gamma: float | Literal["auto", "scale"],
    degree: int,
) -> pd.DataFrame:
    """Fit one classifier per kernel on the drawn rows and judge each twice.

    Parameters
    ----------
    drawn
        Row numbers of training images, with repeats, shape (m,).
    kernels
        A kernel listed twice counts once.
    C, gamma, degree
        As `fit_unique` takes them.

    Returns
    -------
    Two rows per kernel, ``rows`` being ``train`` (the drawn rows, repeats counted) and ``test``;
    columns ``kernel``, ``rows``, ``accuracy``, ``auc_hard``, ``auc_scores``, ``support_vectors``.
    """
    judged_on = {
        "train": (data.train_images[drawn], data.train_labels[drawn]),
        "test": (data.test_images, data.test_labels),
    }
    table = []
    for kernel in tqdm(dict.fromkeys(kernels), desc="kernels", unit="kernel"):
        model = fit_unique(
            data.train_images,
            data.train_labels,
            drawn,
            kernel=kernel,
            C=C,
            gamma=gamma,
            degree=degree,
        )
        for rows, (images, labels) in judged_on.items():
            predicted, scores = predict_gemm(model, images)
            table.append(
                {
                    "kernel": kernel,
                    "rows": rows,
                    "accuracy": accuracy(labels, predicted),
                    "auc_hard": auc_hard(labels, predicted, model.classes_),
                    "auc_scores": auc_scores(labels, scores, model.classes_),
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
