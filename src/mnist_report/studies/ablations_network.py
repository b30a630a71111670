"""What the paper says of activations and scaling, tested on the network from scratch."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from mnist_report.core.params import AblationsNetwork, Compute
from mnist_report.core.repeat import Group, Study
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.scratch.learning import loss_and_accuracy
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier, TrainingError

#: Weights scaled by fan-in, with the gain of the activation, and rows in a new order every epoch.
SET_RIGHT: dict[str, Any] = {"init": "fan_in", "shuffle": True}


def convergence(
    data: ScaledData, learning_rates: Sequence[float], epochs: int, seed: int
) -> dict[str, Any]:
    """Train with the sigmoid and with ReLU, both `SET_RIGHT`; the rest is the paper's network.

    A learning rate serves one activation better than the other, so all are given: returned is
    activation to ``eta_<learning rate>`` to the `curve`.
    """
    return {
        activation: {
            f"eta_{eta:g}": curve(
                data, epochs, seed, activation=activation, learning_rate=eta, **SET_RIGHT
            )
            for eta in learning_rates
        }
        for activation in ("sigmoid", "relu")
    }


def scaling(data: ScaledData, epochs: int, seed: int) -> dict[str, Any]:
    """Train the paper's network on pixels from 0 to 1 (``scaled``) and to 255 (``unscaled``)."""
    return {
        name: curve(images, epochs, seed)
        for name, images in (("scaled", data), ("unscaled", unscaled(data)))
    }


def by_adam(data: ScaledData, seed: int) -> dict[str, Any]:
    """Train with ReLU by Adam at its usual rate: for a few epochs, as later both only polish."""
    return curve(data, 3, seed, activation="relu", solver="adam", learning_rate=0.001, **SET_RIGHT)


def curve(data: ScaledData, epochs: int, seed: int, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """Train, and judge on the test images after every epoch.

    Returned is ``diverged`` (1 if training ran away), and ``epoch_1`` ... to ``loss`` (nats) and
    ``accuracy``. From where it ran away on these are those of guessing all digits alike.
    """
    network = NeuralNetworkClassifier(**settings, random_state=seed)
    classes = np.unique(data.train_labels)
    result: dict[str, Any] = {"diverged": 0}
    judged = guessing = {"loss": float(np.log(len(classes))), "accuracy": 1 / len(classes)}
    for epoch in range(1, epochs + 1):
        try:
            if not result["diverged"]:
                network.partial_fit(data.train_images, data.train_labels, classes=classes)
                judged = loss_and_accuracy(network, data.test_images, data.test_labels)
        except TrainingError:
            result["diverged"] = 1
            judged = guessing
        result[f"epoch_{epoch}"] = judged
    return result


def plan(data: ScaledData, params: AblationsNetwork, compute: Compute) -> Study:
    """Train with other activations, without scaling, and by Adam."""
    measures = {
        "convergence": partial(convergence, data, params.learning_rates, params.epochs),
        "scaling": partial(scaling, data, params.epochs),
        "adam": partial(by_adam, data),
    }
    return Study({name: Group(measure, params.seeds) for name, measure in measures.items()})
