"""How each method's cost grows with the rows: 1/8, 1/4, 1/2 and all of the training images.

    PYTHONPATH=src:benchmarks python -m mnist_report.run benchmarks/growth.py

A fit of the principal components, and an epoch of each network. (Support vector machines are in
`support_vectors.py`.) Then the memory that principal components take on up to 16 times all the
rows. It prints seconds and GiB as JSON.
"""

import tempfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from epochs import WARM_UP, keras_epoch
from timing import in_turn, print_measured

from mnist_report.data.scaled import ScaledData, load_scaled
from mnist_report.models import keras_networks as networks
from mnist_report.models.neural_network import NeuralNetworkClassifier
from mnist_report.models.pca import fit_pca
from mnist_report.params import load_params

PARTS = (8, 4, 2, 1)

#: How often all rows are repeated to see what memory they take.
REPEATS = (1, 2, 4, 8, 16)


def seconds(data: ScaledData, rounds: int) -> dict[str, Any]:
    """Return the seconds of each method by rows."""
    params = load_params()
    networks.prepare(params.seed, params.keras.threads)
    X, y = np.array(data.train_images), data.train_labels
    settings = params.scratch_nn.model_dump(exclude={"validation_share"})
    scratch = NeuralNetworkClassifier(**settings, random_state=0)
    scratch.partial_fit(X[:WARM_UP], y[:WARM_UP], classes=np.arange(10))
    dense, cnn = params.keras_dense, params.cnn
    keras = {
        "keras_dense": (
            networks.dense_network(dense.hidden_units, dense.dropout),
            dense.batch_size,
        ),
        "cnn": (
            networks.convolutional_network(
                cnn.filters, cnn.kernel_size, cnn.dense_units, cnn.dropout
            ),
            cnn.batch_size,
        ),
    }

    sizes = [len(X) // part for part in PARTS]
    work: dict[tuple[str, int], Callable[[], object]] = {}
    for rows in sizes:
        work["pca", rows] = partial(fit_pca, X[:rows], X.shape[1])
        work["scratch_nn", rows] = partial(scratch.partial_fit, X[:rows], y[:rows])
        for name, (model, batch) in keras.items():
            work[name, rows] = keras_epoch(model, X[:rows], y[:rows], batch)
    result: dict[str, Any] = {}
    for (name, rows), times in in_turn(work, rounds).items():
        result.setdefault(name, {})[f"rows_{rows}"] = times
    return result


def memory(data: ScaledData) -> dict[str, Any]:
    """Return the GiB that principal components of the rows, repeated in a file, take at most.

    The memory is that of NumPy's arrays. Pages of the file that the system keeps at hand are not
    in it: they are the system's, which drops them when it needs them.
    """
    X = np.array(data.train_images)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        for repeats in REPEATS:
            shape = (repeats * len(X), X.shape[1])
            file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
            for k in range(repeats):
                file[k * len(X) : (k + 1) * len(X)] = X
            file.flush()
            rows = np.load(path, mmap_mode="r")
            tracemalloc.start()
            fit_pca(rows, X.shape[1])
            result[f"rows_{len(rows)}"] = tracemalloc.get_traced_memory()[1] / 2**30
            tracemalloc.stop()
            del file, rows
    return result


def measure(rounds: int) -> dict[str, Any]:
    """Return both."""
    data = load_scaled()
    return {"seconds": seconds(data, rounds), "pca_memory_gib": memory(data)}


if __name__ == "__main__":
    print_measured(measure, __doc__)
