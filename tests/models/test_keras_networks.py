"""The Keras networks against hand counts, NumPy, and themselves in another process."""

import io
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from mnist_report.errors import UserError
from mnist_report.models import keras_networks as networks

#: Prints the hash of each network's archive; takes the steps per execution.
COLD_RUN = """
import hashlib
import sys
import numpy as np
from mnist_report.models import keras_networks as networks

rng = np.random.default_rng(0)
X, y = rng.random((50, 784), dtype=np.float32), rng.integers(0, 10, 50).astype(np.uint8)
networks.prepare(seed=3, threads=2)
for model in (networks.dense_network((8, 8)), networks.convolutional_network()):
    networks.train(
        model, X, y, epochs=2, batch_size=8, steps_per_execution=int(sys.argv[1]),
        on_epoch=lambda epoch, values: None,
    )
    print(hashlib.sha256(networks.save_keras_bytes(model)).hexdigest())
"""


def digits(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n).astype(np.uint8)


def small_dense(dropout=0.0):
    keras.utils.set_random_seed(0)
    return networks.dense_network((6, 5), dropout)


def small_convolutional():
    keras.utils.set_random_seed(0)
    return networks.convolutional_network(filters=(2, 3), dense=(5, 4))


def train(model, X, y, **options):
    defaults = {"epochs": 1, "batch_size": 8, "steps_per_execution": 1}
    return networks.train(model, X, y, on_epoch=lambda *_: None, **defaults | options)


def relu_pool(X, kernel, bias):
    """One valid convolution, ReLU and 2 × 2 max-pooling: (h, w, c) to two arrays of maps."""
    side, _, _, count = kernel.shape
    height, width = X.shape[0] - side + 1, X.shape[1] - side + 1
    maps = np.empty((height, width, count))
    for row in range(height):
        for column in range(width):
            patch = X[row : row + side, column : column + side]
            maps[row, column] = np.tensordot(patch, kernel, 3) + bias
    maps = np.maximum(maps, 0)
    even = maps[: height // 2 * 2, : width // 2 * 2]
    return maps, even.reshape(height // 2, 2, width // 2, 2, count).max(axis=(1, 3))


# The networks


def test_the_dense_network_is_the_papers():
    model = networks.dense_network()
    sizes = {layer.name: layer.count_params() for layer in model.layers}
    assert sizes == {
        "hidden_1": 784 * 1200 + 1200,
        "dropout": 0,
        "hidden_2": 1200 * 1200 + 1200,
        "probabilities": 1200 * 10 + 10,
    }
    assert model.count_params() == 2_395_210
    assert model.get_layer("dropout").rate == 0.4
    activations = [layer.get_config().get("activation") for layer in model.layers]
    assert activations == ["relu", None, "relu", "softmax"]


def test_the_convolutional_network_is_the_papers():
    model = networks.convolutional_network()
    layers = [(layer.name, layer.output.shape[1:], layer.count_params()) for layer in model.layers]
    assert layers == [
        ("picture", (28, 28, 1), 0),
        ("convolution_1", (26, 26, 6), 3 * 3 * 6 + 6),
        ("pooling_1", (13, 13, 6), 0),
        ("convolution_2", (11, 11, 16), 3 * 3 * 6 * 16 + 16),
        ("pooling_2", (5, 5, 16), 0),
        ("flatten", (400,), 0),
        ("dense_1", (120,), 400 * 120 + 120),
        ("dropout", (120,), 0),
        ("dense_2", (84,), 120 * 84 + 84),
        ("probabilities", (10,), 84 * 10 + 10),
    ]
    assert model.count_params() == 60_074
    assert model.get_layer("dropout").rate == 0.5


@pytest.mark.parametrize("build", [small_dense, small_convolutional])
def test_probabilities_are_ten_numbers_that_sum_to_1(build):
    X, _ = digits(7)
    result = networks.probabilities(build(), X)
    assert (result.shape, result.dtype) == ((7, 10), np.float32)
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-6)


def test_the_dense_network_computes_what_numpy_does():
    X, _ = digits(7)
    model = small_dense(dropout=0.4)
    W1, b1, W2, b2, W3, b3 = model.get_weights()
    z = np.maximum(np.maximum(X @ W1 + b1, 0) @ W2 + b2, 0) @ W3 + b3
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(networks.probabilities(model, X), expected, rtol=1e-5)


# Evaluation


def test_loss_and_accuracy_are_those_of_one_hot_labels():
    X, y = digits(40)
    model = small_dense()
    loss, accuracy = networks.evaluate(model, X, y)
    y_hat = networks.probabilities(model, X)
    assert loss == pytest.approx(-(np.eye(10)[y] * np.log(y_hat)).sum(axis=1).mean(), rel=1e-6)
    assert accuracy == pytest.approx((y_hat.argmax(axis=1) == y).mean())


# Training


@pytest.mark.parametrize("steps", [1, 4])
def test_epoch_losses_are_means_over_all_training_rows(steps):
    # A learning rate of 0 leaves the network alone, so each epoch must find what `evaluate`
    # finds. 44 rows in batches of 8 leave a last batch of 4, and 6 batches do not divide by 4.
    X, y = digits(55)
    model = small_dense()
    model.optimizer.learning_rate = 0.0
    history = train(model, X, y, epochs=2, validation_split=0.2, steps_per_execution=steps)
    assert history.columns.tolist() == [
        "epoch",
        "loss",
        "accuracy",
        "validation_loss",
        "validation_accuracy",
    ]
    assert history["epoch"].tolist() == [1, 2]
    training = networks.evaluate(model, X[:44], y[:44])
    validation = networks.evaluate(model, X[44:], y[44:])  # the last fifth
    for row in history.to_numpy():
        assert row[1:] == pytest.approx([*training, *validation], rel=1e-5)


@pytest.mark.parametrize("steps", [1, 4])
def test_the_last_smaller_batch_is_trained(steps):
    X, y = digits(44)
    model = small_dense()
    train(model, X, y, epochs=3, steps_per_execution=steps)
    assert int(model.optimizer.iterations) == 3 * 6


def test_one_step_is_adams():
    # From moments of zero the first step is η g / (|g| + ε / sqrt(1 - β2)), with the defaults
    # η = 0.001, ε = 1e-7 and β2 = 0.999 (Kingma and Ba 2015, end of section 2). The gradient
    # of the output's bias is mean(ŷ - y).
    X, y = digits(20)
    model = small_dense()
    gradient = (networks.probabilities(model, X) - np.eye(10)[y]).mean(axis=0)
    train(model, X, y, batch_size=20)
    expected = -0.001 * gradient / (np.abs(gradient) + 1e-7 / np.sqrt(0.001))
    np.testing.assert_allclose(model.get_weights()[-1], expected, rtol=1e-3)


def test_ten_steps_are_those_of_keras_own_adam():
    X, y = digits(20)
    ours, plain = small_dense(), small_dense()
    del plain.optimizer.update_step  # that of the object; the one of its class is left
    for model in (ours, plain):
        train(model, X, y, batch_size=20, epochs=10)
    for mine, theirs in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    for mine, theirs in zip(ours.optimizer.variables, plain.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-7)


def test_every_epoch_takes_all_rows_once_in_an_order_of_its_own():
    X, y = digits(30)
    X[:, 0] = np.arange(30)
    batches = networks.feeding(X, y, 8)["x"]
    epochs = [[(images.numpy(), labels.numpy()) for images, labels in batches] for _ in range(2)]
    orders = []
    for epoch in epochs:
        assert [len(labels) for _, labels in epoch] == [8, 8, 8, 6]
        order = np.concatenate([images[:, 0] for images, _ in epoch]).astype(int)
        np.testing.assert_array_equal(np.concatenate([labels for _, labels in epoch]), y[order])
        orders.append(order.tolist())
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(30))
    assert orders[0] != orders[1]
    assert orders[0] != list(range(30))


def test_training_learns_and_reports_every_epoch_once(capsys):
    X, y = digits(60)
    heard = []
    model = small_dense()
    history = networks.train(
        model,
        X,
        y,
        epochs=8,
        batch_size=10,
        steps_per_execution=4,
        on_epoch=lambda epoch, values: heard.append({"epoch": epoch, **values}),
    )
    assert history.to_dict("records") == heard
    assert history.columns.tolist() == ["epoch", "loss", "accuracy"]
    assert networks.evaluate(model, X, y)[0] < history["loss"][0]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 8
    assert lines[1].startswith("epoch 2/8: loss ")


def test_a_memory_mapped_read_only_array_will_do(tmp_path):
    X, y = digits(20)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = small_dense()
    assert networks.evaluate(model, mapped, y) == networks.evaluate(model, X, y)
    train(model, mapped, y)
    np.testing.assert_array_equal(mapped, X)


X_GOOD, Y_GOOD = digits(10)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X_GOOD.reshape(10, 28, 28), Y_GOOD, "images are"),
        (X_GOOD[:, :783], Y_GOOD, "images are"),
        (X_GOOD.astype(np.float64), Y_GOOD, "images are"),
        (X_GOOD[:0], Y_GOOD[:0], "images are"),
        (X_GOOD, Y_GOOD[:9], "labels are"),
        (X_GOOD, np.eye(10)[Y_GOOD], "labels are"),
        (X_GOOD, Y_GOOD.astype(float), "labels are"),
        (X_GOOD, Y_GOOD + 10, "labels run"),
        (X_GOOD, Y_GOOD.astype(int) - 1 - Y_GOOD.min(), "labels run"),
    ],
)
def test_what_a_network_does_not_take_is_refused(X, y, message):
    model = small_dense()
    with pytest.raises(ValueError, match=message):
        train(model, X, y)
    with pytest.raises(ValueError, match=message):
        networks.evaluate(model, X, y)


def test_too_few_rows_to_split_are_refused():
    with pytest.raises(UserError, match="1 rows cannot be split"):
        train(small_dense(), X_GOOD[:1], Y_GOOD[:1], validation_split=0.2)


# Inside


def test_layer_outputs_are_the_convolutions_and_poolings_of_numpy():
    X, _ = digits(1)
    model = small_convolutional()
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    kernel_1, bias_1, kernel_2, bias_2 = model.get_weights()[:4]
    first = relu_pool(X[0].reshape(28, 28, 1), kernel_1, bias_1)
    second = relu_pool(first[1], kernel_2, bias_2)
    names, arrays = zip(*networks.layer_outputs(model, X[0]), strict=True)
    assert names == ("convolution_1", "pooling_1", "convolution_2", "pooling_2")
    for array, expected in zip(arrays, [*first, *second], strict=True):
        assert array.shape == expected.shape
        np.testing.assert_allclose(array, expected, rtol=1e-4, atol=1e-4)


def test_first_filters_are_the_kernels_of_the_first_convolution():
    model = small_convolutional()
    kernels = networks.first_filters(model)
    assert kernels.shape == (2, 3, 3)
    np.testing.assert_array_equal(kernels[1], model.get_weights()[0][:, :, 0, 1])


# Archives


@pytest.mark.parametrize("build", [small_dense, small_convolutional])
def test_an_archive_loads_in_plain_keras_and_gives_the_same_probabilities(build, tmp_path):
    X, y = digits(2 * networks.ROWS_AT_A_TIME + 20)
    model = build()
    train(model, X[:20], y[:20], steps_per_execution=2)
    path = tmp_path / "model.keras"
    path.write_bytes(networks.save_keras_bytes(model))
    expected = networks.probabilities(model, X)
    for loaded in (networks.load_keras(path), keras.models.load_model(path)):
        np.testing.assert_array_equal(networks.probabilities(loaded, X), expected)
        assert loaded.steps_per_execution == 1
        assert int(loaded.optimizer.iterations) == 3


def test_an_archive_holds_no_date_and_no_address():
    model = small_dense()
    content = networks.save_keras_bytes(model)
    assert networks.save_keras_bytes(model) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01@00:00:00" in archive.read("metadata.json")
    # Two networks that are equal but lie elsewhere in memory.
    assert networks.save_keras_bytes(small_dense()) == content


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(UserError, match="missing"):
        networks.load_keras(path)
    path.write_bytes(b"no zip file")
    with pytest.raises(UserError, match="cannot be read"):
        networks.load_keras(path)


def test_an_archive_with_code_inside_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    with pytest.raises(UserError, match="cannot be read"):
        networks.load_keras(path)


@pytest.mark.slow
def test_two_processes_write_the_same_bytes_whatever_the_steps_per_execution():
    runs = [
        subprocess.Popen([sys.executable, "-c", COLD_RUN, steps], stdout=subprocess.PIPE, text=True)
        for steps in ("1", "4")
    ]
    outputs = [run.communicate()[0].split() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == len(set(outputs[0])) == 2
