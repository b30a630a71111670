"""Learning curves against scores computed by hand."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss

from mnist_report.evaluation.learning import learning_curve, mean_loss, relative_size
from mnist_report.models.neural_network import NeuralNetworkClassifier, log_softmax

DIGITS = load_digits()
X, Y = (DIGITS.data / 16).astype(np.float32), DIGITS.target


@pytest.fixture(scope="module")
def curve():
    network = NeuralNetworkClassifier((12,), init="fan_in", epochs=3, random_state=0)
    calls = []
    table = learning_curve(
        network, X, Y, validation_share=0.25, on_epoch=lambda *call: calls.append(call)
    )
    return network, table, calls


def test_the_table_starts_with_the_untrained_network(curve):
    _, table, _ = curve
    assert table["epoch"].tolist() == [0, 1, 2, 3]
    assert table["accuracy"][0] < 0.3 < table["accuracy"][3]


def test_the_last_rows_are_held_back(curve):
    network, table, _ = curve
    cut = len(X) - int(len(X) * 0.25)
    by_hand = network.fit(X[:cut], Y[:cut])
    assert table["validation_accuracy"].iloc[-1] == by_hand.score(X[cut:], Y[cut:])
    probabilities = by_hand.predict_proba(X[:cut]).astype(float)
    picked = probabilities[np.arange(cut), Y[:cut]]
    assert table["loss"].iloc[-1] == pytest.approx(-np.log(picked).mean(), rel=1e-5)


def test_every_row_is_reported_as_it_comes(curve):
    _, table, calls = curve
    assert [epoch for epoch, _ in calls] == table["epoch"].tolist()
    assert calls[-1][1]["accuracy"] == table["accuracy"].iloc[-1]


def test_the_mean_loss_is_that_of_scikit_learn():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), size=50)
    labels = np.arange(50) % 3
    expected = log_loss(labels, probabilities)
    found = mean_loss(labels, np.log(probabilities), np.arange(3))
    assert found == pytest.approx(expected)


def test_the_mean_loss_has_no_bound():
    # Sure of the wrong class by 100 and by 300 nats; float32 holds neither e^-100 nor e^-300.
    z = np.array([[0, 100], [300, 0]], np.float32)
    assert mean_loss(np.array([4, 7]), log_softmax(z), np.array([4, 7])) == pytest.approx(200)


def test_classes_need_not_be_columns_numbers():
    logarithms = np.log([[0.5, 0.2, 0.3], [0.1, 0.1, 0.8]])
    found = mean_loss(np.array([5, 2]), logarithms, np.array([2, 3, 5]))
    assert found == pytest.approx(-(np.log(0.3) + np.log(0.1)) / 2)


def test_a_curve_shows_a_loss_beyond_what_probabilities_can_show():
    network = NeuralNetworkClassifier((12,), activation="relu", epochs=1, random_state=0)
    table = learning_curve(network, 255 * X, Y, validation_share=0.25, on_epoch=lambda *_: None)
    assert table["loss"][0] > 36.05  # where a float64 next to 1 would end it


def test_relative_size():
    assert relative_size(np.array([3.0, 4.0]), np.array([6.0, 8.0])) == pytest.approx(0.5)
