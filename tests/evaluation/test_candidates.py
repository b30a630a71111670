"""Which candidate a printed number fits best."""

import numpy as np
import pytest

from mnist_report.evaluation.candidates import candidates


def spread(mean, sd):
    return {"mean": mean, "sd": sd, "seeds": 5}


MEASURED = {
    "auto": {"train": spread(0.90, 0.01), "test": spread(0.88, 0.001)},
    "scale_2019": {"train": spread(0.95, 0.0), "test": spread(0.93, 0.02)},
}


def test_the_nearest_in_standard_deviations_comes_first():
    found = candidates(MEASURED, 0.925)
    assert [(c["gamma"], c["rows"]) for c in found] == [
        ("scale_2019", "test"), ("auto", "train"), ("auto", "test"), ("scale_2019", "train"),
    ]  # fmt: skip
    assert found[0]["z"] == pytest.approx(-0.25)
    assert found[1]["z"] == pytest.approx(2.5)
    # One of twenty further draws lies beyond 2.776 √(1 + 1/5) = 3.04 standard deviations.
    assert [c["fits"] for c in found] == [True, True, False, False]
    # The density integrates to 1: it is that of further draws.
    grid = np.linspace(0.5, 1.5, 401)
    by_x = [next(c for c in candidates(MEASURED, x) if c["sd"] == 0.02) for x in grid]
    densities = [c["density"] for c in by_x]
    assert np.trapezoid(densities, grid) == pytest.approx(1, abs=0.01)
