"""The two Keras networks: a dense one and a LeNet-like convolutional one (sections 3.3, 3.4).

This is the only module that imports Keras and TensorFlow, which takes seconds and hundreds of
megabytes: import it only where a network is trained or used.

Both take flat vectors of 784 grey levels in [0, 1], (n, 784) float32, as stage `scale` writes them,
and give (n, 10) probabilities. Both minimise the mean cross-entropy C = -(1/n) Σ_k log ŷ_k,y(k), in
nats, in its sparse form, which takes the label y(k) itself: the same number as over one-hot labels.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from mnist_report.core.archives import steady
from mnist_report.core.errors import UserError
from mnist_report.data.distortions import distort


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Close the error stream to C++ too, for the time of the block; exceptions pass."""
    stderr = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


# Both are read by the imports. A user's ~/.keras/keras.json may name another backend. Level 3 hides
# TensorFlow's complaints about a GPU that is not there; what really fails raises an exception.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Some lines TensorFlow writes at any level (github.com/tensorflow/tensorflow/issues/100442).
with _without_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

# What a user's keras.json may say otherwise, in processes that mnist_report.run has not started.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")

CLASSES = 10

#: Rows at a time where nothing is learnt: enough to be fast, few enough to need little memory.
ROWS_AT_A_TIME = 1000

#: Steps that TensorFlow makes before it comes back to Python: more is faster, and changes neither
#: the steps nor the numbers.
STEPS_PER_EXECUTION = 25

#: Share of the steps of a schedule in which the learning rate rises.
WARM_UP = 0.2

#: Keras's names in the columns' order, and the columns of the history.
HISTORY = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
}

Images = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]

#: Keras comes without types.
Model: TypeAlias = Any


def prepare(seed: int, threads: int) -> None:
    """Seed every generator and make TensorFlow give the same bits in every run.

    Call it once in a process, before anything else here. The number of threads is given, not taken
    from the machine, because it may decide in which order sums are taken, and so the bits.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def dense_network(hidden_units: Sequence[int] = (1200, 1200), dropout: float = 0.4) -> Model:
    """Build the network of the paper's section 3.3, with new random weights.

    `dropout` is the share of the first hidden layer's outputs set to 0 in each step of training.
    """
    stack = [
        layers.Dense(units, activation="relu", name=f"hidden_{number}")
        for number, units in enumerate(hidden_units, start=1)
    ]
    stack.insert(1, layers.Dropout(dropout, name="dropout"))
    return _compiled("dense_network", stack)


def convolutional_network(
    filters: Sequence[int] = (6, 16),
    kernel_size: int = 3,
    dense: Sequence[int] = (120, 84),
    dropout: float = 0.5,
) -> Model:
    """Build the network of the paper's section 3.4, with new random weights.

    After LeNet-5 (LeCun et al. 1998, figure 2), with ReLU, max-pooling and dropout: `dropout` is
    the share of the first dense layer's outputs set to 0 in each step of training.
    """
    stack = [layers.Reshape((28, 28, 1), name="picture")]
    for number, count in enumerate(filters, start=1):
        stack += [
            layers.Conv2D(count, kernel_size, activation="relu", name=f"convolution_{number}"),
            layers.MaxPooling2D(2, name=f"pooling_{number}"),
        ]
    stack += [
        layers.Flatten(name="flatten"),
        layers.Dense(dense[0], activation="relu", name="dense_1"),
        layers.Dropout(dropout, name="dropout"),
        layers.Dense(dense[1], activation="relu", name="dense_2"),
    ]
    return _compiled("convolutional_network", stack)


def normalised_network(
    blocks: Sequence[Sequence[int]], kernel_size: int, dense: Sequence[int], dropout: float
) -> Model:
    """Build a convolutional network whose every layer is normalised, with new random weights.

    Between the sums of a layer and its ReLU stands batch normalisation (Ioffe and Szegedy, 2015).
    Each of `blocks` has the filters of its convolutions; a max-pooling parts it from the next.
    `dropout` is the share of the last block's outputs set to 0 in each step of training.
    """

    def normalised(layer: Any) -> list[Any]:  # noqa: ANN401
        return [
            layer,
            # Its averages over training keep pace with the few steps there are.
            layers.BatchNormalization(momentum=0.9, name=f"{layer.name}_normalised"),
            layers.ReLU(name=f"{layer.name}_relu"),
        ]

    stack = [layers.Reshape((28, 28, 1), name="picture")]
    for number, filters in enumerate(blocks, start=1):
        if number > 1:
            stack.append(layers.MaxPooling2D(2, name=f"pooling_{number - 1}"))
        for letter, count in zip("abc", filters, strict=False):
            name = f"convolution_{number}{letter}"
            stack += normalised(layers.Conv2D(count, kernel_size, use_bias=False, name=name))
    stack += [layers.Flatten(name="flatten"), layers.Dropout(dropout, name="dropout")]
    for number, units in enumerate(dense, start=1):
        stack += normalised(layers.Dense(units, use_bias=False, name=f"dense_{number}"))
    return _compiled("normalised_network", stack)


def folded(model: Model) -> Model:
    """Return a `normalised_network` without its normalisation, which gives the same answers.

    What it was trained to do to a layer's sums z, γ (z - mean) / √(variance + ε) + β, is a scale
    for the weights of each output, and a bias.
    """
    stack: list[Any] = []
    weights: list[Images] = []
    for layer in model.layers[:-1]:
        config = layer.get_config()
        if isinstance(layer, layers.BatchNormalization):
            scale, shift, mean, variance = layer.get_weights()
            scale = scale / np.sqrt(variance + layer.epsilon)
            weights[-1] = weights[-1] * scale
            weights.append(shift - mean * scale)
        elif layer.weights:
            weights += layer.get_weights()
            stack.append(type(layer).from_config(config | {"use_bias": True, "activation": "relu"}))
        elif not isinstance(layer, (layers.ReLU, layers.Dropout)):
            stack.append(type(layer).from_config(config))
    plain = _compiled(f"{model.name}_folded", stack)
    plain.set_weights([*weights, *model.layers[-1].get_weights()])
    return plain


def train(
    model: Model,
    X: Images,
    y: Labels,
    *,
    epochs: int,
    batch_size: int,
    validation_split: float = 0.0,
    on_epoch: Callable[[int, dict[str, float]], None] = lambda epoch, values: None,
) -> pd.DataFrame:
    """Train a network in place; the rows come in a new random order in every epoch.

    The last rows, a share `validation_split` of all, are kept out and scored after every epoch.
    Then `on_epoch` is called with the epoch's number, from 1, and its row of the history. This is
    returned: ``epoch``, ``loss``, ``accuracy``, and with a split ``validation_loss`` and
    ``validation_accuracy``. Loss and accuracy are means over the training rows, each taken when its
    batch was met: with dropout and before that step. UserError if there are too few rows to split.
    """
    training = int(len(X) * (1 - validation_split))
    if validation_split and not 0 < training < len(X):
        raise UserError(
            f"{len(X)} rows cannot be split into training and {validation_split:g} validation; "
            "use more rows or another share"
        )
    rows = []

    def end_epoch(epoch: int, logs: Mapping[str, float]) -> None:
        values = {HISTORY[name]: float(logs[name]) for name in HISTORY if name in logs}
        numbers = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        tqdm.write(f"epoch {epoch + 1}/{epochs}: {numbers}", file=sys.stderr)
        rows.append({"epoch": epoch + 1, **values})
        on_epoch(epoch + 1, values)

    # `compile` sets these too, but it would start a new optimizer and put the number in archives.
    model.steps_per_execution = STEPS_PER_EXECUTION
    model.train_function = model.test_function = model.predict_function = None
    model.fit(
        **feeding(X[:training], y[:training], batch_size),
        epochs=epochs,
        validation_data=(X[training:], y[training:]) if validation_split else None,
        validation_batch_size=ROWS_AT_A_TIME,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=end_epoch)],
        verbose=0,
    )
    return pd.DataFrame(rows)


def train_on_schedule(
    model: Model,
    X: Images,
    y: Labels,
    rng: np.random.Generator,
    *,
    epochs: int,
    batch_size: int,
    peak: float,
    smoothing: float = 0.0,
    strength: float = 0.0,
) -> None:
    """Train a network in place by Adam, at a learning rate that rises and falls.

    The rate gets to its `peak` in a straight line, and leaves it by half a cosine. Of each label's
    1 the share `smoothing` is spread evenly over all digits (Szegedy et al., 2016). Images are
    distorted anew in every epoch, with a `strength` of which 0 is none.
    """
    steps = epochs * -(-len(X) // batch_size)
    rise = int(WARM_UP * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - rise, warmup_target=peak, warmup_steps=rise
    )
    model.compile(
        optimizer=adam(schedule),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        steps_per_execution=STEPS_PER_EXECUTION,
        jit_compile=False,
    )
    one_hot = np.eye(CLASSES, dtype=np.float32)[y]
    for epoch in range(1, epochs + 1):
        seen = distort(X, strength, rng) if strength else X
        history = model.fit(**feeding(seen, one_hot, batch_size), verbose=0).history
        tqdm.write(f"epoch {epoch}/{epochs}: loss {history['loss'][0]:.4f}", file=sys.stderr)


def feeding(X: Images, y: NDArray[Any], batch_size: int) -> dict[str, Any]:
    """Return the arguments by which `fit` takes batches in a new random order in every epoch.

    Given arrays, Keras builds the same pipeline, but lets it share the threads that take the sums.
    On two cores the sums then have one core to themselves in many an epoch, which takes twice as
    long. With one thread of its own it leaves them both.
    """
    images, labels = tf.constant(X), tf.constant(y)
    rows = tf.data.Dataset.range(len(X)).shuffle(len(X)).batch(batch_size)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    batches = rows.map(lambda batch: (tf.gather(images, batch), tf.gather(labels, batch)))
    return {"x": batches.with_options(options), "shuffle": False}  # it is, in its first step


def evaluate(model: Model, X: Images, y: Labels) -> tuple[float, float]:
    """Return the mean cross-entropy (nats) and the accuracy (0 to 1), without dropout."""
    scores = model.evaluate(X, y, batch_size=ROWS_AT_A_TIME, verbose=0, return_dict=True)
    return scores["loss"], scores["accuracy"]


def probabilities(model: Model, X: Images) -> Images:
    """Return the probability of every digit: (n, 10), rows sum to 1 but for rounding."""
    return model.predict(X, batch_size=ROWS_AT_A_TIME, verbose=0)


def digits(model: Model, X: Images) -> NDArray[np.int64]:
    """Return the most probable digit of every image, (n,)."""
    return probabilities(model, X).argmax(axis=1)


def layer_outputs(model: Model, image: Images) -> list[tuple[str, Images]]:
    """Return what every convolution and pooling layer makes of one image, (784,), in order.

    Each with the layer's name; maps are (height, width, channels).
    """
    shown = [
        layer for layer in model.layers if isinstance(layer, (layers.Conv2D, layers.MaxPooling2D))
    ]
    inside = keras.Model(model.inputs[0], [layer.output for layer in shown])
    maps = inside(image[np.newaxis], training=False)
    return [(layer.name, array.numpy()[0]) for layer, array in zip(shown, maps, strict=True)]


def first_filters(model: Model) -> Images:
    """Return the kernels of the first convolution, (filters, side, side)."""
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    # Keras keeps (side, side, channels, filters); a grey picture has one channel.
    return first.get_weights()[0][:, :, 0, :].transpose(2, 0, 1)


def save_keras_bytes(model: Model) -> bytes:
    """Return the model as a ``.keras`` archive: layers, weights and the optimizer's state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return steady(path.read_bytes())


def _compiled(name: str, stack: Sequence[Any]) -> Model:
    """Put the input before a stack of layers and the output after it, and say how to train all."""
    output = layers.Dense(CLASSES, activation="softmax", name="probabilities")
    model = keras.Sequential([keras.Input((784,), name="pixels"), *stack, output], name=name)
    model.compile(
        optimizer=adam(0.001),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # for these networks XLA is slower
    )
    return model


def adam(learning_rate: Any) -> Any:  # noqa: ANN401
    """Return Keras's Adam with a learning rate, a number or a schedule, and a faster step.

    The step is TensorFlow's own, of the same formula. Keras writes it in a dozen operations, each
    of which goes through the memory of all weights; on the dense network's 2.4 million that is a
    quarter of the time of an epoch.
    """
    optimizer = keras.optimizers.Adam(learning_rate, name="adam")

    def update_step(gradient: Any, variable: Any, rate: Any) -> None:  # noqa: ANN401
        index = optimizer._get_variable_index(variable)
        steps = tf.cast(optimizer.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=optimizer._momentums[index].value.handle,
            v=optimizer._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(optimizer.beta_1, variable.dtype), steps),
            beta2_power=tf.pow(tf.cast(optimizer.beta_2, variable.dtype), steps),
            lr=tf.cast(rate, variable.dtype),
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    # Of this object, not of a class of our own: so archives hold Keras's Adam, which it is.
    optimizer.update_step = update_step
    return optimizer
