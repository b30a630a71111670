"""The points of the toy data, their classifiers, and the check of the kernel trick."""

import numpy as np
import pytest

from mnist_report.models.intuition import margins

ROUNDING = 1e-14


def test_the_classes_lie_where_they_should():
    X, y = margins.separable(np.random.default_rng(1), 500)
    assert X[y == 1].sum(axis=1).min() > 2
    assert X[y == 0].sum(axis=1).max() < 1
    assert margins.fit_linear(X, y, 1000).score(X, y) == 1

    X, y = margins.overlapping(np.random.default_rng(1), 500)
    assert len(X) == 500
    assert X.std() == pytest.approx(1.5, rel=0.1)
    assert 0.7 < margins.fit_linear(X, y, 1000).score(X, y) < 1

    X, y = margins.rings(np.random.default_rng(1), 500)
    radius = np.square(X).sum(axis=1)
    assert radius[y == 1].max() < 8
    assert radius[y == 0].min() > 14


def test_the_identity_holds_to_rounding_and_another_map_or_model_is_found_out(monkeypatch):
    X, y = margins.rings(np.random.default_rng(0), 300)
    in_plane = margins.fit_quadratic(X, y, 1000)
    in_space = margins.fit_linear(margins.phi(X), y, 1000)

    def check(in_space):
        rng = np.random.default_rng(1)
        return margins.check_kernel_identity(rng, 5000, X, in_plane, in_space)

    found = check(in_space)
    assert found["pairs"] == 5000
    assert found["largest_difference"] < ROUNDING
    assert found["same_decisions"] == 1
    assert found["largest_decision_gap"] < 1e-4
    assert check(margins.fit_linear(margins.phi(X), y, 1e-6))["largest_decision_gap"] > 0.1

    monkeypatch.setattr(margins, "phi", lambda X, phi=margins.phi: phi(X) * (1 + 1e-9))
    assert check(in_space)["largest_difference"] > 1e5 * ROUNDING
