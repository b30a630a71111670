"""The least that the arithmetic of a stage can take: its matrix products at this machine's rate.

    PYTHONPATH=src:benchmarks python -m mnist_report.run benchmarks/bounds.py

The rate is taken of large square products, on the threads and by the instructions that the stages
use. What is no matrix product, such as libsvm's solver, is left out: the bound is a lower one.
"""

import itertools
import json
from typing import Any

import numpy as np
from timing import Times, rounded, timed

from mnist_report import files, paths
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.params import load_params
from mnist_report.randomness import generator

#: Rows of the square matrices.
SIZE = 4_000


def rows(part: str) -> int:
    """Return the number of ``train`` or ``test`` rows."""
    return int(files.read_json(paths.metrics_file("scale"))[part]["rows"])


def rate(dtype: type[np.floating[Any]], rounds: int = 5) -> float:
    """Return the rate of matrix products, in GFLOP/s of wall time; it is the best of some."""
    rng = np.random.default_rng(0)
    one, other = (rng.random((SIZE, SIZE)).astype(dtype) for _ in range(2))
    times: Times = {}
    for _ in range(rounds):
        timed(lambda: one @ other, times)
    return 2 * SIZE**3 / min(times["wall"]) / 1e9


def dense_operations() -> float:
    """Return the floating-point operations of training the dense network.

    Each weight takes a multiplication and an addition three times for each row: forward, for the
    gradient of the weight, and for that of its input; the first layer has no use for the last.
    """
    params = load_params().keras_dense
    units = [784, *params.hidden_units, 10]
    weights = [m * n for m, n in itertools.pairwise(units)]
    return float(params.epochs * rows("train") * 2 * (3 * sum(weights) - weights[0]))


def convolutional_operations() -> float:
    """Return the operations of training the convolutional network; a weight works at each place."""
    params = load_params().cnn
    side, channels, weights = 28, 1, []
    for filters in params.filters:
        side = side - params.kernel_size + 1
        weights.append(params.kernel_size**2 * channels * filters * side**2)
        side, channels = side // 2, filters
    units = [side**2 * channels, *params.dense_units, 10]
    weights += [m * n for m, n in itertools.pairwise(units)]
    training = rows("train") * (1 - params.validation_share)
    return float(params.epochs * training * 2 * (3 * sum(weights) - weights[0]))


def machine_operations() -> dict[str, float]:
    """Return the operations of the inner products that the support vector machines rest on.

    It takes the path of `fit_unique` for libsvm on rows whose kernel matrix fits into memory.
    """
    params, n, test = load_params(), rows("train"), rows("test")
    final = files.read_json(paths.metrics_file("svm_final"))
    rng = generator(params.seed, "svm_kernels")
    drawn = draw_with_replacement(n, min(params.svm_kernels.rows, n), rng)
    distinct = len(np.unique(drawn))
    return {
        # A product with its own transpose is symmetric: half of it is enough.
        "svm_kernels": 784 * (distinct**2 + 2 * test * distinct),
        "svm_final": final["features"]
        * (final["unique_rows"] ** 2 + 2 * test * final["support_vectors"]),
    }


def measure() -> dict[str, Any]:
    """Return rates in GFLOP/s, and operations and the seconds that they take at least, by stage."""
    rates = {"float32": rate(np.float32), "float64": rate(np.float64)}
    operations = {
        "pca": (rows("train") * 784**2, "float64"),
        **{name: (value, "float64") for name, value in machine_operations().items()},
        "keras_dense": (dense_operations(), "float32"),
        "cnn": (convolutional_operations(), "float32"),
    }
    return {
        "gflops": rates,
        "seconds": {name: n / rates[kind] / 1e9 for name, (n, kind) in operations.items()},
    }


if __name__ == "__main__":
    print(json.dumps(rounded(measure()), indent=2))
