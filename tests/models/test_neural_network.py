"""The neural network against finite differences, TensorFlow, plain loops and scikit-learn."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator
from threadpoolctl import threadpool_limits

from mnist_report.core.errors import UserError
from mnist_report.models.scratch.neural_network import (
    NeuralNetworkClassifier,
    backward,
    cross_entropy,
    forward,
    log_softmax,
    sigmoid,
)
from samples import digits

DATA = digits(1400, 397)
X_ALL, Y_ALL = DATA.train_images, DATA.train_labels


def parameters(network):
    return [*network.coefs_, *network.intercepts_]


def same_bits(one, other):
    return one.loss_curve_ == other.loss_curve_ and all(
        np.array_equal(a, b) for a, b in zip(parameters(one), parameters(other), strict=True)
    )


# The mathematics


def test_costs_and_gradients_agree_with_tensorflow_and_central_differences():
    import tensorflow as tf

    h, rng = 1e-5, np.random.default_rng(0)
    X, y = rng.random((6, 7)), np.eye(3)[rng.integers(3, size=6)]
    for activation, tf_activation in (("sigmoid", tf.sigmoid), ("relu", tf.nn.relu)):
        for hidden in ((), (4,), (5, 3), (4, 3, 5)):
            sizes = [7, *hidden, 3]
            W = [rng.standard_normal(shape) for shape in pairwise(sizes)]
            b = [rng.standard_normal(size) for size in sizes[1:]]
            a, log_y_hat = forward(X, W, b, activation)
            dW, db = backward(y, np.exp(log_y_hat), a, W, activation)

            tf_W, tf_b = [tf.Variable(v) for v in W], [tf.Variable(v) for v in b]
            with tf.GradientTape() as tape:
                below = tf.constant(X)
                for W_l, b_l in zip(tf_W[:-1], tf_b[:-1], strict=True):
                    below = tf_activation(below @ W_l + b_l)
                z = below @ tf_W[-1] + tf_b[-1]
                expected = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, z))
            assert cross_entropy(y, log_y_hat) == pytest.approx(float(expected), rel=1e-12)
            references = tape.gradient(expected, [*tf_W, *tf_b])

            for parameter, gradient, reference in zip(
                [*W, *b], [*dW, *db], references, strict=True
            ):
                np.testing.assert_allclose(gradient, reference.numpy(), rtol=1e-10, atol=1e-14)
                difference = np.empty_like(parameter)
                for index in np.ndindex(parameter.shape):
                    value, cost = parameter[index], {}
                    for side in (+1, -1):
                        parameter[index] = value + side * h
                        cost[side] = cross_entropy(y, forward(X, W, b, activation)[1])
                    parameter[index] = value
                    difference[index] = (cost[1] - cost[-1]) / (2 * h)
                np.testing.assert_allclose(gradient, difference, rtol=0, atol=1e-7)


@pytest.mark.filterwarnings("error")
def test_extreme_logits_give_finite_losses_and_no_warning():
    for dtype in ("float32", "float64"):
        z = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype)
        log_y_hat = log_softmax(z)
        assert log_y_hat.dtype == dtype
        third = [-np.log(3)] * 3
        np.testing.assert_allclose(log_y_hat, [[0, -2e4, -1e4], third, third], rtol=1e-6)
        assert cross_entropy(np.array([[0, 1, 0]], dtype), log_y_hat[:1]) == 2e4
        s = sigmoid(np.array([-1e4, 0.0, 1e4], dtype))
        assert (s.dtype, s.tolist()) == (dtype, [0, 0.5, 1])


# Training


def test_as_printed_agrees_with_a_loop_over_columns():
    inputs, hidden, classes, K, s, eta = 5, 4, 3, 23, 4, 0.7
    rng = np.random.default_rng(0)
    X, labels = rng.random((K, inputs)), rng.integers(classes, size=K)
    labels[:classes] = range(classes)

    # Images in columns, as the paper's section 3.1; one image at a time, sums by hand.
    draw = np.random.RandomState(3).standard_normal
    W1, W2 = draw((inputs, hidden)).T, draw((hidden, classes)).T
    b1, b2 = np.zeros((hidden, 1)), np.zeros((classes, 1))
    for _ in range(2):
        start = 0
        while start + s + 1 <= K:
            steps = [np.zeros_like(v) for v in (W1, b1, W2, b2)]
            for k in range(start, start + s):
                x, y = X[[k]].T, np.eye(classes)[:, [labels[k]]]
                a1 = 1 / (1 + np.exp(-(W1 @ x + b1)))
                e = np.exp(W2 @ a1 + b2)
                d2 = e / e.sum() - y
                d1 = (W2.T @ d2) * a1 * (1 - a1)
                for step, gradient in zip(steps, (d1 @ x.T, d1, d2 @ a1.T, d2), strict=True):
                    step += eta * gradient / (s + 1)
            W1, b1, W2, b2 = (v - step for v, step in zip((W1, b1, W2, b2), steps, strict=True))
            start += s + 1

    network = NeuralNetworkClassifier((hidden,), minibatching="as_printed", random_state=3)
    network.set_params(minibatch_size=s, learning_rate=eta, dtype="float64").fit(X, labels)
    expected = [W1.T, W2.T, b1[:, 0], b2[:, 0]]
    for ours, reference in zip(parameters(network), expected, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-12)


def test_loss_curve_is_the_mean_over_rows_as_seen():
    X, y = X_ALL[:7], Y_ALL[:7]
    network = NeuralNetworkClassifier((4,), minibatch_size=4, epochs=1, random_state=0)
    network.set_params(dtype="float64", learning_rate=1e-12).fit(X, y)
    # The step is next to nothing, so the seven rows (4 + 3) were all seen with one network.
    at_end = -np.log(network.predict_proba(X)[range(7), y]).mean()
    assert network.loss_curve_ == [pytest.approx(at_end, rel=1e-9)]


def test_starting_weights():
    X, y = np.zeros((4, 400)), [0, 1, 0, 1]
    for activation, init, expected in (
        ("sigmoid", "normal", 1),
        ("sigmoid", "fan_in", np.sqrt(1 / 400)),
        ("relu", "normal", 1),
        ("relu", "fan_in", np.sqrt(2 / 400)),
    ):
        network = NeuralNetworkClassifier(
            (200,), activation=activation, init=init, epochs=0, random_state=0
        ).fit(X, y)
        assert network.coefs_[0].std() == pytest.approx(expected, rel=0.02)
        assert (network.n_iter_, network.loss_curve_) == (0, [])


def test_shapes_and_types_are_those_of_mlpclassifier():
    for dtype in ("float32", "float64"):
        # A NumPy learning rate must not raise float32 weights to float64.
        network = NeuralNetworkClassifier((5, 3), dtype=dtype, learning_rate=np.float64(0.1))
        found = [*parameters(network.fit(X_ALL, Y_ALL)), network.predict_proba(X_ALL)]
        shapes = [(64, 5), (5, 3), (3, 10), (5,), (3,), (10,), (1400, 10)]
        assert [(v.shape, v.dtype) for v in found] == [(shape, dtype) for shape in shapes]
        assert network.n_iter_ == len(network.loss_curve_) == 2


def test_same_seed_same_bits_in_one_go_or_epoch_by_epoch_on_any_threads():
    X, y = X_ALL, Y_ALL
    plain = NeuralNetworkClassifier((20,), epochs=3, random_state=5)
    different = []
    for shuffle in (False, True):
        for minibatching in ("standard", "as_printed"):
            network = clone(plain).set_params(shuffle=shuffle, minibatching=minibatching)
            fitted = clone(network).fit(X, y)
            assert same_bits(fitted, clone(fitted).fit(X, y).fit(X, y)), "a second fit starts anew"
            for threads in (1, 2):
                with threadpool_limits(threads, "blas"):
                    again = clone(network).fit(X, y)
                    assert same_bits(fitted, again)
                    assert np.array_equal(fitted.predict_proba(X), again.predict_proba(X))
            stepwise = clone(network).partial_fit(X, y, classes=range(10))
            for _ in range(2):
                stepwise.partial_fit(X, y)
            assert same_bits(fitted, stepwise)
            different += [fitted, clone(network).set_params(random_state=6).fit(X, y)]
    for number, one in enumerate(different):
        assert not any(same_bits(one, other) for other in different[:number])


# The estimator's contract


def test_scikit_learn_estimator_checks():
    every = {"epochs": 15, "minibatch_size": 5, "learning_rate": 0.2}
    other = {"activation": "relu", "init": "fan_in", "shuffle": True, "dtype": "float64"}
    check_estimator(NeuralNetworkClassifier(), on_skip=None)
    printed = NeuralNetworkClassifier((8, 8), **every, **other, minibatching="as_printed")
    check_estimator(printed, on_skip=None)


def test_a_parameter_that_is_not_allowed_is_named_in_one_line():
    for settings, message in (
        ({"hidden_layer_sizes": (100, 0)}, r"hidden_layer_sizes=\(100, 0\) .* 1 or more"),
        ({"activation": "tanh"}, "activation='tanh' .* 'sigmoid' or 'relu'"),
        ({"epochs": 2.5}, r"epochs=2\.5 .* whole number"),
        ({"minibatch_size": 0}, "minibatch_size=0 .* 1 or more"),
        ({"learning_rate": float("nan")}, "learning_rate=nan .* finite number above 0"),
        ({"shuffle": "yes"}, "shuffle='yes' .* False or True"),
        ({"dtype": "float16"}, "dtype='float16' .* 'float32' or 'float64'"),
    ):
        network = NeuralNetworkClassifier().set_params(**settings)
        for train in (network.fit, network.partial_fit):
            with pytest.raises(ValueError, match=f"^{message}[^\n]*$"):
                train([[0.0], [1.0]], [0, 1])


def test_partial_fit_wants_the_classes_once():
    X, y = [[0.0], [1.0]], ["a", "b"]
    network = NeuralNetworkClassifier((2,))
    with pytest.raises(ValueError, match="classes must be given"):
        network.partial_fit(X, y)
    network.partial_fit(X, y, classes=["c", "b", "a"]).partial_fit(X, y, classes=["a", "b", "c"])
    assert network.classes_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="differs from the first call"):
        network.partial_fit(X, y, classes=["a", "b"])
    with pytest.raises(ValueError, match=r"y holds \['d'\]"):
        network.partial_fit(X, ["a", "d"])


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_trained_or_predicted_is_for_the_user_to_mend():
    network = NeuralNetworkClassifier((2,), minibatching="as_printed", minibatch_size=2)
    with pytest.raises(UserError, match=r"n_samples=2 is too few.* 3 rows; lower minibatch_size"):
        network.fit([[0.0], [1.0]], [0, 1])
    assert network.fit([[0.0], [1.0], [2.0]], [0, 1, 1]).n_iter_ == 2

    network = NeuralNetworkClassifier(
        (50, 50), activation="relu", learning_rate=1e6, random_state=0
    )
    with pytest.raises(UserError, match=r"diverged in epoch 1 .* lower learning_rate=1000000"):
        network.fit(X_ALL, Y_ALL)

    network = NeuralNetworkClassifier((2,), random_state=0).fit([[0.0], [1.0]], [0, 1])
    # Finite themselves, so training does not notice; a^(1) W^(2) overflows to inf - inf.
    network.coefs_[1] = np.array([[3e38, 0], [3e38, -3e38]], np.float32)
    network.intercepts_[0] = np.full(2, 50, np.float32)
    with pytest.raises(UserError, match=r"outputs are no numbers.*lower learning_rate"):
        network.predict_proba([[1.0]])
