"""Kernels side by side: fitted on the same rows, judged on those and on rows they never saw."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.svm import SVC
from tqdm import tqdm

from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.svm import (
    GRAM_GIB,
    Kernel,
    fit_unique,
    inner_products,
    predict_gemm,
)
from mnist_report.scores.scores import accuracy, auc_hard, auc_scores


class Answers(NamedTuple):
    """The true labels of m rows, the predicted ones, and a score for each of k classes.

    Attributes
    ----------
    labels, predicted : (m,)
    scores : (m, k)
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float64]


class SharedRows:
    """One draw of rows on which several kernels are fitted and judged.

    Every kernel is a function of inner products. Those of the u distinct rows among themselves
    and with the t test images are taken once, unless they, and room for the values of one kernel,
    need more than `GRAM_GIB` together.

    Parameters
    ----------
    data
        The data set.
    drawn
        Row numbers of training images, with repeats, shape (m,).

    Attributes
    ----------
    points : (u, d) float64
        The distinct rows, in the order of their numbers.
    repeats : (m,) int64
        Which of them each drawn row is.
    among, beyond : (u, u) and (t, u) float64, or None
        The inner products, if they are kept.
    """

    def __init__(self, data: ScaledData, drawn: NDArray[np.int64]) -> None:
        self.data = data
        self.drawn = drawn
        rows, self.repeats = np.unique(drawn, return_inverse=True)
        self.points = data.train_images[rows].astype(np.float64)
        self.among: NDArray[np.float64] | None = None
        self.beyond: NDArray[np.float64] | None = None
        self._room: NDArray[np.float64] | None = None
        if 8 * len(rows) * (2 * len(rows) + len(data.test_images)) <= GRAM_GIB * 2**30:
            self.among = inner_products(self.points)
            self.beyond = data.test_images.astype(np.float64) @ self.points.T
            # Taken up by one fit after the other: new memory costs more than the numbers in it.
            self._room = np.empty_like(self.among)

    def fit(
        self,
        *,
        kernel: Kernel,
        C: float,
        gamma: float | Literal["auto", "scale"],
        degree: int = 2,
    ) -> SVC:
        """Return what `fit_unique` makes of the drawn rows with these options."""
        if self._room is not None and self.among is not None:
            np.copyto(self._room, self.among)
        return fit_unique(
            self.data.train_images,
            self.data.train_labels,
            self.drawn,
            kernel=kernel,
            C=C,
            gamma=gamma,
            degree=degree,
            products=self._room,
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
