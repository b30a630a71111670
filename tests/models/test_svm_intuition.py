"""The classifiers of the toy data and the check of the kernel trick."""

import numpy as np

from mnist_report.models.intuition import margins

ROUNDING = 1e-14


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

    phi = margins.phi
    for wrong in (
        lambda X: np.column_stack((X[:, 0] ** 2, X[:, 1] ** 2, X[:, 0] * X[:, 1])),
        lambda X: np.column_stack((X[:, 0] ** 2, X[:, 1], np.sqrt(2) * X[:, 0] * X[:, 1])),
        lambda X: phi(X) * (1 + 1e-9),
    ):
        monkeypatch.setattr(margins, "phi", wrong)
        assert check(in_space)["largest_difference"] > 1e5 * ROUNDING
