"""The network from scratch trained by Adam, to hold Adam against plain gradient descent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.learning import mean_loss
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier, backward, forward

Array = NDArray[Any]

#: Adam's settings, as its authors give them and Keras keeps them.
RATE, DECAYS, TINY = 0.001, (0.9, 0.999), 1e-7


#: How long it is held against plain descent: later both only polish.
EPOCHS = 3


class Adam:
    """Adam's steps (Kingma and Ba, 2015, algorithm 1) on arrays that it changes in place.

    Parameters
    ----------
    parameters
        The arrays to train.
    """

    def __init__(self, parameters: Sequence[Array]) -> None:
        self.parameters = parameters
        self.means = [np.zeros_like(array) for array in parameters]
        self.squares = [np.zeros_like(array) for array in parameters]
        self.steps = 0

    def step(self, gradients: Sequence[Array]) -> None:
        """Take one step down, given the gradient of the cost by every parameter."""
        self.steps += 1
        first, second = DECAYS
        # The authors' shorter form: both corrections for the start at zero in the step's length.
        correction = (1 - second**self.steps) ** 0.5
        length = RATE * correction / (1 - first**self.steps)
        for theta, g, mean, square in zip(
            self.parameters, gradients, self.means, self.squares, strict=True
        ):
            mean += (1 - first) * (g - mean)
            square += (1 - second) * (g * g - square)
            theta -= length * mean / (np.sqrt(square) + TINY * correction)


def losses(data: ScaledData, epochs: int, seed: int) -> dict[str, dict[str, float]]:
    """Train with ReLU and Adam; return the loss on the test images after every epoch, in nats.

    Starting weights and minibatches are those of `ablations_network.convergence` for the same
    seed; the rows come in an order of their own.

    Returns
    -------
    dict
        ``epoch_1`` ... to ``loss``.
    """
    network = NeuralNetworkClassifier(
        activation="relu", init="fan_in", epochs=0, random_state=seed
    ).fit(data.train_images, data.train_labels)
    one_hot = (data.train_labels[:, np.newaxis] == network.classes_).astype(np.float32)
    adam = Adam([*network.coefs_, *network.intercepts_])
    rng = generator(seed, "adam")
    result: dict[str, dict[str, float]] = {}
    with threadpool_limits(1):
        for epoch in range(1, epochs + 1):
            order = rng.permutation(len(one_hot))
            for start in range(0, len(order), network.minibatch_size):
                rows = order[start : start + network.minibatch_size]
                a, log_y_hat = forward(
                    data.train_images[rows], network.coefs_, network.intercepts_, "relu"
                )
                dW, db = backward(one_hot[rows], np.exp(log_y_hat), a, network.coefs_, "relu")
                adam.step([*dW, *db])
            logarithms = network.predict_log_proba(data.test_images)
            loss = mean_loss(data.test_labels, logarithms, network.classes_)
            result[f"epoch_{epoch}"] = {"loss": loss}
    return result
