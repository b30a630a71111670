"""Which candidate a printed number fits best."""

import math

import pytest

from mnist_report.report.origins import candidates

MEASURED = {
    "auto": {"train": {"mean": 0.90, "sd": 0.01}, "test": {"mean": 0.88, "sd": 0.001}},
    "scale_2019": {"train": {"mean": 0.95, "sd": 0.0}, "test": {"mean": 0.93, "sd": 0.02}},
}


def test_the_nearest_in_standard_deviations_comes_first():
    found = candidates(MEASURED, 0.925)
    assert [(c.gamma, c.rows) for c in found] == [
        ("scale_2019", "test"), ("auto", "train"), ("auto", "test"), ("scale_2019", "train"),
    ]  # fmt: skip
    assert found[0].z == pytest.approx(-0.25)
    assert found[1].z == pytest.approx(2.5)
    assert [c.fits for c in found] == [True, True, False, False]


def test_seeds_that_agree_fit_only_their_own_number():
    by_place = {(c.gamma, c.rows): c for c in candidates(MEASURED, 0.95)}
    assert by_place["scale_2019", "train"].fits
    assert math.isinf(candidates(MEASURED, 0.90)[-1].z)
