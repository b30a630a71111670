"""The network from scratch beside the same network in PyTorch: CPU seconds of an epoch, one thread.

    pip install torch==2.13.0      # the CPU build will do
    python benchmarks/scratch_nn.py

The two take turns in one process, so that a machine that slows down slows both. The result is the
ratio of each pair, as median and range.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from mnist_report import paths
from mnist_report.models.neural_network import NeuralNetworkClassifier

MINIBATCH, RATE = 50, 1.0


def numpy_epoch(X: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Return a function that trains this project's network for one epoch."""
    network = NeuralNetworkClassifier(
        (100,), minibatch_size=MINIBATCH, learning_rate=RATE, random_state=0
    )
    network.partial_fit(X[:MINIBATCH], y[:MINIBATCH], classes=np.arange(10))
    return lambda: network.partial_fit(X, y)


def torch_epoch(X: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Return a function that trains the same network with PyTorch's own parts for one epoch."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = torch.from_numpy(X), torch.from_numpy(y)
    network = torch.nn.Sequential(
        torch.nn.Linear(784, 100), torch.nn.Sigmoid(), torch.nn.Linear(100, 10)
    )
    for parameter in network.parameters():
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter)
        else:
            torch.nn.init.zeros_(parameter)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for start in range(0, len(images), MINIBATCH):
            rows = slice(start, start + MINIBATCH)
            optimizer.zero_grad()
            loss(network(images[rows]), labels[rows]).backward()
            optimizer.step()

    return epoch


def cpu_seconds(work: Callable[[], None]) -> float:
    """Return the CPU seconds that `work` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Time both in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    X = np.load(paths.SCALED / "train_images.npy")
    y = np.load(paths.SCALED / "train_labels.npy").astype(np.int64)
    ours, theirs = numpy_epoch(X, y), torch_epoch(X, y)
    for warm_up in (ours, theirs):
        warm_up()
    pairs = [(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(rounds)]
    ratios = sorted(mine / other for mine, other in pairs)
    for name, column in (("NumPy, from scratch", 0), (f"PyTorch {torch.__version__}", 1)):
        times = [pair[column] for pair in pairs]
        print(f"{name:<22} median {statistics.median(times):.3f} CPU s an epoch of {len(X)} rows")
    print(
        f"ratio, from scratch / PyTorch: median {statistics.median(ratios):.2f}, "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f} over {rounds} rounds"
    )


if __name__ == "__main__":
    main()
