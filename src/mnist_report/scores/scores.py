"""How well a classifier does: accuracy, AUC, confusion and its most certain mistakes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from mnist_report.core.errors import UserError

Labels = NDArray[np.int64]


def accuracy(y_true: Labels, y_pred: Labels) -> float:
    """Return the share of right predictions, 0 to 1.

    Parameters
    ----------
    y_true, y_pred : (n,) int
        The labels and the predictions.
    """
    return float(accuracy_score(y_true, y_pred))


def auc_hard(y_true: Labels, y_pred: Labels, classes: Labels) -> float:
    """Return the AUC that the paper reports: from predicted labels, not from scores.

    Labels and predictions are turned into one-hot columns and `auc_scores` is taken of them.
    With only two values of the score the ROC curve of a class is two straight lines, so its AUC
    is (sensitivity + specificity) / 2: the measure is a mean balanced accuracy over the classes.

    Parameters
    ----------
    y_true, y_pred : (n,) int
        The labels and the predictions, each prediction one of `classes`.
    classes : (k,) int
        The classes, in any order.

    Returns
    -------
    float
        From 0 to 1; 0.5 is chance.

    Raises
    ------
    ValueError
        If a prediction is not one of `classes`.
    UserError
        As `auc_scores` does.
    """
    answers = _one_hot(y_pred, classes)
    if not answers.any(axis=1).all():
        raise ValueError(f"a prediction is not one of the classes {np.asarray(classes).tolist()}")
    return auc_scores(y_true, answers.astype(np.float64), classes)


def auc_scores(y_true: Labels, scores: NDArray[np.floating[Any]], classes: Labels) -> float:
    """Return the macro one-vs-rest AUC: the plain mean over classes of the area under the ROC.

    A class's AUC is the chance that a random row of the class has a higher score for it than a
    random row of the rest, ties counted half (Hanley and McNeil, 1982). Only the order of the
    rows within a column matters, so the scores need not be probabilities or sum to 1.

    A class that no row has, or that every row has, has no ROC curve: it is left out and the mean
    is over the others. A label that is not one of `classes`, one that a model never met, has no
    column: its rows belong to the rest for every class.

    Parameters
    ----------
    y_true : (n,) int
        The labels.
    scores : (n, k) float
        One column for each class: decision values or probabilities.
    classes : (k,) int
        The class of each column.

    Returns
    -------
    float
        From 0 to 1; 0.5 is chance.

    Raises
    ------
    ValueError
        If the shapes do not fit or a score is not finite.
    UserError
        If no class has a ROC curve: the rows are all of one class, or of none of `classes`.
    """
    truth = _one_hot(y_true, classes)
    if scores.shape != truth.shape:
        raise ValueError(f"scores have the shape {scores.shape}, labels want {truth.shape}")
    defined = truth.any(axis=0) & ~truth.all(axis=0)
    if not defined.any():
        raise UserError("an AUC needs test rows of at least two classes; use more rows")
    return float(roc_auc_score(truth[:, defined], scores[:, defined], average="macro"))


def confusion(y_true: Labels, y_pred: Labels, classes: Labels) -> NDArray[np.int64]:
    """Count the rows of each class (first axis) by what they were taken for (second axis).

    Parameters
    ----------
    y_true, y_pred : (n,) int
        The labels and the predictions.
    classes : (k,) int
        The classes in the order of the axes.

    Returns
    -------
    (k, k) int64
        The counts.
    """
    counts: NDArray[np.int64] = confusion_matrix(y_true, y_pred, labels=classes)
    return counts


def per_class(y_true: Labels, y_pred: Labels, classes: Labels) -> pd.DataFrame:
    """Return precision, recall and the number of rows of every class.

    A precision of a class that is never predicted, and a recall of one that no row has, is 0/0:
    it is given as 0, as scikit-learn does.

    Parameters
    ----------
    y_true, y_pred : (n,) int
        The labels and the predictions.
    classes : (k,) int
        The classes in the order of the rows.

    Returns
    -------
    DataFrame
        k rows; columns ``class`` (int), ``precision`` and ``recall`` (0 to 1) and ``support``
        (the rows of the class in `y_true`).
    """
    precision, recall, _, support = precision_recall_fscore_support(
        y_true, y_pred, labels=classes, zero_division=0.0
    )
    return pd.DataFrame(
        {"class": classes, "precision": precision, "recall": recall, "support": support}
    )


def most_confidently_wrong(
    y_true: Labels, y_pred: Labels, scores: NDArray[np.floating[Any]], classes: Labels, k: int
) -> NDArray[np.int64]:
    """Find the wrong predictions with the largest margin over the truth.

    The margin is the predicted class's score less the true class's. It can be negative:
    `SVC.predict` and the highest score can name different classes. The true class may be missing
    from `classes`; the smallest score of the row then takes its place.

    Parameters
    ----------
    y_true, y_pred : (n,) int
        The labels and the predictions, each prediction one of `classes`.
    scores : (n, c) float
        One column for each class.
    classes : (c,) int
        The class of each column.
    k
        How many rows are wanted.

    Returns
    -------
    (at most k,) int64
        Row numbers, largest margin first, equal margins by row number. There are fewer than `k`
        if fewer predictions are wrong.
    """
    wrong = np.flatnonzero(y_pred != y_true)
    table = scores[wrong]
    truth, answer = _one_hot(y_true[wrong], classes), _one_hot(y_pred[wrong], classes)
    true_score = np.where(
        truth.any(axis=1), table[np.arange(len(wrong)), truth.argmax(axis=1)], table.min(axis=1)
    )
    margin = table[answer] - true_score
    order = np.argsort(-margin, kind="stable")
    return wrong[order][:k].astype(np.int64)


def _one_hot(labels: Labels, classes: Labels) -> NDArray[np.bool_]:
    """Return an (n, k) table that is true where a row's label is the column's class."""
    # Not label_binarize: it folds two classes into a single column.
    table: NDArray[np.bool_] = np.asarray(labels)[:, None] == np.asarray(classes)[None, :]
    return table
