"""The classifiers of the toy data and the check of the kernel trick."""

import numpy as np
import pytest

from mnist_report.data import toy
from mnist_report.models import svm_intuition as module

ROUNDING = 1e-14


@pytest.fixture(scope="module")
def fitted():
    X, y = toy.rings(np.random.default_rng(0), 300)
    in_plane = module.fit_quadratic(X, y, 1000)
    return X, in_plane, module.fit_linear(toy.phi(X), y, 1000)


def check(fitted):
    return module.check_kernel_identity(np.random.default_rng(1), 5000, *fitted)


def test_the_identity_holds_to_rounding(fitted):
    result = check(fitted)
    assert result["pairs"] == 5000
    assert result["largest_difference"] < ROUNDING
    assert result["same_decisions"] == 1
    assert result["largest_decision_gap"] < 1e-4


@pytest.mark.parametrize(
    "wrong_phi",
    [
        lambda X: np.column_stack((X[:, 0] ** 2, X[:, 1] ** 2, X[:, 0] * X[:, 1])),
        lambda X: np.column_stack((X[:, 0] ** 2, X[:, 1], np.sqrt(2) * X[:, 0] * X[:, 1])),
        lambda X: toy.phi(X) * (1 + 1e-9),
    ],
)
def test_a_wrong_map_is_found_out(fitted, monkeypatch, wrong_phi):
    monkeypatch.setattr(module, "phi", wrong_phi)
    assert check(fitted)["largest_difference"] > 1e5 * ROUNDING


def test_another_model_is_found_out(fitted):
    X, in_plane, in_space = fitted
    weaker = module.fit_linear(toy.phi(X), in_plane.predict(X), 1e-6)
    assert check((X, in_plane, weaker))["largest_decision_gap"] > 0.1
    assert check((X, in_plane, in_space))["largest_decision_gap"] < 1e-4


def test_a_high_price_leaves_no_mistake_and_a_low_one_many_support_vectors():
    X, y = toy.separable(np.random.default_rng(0), 300)
    hard, soft = module.fit_linear(X, y, 1000), module.fit_linear(X, y, 0.001)
    assert hard.score(X, y) == 1
    assert len(hard.support_) <= 4
    assert len(soft.support_) > 20
    np.testing.assert_allclose(np.abs(hard.decision_function(X)).min(), 1, atol=1e-3)
