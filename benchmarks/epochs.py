"""An epoch of a network in Keras, as the benchmarks time it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mnist_report.models import keras_networks as networks
from mnist_report.params import load_params

#: Rows that a network sees before it is timed: more than TensorFlow takes before it comes back.
WARM_UP = 5_000

Rows = np.ndarray[Any, Any]


def keras_epoch(model: networks.Model, X: Rows, y: Rows, batch_size: int) -> Callable[[], object]:
    """Return a function that trains a network for an epoch, once it has seen a few of the rows.

    It is `networks.train` without the graph that this draws anew at every call.
    """
    model.steps_per_execution = load_params().keras.steps_per_execution
    model.fit(**networks.feeding(X[:WARM_UP], y[:WARM_UP], batch_size), verbose=0)
    return partial(model.fit, **networks.feeding(X, y, batch_size), verbose=0)
