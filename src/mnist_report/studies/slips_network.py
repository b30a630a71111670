"""What is wrong in the formulas and the code of the paper's network, shown by numbers."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.learning import train_and_test
from mnist_report.models.scratch.neural_network import backward, cross_entropy, forward

Array = NDArray[np.float64]

#: Settings of the network from scratch that set one slip right, or repeat it; the estimator's
#: defaults are the paper's settings with the minibatches set right.
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "minibatches_as_printed": {"minibatching": "as_printed"},
    # The two halves of it: rows left out, but a step as long as it should be; and the reverse.
    "rows_left_out": {"minibatching": "as_printed", "learning_rate": 51 / 50},
    "divided_by_one_too_many": {"learning_rate": 50 / 51},
    "fan_in": {"init": "fan_in"},
    "shuffled": {"shuffle": True},
    "text_settings": {"minibatch_size": 100, "epochs": 1},
    "all_right": {"init": "fan_in", "shuffle": True},
}


def softmax_as_printed(z: Array) -> Array:
    """Return softmax by its formula, without a guard (the paper's cell 24); z is (n, J)."""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z)
        softmax: Array = e / e.sum(axis=1, keepdims=True)
    return softmax


def overflow() -> dict[str, float]:
    """Find where softmax and cross-entropy without guards stop giving numbers, in float64.

    ``largest_safe_logit`` is the largest whole number x for which the softmax of (x, 0) is a
    number, ``nan_beyond`` 1 if it is NaN one further on; ``largest_safe_gap`` is the largest whole
    gap between two logits for which the cross-entropy of a sure mistake is finite, and
    ``not_finite_beyond`` 1 if it is not one further on.
    """
    x, zero = np.arange(2000.0), np.zeros(2000)
    share = softmax_as_printed(np.column_stack((x, zero)))[:, 0]
    with np.errstate(divide="ignore"):
        # The gap is made by a low logit, so that nothing overflows before the logarithm.
        loss = -np.log(softmax_as_printed(np.column_stack((-x, zero)))[:, 0])
    logit, gap = (int(np.isfinite(values).argmin()) for values in (share, loss))
    return {
        "largest_safe_logit": logit - 1,
        "nan_beyond": int(np.isnan(share[logit])),
        "largest_safe_gap": gap - 1,
        "not_finite_beyond": int(not np.isfinite(loss[gap])),
    }


def gradient_errors(seed: int) -> dict[str, float]:
    """Hold the paper's formulas for the weights' gradients against finite differences.

    A small network, 5 inputs, 4 hidden units, 3 classes, and one image. As printed, the update
    of W^(2) takes ŷ - y × (a^(1))ᵀ without brackets; read by the usual rules the product comes
    first, and what is left is no gradient.

    Returned are relative errors |formula - difference| / |difference| (Frobenius norms): of the
    gradient of W^(2) ``W2_as_printed`` and ``W2_with_brackets``, and of W^(1) ``W1``.
    """
    rng = generator(seed, "errata_gradient")
    X, y = rng.random((1, 5)), np.array([[0.0, 1.0, 0.0]])
    W = [rng.standard_normal((5, 4)), rng.standard_normal((4, 3))]
    b = [rng.standard_normal(4), rng.standard_normal(3)]

    def cost() -> float:
        return cross_entropy(y, forward(X, W, b, "sigmoid")[1])

    def difference(weights: Array, h: float = 1e-6) -> Array:
        gradient = np.empty_like(weights)
        for index in np.ndindex(*weights.shape):
            kept = weights[index]
            weights[index] = kept + h
            above = cost()
            weights[index] = kept - h
            gradient[index] = (above - cost()) / (2 * h)
            weights[index] = kept
        return gradient

    def error(formula: Array, weights: Array) -> float:
        true = difference(weights)
        return float(np.linalg.norm(formula - true) / np.linalg.norm(true))

    a, log_y_hat = forward(X, W, b, "sigmoid")
    y_hat = np.exp(log_y_hat)
    dW, _ = backward(y, y_hat, a, W, "sigmoid")
    return {
        "W1": error(dW[0], W[0]),
        "W2_with_brackets": error(dW[1], W[1]),
        # (n, J) rows where the paper has columns: ŷ - y aᵀ, transposed.
        "W2_as_printed": error(y_hat - a[1].T @ y, W[1]),
    }


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Train and judge every variant for every seed."""

    def measure(seed: int, **settings: Any) -> dict[str, float]:  # noqa: ANN401
        return train_and_test(data, seed, **settings)[0]

    groups = {
        name: Group(partial(measure, **settings), params.seeds)
        for name, settings in VARIANTS.items()
    }
    return Study(groups, {"overflow": overflow(), "gradient_error": gradient_errors(seed=0)})
