"""Where an epoch of the dense network goes: the same steps, with one thing after another left out.

    PYTHONPATH=src:benchmarks python -m mnist_report.run benchmarks/dense_profile.py

`epoch` is what the stage does. `plain_descent` has plain gradient descent in place of Adam,
`no_update` takes gradients and drops them, and `products` makes nothing but the matrix products of
the steps, on numbers made up. What one takes more than the next is the cost of what it does more.
"""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from epochs import WARM_UP, keras_epoch
from timing import in_turn, print_measured

from mnist_report.data.scaled import load_scaled
from mnist_report.models import keras_networks as networks
from mnist_report.params import load_params


def measure(rounds: int) -> dict[str, Any]:
    """Return the seconds of an epoch in each form."""
    tf, keras = networks.tf, networks.keras
    params = load_params()
    settings = params.keras_dense
    networks.prepare(params.seed, params.keras.threads)
    data = load_scaled()
    X, y = np.array(data.train_images), data.train_labels
    batch = settings.batch_size

    def fitting(optimizer: str) -> Callable[[], object]:
        model = networks.dense_network(settings.hidden_units, settings.dropout)
        if optimizer == "sgd":
            model.compile(
                keras.optimizers.SGD(),
                "sparse_categorical_crossentropy",
                metrics=["accuracy"],
                jit_compile=False,
            )
        return keras_epoch(model, X, y, batch)

    model = networks.dense_network(settings.hidden_units, settings.dropout)
    loss = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def gradients(batches: Any) -> Any:  # noqa: ANN401
        total = tf.constant(0.0)
        for images, labels in batches:
            with tf.GradientTape() as tape:
                value = loss(labels, model(images, training=True))
            # A sum, so that nothing is left out as unused.
            for gradient in tape.gradient(value, model.trainable_variables):
                total += tf.reduce_sum(gradient)
        return total

    units = [X.shape[1], *settings.hidden_units, networks.CLASSES]
    weights = [tf.random.normal((m, n)) for m, n in itertools.pairwise(units)]
    layers = [tf.random.normal((batch, n)) for n in units]

    @tf.function
    def products(times: int) -> Any:  # noqa: ANN401
        total = tf.constant(0.0)
        for _ in tf.range(times):
            for number, weight in enumerate(weights):
                # Other numbers in every step, or it would be taken once.
                before, after = layers[number] + total, layers[number + 1]
                forward = tf.matmul(before, weight)
                for_weight = tf.matmul(before, after, transpose_a=True)
                total += 1e-9 * (forward[0, 0] + for_weight[0, 0])
                if number > 0:
                    total += 1e-9 * tf.matmul(after, weight, transpose_b=True)[0, 0]
        return total

    batches = networks.feeding(X, y, batch)["x"]
    work: dict[str, Callable[[], object]] = {
        "epoch": fitting("adam"),
        "plain_descent": fitting("sgd"),
        "no_update": lambda: gradients(batches),
        "products": lambda: products(-(-len(X) // batch)),
    }
    gradients(networks.feeding(X[:WARM_UP], y[:WARM_UP], batch)["x"])
    products(1)
    return in_turn(work, rounds)


if __name__ == "__main__":
    print_measured(measure, __doc__)
