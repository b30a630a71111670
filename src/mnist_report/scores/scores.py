"""How well a classifier does: accuracy, AUC, precision and recall, its most certain mistakes.

Everywhere labels and predictions have the shape (n,), and scores have the shape (n, k), a column
for each of the k `classes`.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, roc_auc_score

from mnist_report.core.errors import UserError

Labels = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


def accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the share of right predictions, 0 to 1."""
    return float(accuracy_score(y_true, y_pred))


def auc_hard(y_true: Labels, y_pred: Labels, classes: Labels) -> float:
    """Return the AUC that the paper reports: `auc_scores` of predictions as one-hot columns."""
    return auc_scores(y_true, _one_hot(y_pred, classes).astype(np.float64), classes)


def auc_scores(y_true: Labels, scores: NDArray[np.floating[Any]], classes: Labels) -> float:
    """Return the macro one-vs-rest AUC, 0 to 1: the mean over classes of the area under the ROC.

    Classes without a curve, see `one_against_rest`, are left out. The rows of a label that is not
    one of `classes`, one that a model never met, belong to the rest for every class.
    """
    truth, defined = one_against_rest(y_true, classes)
    return float(roc_auc_score(truth[:, defined], scores[:, defined], average="macro"))


def measures(
    y_true: Labels, y_pred: Labels, scores: NDArray[np.floating[Any]], classes: Labels
) -> dict[str, float]:
    """Return ``accuracy``, ``auc_hard`` and ``auc_scores``."""
    return {
        "accuracy": accuracy(y_true, y_pred),
        "auc_hard": auc_hard(y_true, y_pred, classes),
        "auc_scores": auc_scores(y_true, scores, classes),
    }


def one_against_rest(y_true: Labels, classes: Labels) -> tuple[Bools, NDArray[np.intp]]:
    """Return which rows are of each class, (n, k), and the columns that have a ROC curve.

    Those are of the classes that some rows have and some have not.
    """
    truth = _one_hot(y_true, classes)
    defined = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    if not len(defined):
        raise UserError("an AUC needs test rows of at least two classes; use more rows")
    return truth, defined


def per_class(y_true: Labels, y_pred: Labels, classes: Labels) -> pd.DataFrame:
    """Return ``precision`` and ``recall`` (0/0 given as 0) of each ``class``, and its rows."""
    precision, recall, _, support = precision_recall_fscore_support(
        y_true, y_pred, labels=classes, zero_division=0.0
    )
    return pd.DataFrame(
        {"class": classes, "precision": precision, "recall": recall, "support": support}
    )


def most_confidently_wrong(
    y_true: Labels, y_pred: Labels, scores: NDArray[np.floating[Any]], classes: Labels, k: int
) -> pd.Series:
    """Return, by row, at most `k` margins of wrong predictions over the truth, the largest first.

    Of a true class that is not one of `classes` the score is taken for the smallest of the row, but
    the margin is NaN.
    """
    wrong = np.flatnonzero(y_pred != y_true)
    table = scores[wrong]
    truth, answer = _one_hot(y_true[wrong], classes), _one_hot(y_pred[wrong], classes)
    true_score = np.where(truth, table, table.min(axis=1, keepdims=True)).max(axis=1)
    margins = table[answer] - true_score
    order = np.argsort(-margins, kind="stable")[:k]
    margins[~truth.any(axis=1)] = np.nan
    return pd.Series(margins[order], index=wrong[order])


def _one_hot(labels: Labels, classes: Labels) -> Bools:
    """Return an (n, k) table that is true where a row's label is the column's class."""
    # Not label_binarize: it folds two classes into a single column.
    table: Bools = labels[:, np.newaxis] == classes
    return table
