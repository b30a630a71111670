"""Adam on the network from scratch, against scikit-learn's Adam."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from samples import digits

DATA = digits(500, 300)


def test_training_is_that_of_scikit_learn():
    X, y = DATA.train_images, DATA.train_labels
    # All rows in one batch: then their order does not matter.
    mine = NeuralNetworkClassifier(
        (30, 20), activation="relu", init="fan_in", minibatch_size=500, learning_rate=0.002,
        solver="adam", epochs=0, random_state=3,
    ).fit(X, y)  # fmt: skip
    theirs = MLPClassifier(
        (30, 20), batch_size=500, alpha=0, epsilon=1e-7, max_iter=1, learning_rate_init=0.002
    )
    theirs.partial_fit(X, y, classes=np.arange(10))
    # Its own first step is undone: these are the arrays that it will change in place.
    for name in ("coefs_", "intercepts_"):
        for start, array in zip(getattr(mine, name), getattr(theirs, name), strict=True):
            array[...] = start
    theirs._optimizer.t = 0
    for array in (*theirs._optimizer.ms, *theirs._optimizer.vs):
        array[...] = 0
    for _ in range(4):
        mine.partial_fit(X, y)
        theirs.partial_fit(X, y)
        ours, expected = (each.predict_log_proba(DATA.test_images) for each in (mine, theirs))
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)
