"""The network from scratch, measured once for a seed (section 3.2)."""

from typing import Any

import numpy as np

from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.learning import mean_loss
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models.neural_network import NeuralNetworkClassifier


def score_on_test(data: ScaledData, seed: int, **settings: Any) -> dict[str, float]:  # noqa: ANN401
    """Train on all training images and judge on the test images.

    Parameters
    ----------
    settings
        Parameters of the estimator that differ from the paper's.

    Returns
    -------
    dict
        ``loss`` (nats), ``accuracy``, ``auc_hard`` and ``auc_scores``, as in the metrics of stage
        ``scratch_nn``.
    """
    network = NeuralNetworkClassifier(**settings, random_state=seed)
    network.fit(data.train_images, data.train_labels)
    logarithms = network.predict_log_proba(data.test_images)
    scores = np.exp(logarithms)
    predicted = network.classes_[scores.argmax(axis=1)]
    truth = data.test_labels
    return {
        "loss": mean_loss(truth, logarithms, network.classes_),
        "accuracy": accuracy(truth, predicted),
        "auc_hard": auc_hard(truth, predicted, network.classes_),
        "auc_scores": auc_scores(truth, scores, network.classes_),
    }
