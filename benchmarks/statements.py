"""What the paper says of speed, timed: kernels, growth of a fit, epochs, activations alone.

    PYTHONPATH=src python benchmarks/statements.py

From what stage `scale` wrote of MNIST it makes `benchmarks/statements.json`, in eight minutes on
two cores that have nothing else to do. What is compared takes turns in one process, so that a
machine that slows down slows all of it, and every round is kept.
"""

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from sklearn.svm import SVC
from timing import in_turn, rounded, setting

from mnist_report.core import files, paths
from mnist_report.core.params import load_params
from mnist_report.core.trees import flatten
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData, load_scaled
from mnist_report.models.keras import networks
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier, relu, sigmoid
from mnist_report.studies.paper import CNN, FOUND_GAMMA, KERAS_DENSE, SCRATCH_NN, SVM_KERNELS

#: Rounds of kernels and networks, and of the growth of a fit.
ROUNDS, GROWTH_ROUNDS = 5, 3

#: Rows on which the four kernels are fitted (cell 15), and rows that they predict.
KERNEL_ROWS, PREDICTED_ROWS = 10_000, 1_000

#: Rows and prices of which the growth of a fit is taken.
GROWTH_ROWS, PRICES = (2_500, 5_000, 10_000, 20_000), (1, 1_000)

#: Rows that a network sees before it is timed: more than TensorFlow takes before it comes back.
WARM_UP = 5_000

#: How often an activation is computed: as in ten epochs of 60,000 rows.
ACTIVATION_CALLS = 12_000

#: The networks from scratch, by their activation.
NETWORKS: dict[Literal["sigmoid", "relu"], str] = {
    "sigmoid": "scratch_nn",
    "relu": "scratch_nn_relu",
}


def kernels(data: ScaledData) -> dict[str, Any]:
    """Time plain scikit-learn with the four kernels as cell 16 sets them."""
    rng = generator(0, "benchmark_kernels")
    drawn = draw_with_replacement(len(data.train_images), KERNEL_ROWS, rng)
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    unseen = data.test_images[:PREDICTED_ROWS].astype(np.float64)
    models = {kernel: SVC(kernel=kernel, gamma="auto", degree=2) for kernel in SVM_KERNELS.kernels}
    fit = {name: partial(model.fit, X, y) for name, model in models.items()}
    predict = {name: partial(model.predict, unseen) for name, model in models.items()}
    return {
        "rows": KERNEL_ROWS,
        "predicted_rows": PREDICTED_ROWS,
        "fit": in_turn(fit, ROUNDS),
        "predict": in_turn(predict, ROUNDS),
    }


def growth(data: ScaledData) -> dict[str, Any]:
    """Time fits of the RBF kernel on more and more rows, a smaller set beginning a larger one."""
    order = generator(0, "benchmark_growth").permutation(len(data.train_images))
    order = order[: max(GROWTH_ROWS)]
    X, y = data.train_images[order].astype(np.float64), data.train_labels[order]
    work = {
        (price, size): partial(SVC(C=price, gamma=FOUND_GAMMA).fit, X[:size], y[:size])
        for size in GROWTH_ROWS
        for price in PRICES
    }
    times = in_turn(work, GROWTH_ROUNDS)
    return {
        f"C_{price}": {f"rows_{size}": times[price, size] for size in GROWTH_ROWS}
        for price in PRICES
    }


def epochs(data: ScaledData) -> dict[str, Any]:
    """Time one epoch of each network, with the paper's batches and without validation.

    Each network trains on a few rows first, so that what happens only once is not timed.
    """
    networks.prepare(0, load_params().compute.threads)
    images, labels = np.asarray(data.train_images), data.train_labels
    work: dict[str, Callable[[], object]] = {}
    for activation, name in NETWORKS.items():
        network = NeuralNetworkClassifier(
            activation=activation, init="fan_in", learning_rate=0.1, random_state=0
        )
        network.partial_fit(images[:WARM_UP], labels[:WARM_UP], classes=np.arange(10))
        work[name] = partial(network.partial_fit, images, labels)
    trained_on = {
        "keras_dense": len(images),
        "cnn": len(images) - int(len(images) * CNN.validation_share),
    }
    for name, model, batch in (
        ("keras_dense", networks.dense_network(), KERAS_DENSE.batch_size),
        ("cnn", networks.convolutional_network(), CNN.batch_size),
    ):
        rows = trained_on[name]
        # As `networks.train` does it, without the graph that this draws anew at every call.
        model.steps_per_execution = networks.STEPS_PER_EXECUTION
        first = networks.feeding(images[:WARM_UP], labels[:WARM_UP], batch)
        model.fit(**first, verbose=0)
        every = networks.feeding(images[:rows], labels[:rows], batch)
        work[name] = partial(model.fit, **every, verbose=0)
    return {
        name: {"rows": trained_on.get(name, len(images)), **times}
        for name, times in in_turn(work, ROUNDS).items()
    }


def activations() -> dict[str, Any]:
    """Time the activation alone, called so often on the hidden units of one minibatch."""
    shape = (SCRATCH_NN.minibatch_size, *SCRATCH_NN.hidden_layer_sizes)
    z = generator(0, "benchmark_activations").standard_normal(shape, dtype=np.float32)

    def repeat(function: Callable[[Any], object]) -> None:
        for _ in range(ACTIVATION_CALLS):
            function(z)

    functions = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": relu}
    work = {name: partial(repeat, function) for name, function in functions.items()}
    return {"calls": ACTIVATION_CALLS, **in_turn(work, ROUNDS)}


def main() -> None:
    """Time everything, print the medians and write the file."""
    data = load_scaled()
    result = rounded(
        {
            **setting(),
            "epochs": epochs(data),
            "activations": activations(),
            "kernels": kernels(data),
            "growth": growth(data),
        }
    )
    for name, value in flatten(result):
        if isinstance(value, list):
            value = f"{statistics.median(value):8.2f} s, median of {len(value)}"
        print(f"{name:<32} {value}")
    files.write_json(paths.BENCHMARKS / "statements.json", result)


if __name__ == "__main__":
    main()
