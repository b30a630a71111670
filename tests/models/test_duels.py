"""Probabilities from the duels of a support vector machine."""

from itertools import combinations

import numpy as np
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.svm import SVC

from mnist_report.models.classical.duels import duel_values, fit_sigmoids, probabilities


def test_sigmoids_are_those_of_platt():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 3))
    y = np.where(X[:, 0] + rng.normal(scale=0.8, size=400) > 0, 7, 4)
    machine = SVC(kernel="linear").fit(X[:200], y[:200])
    [(slope, intercept)] = fit_sigmoids(duel_values(machine, X[200:]), y[200:], machine.classes_)
    platt = CalibratedClassifierCV(FrozenEstimator(machine), method="sigmoid", ensemble=False)
    expected = platt.fit(X[200:], y[200:]).predict_proba(X)[:, 0]
    chance = 1 / (1 + np.exp(slope * machine.decision_function(X) - intercept))
    np.testing.assert_allclose(chance, expected, atol=1e-3)


def test_a_duel_without_rows_of_both_its_classes_has_the_plain_sigmoid():
    digits = np.repeat(np.arange(3, 10), 5)  # none of 0 to 2
    values = np.random.default_rng(0).normal(size=(35, 45))
    found = fit_sigmoids(values, digits, np.arange(10))
    plain = [i < 3 for i, _ in combinations(range(10), 2)]
    np.testing.assert_array_equal((found == (1, 0)).all(axis=1), plain)


def test_duels_are_coupled_to_the_probabilities_that_they_come_from():
    rng = np.random.default_rng(0)
    first, second = np.triu_indices(4, 1)

    def coupled(chances):
        return probabilities(logit(chances), np.tile([1.0, 0.0], (6, 1)), 4)

    p = rng.dirichlet(np.ones(4), size=3)
    np.testing.assert_allclose(coupled(p[:, first] / (p[:, first] + p[:, second])), p)
    # Where none fits all duels, none near what is found has a smaller sum.
    chances = rng.uniform(0.1, 0.9, (1, 6))

    def misfit(p):
        return (((1 - chances) * p[first] - chances * p[second]) ** 2).sum()

    (best,) = coupled(chances)
    for other in best + 0.01 * rng.dirichlet(np.ones(4), size=50) - 0.0025:
        assert misfit(best) < misfit(other)
