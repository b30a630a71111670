"""Probabilities for the support vector machine, by the rule of libsvm.

Every duel of two digits gets a sigmoid (Platt 1999; targets of Lin, Lin and Weng 2007), fitted on
rows that the machine did not train on. The page couples the duels' probabilities by the second
method of Wu, Lin and Weng (2004).
"""

from copy import copy
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from mnist_report.models.classical.svm import predict_with_scores


def fit_sigmoids(machine: SVC, X: NDArray[np.float64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return slope and intercept for every pair of classes i < j, shape (pairs, 2).

    That class i wins a duel of value f has the probability 1 / (1 + exp(-slope f - intercept)).

    Parameters
    ----------
    X : (n, features), y : (n,)
        Rows held back. A pair without rows of both its classes gets slope 1 and intercept 0.
    """
    duelling = copy(machine).set_params(decision_function_shape="ovo")
    _, values = predict_with_scores(duelling, X)
    sigmoids = []
    # Of two classes the values are -f and f: the first belongs to the one pair.
    for column, (i, j) in enumerate(combinations(machine.classes_, 2)):
        rows = (y == i) | (y == j)
        f, first = values[rows, column], y[rows] == i
        if first.all() or not first.any():
            sigmoids.append((1.0, 0.0))
            continue
        targets = np.where(first, (first.sum() + 1) / (first.sum() + 2), 1 / ((~first).sum() + 2))
        # A soft target is a row that counts partly as a win and partly as a loss.
        fit = LogisticRegression(C=np.inf).fit(
            np.concatenate([f, f])[:, np.newaxis],
            np.repeat([1, 0], len(f)),
            sample_weight=np.concatenate([targets, 1 - targets]),
        )
        sigmoids.append((fit.coef_.item(), fit.intercept_.item()))
    return np.array(sigmoids)
