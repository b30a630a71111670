"""The neural network against hand arithmetic, finite differences, TensorFlow, scikit-learn."""

from itertools import pairwise

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from mnist_report.errors import UserError
from mnist_report.models.neural_network import (
    ACTIVATIONS,
    NeuralNetworkClassifier,
    backward,
    cross_entropy,
    forward,
    log_softmax,
    minibatches,
    sigmoid,
)

DEPTHS = [(), (4,), (5, 3), (4, 3, 5)]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def small_network(hidden, seed=0, n=6, inputs=7, classes=3):
    """Return float64 images, one-hot labels, weights and biases, all of them random."""
    rng = np.random.default_rng(seed)
    sizes = [inputs, *hidden, classes]
    X = rng.random((n, inputs))
    y = np.eye(classes)[rng.integers(classes, size=n)]
    W = [rng.standard_normal(shape) for shape in pairwise(sizes)]
    b = [rng.standard_normal(size) for size in sizes[1:]]
    return X, y, W, b


def gradients(X, y, W, b, activation):
    a, log_y_hat = forward(X, W, b, activation)
    dW, db = backward(y, np.exp(log_y_hat), a, W, activation)
    return [*dW, *db]


def same_bits(one, other):
    return one.loss_curve_ == other.loss_curve_ and all(
        np.array_equal(a, b)
        for a, b in zip(
            [*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True
        )
    )


# The mathematics


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", DEPTHS)
def test_gradients_agree_with_central_differences(hidden, activation):
    X, y, W, b = small_network(hidden)
    h = 1e-5
    for parameter, gradient in zip([*W, *b], gradients(X, y, W, b, activation), strict=True):
        assert gradient.shape == parameter.shape
        for index in np.ndindex(parameter.shape):
            value, cost = parameter[index], {}
            for side in (+1, -1):
                parameter[index] = value + side * h
                cost[side] = cross_entropy(y, forward(X, W, b, activation)[1])
            parameter[index] = value
            assert gradient[index] == pytest.approx((cost[1] - cost[-1]) / (2 * h), abs=1e-7)


def test_gradients_agree_with_tensorflow():
    import tensorflow as tf

    for activation, tf_activation in (("sigmoid", tf.sigmoid), ("relu", tf.nn.relu)):
        for hidden in DEPTHS:
            X, y, W, b = small_network(hidden, seed=1)
            tf_W, tf_b = [tf.Variable(v) for v in W], [tf.Variable(v) for v in b]
            with tf.GradientTape() as tape:
                a = tf.constant(X)
                for W_l, b_l in zip(tf_W[:-1], tf_b[:-1], strict=True):
                    a = tf_activation(a @ W_l + b_l)
                cost = tf.reduce_mean(
                    tf.nn.softmax_cross_entropy_with_logits(y, a @ tf_W[-1] + tf_b[-1])
                )
            expected = tape.gradient(cost, [*tf_W, *tf_b])
            ours = gradients(X, y, W, b, activation)
            for gradient, reference in zip(ours, expected, strict=True):
                np.testing.assert_allclose(gradient, reference.numpy(), rtol=1e-10, atol=1e-14)
            log_y_hat = forward(X, W, b, activation)[1]
            assert cross_entropy(y, log_y_hat) == pytest.approx(float(cost), rel=1e-12)


def test_one_step_worked_by_hand():
    # Two inputs, one hidden unit, two classes; the same image twice, once of either class.
    #   z1 = -ln 3 + 2 ln 3 = ln 3        a1 = 1 / (1 + 1/3) = 3/4      slope a1 (1 - a1) = 3/16
    #   z2 = (0, 3/4 · 4/3 ln 3) = (0, ln 3)                            ŷ = (1, 3) / 4
    #   C  = (ln 4 + ln 4/3) / 2 = ln(16/3) / 2
    #   δ2 = (ŷ - y) / 2 = (-3, 3) / 8 and (1, -1) / 8
    #   ∂C/∂b2 = (-1, 1) / 4              ∂C/∂W2 = 3/4 (-1, 1) / 4 = (-3, 3) / 16
    #   δ1 = 3/16 · 4/3 ln 3 · (3/8 and -1/8) = 3/32 ln 3 and -1/32 ln 3
    #   ∂C/∂b1 = ln 3 / 16                ∂C/∂W1 = (1, 2) ln 3 / 16
    ln3 = np.log(3)
    X, y = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([0, 1])
    network = NeuralNetworkClassifier((1,), learning_rate=0.5, dtype="float64", random_state=0)
    network.partial_fit(X, y, classes=[0, 1])  # makes the attributes set next
    network.coefs_ = [np.array([[-ln3], [ln3]]), np.array([[0.0, 4 / 3 * ln3]])]
    network.intercepts_ = [np.zeros(1), np.zeros(2)]
    np.testing.assert_allclose(network.predict_proba(X), [[1 / 4, 3 / 4]] * 2)

    network.partial_fit(X, y)

    assert network.loss_curve_[-1] == pytest.approx(np.log(16 / 3) / 2)
    (W1, W2), (b1, b2) = network.coefs_, network.intercepts_
    np.testing.assert_allclose(W1, [[-ln3 - ln3 / 32], [ln3 - 2 * ln3 / 32]])
    np.testing.assert_allclose(b1, [-ln3 / 32])
    np.testing.assert_allclose(W2, [[3 / 32, 4 / 3 * ln3 - 3 / 32]])
    np.testing.assert_allclose(b2, [1 / 8, -1 / 8])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_logits_give_finite_losses_and_no_warning(dtype):
    z = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype)
    log_y_hat = log_softmax(z)
    assert log_y_hat.dtype == dtype
    np.testing.assert_allclose(
        log_y_hat, [[0, -2e4, -1e4], [-np.log(3)] * 3, [-np.log(3)] * 3], rtol=1e-6
    )
    np.testing.assert_allclose(np.exp(log_y_hat), [[1, 0, 0], [1 / 3] * 3, [1 / 3] * 3], rtol=1e-6)
    wrong = np.array([[0, 1, 0]], dtype)
    assert cross_entropy(wrong, log_y_hat[:1]) == 2e4

    s = sigmoid(np.array([-1e4, 0.0, 1e4], dtype))
    assert s.dtype == dtype
    assert s.tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("n_rows", "size", "minibatching", "expected"),
    [
        (7, 3, "standard", [[0, 1, 2], [3, 4, 5], [6]]),
        (6, 3, "standard", [[0, 1, 2], [3, 4, 5]]),
        (2, 3, "standard", [[0, 1]]),
        (7, 3, "as_printed", [[0, 1, 2]]),
        (8, 3, "as_printed", [[0, 1, 2], [4, 5, 6]]),
        (3, 3, "as_printed", []),
    ],
)
def test_minibatches(n_rows, size, minibatching, expected):
    rows = list(range(n_rows))
    assert [rows[batch] for batch in minibatches(n_rows, size, minibatching)] == expected


def test_as_printed_takes_int_k_over_s_plus_1_minibatches():
    assert len(minibatches(60_000, 50, "as_printed")) == 60_000 // 51 == 1176


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

    network = NeuralNetworkClassifier(
        (hidden,),
        minibatch_size=s,
        learning_rate=eta,
        minibatching="as_printed",
        dtype="float64",
        random_state=3,
    ).fit(X, labels)
    for ours, reference in zip(
        [*network.coefs_, *network.intercepts_], [W1.T, W2.T, b1[:, 0], b2[:, 0]], strict=True
    ):
        np.testing.assert_allclose(ours, reference, rtol=1e-12)


def test_loss_falls_and_digits_are_learnt(digits):
    X, y = digits
    network = NeuralNetworkClassifier(
        (50,), init="fan_in", epochs=20, minibatch_size=20, random_state=0
    ).fit(X[:1400], y[:1400])
    assert np.all(np.diff(network.loss_curve_[:5]) < 0)
    assert network.loss_curve_[-1] < 0.1 * network.loss_curve_[0]
    assert network.score(X[1400:], y[1400:]) > 0.88


def test_loss_curve_is_the_mean_over_rows_as_seen(digits):
    X, y = digits[0][:7], digits[1][:7]
    network = NeuralNetworkClassifier((4,), minibatch_size=4, epochs=1, random_state=0)
    network.set_params(dtype="float64", learning_rate=1e-12).fit(X, y)
    # The step is next to nothing, so the seven rows (4 + 3) were all seen with one network.
    at_end = -np.log(network.predict_proba(X)[range(7), y]).mean()
    assert network.loss_curve_ == [pytest.approx(at_end, rel=1e-9)]


def test_starting_weights():
    X, y = np.zeros((4, 400)), [0, 1, 0, 1]  # no input, no gradient by the first weights
    spread = {
        (activation, init): NeuralNetworkClassifier(
            (200,), activation=activation, init=init, epochs=1, learning_rate=1e-9, random_state=0
        )
        .fit(X, y)
        .coefs_[0]
        .std()
        for activation in ("sigmoid", "relu")
        for init in ("normal", "fan_in")
    }
    assert spread == {
        ("sigmoid", "normal"): pytest.approx(1, rel=0.02),
        ("sigmoid", "fan_in"): pytest.approx(np.sqrt(1 / 400), rel=0.02),
        ("relu", "normal"): pytest.approx(1, rel=0.02),
        ("relu", "fan_in"): pytest.approx(np.sqrt(2 / 400), rel=0.02),
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_types_are_those_of_mlpclassifier(digits, dtype):
    X, y = digits
    # A NumPy learning rate must not raise float32 weights to float64.
    network = NeuralNetworkClassifier((5, 3), dtype=dtype, learning_rate=np.float64(0.1)).fit(X, y)
    assert [W.shape for W in network.coefs_] == [(64, 5), (5, 3), (3, 10)]
    assert [b.shape for b in network.intercepts_] == [(5,), (3,), (10,)]
    assert {v.dtype for v in (*network.coefs_, *network.intercepts_)} == {np.dtype(dtype)}
    assert network.predict_proba(X).dtype == dtype
    assert network.n_iter_ == len(network.loss_curve_) == 2


@pytest.mark.parametrize("minibatching", ["standard", "as_printed"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_same_seed_same_bits(digits, shuffle, minibatching):
    X, y = digits
    network = NeuralNetworkClassifier(
        (20,), epochs=3, shuffle=shuffle, minibatching=minibatching, random_state=5
    )
    fitted = clone(network).fit(X, y)
    assert same_bits(fitted, clone(network).fit(X, y))
    assert same_bits(fitted, clone(fitted).fit(X, y).fit(X, y)), "a second fit starts anew"
    assert not same_bits(fitted, clone(network).set_params(random_state=6).fit(X, y))
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            again = clone(network).fit(X, y)
            assert same_bits(fitted, again)
            assert np.array_equal(fitted.predict_proba(X), again.predict_proba(X))

    stepwise = clone(network).partial_fit(X, y, classes=range(10))
    for _ in range(2):
        stepwise.partial_fit(X, y)
    assert same_bits(fitted, stepwise)


def test_shuffling_changes_the_order(digits):
    plain, shuffled = (
        NeuralNetworkClassifier((20,), shuffle=shuffle, random_state=0).fit(*digits)
        for shuffle in (False, True)
    )
    assert not same_bits(plain, shuffled)


def test_saved_and_loaded_is_the_same_network(digits, tmp_path):
    X, y = digits
    network = NeuralNetworkClassifier((20,), shuffle=True, random_state=0).fit(X, y)
    path = tmp_path / "network.skops"
    skops.io.dump(network, path)
    trusted = ["mnist_report.models.neural_network.NeuralNetworkClassifier"]
    assert skops.io.get_untrusted_types(file=path) == trusted
    loaded = skops.io.load(path, trusted=trusted)
    assert np.array_equal(network.predict_proba(X), loaded.predict_proba(X))
    assert same_bits(network.partial_fit(X, y), loaded.partial_fit(X, y)), "goes on alike"


# The estimator's contract


@parametrize_with_checks(
    [
        NeuralNetworkClassifier(),
        NeuralNetworkClassifier(
            (8, 8),
            activation="relu",
            init="fan_in",
            epochs=20,
            minibatch_size=10,
            learning_rate=0.2,
            shuffle=True,
            dtype="float64",
        ),
        NeuralNetworkClassifier(
            (), epochs=15, minibatch_size=5, learning_rate=0.2, minibatching="as_printed"
        ),
    ]
)
def test_scikit_learn_estimator_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden_layer_sizes": 100}, "hidden_layer_sizes=100 .* list or tuple"),
        ({"hidden_layer_sizes": (100, 0)}, r"hidden_layer_sizes=\(100, 0\) .* 1 or more"),
        ({"activation": "tanh"}, "activation='tanh' .* 'sigmoid' or 'relu'"),
        ({"init": "zeros"}, "init='zeros' .* 'normal' or 'fan_in'"),
        ({"epochs": -1}, "epochs=-1 .* 0 or more"),
        ({"epochs": 2.5}, "epochs=2.5 .* whole number"),
        ({"minibatch_size": 0}, "minibatch_size=0 .* 1 or more"),
        ({"learning_rate": 0}, "learning_rate=0 .* above 0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan .* finite"),
        ({"learning_rate": "1"}, "learning_rate='1' .* number"),
        ({"shuffle": "yes"}, "shuffle='yes' .* False or True"),
        ({"minibatching": "printed"}, "minibatching='printed' .* 'standard' or 'as_printed'"),
        ({"dtype": "float16"}, "dtype='float16' .* 'float32' or 'float64'"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_named_in_one_line(parameters, message):
    network = NeuralNetworkClassifier().set_params(**parameters)
    for train in (network.fit, network.partial_fit):
        with pytest.raises(ValueError, match=message) as error:
            train([[0.0], [1.0]], [0, 1])
        assert "\n" not in str(error.value)


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


def test_as_printed_wants_a_whole_step():
    network = NeuralNetworkClassifier((2,), minibatching="as_printed", minibatch_size=2)
    with pytest.raises(ValueError, match=r"n_samples=2 is too few.* 3 rows"):
        network.fit([[0.0], [1.0]], [0, 1])
    assert network.fit([[0.0], [1.0], [2.0]], [0, 1, 1]).n_iter_ == 2


@pytest.mark.filterwarnings("error")
def test_training_that_diverges_says_so(digits):
    network = NeuralNetworkClassifier(
        (50, 50), activation="relu", learning_rate=1e6, random_state=0
    )
    with pytest.raises(ValueError, match=r"diverged in epoch 1 .* lower learning_rate=1000000"):
        network.fit(*digits)


def test_no_epochs_leave_the_random_weights_untouched():
    X, y = np.random.default_rng(0).random((30, 4)), np.arange(30) % 3
    untrained = NeuralNetworkClassifier((5,), epochs=0, random_state=1).fit(X, y)
    by_hand = np.random.RandomState(1).standard_normal((4, 5)).astype(np.float32)
    np.testing.assert_array_equal(untrained.coefs_[0], by_hand)
    assert untrained.n_iter_ == 0
    assert untrained.loss_curve_ == []


def test_rows_too_few_and_training_that_diverges_are_for_the_user_to_mend(digits):
    with pytest.raises(UserError, match="lower minibatch_size"):
        NeuralNetworkClassifier(minibatching="as_printed", minibatch_size=2).fit([[0], [1]], [0, 1])
    network = NeuralNetworkClassifier(
        (50, 50), activation="relu", learning_rate=1e6, random_state=0
    )
    with pytest.raises(UserError, match="lower learning_rate"):
        network.fit(*digits)


@pytest.mark.filterwarnings("error")
def test_weights_that_give_no_numbers_are_refused_by_prediction():
    network = NeuralNetworkClassifier((2,), random_state=0).fit([[0.0], [1.0]], [0, 1])
    # Finite themselves, so training does not notice; a^(1) W^(2) overflows to inf - inf.
    network.coefs_[1] = np.array([[3e38, 0], [3e38, -3e38]], np.float32)
    network.intercepts_[0] = np.full(2, 50, np.float32)
    with pytest.raises(UserError, match=r"outputs are no numbers.*lower learning_rate"):
        network.predict_proba([[1.0]])
