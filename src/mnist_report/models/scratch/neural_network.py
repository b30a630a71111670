"""A fully connected neural network in plain NumPy: the whole of backpropagation on one page.

The mathematics comes first, one small function per formula; the estimator that trains with it
comes last. The symbols are the report's. Rows are images, so every formula of the paper's
section 3.1, which puts images in columns, appears here transposed:

========================  =========================  ============================================
symbol                    shape                      meaning
========================  =========================  ============================================
X = a^(0)                 n × I                      images, one a row; grey levels in [0, 1]
y                         n × J                      labels, one-hot: a single 1 a row
W^(l), l = 1 ... L        n_(l-1) × n_l              weights from layer l - 1 to layer l
b^(l)                     n_l                        biases of layer l
z^(l)                     n × n_l                    what layer l receives: a^(l-1) W^(l) + b^(l)
a^(l)                     n × n_l                    what hidden layer l passes on: σ(z^(l))
ŷ                         n × J                      the output: softmax(z^(L)), rows sum to 1
C                         number                     cost: the mean cross-entropy, in nats
δ^(l) = ∂C/∂z^(l)         n × n_l                    the error of layer l
η                         number                     learning rate
========================  =========================  ============================================

n_0 = I is the number of pixels and n_L = J the number of classes. In the code a list such as
``W`` holds W^(1) ... W^(L) in order, so W^(l) is ``W[l - 1]``; ``a`` starts with a^(0), so a^(l)
is ``a[l]``.

Source of the formulas: M. A. Nielsen, *Neural Networks and Deep Learning* (2015), chapter 2;
I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning* (2016), section 6.5.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import ThreadpoolController

from mnist_report.core.errors import UserError
from mnist_report.models.scratch.adam import Adam

# Looking for the BLAS libraries takes longer than training on a few hundred rows: do it once.
_THREADS = ThreadpoolController()

#: float32 or float64; every function below answers in the type it is given.
Array = NDArray[Any]


@np.errstate(over="ignore")  # far below zero e^(-z) overflows to infinity, and 1 / infinity = 0
def sigmoid(z: Array) -> Array:
    """Return σ(z) = 1 / (1 + e^(-z)), element by element."""
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(a: Array) -> Array:
    """Return σ'(z) = σ(z) (1 - σ(z)) = a (1 - a), from a = σ(z) itself."""
    return a * (1 - a)


def relu(z: Array) -> Array:
    """Return max(0, z), element by element."""
    return np.maximum(0, z)


def relu_slope(a: Array) -> Array:
    """Return the slope of relu, 1 where a = relu(z) > 0 and 0 elsewhere (at z = 0 too)."""
    return (a > 0).astype(a.dtype)


#: What a hidden layer does to z, and the slope of that, written with a.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (sigmoid, sigmoid_slope),
    "relu": (relu, relu_slope),
}


def log_softmax(z: Array) -> Array:
    """Return log ŷ_j = z_j - log Σ_i e^(z_i), in nats: the logarithm of softmax(z), n × J.

    Taking the largest z of the row off every z of that row changes nothing in exact arithmetic; in
    floating point it keeps e^z at 1 or below, and at least one term of the sum at 1, so there is
    neither an overflow nor a log of zero (Goodfellow, Bengio and Courville 2016, section 4.1).
    """
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def cross_entropy(y: Array, log_y_hat: Array) -> float:
    """Return C = -(1/n) Σ_k Σ_j y_kj log ŷ_kj, the mean over the rows, in nats.

    It takes log ŷ, from :func:`log_softmax`: where ŷ has been rounded to 0, its own logarithm would
    be infinite.
    """
    return -float(np.vdot(y, log_y_hat)) / len(y)  # vdot sums the products over k and j


def forward(
    X: Array, W: Sequence[Array], b: Sequence[Array], activation: str
) -> tuple[list[Array], Array]:
    """Run images through the network: return a^(0) = X, a^(1) ... a^(L-1), and log ŷ."""
    sigma, _ = ACTIVATIONS[activation]
    a = [X]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        z = a[-1] @ W_l + b_l  # z^(l) = a^(l-1) W^(l) + b^(l)
        a.append(sigma(z))  # a^(l) = σ(z^(l))
    z = a[-1] @ W[-1] + b[-1]  # z^(L) = a^(L-1) W^(L) + b^(L)
    return a, log_softmax(z)


def backward(
    y: Array, y_hat: Array, a: Sequence[Array], W: Sequence[Array], activation: str
) -> tuple[list[Array], list[Array]]:
    """Backpropagate: the gradient of the cost C by every weight and bias.

    It starts from the output. For one image C = -Σ_j y_j log ŷ_j, and the softmax has
    ∂(log ŷ_j)/∂z_i = [i = j] - ŷ_i, so ∂C/∂z_i = -y_i + ŷ_i Σ_j y_j = ŷ_i - y_i, because the
    labels y_j sum to 1. The mean over n images divides this by n. From there the chain rule
    carries δ back, a layer at a time. Returned are all ∂C/∂W^(l) and all ∂C/∂b^(l), l = 1 ... L.
    """
    _, slope = ACTIVATIONS[activation]
    dW, db = [], []
    delta = (y_hat - y) / len(y)  # δ^(L) = (ŷ - y) / n
    for l in range(len(W), 0, -1):  # noqa: E741 - l is the layer, as in every formula
        dW.append(a[l - 1].T @ delta)  # ∂C/∂W^(l) = (a^(l-1))ᵀ δ^(l)
        db.append(delta.sum(axis=0))  # ∂C/∂b^(l) = Σ_k δ_k^(l), over the n rows
        if l > 1:  # δ^(l-1) = (δ^(l) (W^(l))ᵀ) ⊙ σ'(z^(l-1))
            delta = (delta @ W[l - 1].T) * slope(a[l - 1])
    return dW[::-1], db[::-1]


def minibatches(n_rows: int, size: int, minibatching: str) -> list[slice]:
    """Cut K = `n_rows` rows into minibatches of s = `size`.

    ``'standard'``: s rows after s rows; a last, smaller minibatch takes what is left.
    ``'as_printed'``: the loop in the paper's section 3.2. It advances by s + 1 but takes s, so that
    every (s + 1)th row is never seen, and it stops after int(K / (s + 1)) minibatches.
    """
    if minibatching == "standard":
        return [slice(c, c + size) for c in range(0, n_rows, size)]
    return [slice(c, c + size) for c in range(0, n_rows - size, size + 1)]


def _is_count(value: object, least: int = 1) -> bool:
    return isinstance(value, Integral) and int(value) >= least


def _one_of(*choices: object) -> tuple[Callable[[object], bool], str]:
    return choices.__contains__, " or ".join(map(repr, choices))


#: What each parameter of the estimator has to be: a test of it, and the same in words.
ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "hidden_layer_sizes": (
        lambda sizes: isinstance(sizes, list | tuple) and all(map(_is_count, sizes)),
        "a list or tuple, each entry a whole number of 1 or more",
    ),
    "activation": _one_of(*ACTIVATIONS),
    "init": _one_of("normal", "fan_in"),
    "epochs": (lambda number: _is_count(number, least=0), "a whole number of 0 or more"),
    "minibatch_size": (_is_count, "a whole number of 1 or more"),
    "learning_rate": (
        lambda eta: isinstance(eta, Real) and 0 < float(eta) < np.inf,
        "a finite number above 0",
    ),
    "shuffle": _one_of(False, True),
    "minibatching": _one_of("standard", "as_printed"),
    "solver": _one_of("descent", "adam"),
    "dtype": _one_of("float32", "float64"),
}


@contextlib.contextmanager
def _one_thread_without_warnings() -> Iterator[None]:
    # Training that diverges overflows on its way; what it ends in is checked, and reported once.
    with _THREADS.limit(limits=1, user_api="blas"), np.errstate(over="ignore", invalid="ignore"):
        yield


class TrainingError(UserError, ValueError):
    """The network cannot be trained with these settings on these rows."""


@dataclass(eq=False, repr=False)
class NeuralNetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fully connected network with a softmax output, trained on minibatches by gradient descent.

    The default parameters are the network of the paper's section 3.2. There are always as many
    output units as classes, two for a two-class problem, and all biases start at zero.

    Training and prediction use one BLAS thread: a second would wait more than it works, as products
    of 50 rows are too small to share, and the bits of weights and probabilities would depend on the
    number of cores.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Units of each hidden layer, n_1 ... n_(L-1); empty for softmax regression.
    activation : {'sigmoid', 'relu'}
        The σ of all hidden layers.
    init : {'normal', 'fan_in'}
        Starting weights. ``'normal'``: N(0, 1), as the paper. ``'fan_in'``: N(0, g / n_(l-1))
        with g = 1 for sigmoid (LeCun et al. 1998, *Efficient BackProp*, section 4.6) and g = 2
        for relu (He et al. 2015, *Delving Deep into Rectifiers*, equation 10).
    epochs : int
        Passes over the training rows made by `fit`; 0 leaves the network untrained.
    minibatch_size : int
        s, the rows of one step of gradient descent.
    learning_rate : float
        η.
    shuffle : bool
        Whether each epoch takes the rows in a new random order. The paper does not.
    minibatching : {'standard', 'as_printed'}
        ``'standard'`` uses every row, and a step follows the minibatch's mean gradient.
        ``'as_printed'`` repeats the paper's loop to the letter: see :func:`minibatches` for
        the rows it leaves out; it also divides the sum of s gradients by s + 1.
    solver : {'descent', 'adam'}
        Steps by gradient descent, or by :class:`~mnist_report.models.scratch.adam.Adam`, for which
        a `learning_rate` near 0.001 is usual.
    dtype : {'float32', 'float64'}
        Precision of weights and arithmetic. float32 takes half the time.
    random_state : int, RandomState instance or None
        Source of the starting weights and of the shuffling.

    Attributes
    ----------
    classes_ : ndarray of shape (J,)
        The labels, sorted.
    coefs_ : list of ndarray
        W^(1) ... W^(L), of shape (n_(l-1), n_l) and type `dtype`.
    intercepts_ : list of ndarray
        b^(1) ... b^(L), of shape (n_l,) and type `dtype`.
    loss_curve_ : list of float
        For each epoch the mean over its rows, in nats, of the loss each row had when its
        minibatch was met, before the step.
    n_iter_ : int
        Epochs trained so far.

    Examples
    --------
    >>> import numpy as np
    >>> from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
    >>> X = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> network = NeuralNetworkClassifier((4,), epochs=200, random_state=0)
    >>> network.fit(X, ["dark", "dark", "light", "light"]).predict([[0.05], [0.95]]).tolist()
    ['dark', 'light']
    """

    hidden_layer_sizes: Sequence[int] = (100,)
    _: KW_ONLY
    activation: Literal["sigmoid", "relu"] = "sigmoid"
    init: Literal["normal", "fan_in"] = "normal"
    epochs: int = 2
    minibatch_size: int = 50
    learning_rate: float = 1.0
    shuffle: bool = False
    minibatching: Literal["standard", "as_printed"] = "standard"
    solver: Literal["descent", "adam"] = "descent"
    dtype: Literal["float32", "float64"] = "float32"
    random_state: int | np.random.RandomState | None = None

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train from new random weights for `epochs` epochs.

        X are images, (K, I), and y their labels, (K,), numbers or strings. ValueError if a
        parameter is not allowed, X or y is not fit to train on, or training diverges.
        """
        X, y = self._checked(X, y, reset=True)
        self._start(unique_labels(y))
        y = self._one_hot(y)
        for _ in range(self.epochs):
            self._train_one_epoch(X, y)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train one epoch more; n calls give the same bits as `fit` with ``epochs=n``.

        Call it in a loop to score the network between epochs, or to train every epoch on other
        images or at another learning rate. The first call needs `classes`, all the labels there can
        be, (J,). ValueError as from `fit`; also if `classes` is missing or changes later, or if y
        holds a label that is not among them.
        """
        first = not hasattr(self, "classes_")
        X, y = self._checked(X, y, reset=first)
        if first:
            if classes is None:
                raise ValueError("classes must be given on the first call to partial_fit")
            self._start(unique_labels(classes))
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise ValueError(
                f"classes={unique_labels(classes).tolist()} differs from the first call's "
                f"{self.classes_.tolist()}; leave it out or start a new estimator"
            )
        self._train_one_epoch(X, self._one_hot(y))
        return self

    @_one_thread_without_warnings()
    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return log ŷ of images, (n, I): nats of type `dtype`, (n, J), in the order of `classes_`.

        Where ŷ itself would be rounded to 0, its logarithm is still a number. ValueError if X is
        not fit to predict from, or the weights are so large that nothing comes out.
        """
        check_is_fitted(self, "classes_")
        images: Array = validate_data(self, X, dtype=self.dtype, reset=False)
        _, log_y_hat = forward(images, self.coefs_, self.intercepts_, self.activation)
        if not np.isfinite(log_y_hat).all():
            raise TrainingError(
                "training diverged (the weights are so large that the outputs are no numbers); "
                f"lower learning_rate={self.learning_rate}"
            )
        return log_y_hat

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return ŷ, the probability of each class; the rest is as of `predict_log_proba`."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> Array:
        """Return the most probable class of each row of `X`: shape (n,), entries of `classes_`."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    @_one_thread_without_warnings()
    def _train_one_epoch(self, X: Array, y: Array) -> None:
        """Take one step of gradient descent for every minibatch of the rows of `X` and `y`."""
        batches: Sequence[slice | Array]
        batches = minibatches(len(X), self.minibatch_size, self.minibatching)
        if self.shuffle:
            order = self._random_state.permutation(len(X))
            batches = [order[batch] for batch in batches]

        # A NumPy float64 times a float32 gradient would give float64; a Python float does not.
        eta = float(self.learning_rate)
        if self.minibatching == "as_printed":
            # A sum divided by s + 1 is the mean (the sum divided by s) times s / (s + 1).
            eta *= self.minibatch_size / (self.minibatch_size + 1)

        W, b = self.coefs_, self.intercepts_
        total_loss, rows_seen = 0.0, 0
        for batch in batches:
            X_s, y_s = X[batch], y[batch]
            a, log_y_hat = forward(X_s, W, b, self.activation)
            total_loss += cross_entropy(y_s, log_y_hat) * len(X_s)
            rows_seen += len(X_s)
            dW, db = backward(y_s, np.exp(log_y_hat), a, W, self.activation)
            if self.solver == "adam":
                self._adam.step([*dW, *db], eta)
            else:
                for l in range(len(W)):  # noqa: E741
                    W[l] -= eta * dW[l]  # W^(l) := W^(l) - η ∂C/∂W^(l)
                    b[l] -= eta * db[l]  # b^(l) := b^(l) - η ∂C/∂b^(l)

        self.n_iter_ += 1
        self.loss_curve_.append(total_loss / rows_seen)
        if not all(np.isfinite(parameters).all() for parameters in (*W, *b)):
            raise TrainingError(
                f"training diverged in epoch {self.n_iter_} (weights are no longer finite); "
                f"lower learning_rate={self.learning_rate}"
            )

    def _start(self, classes: Array) -> None:
        """Set the attributes a new network begins with: random weights and zero biases."""
        self.classes_ = classes
        self._random_state = check_random_state(self.random_state)
        gain = {"sigmoid": 1.0, "relu": 2.0}[self.activation]
        sizes = [self.n_features_in_, *self.hidden_layer_sizes, len(classes)]  # n_0 ... n_L
        self.coefs_ = []
        self.intercepts_ = []
        for fan_in, fan_out in pairwise(sizes):
            weights = self._random_state.standard_normal((fan_in, fan_out))
            if self.init == "fan_in":
                weights *= np.sqrt(gain / fan_in)
            self.coefs_.append(weights.astype(self.dtype))
            self.intercepts_.append(np.zeros(fan_out, self.dtype))
        if self.solver == "adam":
            self._adam = Adam([*self.coefs_, *self.intercepts_])
        self.loss_curve_: list[float] = []
        self.n_iter_ = 0

    def _one_hot(self, y: Array) -> Array:
        """Turn labels of shape (K,) into rows with a single 1: shape (K, J), type `dtype`."""
        one_hot = y[:, np.newaxis] == self.classes_
        unknown = ~one_hot.any(axis=1)
        if unknown.any():
            raise ValueError(
                f"y holds {np.unique(y[unknown]).tolist()}, "
                f"which are not among the classes {self.classes_.tolist()}"
            )
        return one_hot.astype(self.dtype)

    def _checked(self, X: ArrayLike, y: ArrayLike, *, reset: bool) -> tuple[Array, Array]:
        """Return `X` as a matrix of type `dtype` and `y` as a vector of labels.

        ValueError, in one line, for the first parameter that is not allowed; or for X or y.
        """
        for name, (is_allowed, words) in ALLOWED.items():
            if not is_allowed(value := getattr(self, name)):
                raise ValueError(f"{name}={value!r} is not allowed; use {words}")
        images, labels = validate_data(self, X, y, dtype=self.dtype, reset=reset)
        check_classification_targets(labels)
        if self.minibatching == "as_printed" and len(images) <= self.minibatch_size:
            raise TrainingError(
                f"n_samples={len(images)} is too few: minibatching='as_printed' needs at least "
                f"minibatch_size + 1 = {self.minibatch_size + 1} rows; lower minibatch_size"
            )
        return images, labels
