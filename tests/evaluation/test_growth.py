"""Exponents of growth, on exact powers."""

import numpy as np
import pytest

from mnist_report.evaluation.growth import exponents


def test_exponents_of_powers_are_found():
    sizes = [100, 250, 4000]
    costs = np.array([[7 * n**1.5 for n in sizes], [0.1 * n**3 for n in sizes]])
    assert exponents(sizes, costs) == pytest.approx([1.5, 3])
