"""The two Keras networks, measured once for a seed (sections 3.3 and 3.4)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models import keras_networks as networks
from mnist_report.params import Keras
from mnist_report.trees import by_epoch

DIGITS = np.arange(networks.CLASSES)


def train_and_test(
    data: ScaledData,
    build: Callable[[], networks.Model],
    keras: Keras,
    seed: int,
    *,
    epochs: int,
    batch_size: int,
    validation_share: float = 0.0,
) -> dict[str, Any]:
    """Train a network and judge it on the test images.

    Parameters
    ----------
    build
        Makes the network, with new random weights.
    validation_share
        Share of the training rows, the last ones, that is held back and scored in every epoch.

    Returns
    -------
    dict
        ``epochs`` (by number, the measures of each) and ``test`` (``loss`` in nats, ``accuracy``,
        ``auc_hard``, ``auc_scores``), as in the metrics of the stages.
    """
    networks.prepare(seed, keras.threads)
    model = build()
    history = networks.train(
        model,
        data.train_images,
        data.train_labels,
        epochs=epochs,
        batch_size=batch_size,
        validation_split=validation_share,
        steps_per_execution=keras.steps_per_execution,
        on_epoch=lambda epoch, values: None,
    )
    loss, _ = networks.evaluate(model, data.test_images, data.test_labels)
    scores = networks.probabilities(model, data.test_images)
    predicted = DIGITS[scores.argmax(axis=1)]
    truth = data.test_labels
    return {
        "epochs": by_epoch(history),
        "test": {
            "loss": loss,
            "accuracy": accuracy(truth, predicted),
            "auc_hard": auc_hard(truth, predicted, DIGITS),
            "auc_scores": auc_scores(truth, scores, DIGITS),
        },
    }


def dense(
    data: ScaledData,
    *,
    hidden_units: Sequence[int],
    dropout: float,
    keras: Keras,
    seed: int,
    **training: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return `train_and_test` of the dense network with the settings of section ``keras_dense``."""
    return train_and_test(
        data,
        lambda: networks.dense_network(hidden_units, dropout),
        keras,
        seed,
        **training,
    )


def cnn(
    data: ScaledData,
    *,
    filters: Sequence[int],
    kernel_size: int,
    dense_units: Sequence[int],
    dropout: float,
    keras: Keras,
    seed: int,
    **training: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return `train_and_test` of the convolutional network with the settings of section ``cnn``."""
    return train_and_test(
        data,
        lambda: networks.convolutional_network(filters, kernel_size, dense_units, dropout),
        keras,
        seed,
        **training,
    )
