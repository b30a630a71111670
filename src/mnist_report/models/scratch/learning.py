"""How a network learns: loss and accuracy after every epoch, on rows seen and unseen."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from tqdm import tqdm

from mnist_report.core.errors import UserError
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.scores.scores import accuracy, auc_hard, auc_scores


def mean_loss(
    y: NDArray[np.int64],
    log_probabilities: NDArray[np.floating[Any]],
    classes: NDArray[np.int64],
) -> float:
    """Return the mean cross-entropy of probabilities, in nats.

    It has no bound: scikit-learn's ``log_loss``, which takes the probabilities themselves, cuts
    it off at 36 nats a row, where a float64 next to 1 ends.

    Parameters
    ----------
    y
        Digits, shape (n,), each one of `classes`.
    log_probabilities
        Logarithms, shape (n, k), of rows that sum to 1 but for float32's rounding.
    classes
        The class of each column, shape (k,), rising.
    """
    exact = log_probabilities.astype(np.float64)
    exact -= logsumexp(exact, axis=1, keepdims=True)
    return -float(exact[np.arange(len(y)), np.searchsorted(classes, y)].mean())


def relative_size(part: NDArray[np.floating[Any]], whole: NDArray[np.floating[Any]]) -> float:
    """Return the root mean square of `part` over that of `whole`, arrays of one shape."""
    return float(np.sqrt(np.mean(np.square(part)) / np.mean(np.square(whole))))


def check_split(labels: NDArray[np.int64], share: float) -> None:
    """Refuse a split that holds back a class of which no row is left to learn from.

    Parameters
    ----------
    labels
        The training labels, of which `learning_curve` holds back the last.
    share
        How many of them, from 0 to 1.

    Raises
    ------
    UserError
        If a class is among the held back rows alone.
    """
    kept, held_back = np.split(labels, [-max(1, int(len(labels) * share))])
    unseen = np.setdiff1d(held_back, kept)
    if unseen.size:
        raise UserError(
            f"with scratch_nn.validation_share = {share:g} the last {len(held_back)} of "
            f"{len(labels)} training rows are held back, and class {unseen[0]} is among them "
            "alone; lower the share in params.yaml, or bring the rows into another order"
        )


def learning_curve(
    network: NeuralNetworkClassifier,
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    *,
    validation_share: float,
    on_epoch: Callable[[int, dict[str, float]], None],
) -> pd.DataFrame:
    """Train a copy of `network` without the last rows, and judge it after every epoch.

    Parameters
    ----------
    network
        An estimator, fitted or not; it is left as it is.
    X, y
        Images, shape (n, d), and digits, shape (n,).
    validation_share
        Share of the rows, the last ones, that are held back.
    on_epoch
        Called before training and after every epoch with its number and its row of the table.

    Returns
    -------
    A row per epoch, 0 being the untrained network: ``epoch``, ``loss`` (mean cross-entropy, nats)
    and ``accuracy`` on the training rows, and the same as ``validation_…`` on the rows held back.
    """
    cut = len(X) - max(1, int(len(X) * validation_share))
    parts = {"": slice(None, cut), "validation_": slice(cut, None)}
    copy = clone(network).set_params(epochs=0).fit(X[:cut], y[:cut])
    rows = []
    for epoch in tqdm(range(network.epochs + 1), desc="learning curve", unit="epoch"):
        if epoch > 0:
            copy.partial_fit(X[:cut], y[:cut])
        row: dict[str, float] = {}
        for name, part in parts.items():
            logarithms = copy.predict_log_proba(X[part])
            answers = copy.classes_[logarithms.argmax(axis=1)]
            row[f"{name}loss"] = mean_loss(y[part], logarithms, copy.classes_)
            row[f"{name}accuracy"] = float(accuracy_score(y[part], answers))
        on_epoch(epoch, row)
        rows.append({"epoch": epoch, **row})
    return pd.DataFrame(rows)


def train_and_test(
    data: ScaledData,
    seed: int,
    **settings: Any,  # noqa: ANN401
) -> tuple[dict[str, float], NDArray[np.int64]]:
    """Train on all training images and judge on the test images.

    Parameters
    ----------
    settings
        Parameters of the estimator that differ from the paper's.

    Returns
    -------
    measures : dict
        ``loss`` (nats), ``accuracy``, ``auc_hard`` and ``auc_scores``, as in the metrics of stage
        ``scratch_nn``.
    predicted : (t,)
        The digits that it reads.
    """
    network = NeuralNetworkClassifier(**settings, random_state=seed)
    network.fit(data.train_images, data.train_labels)
    logarithms = network.predict_log_proba(data.test_images)
    scores = np.exp(logarithms)
    predicted = network.classes_[scores.argmax(axis=1)]
    truth = data.test_labels
    measures = {
        "loss": mean_loss(truth, logarithms, network.classes_),
        "accuracy": accuracy(truth, predicted),
        "auc_hard": auc_hard(truth, predicted, network.classes_),
        "auc_scores": auc_scores(truth, scores, network.classes_),
    }
    return measures, predicted
