"""The Keras networks against hand counts, NumPy and plain Keras."""

import io
import zipfile

import keras
import numpy as np
import pytest

from mnist_report.core.errors import UserError
from mnist_report.data.distortions import distort
from mnist_report.models.keras import networks


def images(n):
    rng = np.random.default_rng(0)
    return rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n).astype(np.uint8)


def small_dense():
    keras.utils.set_random_seed(0)
    return networks.dense_network((6, 5), 0.0)


def small_convolutional():
    keras.utils.set_random_seed(0)
    return networks.convolutional_network(filters=(2, 3), dense=(5, 4))


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Let an execution take four steps: epochs end within one, and graphs are small."""
    monkeypatch.setattr(networks, "STEPS_PER_EXECUTION", 4)


def train(model, X, y, **options):
    defaults = {"epochs": 1, "batch_size": 8, "on_epoch": lambda *_: None}
    return networks.train(model, X, y, **defaults | options)


def train_on_schedule(model, X, y, **options):
    defaults = {"epochs": 3, "batch_size": 8, "peak": 0.01}
    networks.train_on_schedule(model, X, y, np.random.default_rng(3), **defaults | options)


# The networks


def test_the_networks_are_the_papers():
    def layers(model):
        return [
            (layer.name, layer.output.shape[1:], layer.count_params()) for layer in model.layers
        ]

    dense = networks.dense_network()
    assert layers(dense) == [
        ("hidden_1", (1200,), 784 * 1200 + 1200),
        ("dropout", (1200,), 0),
        ("hidden_2", (1200,), 1200 * 1200 + 1200),
        ("probabilities", (10,), 1200 * 10 + 10),
    ]
    convolutional = networks.convolutional_network()
    assert layers(convolutional) == [
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
    assert [model.get_layer("dropout").rate for model in (dense, convolutional)] == [0.4, 0.5]
    active = [layer for layer in convolutional.layers if hasattr(layer, "activation")]
    assert [layer.activation.__name__ for layer in active] == ["relu"] * 4 + ["softmax"]


# Training


def test_epoch_losses_are_means_over_all_training_rows_and_all_are_reported(tmp_path, capsys):
    # A learning rate of 0 leaves the network alone, so each epoch must find what `evaluate`
    # finds. 44 rows in batches of 8 leave a last batch of 4, and 6 batches do not divide by 4.
    X, y = images(55)
    np.save(tmp_path / "X.npy", X)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")  # as stages read it
    model = small_dense()
    model.optimizer.learning_rate = 0.0
    heard = []
    history = train(
        model, X, y, epochs=2, validation_split=0.2, on_epoch=lambda *row: heard.append(row)
    )
    assert history.to_dict("records") == [{"epoch": epoch, **row} for epoch, row in heard]
    names = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]
    assert history.columns.tolist() == names
    assert history["epoch"].tolist() == [1, 2]
    training = networks.evaluate(model, X[:44], y[:44])
    validation = networks.evaluate(model, X[44:], y[44:])  # the last fifth
    for row in history.to_numpy():
        assert row[1:] == pytest.approx([*training, *validation], rel=1e-5)
    assert int(model.optimizer.iterations) == 2 * 6
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    with pytest.raises(UserError, match="55 rows cannot be split into training and"):
        train(model, X, y, validation_split=0.999)


def test_steps_are_those_of_keras_own():
    X, y = images(20)
    ours, plain = small_dense(), small_dense()
    del plain.optimizer.update_step  # that of the object; the one of its class is left
    for model in (ours, plain):
        train(model, X, y, batch_size=20, epochs=10)
    for mine, theirs in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    for mine, theirs in zip(ours.optimizer.variables, plain.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-7)


def test_every_epoch_takes_all_rows_once_in_an_order_of_its_own():
    X, y = images(30)
    X[:, 0] = np.arange(30)
    batches = networks.feeding(X, y, 8)["x"]
    orders = [list(range(30))]
    for _ in range(2):
        epoch = [(pixels.numpy(), labels.numpy()) for pixels, labels in batches]
        assert [len(labels) for _, labels in epoch] == [8, 8, 8, 6]
        order = np.concatenate([pixels[:, 0] for pixels, _ in epoch]).astype(int)
        np.testing.assert_array_equal(np.concatenate([labels for _, labels in epoch]), y[order])
        assert sorted(order) == list(range(30))
        assert order.tolist() not in orders
        orders.append(order.tolist())


# Inside


def test_layer_outputs_and_filters_are_those_of_the_layers_one_after_the_other():
    X, _ = images(1)
    model = small_convolutional()
    maps = X.reshape(1, 28, 28, 1)
    for name, found in networks.layer_outputs(model, X[0]):
        maps = model.get_layer(name)(maps)
        np.testing.assert_allclose(found, maps[0], rtol=1e-6, atol=1e-6)
    assert name == "pooling_2"
    kernel, *_ = model.get_weights()
    np.testing.assert_array_equal(networks.first_filters(model)[1], kernel[:, :, 0, 1])


# Archives


def test_an_archive_loads_in_plain_keras_and_holds_no_date_and_no_address(tmp_path):
    X, y = images(20)
    model = small_convolutional()
    train(model, X, y)
    content = networks.save_keras_bytes(model)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01@00:00:00" in archive.read("metadata.json")
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded(X).numpy(), model(X).numpy())
    assert loaded.steps_per_execution == 1
    assert int(loaded.optimizer.iterations) == 3
    # Two networks that are equal but lie elsewhere in memory.
    one, other = (networks.save_keras_bytes(small_dense()) for _ in range(2))
    assert one == other


# Better ones


def test_a_normalised_network_is_as_small_as_counted_by_hand():
    model = networks.normalised_network([[16], [32, 64], []], 5, [64], dropout=0.3)
    # Sides: 28, 24, pooled 12, 8, 4, pooled 2. Four numbers normalise each channel.
    convolutions = 25 * (16 + 16 * 32 + 32 * 64) + 4 * (16 + 32 + 64)
    assert model.count_params() == convolutions + 2 * 2 * 64 * 64 + 4 * 64 + 64 * 10 + 10
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[1:4] == ["Conv2D", "BatchNormalization", "ReLU"]
    assert kinds.count("MaxPooling2D") == 2


def test_a_folded_network_answers_as_before():
    X, y = images(40)
    model = networks.normalised_network([[3], [4, 5]], 3, [8], dropout=0.3)
    train_on_schedule(model, X, y)
    plain = networks.folded(model)
    before, after = (networks.probabilities(network, X) for network in (model, plain))
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert np.ptp(before[:, y[0]]) > 0.01
    kinds = {type(layer).__name__ for layer in plain.layers}
    assert kinds == {"Reshape", "Conv2D", "MaxPooling2D", "Flatten", "Dense"}
    np.testing.assert_array_equal(networks.digits(plain, X), after.argmax(axis=1))


def test_the_rate_of_a_schedule_rises_to_its_peak_and_falls_to_nothing():
    model = small_dense()
    train_on_schedule(model, *images(40), epochs=5, smoothing=0.1)
    found = []
    for step in range(26):
        model.optimizer.iterations.assign(step)
        found.append(float(model.optimizer.learning_rate))
    # 25 steps, of which a fifth rise in a straight line; then half a cosine.
    rising = [0.01 * step / 5 for step in range(6)]
    falling = [0.005 * (1 + np.cos(np.pi * step / 20)) for step in range(1, 21)]
    assert found == pytest.approx(rising + falling, abs=1e-8)
    assert model.loss.get_config()["label_smoothing"] == 0.1


def test_distorted_images_are_new_in_every_epoch(monkeypatch):
    (X, y), seen = images(24), []

    def feeding(images, *given, original=networks.feeding):
        seen.append(images)
        return original(images, *given)

    monkeypatch.setattr(networks, "feeding", feeding)
    train_on_schedule(small_dense(), X, y, epochs=2, strength=0.5)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(seen, [distort(X, 0.5, rng) for _ in range(2)])
