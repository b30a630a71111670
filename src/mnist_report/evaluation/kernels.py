"""Kernels side by side: fitted on the same rows, judged on those and on rows they never saw."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.svm import SVC
from tqdm import tqdm

from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models.svm import GRAM_GIB, Kernel, fit_unique, inner_products, predict_gemm


class Answers(NamedTuple):
    """The true labels of some rows, the predicted ones, and a score for each class."""

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]


class SharedRows:
    """One draw of rows on which several kernels are fitted and judged.

    Every kernel is a function of inner products. Those of the distinct rows among themselves and
    with the test images are taken once, unless they need more than `GRAM_GIB` each.

    Parameters
    ----------
    data
        The data set.
    drawn
        Row numbers of training images, with repeats, shape (m,).
    """

    def __init__(self, data: ScaledData, drawn: NDArray[np.int64]) -> None:
        self.data = data
        self.drawn = drawn
        rows, self.repeats = np.unique(drawn, return_inverse=True)
        self.points = data.train_images[rows].astype(np.float64)
        self.among: NDArray[np.float64] | None = None
        self.beyond: NDArray[np.float64] | None = None
        if 8 * len(rows) * max(len(rows), len(data.test_images)) <= GRAM_GIB * 2**30:
            self.among = inner_products(self.points)
            self.beyond = data.test_images.astype(np.float64) @ self.points.T

    def fit(self, **options: Any) -> SVC:  # noqa: ANN401
        """Return `fit_unique` of the drawn rows with these options."""
        return fit_unique(
            self.data.train_images,
            self.data.train_labels,
            self.drawn,
            **options,
            products=self.among,
        )

    def answers(self, model: SVC) -> dict[str, Answers]:
        """Return what a model from `fit` says of the ``train`` (repeats counted) and test rows."""
        predicted, scores = predict_gemm(model, self.points, self.among)
        return {
            "train": Answers(
                self.data.train_labels[self.drawn], predicted[self.repeats], scores[self.repeats]
            ),
            "test": Answers(
                self.data.test_labels, *predict_gemm(model, self.data.test_images, self.beyond)
            ),
        }


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
    shared = SharedRows(data, drawn)
    table = []
    for kernel in tqdm(dict.fromkeys(kernels), desc="kernels", unit="kernel"):
        model = shared.fit(kernel=kernel, C=C, gamma=gamma, degree=degree)
        for rows, (labels, predicted, scores) in shared.answers(model).items():
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
