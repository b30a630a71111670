"""Which candidate a printed number fits best."""

import numpy as np
import pytest
from scipy import stats

from mnist_report.evaluation.candidates import candidates, sizes


def spread(mean, sd):
    return {"mean": mean, "sd": sd, "seeds": 5}


MEASURED = {
    "auto": {"train": spread(0.90, 0.01), "test": spread(0.88, 0.001)},
    "scale_2019": {"train": spread(0.95, 0.0), "test": spread(0.93, 0.02)},
}


def test_the_nearest_in_standard_deviations_comes_first():
    named = candidates(MEASURED, 0.925)
    assert list(named) == ["scale_2019_test", "auto_train", "scale_2019_train", "auto_test"]
    found = list(named.values())
    assert found[0]["z"] == pytest.approx(-0.25)
    assert found[1]["z"] == pytest.approx(2.5)
    # One of twenty further draws lies beyond 2.776 √(1 + 1/5) = 3.04 standard deviations.
    assert [c["fits"] for c in found] == [True, True, False, False]
    # Seeds that all agree fit exactly, then better than any, or not at all.
    assert (found[2]["z"], next(iter(candidates(MEASURED, 0.95)))) == (None, "scale_2019_train")
    # The density integrates to 1: it is that of further draws.
    grid = np.linspace(0.5, 1.5, 401)
    by_x = [candidates(MEASURED, x)["scale_2019_test"] for x in grid]
    densities = [c["density"] for c in by_x]
    assert np.trapezoid(densities, grid) == pytest.approx(1, abs=0.01)


def test_sizes_are_held_against_one_spread():
    measured = {"rows_10": spread(0.8, 0.01), "rows_20": spread(0.9, 0.03)}
    found = sizes(measured, 0.85)
    pooled = ((0.01**2 + 0.03**2) / 2) ** 0.5
    assert [each["rows"] for each in found.values()] == [10, 20]
    # Two series of five: eight degrees of freedom.
    expected = 2 * stats.t.sf(0.05 / (pooled * (1 + 1 / 5) ** 0.5), 8)
    for each in found.values():
        assert each["sd"] == pytest.approx(pooled)
        assert each["p"] == pytest.approx(expected)
