"""CPU seconds of training, for every step of the ladders of section "How far these methods go".

    PYTHONPATH=src python benchmarks/frontier.py

It takes what stage `scale` wrote and what the studies chose, and writes `benchmarks/frontier.json`,
which stage `ladders` reads. Everything has one thread. Networks are trained for one epoch and for
two: the difference tells what an epoch takes, and from that what all of them do. Run it on a
machine that has nothing else to do; it takes a quarter of an hour.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

from threadpoolctl import threadpool_limits
from timing import rounded, setting

from mnist_report.core import files, paths
from mnist_report.core.params import load_params
from mnist_report.data.scaled import load_scaled
from mnist_report.models.classical.final_svm import final_svm
from mnist_report.models.keras import networks
from mnist_report.studies import (
    frontier_cnn,
    frontier_keras_dense,
    frontier_scratch_nn,
    frontier_svm,
)
from mnist_report.studies.frontier import chosen, tried
from mnist_report.studies.paper import CNN, FOUND_C, FOUND_GAMMA, KERAS_DENSE, SVM_FINAL

LADDERS = {
    "svm": frontier_svm,
    "scratch_nn": frontier_scratch_nn,
    "keras_dense": frontier_keras_dense,
    "cnn": frontier_cnn,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def of_all_epochs(train: Callable[[int], object], epochs: int) -> float:
    """Return the CPU seconds of a training, from those of one and of two epochs."""
    one, two = (seconds(partial(train, number)) for number in (1, 2))
    return one + (epochs - 1) * (two - one)


def as_printed() -> dict[str, float]:
    """Time the paper's own models, where another study has measured them; the images are read."""
    data = load_scaled()

    def train(build: Callable[[], networks.Model], batch: int, share: float, epochs: int) -> None:
        networks.prepare(0, threads=1)
        networks.train(
            build(),
            data.train_images,
            data.train_labels,
            epochs=epochs,
            batch_size=batch,
            validation_split=share,
        )

    dense = partial(train, networks.dense_network, KERAS_DENSE.batch_size, 0.0)
    cnn = partial(train, networks.convolutional_network, CNN.batch_size, CNN.validation_share)
    return {
        "svm": seconds(lambda: final_svm(data, SVM_FINAL, C=FOUND_C, gamma=FOUND_GAMMA, seed=0)),
        "keras_dense": of_all_epochs(dense, KERAS_DENSE.epochs),
        "cnn": of_all_epochs(cnn, CNN.epochs),
    }


def ladder(name: str) -> dict[str, float]:
    """Time every step of a ladder."""
    data, params = load_scaled(), getattr(load_params().studies, f"frontier_{name}")
    choice = tried(files.read_json(paths.RESULTS / f"frontier_{name}.json"))
    times = {}
    for key, step in LADDERS[name].steps(params).items():
        train = partial(step.fit, data.train_images, data.train_labels, 0, **chosen(choice, step))
        if name == "svm":
            times[key] = seconds(train)
        else:
            times[key] = of_all_epochs(
                lambda epochs, train=train: train(epochs=epochs), train.keywords["epochs"]
            )
        print(f"{name:<12} {key:<12} {times[key]:8.1f} CPU s", file=sys.stderr, flush=True)
    return times


def main() -> None:
    """Time everything and write the file."""
    with threadpool_limits(1):
        printed = as_printed()
        found = {
            name: ({"as_printed": printed[name]} if name in printed else {}) | ladder(name)
            for name in LADDERS
        }
    result = rounded({**setting(), "cpu_seconds": found})
    files.write_json(paths.BENCHMARKS / "frontier.json", result)


if __name__ == "__main__":
    main()
