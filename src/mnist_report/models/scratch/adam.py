"""Adam: gradient descent with a step length for every weight."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Adam's settings, as its authors give them and Keras keeps them.
DECAYS, TINY = (0.9, 0.999), 1e-7


class Adam:
    """Adam's steps (Kingma and Ba, 2015, algorithm 1) on arrays that it changes in place."""

    def __init__(self, parameters: Sequence[NDArray[Any]]) -> None:
        self.parameters = parameters
        self.means = [np.zeros_like(array) for array in parameters]
        self.squares = [np.zeros_like(array) for array in parameters]
        self.steps = 0

    def step(self, gradients: Sequence[NDArray[Any]], rate: float) -> None:
        """Take one step down, given the gradient of the cost by every parameter."""
        self.steps += 1
        first, second = DECAYS
        # The authors' shorter form: both corrections for the start at zero in the step's length.
        correction = (1 - second**self.steps) ** 0.5
        length = rate * correction / (1 - first**self.steps)
        for theta, g, mean, square in zip(
            self.parameters, gradients, self.means, self.squares, strict=True
        ):
            mean += (1 - first) * (g - mean)
            square += (1 - second) * (g * g - square)
            theta -= length * mean / (np.sqrt(square) + TINY * correction)
