"""What `compute.portable` costs on this machine: the same work with and without it.

    PYTHONPATH=src python benchmarks/portable.py

Libraries read their variables once, so every measurement is a process of its own; the two settings
take turns. The result is the ratio of each pair of wall seconds, as median and range: above 1 the
pinned code path is the slower one. On a processor without AVX-512 the two differ in little more
than that TensorFlow is told to use oneDNN.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from mnist_report import paths
from mnist_report.params import load_params
from mnist_report.run import environment

ROWS = 10_000


def measure() -> dict[str, float]:
    """Return the wall seconds of each piece of work, after a smaller piece to warm up."""
    from mnist_report.models import keras_networks as networks
    from mnist_report.models.neural_network import NeuralNetworkClassifier
    from mnist_report.models.svm import fit_unique

    X = np.array(np.load(paths.scaled_file("train", "images"), mmap_mode="r")[:ROWS])
    y = np.array(np.load(paths.scaled_file("train", "labels"), mmap_mode="r")[:ROWS])
    params = load_params()
    networks.prepare(params.seed, params.keras.threads)
    scratch = NeuralNetworkClassifier((100,), minibatch_size=50, learning_rate=1.0, random_state=0)
    keras = {
        "dense network, an epoch": (networks.dense_network(), params.keras_dense.batch_size),
        "convolutional network, an epoch": (
            networks.convolutional_network(),
            params.cnn.batch_size,
        ),
    }

    def svm(rows: int) -> None:
        fit_unique(X, y, np.arange(rows), kernel="rbf", C=10, gamma=0.01)

    def train(name: str, rows: int) -> None:
        model, batch_size = keras[name]
        networks.train(
            model,
            X[:rows],
            y[:rows],
            epochs=1,
            batch_size=batch_size,
            steps_per_execution=params.keras.steps_per_execution,
            on_epoch=lambda epoch, values: None,
        )

    work: dict[str, Callable[[int], object]] = {
        "kernel matrix, 784 columns": lambda rows: X[:rows].astype(np.float64) @ X.T,
        "support vector machine, a fit": svm,
        "network from scratch, an epoch": lambda rows: scratch.partial_fit(
            X[:rows], y[:rows], classes=np.arange(10)
        ),
        **{name: lambda rows, name=name: train(name, rows) for name in keras},
    }
    seconds = {}
    for name, piece in work.items():
        piece(ROWS // 4)
        start = time.perf_counter()
        piece(ROWS)
        seconds[name] = time.perf_counter() - start
    return seconds


def in_process(portable: bool) -> dict[str, float]:
    """Measure in a new process, with the code path pinned or left free."""
    compute = load_params().compute.model_copy(update={"portable": portable})
    done = subprocess.run(
        [sys.executable, __file__, "--measure"],
        env=os.environ | environment(compute),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def main() -> None:
    """Time both in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
        return
    rounds = [(in_process(True), in_process(False)) for _ in range(options.rounds)]
    print(f"pinned / free, wall seconds, {options.rounds} rounds")
    for name in rounds[0][0]:
        ratios = sorted(pinned[name] / free[name] for pinned, free in rounds)
        print(
            f"{name:<32} median {statistics.median(ratios):.2f}, "
            f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
