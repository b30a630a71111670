"""What is wrong in the paper's formulas, held against mathematics and SciPy."""

import math
import sys

import numpy as np
import pytest
from scipy.special import softmax

from mnist_report.data.randomness import generator
from mnist_report.studies.slips_network import gradient_errors, overflow, softmax_as_printed


@pytest.mark.filterwarnings("error")
def test_softmax_as_printed_is_softmax_until_the_exponential_overflows():
    z = np.random.default_rng(0).normal(0, 30, (50, 10))
    np.testing.assert_allclose(softmax_as_printed(z), softmax(z, axis=1), rtol=1e-12)
    assert np.isnan(softmax_as_printed(np.array([[800.0, 0.0], [800.0, 800.0]]))[:, 0]).all()
    # e^x is the largest double at x = 709.78; half the smallest one, at x = -745.13, rounds to 0.
    assert overflow() == {
        "largest_safe_logit": math.floor(math.log(sys.float_info.max)),
        "nan_beyond": 1,
        "largest_safe_gap": math.floor(-math.log(math.ulp(0.0)) + math.log(2)),
        "not_finite_beyond": 1,
    }


def test_gradients_with_brackets_are_right_and_the_printed_one_is_off():
    for seed in (0, 1):
        errors = gradient_errors(seed)
        assert errors["W1"] < 1e-7
        assert errors["W2_with_brackets"] < 1e-7

        # The same network, its gradient in closed form: a (ŷ - y)ᵀ for one image in a column.
        rng = generator(seed, "errata_gradient")
        x, y = rng.random(5), np.array([0.0, 1.0, 0.0])
        W1, W2 = rng.standard_normal((5, 4)), rng.standard_normal((4, 3))
        b1, b2 = rng.standard_normal(4), rng.standard_normal(3)
        a = 1 / (1 + np.exp(-(x @ W1 + b1)))
        y_hat = softmax(a @ W2 + b2)
        true = np.outer(a, y_hat - y)
        printed = y_hat[:, None] - np.outer(y, a)  # J × 1 less J × H, the way NumPy reads it
        off = np.linalg.norm(printed.T - true) / np.linalg.norm(true)
        assert errors["W2_as_printed"] == pytest.approx(off, rel=1e-6)
        assert off > 0.1
