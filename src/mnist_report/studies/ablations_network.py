"""What the paper says of activations and scaling, tested on the network from scratch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_report.core.params import AblationsNetwork, Compute
from mnist_report.core.repeat import Group, Study
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.scratch.learning import mean_loss
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier, TrainingError
from mnist_report.scores.scores import accuracy


def convergence(
    data: ScaledData, learning_rates: Sequence[float], epochs: int, seed: int
) -> dict[str, Any]:
    """Train with the sigmoid and with ReLU, each at several learning rates.

    Both start from weights scaled by fan-in, each with the gain of its activation, and shuffle
    the rows; the rest is the paper's network. A learning rate serves one activation better than
    the other, so all are given.

    Returns
    -------
    dict
        Activation to ``eta_<learning rate>`` to what `_curve` returns.
    """
    return {
        activation: {
            f"eta_{eta:g}": _curve(
                data,
                epochs,
                activation=activation,
                init="fan_in",
                shuffle=True,
                learning_rate=eta,
                random_state=seed,
            )
            for eta in learning_rates
        }
        for activation in ("sigmoid", "relu")
    }


def scaling(data: ScaledData, epochs: int, seed: int) -> dict[str, Any]:
    """Train the paper's network on pixels from 0 to 1 (``scaled``) and to 255 (``unscaled``)."""
    return {
        name: _curve(images, epochs, random_state=seed)
        for name, images in (("scaled", data), ("unscaled", unscaled(data)))
    }


def by_adam(data: ScaledData, seed: int) -> dict[str, Any]:
    """Train with ReLU by Adam at its usual rate: for a few epochs, as later both only polish."""
    return _curve(
        data,
        3,
        activation="relu",
        init="fan_in",
        shuffle=True,
        solver="adam",
        learning_rate=0.001,
        random_state=seed,
    )


def _curve(data: ScaledData, epochs: int, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """Train, and judge on the test images after every epoch.

    Returns
    -------
    dict
        ``diverged`` (1 if training ran away), and ``epoch_1`` ... to ``loss`` (nats) and
        ``accuracy`` on the test images. From where it ran away on these are those of guessing
        all digits alike.
    """
    network = NeuralNetworkClassifier(**settings)
    classes = np.unique(data.train_labels)
    result: dict[str, Any] = {"diverged": 0}
    judged = guessing = {"loss": float(np.log(len(classes))), "accuracy": 1 / len(classes)}
    for epoch in range(1, epochs + 1):
        try:
            if not result["diverged"]:
                network.partial_fit(data.train_images, data.train_labels, classes=classes)
                judged = _judge(network, data)
        except TrainingError:
            result["diverged"] = 1
            judged = guessing
        result[f"epoch_{epoch}"] = judged
    return result


def _judge(network: NeuralNetworkClassifier, data: ScaledData) -> dict[str, float]:
    logarithms = network.predict_log_proba(data.test_images)
    predicted = network.classes_[logarithms.argmax(axis=1)]
    return {
        "loss": mean_loss(data.test_labels, logarithms, network.classes_),
        "accuracy": accuracy(data.test_labels, predicted),
    }


def plan(data: ScaledData, params: AblationsNetwork, compute: Compute) -> Study:
    """Train with other activations, without scaling, and by Adam."""
    epochs, seeds = params.epochs, params.seeds
    return Study(
        {
            "convergence": Group(
                lambda seed: convergence(data, params.learning_rates, epochs, seed), seeds
            ),
            "scaling": Group(lambda seed: scaling(data, epochs, seed), seeds),
            "adam": Group(lambda seed: by_adam(data, seed), seeds),
        }
    )
