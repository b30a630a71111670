"""Learning curves against scores computed by hand."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from mnist_report.core.errors import UserError
from mnist_report.models.scratch.learning import learning_curve, mean_loss
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier, log_softmax
from samples import digits

DATA = digits(1400, 397)
X, Y = DATA.train_images, DATA.train_labels


def test_a_curve_starts_untrained_holds_back_the_last_rows_and_reports_every_epoch():
    network = NeuralNetworkClassifier((12,), init="fan_in", epochs=3, random_state=0)
    calls = []
    table = learning_curve(
        network, X, Y, validation_share=0.25, on_epoch=lambda *call: calls.append(call)
    )
    assert table.to_dict("records") == [{"epoch": epoch, **row} for epoch, row in calls]
    assert table["epoch"].tolist() == [0, 1, 2, 3]
    assert table["accuracy"][0] < 0.3 < table["accuracy"][3]
    by_hand = network.fit(X[:1050], Y[:1050])
    assert table["validation_accuracy"].iloc[-1] == by_hand.score(X[1050:], Y[1050:])
    probabilities = by_hand.predict_proba(X[:1050]).astype(float)
    picked = probabilities[np.arange(1050), Y[:1050]]
    assert table["loss"].iloc[-1] == pytest.approx(-np.log(picked).mean(), rel=1e-5)


def test_the_mean_loss_is_that_of_scikit_learn_without_a_bound():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), size=50)
    labels = np.arange(50) % 3
    # Classes need not be the numbers of their columns.
    found = mean_loss(np.array([2, 3, 5])[labels], np.log(probabilities), np.array([2, 3, 5]))
    assert found == pytest.approx(log_loss(labels, probabilities))
    # Sure of the wrong class by 100 and by 300 nats; float32 holds neither e^-100 nor e^-300.
    z = np.array([[0, 100], [300, 0]], np.float32)
    assert mean_loss(np.array([4, 7]), log_softmax(z), np.array([4, 7])) == pytest.approx(200)


def test_a_class_must_not_be_held_back_as_a_whole():
    def learn(share):
        network = NeuralNetworkClassifier((2,), epochs=1)
        X, y = np.eye(6), np.array([0, 1, 0, 1, 2, 2])
        learning_curve(network, X, y, validation_share=share, on_epoch=lambda *_: None)

    learn(0.2)
    with pytest.raises(UserError, match="last 2 of 6 training rows are held back, and class 2"):
        learn(0.4)
