"""Adam on the network from scratch, against scikit-learn's Adam and the authors' formulas."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from mnist_report.data.scaled import ScaledData
from mnist_report.models.neural_network import NeuralNetworkClassifier
from mnist_report.studies import adam


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    images, labels = (X / 16).astype(np.float32), y.astype(np.int64)
    return ScaledData(images[:500], labels[:500], images[500:800], labels[500:800])


def test_steps_are_those_of_the_formulas():
    """The authors' algorithm 1 in its long form: both corrections, then the step."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=4)
    stepped = [theta.copy()]
    optimizer = adam.Adam(stepped)
    m, v = np.zeros(4), np.zeros(4)
    for t in range(1, 6):
        g = rng.normal(size=4) * 10.0 ** rng.integers(-4, 3, 4)
        optimizer.step([g])
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        np.testing.assert_allclose(stepped[0], theta, rtol=1e-12)


def curve(losses):
    """Return the losses in the order of their epochs."""
    return [losses[f"epoch_{number}"]["loss"] for number in range(1, len(losses) + 1)]


def test_training_is_that_of_scikit_learn(data, monkeypatch):
    """One epoch of one batch after the other, from the same weights, in the same order."""
    # All rows in one batch: then their order does not matter.
    start = NeuralNetworkClassifier(
        activation="relu", init="fan_in", epochs=0, minibatch_size=500, random_state=3
    ).fit(data.train_images, data.train_labels)
    other = MLPClassifier((100,), batch_size=500, alpha=0, epsilon=1e-7, max_iter=1)
    other.partial_fit(data.train_images, data.train_labels, classes=np.arange(10))
    # Its own first step is undone: these are the arrays that it will change in place.
    for mine, theirs in zip(
        [*start.coefs_, *start.intercepts_], [*other.coefs_, *other.intercepts_], strict=True
    ):
        theirs[...] = mine
    other._optimizer.t = 0
    for moments in (other._optimizer.ms, other._optimizer.vs):
        for array in moments:
            array[...] = 0
    expected = []
    for _ in range(4):
        other.partial_fit(data.train_images, data.train_labels)
        p = other.predict_proba(data.test_images)
        expected.append(-np.log(p[np.arange(300), data.test_labels]).mean())

    class InOneBatch(NeuralNetworkClassifier):
        def __init__(self, **settings):
            super().__init__(**settings, minibatch_size=500)

    monkeypatch.setattr(adam, "NeuralNetworkClassifier", InOneBatch)
    np.testing.assert_allclose(curve(adam.losses(data, 4, seed=3)), expected, rtol=1e-3)


def test_a_seed_gives_the_same_losses_and_they_fall(data):
    first, again, other = (curve(adam.losses(data, 3, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert first[2] < first[0] < np.log(10)
