"""The network from scratch beside the same network in PyTorch, Keras and scikit-learn.

    pip install torch==2.13.0      # the CPU build will do; without it PyTorch is left out
    PYTHONPATH=src python benchmarks/networks.py

784-100-10 units, the sigmoid, minibatches of 50, learning rate 1, plain gradient descent on float32
rows in their order: an epoch of the paper's network. Libraries fix their threads when they start,
so each competitor is a process of its own, and they take turns. The network from scratch takes one
thread whatever it is offered.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from timing import Times, ratio, rounded, timed

from mnist_report import paths

HIDDEN, MINIBATCH, RATE = 100, 50, 1.0

Rows = np.ndarray[Any, Any]
Epoch = Callable[[], object]


def scratch(X: Rows, y: Rows, threads: int) -> Epoch:
    """Return a function that trains this project's network for one epoch."""
    from mnist_report.models.neural_network import NeuralNetworkClassifier

    network = NeuralNetworkClassifier(
        (HIDDEN,), minibatch_size=MINIBATCH, learning_rate=RATE, random_state=0
    )
    network.partial_fit(X[:MINIBATCH], y[:MINIBATCH], classes=np.arange(10))
    return lambda: network.partial_fit(X, y)


def pytorch(X: Rows, y: Rows, threads: int) -> Epoch:
    """Return a function that trains the network with PyTorch's own parts for one epoch."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images, labels = torch.from_numpy(X), torch.from_numpy(y)
    network = torch.nn.Sequential(
        torch.nn.Linear(784, HIDDEN), torch.nn.Sigmoid(), torch.nn.Linear(HIDDEN, 10)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for start in range(0, len(images), MINIBATCH):
            rows = slice(start, start + MINIBATCH)
            optimizer.zero_grad()
            loss(network(images[rows]), labels[rows]).backward()
            optimizer.step()

    return epoch


def keras(X: Rows, y: Rows, threads: int) -> Epoch:
    """Return a function that trains the network with Keras on TensorFlow for one epoch."""
    from mnist_report.models import keras_networks
    from mnist_report.params import load_params

    keras_networks.prepare(0, threads)
    library = keras_networks.keras
    network = library.Sequential(
        [
            library.Input((784,)),
            library.layers.Dense(HIDDEN, activation="sigmoid"),
            library.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(
        library.optimizers.SGD(RATE),
        "sparse_categorical_crossentropy",
        steps_per_execution=load_params().keras.steps_per_execution,
        jit_compile=False,
    )
    return lambda: network.fit(X, y, batch_size=MINIBATCH, shuffle=False, verbose=0)


def scikit_learn(X: Rows, y: Rows, threads: int) -> Epoch:
    """Return a function that trains scikit-learn's network for one epoch."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        (HIDDEN,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        batch_size=MINIBATCH,
        learning_rate_init=RATE,
        momentum=0,
        shuffle=False,
    )
    return lambda: network.partial_fit(X, y, classes=np.arange(10))


COMPETITORS: dict[str, Callable[[Rows, Rows, int], Epoch]] = {
    "scratch": scratch,
    "pytorch": pytorch,
    "keras": keras,
    "scikit_learn": scikit_learn,
}


class Competitor(contextlib.AbstractContextManager["Competitor"]):
    """A process that trains one network for an epoch whenever it is asked to."""

    def __init__(self, name: str, threads: int, rows: int) -> None:
        self.name, self.threads = name, threads
        pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name, str(threads), "--rows", str(rows)],
            env=os.environ | pinned,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def epoch(self, into: Times) -> None:
        """Let it train an epoch, and add its seconds to a record."""
        assert self.process.stdin is not None  # noqa: S101  (both are pipes)
        assert self.process.stdout is not None  # noqa: S101
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        for clock, seconds in json.loads(self.process.stdout.readline()).items():
            into.setdefault(clock, []).extend(seconds)

    def __enter__(self) -> Self:
        """Wait until it has trained once, to be warm."""
        self.epoch({})
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.communicate()


def serve(name: str, threads: int, rows: int) -> None:
    """Train an epoch for every line on stdin, and answer with its seconds."""
    X = np.load(paths.scaled_file("train", "images"))[:rows]
    y = np.load(paths.scaled_file("train", "labels"))[:rows].astype(np.int64)
    epoch = COMPETITORS[name](X, y, threads)
    for _ in sys.stdin:
        times: Times = {}
        timed(epoch, times)
        print(json.dumps(times), flush=True)


def measure(rounds: int, rows: int = 60_000) -> dict[str, Any]:
    """Return the seconds of every round by threads and competitor, and ratios to ours."""
    there = np.load(paths.scaled_file("train", "labels"), mmap_mode="r")
    result: dict[str, Any] = {"rows": min(rows, len(there))}
    for threads in (1, 2):
        names = [n for n in COMPETITORS if n != "pytorch" or importlib.util.find_spec("torch")]
        times: dict[str, Times] = {name: {} for name in names}
        # Only one works at a time; the others wait on a pipe.
        with contextlib.ExitStack() as stack:
            competitors = [stack.enter_context(Competitor(name, threads, rows)) for name in names]
            for _ in range(rounds):
                for competitor in competitors:
                    competitor.epoch(times[competitor.name])
        for name in names:
            times[name]["ratio"] = ratio(times["scratch"]["wall"], times[name]["wall"])
        result[f"threads_{threads}"] = times
    return result


def main() -> None:
    """Time all in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, threads = options.serve
        serve(name, int(threads), options.rows)
    else:
        print(json.dumps(rounded(measure(options.rounds, options.rows)), indent=2))


if __name__ == "__main__":
    main()
