"""How a network learns: loss and accuracy after every epoch, on rows seen and unseen."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.base import clone
from tqdm import tqdm

from mnist_report.core.errors import UserError
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.scores.scores import accuracy, measures


def mean_loss(
    y: NDArray[np.int64],
    log_probabilities: NDArray[np.floating[Any]],
    classes: NDArray[np.int64],
) -> float:
    """Return the mean cross-entropy of digits, (n,), and logarithms of probabilities, (n, k).

    In nats. It has no bound: scikit-learn's ``log_loss``, which takes the probabilities themselves,
    cuts it off at 36 nats a row, where a float64 next to 1 ends. The rows of probabilities may sum
    to 1 but for float32's rounding; `classes`, (k,), rising, are those of the columns.
    """
    exact = log_probabilities.astype(np.float64)
    exact -= logsumexp(exact, axis=1, keepdims=True)
    return -float(exact[np.arange(len(y)), np.searchsorted(classes, y)].mean())


def loss_and_accuracy(
    network: NeuralNetworkClassifier, X: NDArray[np.floating[Any]], y: NDArray[np.int64]
) -> dict[str, float]:
    """Return the ``loss``, see `mean_loss`, and the ``accuracy`` on images, (n, I), of digits."""
    logarithms = network.predict_log_proba(X)
    answers = network.classes_[logarithms.argmax(axis=1)]
    return {"loss": mean_loss(y, logarithms, network.classes_), "accuracy": accuracy(y, answers)}


def learning_curve(
    network: NeuralNetworkClassifier,
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    *,
    validation_share: float,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> pd.DataFrame:
    """Train a copy of `network` without the last rows, a share of all, judged after every epoch.

    Returned is a row per epoch, 0 being the untrained network: ``epoch``, ``loss`` (mean
    cross-entropy, nats) and ``accuracy`` on the training rows, and the same as ``validation_…`` on
    the rows held back. `on_epoch` is called with each epoch and its row. UserError if all the rows
    of a class would be held back.
    """
    cut = len(X) - max(1, int(len(X) * validation_share))
    unseen = np.setdiff1d(y[cut:], y[:cut])
    if unseen.size:
        raise UserError(
            f"with scratch_nn.validation_share = {validation_share:g} the last {len(X) - cut} of "
            f"{len(X)} training rows are held back, and class {unseen[0]} is among them "
            "alone; lower the share in params.yaml, or bring the rows into another order"
        )
    parts = {"": slice(None, cut), "validation_": slice(cut, None)}
    copy = clone(network).set_params(epochs=0).fit(X[:cut], y[:cut])
    rows = []
    for epoch in tqdm(range(network.epochs + 1), desc="learning curve", unit="epoch"):
        if epoch > 0:
            copy.partial_fit(X[:cut], y[:cut])
        row = {
            f"{name}{measure}": value
            for name, part in parts.items()
            for measure, value in loss_and_accuracy(copy, X[part], y[part]).items()
        }
        on_epoch(epoch, row)
        rows.append({"epoch": epoch, **row})
    return pd.DataFrame(rows)


def train_and_test(
    data: ScaledData,
    seed: int,
    **settings: Any,  # noqa: ANN401
) -> tuple[dict[str, float], NDArray[np.int64]]:
    """Train on all training images; return measures of the test images, and the digits it reads.

    `settings` are parameters of the estimator that differ from the paper's. The measures are
    ``loss`` (nats), ``accuracy``, ``auc_hard`` and ``auc_scores``.
    """
    network = NeuralNetworkClassifier(**settings, random_state=seed)
    network.fit(data.train_images, data.train_labels)
    logarithms = network.predict_log_proba(data.test_images)
    scores, truth, classes = np.exp(logarithms), data.test_labels, network.classes_
    predicted = classes[scores.argmax(axis=1)]
    loss = mean_loss(truth, logarithms, classes)
    return {"loss": loss, **measures(truth, predicted, scores, classes)}, predicted
