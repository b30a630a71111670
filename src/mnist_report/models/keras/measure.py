"""The two Keras networks, trained and judged once for a seed (sections 3.3 and 3.4)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.trees import by_epoch
from mnist_report.data.scaled import ScaledData
from mnist_report.models.keras import networks
from mnist_report.scores.scores import measures


def train_and_test(
    data: ScaledData,
    build: Callable[[], networks.Model],
    threads: int,
    seed: int,
    *,
    epochs: int,
    batch_size: int,
    validation_share: float = 0.0,
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Train a network that `build` makes, with new random weights, and judge it on the test images.

    Returns ``epochs`` (by number, the measures of each) and ``test`` (``loss`` in nats,
    ``accuracy``, ``auc_hard``, ``auc_scores``), as in the results of the stages; and the digits
    that it reads, shape (t,).
    """
    networks.prepare(seed, threads)
    model = build()
    history = networks.train(
        model,
        data.train_images,
        data.train_labels,
        epochs=epochs,
        batch_size=batch_size,
        validation_split=validation_share,
    )
    loss, _ = networks.evaluate(model, data.test_images, data.test_labels)
    scores = networks.probabilities(model, data.test_images)
    predicted = scores.argmax(axis=1)
    test = measures(data.test_labels, predicted, scores, np.arange(networks.CLASSES))
    return {"epochs": by_epoch(history), "test": {"loss": loss, **test}}, predicted
