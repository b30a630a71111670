"""Probabilities for a support vector machine, by the rule of libsvm.

Every duel of two classes gets a sigmoid (Platt, 2000, with his soft targets), fitted on rows that
the machine did not train on. The duels are coupled by the second method of Wu, Lin and Weng (2004).
Duels stand in the order of `itertools.combinations`; a value above 0 is for the first class.
"""

from copy import copy
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from mnist_report.models.classical.svm import predict_with_scores

Floats = NDArray[np.float64]

#: What libsvm leaves to the loser of a duel.
LEAST = 1e-7


def duel_values(svm: SVC, X: NDArray[np.floating[Any]]) -> Floats:
    """Return the value of every duel for the rows of X, shape (n, duels)."""
    _, values = predict_with_scores(copy(svm).set_params(decision_function_shape="ovo"), X)
    # Of two classes there are -f and f: the first belongs to the one duel.
    return values[:, :1] if len(svm.classes_) == 2 else values


def fit_sigmoids(values: Floats, y: NDArray[np.int64], classes: NDArray[np.int64]) -> Floats:
    """Return slope and intercept for every duel, shape (duels, 2), from rows held back.

    That the first class wins a duel of value f has the probability 1 / (1 + exp(-slope f -
    intercept)). A duel without rows of both its classes gets slope 1 and intercept 0.
    """
    sigmoids = []
    for duel, (i, j) in enumerate(combinations(classes, 2)):
        rows = (y == i) | (y == j)
        f, first = values[rows, duel], y[rows] == i
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


def probabilities(values: Floats, sigmoids: Floats, k: int) -> Floats:
    """Return the probability of each of k classes, shape (n, k), from the values of the duels.

    With r[i, j] for how probable class i is if it is i or j, they are the p of sum 1 with the least
    sum of (r[j, i] p[i] - r[i, j] p[j])².
    """
    n = len(values)
    chances = expit(values * sigmoids[:, 0] + sigmoids[:, 1]).clip(LEAST, 1 - LEAST)
    first, second = np.triu_indices(k, 1)
    wins = np.zeros((n, k, k))
    wins[:, first, second], wins[:, second, first] = chances, 1 - chances
    losses = wins.transpose(0, 2, 1)
    # The conditions for the least sum, and with a multiplier that for the sum of p.
    system: NDArray[Any] = np.zeros((n, k + 1, k + 1))
    system[:, :k, :k] = -wins * losses
    system[:, range(k), range(k)] = (losses**2).sum(axis=2)
    system[:, :k, k] = system[:, k, :k] = 1
    right = np.zeros((k + 1, 1))
    right[k] = 1
    return np.linalg.solve(system, right)[:, :k, 0]
