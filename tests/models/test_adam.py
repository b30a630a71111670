"""Adam on the network from scratch, against scikit-learn's Adam."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from mnist_report.models.scratch import adam
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from samples import digits

DATA = digits(500, 300)


def curve(losses):
    """Return the losses in the order of their epochs."""
    return [losses[f"epoch_{number}"]["loss"] for number in range(1, len(losses) + 1)]


def test_training_is_that_of_scikit_learn(monkeypatch):
    # All rows in one batch: then their order does not matter.
    settings = {"activation": "relu", "init": "fan_in", "epochs": 0, "random_state": 3}
    start = NeuralNetworkClassifier(**settings).fit(DATA.train_images, DATA.train_labels)
    other = MLPClassifier((100,), batch_size=500, alpha=0, epsilon=1e-7, max_iter=1)
    other.partial_fit(DATA.train_images, DATA.train_labels, classes=np.arange(10))
    # Its own first step is undone: these are the arrays that it will change in place.
    for mine, theirs in zip(
        [*start.coefs_, *start.intercepts_], [*other.coefs_, *other.intercepts_], strict=True
    ):
        theirs[...] = mine
    other._optimizer.t = 0
    for array in (*other._optimizer.ms, *other._optimizer.vs):
        array[...] = 0
    expected = []
    for _ in range(4):
        other.partial_fit(DATA.train_images, DATA.train_labels)
        p = other.predict_proba(DATA.test_images)
        expected.append(-np.log(p[np.arange(300), DATA.test_labels]).mean())

    class InOneBatch(NeuralNetworkClassifier):
        def __init__(self, **settings):
            super().__init__(**settings, minibatch_size=500)

    monkeypatch.setattr(adam, "NeuralNetworkClassifier", InOneBatch)
    np.testing.assert_allclose(curve(adam.losses(DATA, 4, seed=3)), expected, rtol=1e-3)
