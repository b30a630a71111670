"""Which candidate a printed number fits best."""

import numpy as np
import pytest
from scipy import stats

from mnist_report.report.origins import candidates, sizes


def spread(mean, sd):
    return {"mean": mean, "sd": sd, "seeds": 5}


MEASURED = {
    "auto": {"train": spread(0.90, 0.01), "test": spread(0.88, 0.001)},
    "scale_2019": {"train": spread(0.95, 0.0), "test": spread(0.93, 0.02)},
}


def test_the_nearest_in_standard_deviations_comes_first():
    found = candidates(MEASURED, 0.925)
    assert [(c.gamma, c.rows) for c in found] == [
        ("scale_2019", "test"), ("auto", "train"), ("auto", "test"), ("scale_2019", "train"),
    ]  # fmt: skip
    assert found[0].z == pytest.approx(-0.25)
    assert found[1].z == pytest.approx(2.5)
    # One of twenty further draws lies beyond 2.776 √(1 + 1/5) = 3.04 standard deviations.
    assert [c.fits for c in found] == [True, True, False, False]
    # The density integrates to 1: it is that of further draws.
    grid = np.linspace(0.5, 1.5, 401)
    densities = [next(c for c in candidates(MEASURED, x) if c.sd == 0.02).density for x in grid]
    assert np.trapezoid(densities, grid) == pytest.approx(1, abs=0.01)


def test_sizes_share_one_standard_deviation():
    rng = np.random.default_rng(0)
    draws = {"rows_100": rng.normal(0.9, 0.01, 5), "rows_200": rng.normal(0.95, 0.01, 5)}
    measured = {name: spread(x.mean(), x.std(ddof=1)) for name, x in draws.items()}
    for size, x in zip(sizes(measured, 0.93), draws.values(), strict=True):
        # The p of one more value against five, as Student's test with a pooled variance.
        residuals = np.concatenate([y - y.mean() for y in draws.values()])
        pooled = np.sqrt(np.sum(residuals**2) / 8)
        t = abs(0.93 - x.mean()) / (pooled * np.sqrt(1 + 1 / 5))
        assert (size.sd, size.p) == (pytest.approx(pooled), pytest.approx(2 * stats.t.sf(t, 8)))
    assert [size.rows for size in sizes(measured, 0.93)] == [100, 200]
