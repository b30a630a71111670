"""Support vector classifiers: the paper's four kernels, fitted and applied by matrix products.

libsvm takes one kernel value at a time. All four kernels are functions of inner products, and
those cost a fraction as one matrix product: both fits and predictions here do that, and several
kernels on the same rows can share the products. The models are plain `sklearn.svm.SVC` objects and
predict by themselves what `predict_gemm` predicts.
"""

import math
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC
from sklearn.utils import gen_batches
from sklearn.utils.extmath import row_norms

from mnist_report.core.errors import UserError
from mnist_report.data.sampling import unique_with_counts

Kernel = Literal["linear", "poly", "sigmoid", "rbf"]

#: The four kernels in the paper's order.
KERNELS: tuple[Kernel, ...] = get_args(Kernel)

#: The largest matrix of kernel values to keep in memory, in GiB.
GRAM_GIB = 5.0

#: Rows of a kernel matrix made at a time for predictions: 80 MB with 10,000 support vectors.
BATCH_ROWS = 1000

#: Rows and columns of a matrix of inner products taken at a time.
BLOCK_ROWS = 2000

#: Rows of a matrix of products turned into kernel values at a time. Some thousand numbers a row
#: stay in a processor's cache between the steps of a formula.
CACHED_ROWS = 50


def fit_unique(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    indices: NDArray[np.int64],
    *,
    kernel: Kernel,
    C: float,
    gamma: float | Literal["auto", "scale"],
    degree: int = 2,
    coef0: float = 0.0,
    tol: float = 1e-3,
    gram_gib: float = GRAM_GIB,
    products: NDArray[np.float64] | None = None,
) -> SVC:
    """Fit a classifier on rows drawn with replacement, each distinct row taken once.

    A row drawn m times adds m equal terms to the dual problem, whose multipliers each lie in
    [0, C] (Cortes and Vapnik, 1995). Only their sum matters, and it lies in [0, m C]: the row
    taken once with the weight m, which is what ``sample_weight`` does to C. So the solution is
    that of the repeated rows, from a smaller problem. (The sigmoid kernel is not positive
    definite: where its gamma is large the problem can have several solutions, and the solver may
    then end in another one.)

    While the kernel matrix of the distinct rows fits into `gram_gib` it is made of one matrix
    product and handed to libsvm; else libsvm makes the values one at a time. The two agree to
    rounding. On MNIST 30,000 draws are 23,700 distinct rows and the matrix takes 4.2 GiB.

    Parameters
    ----------
    X : (n, d) float
        The rows to draw from.
    y : (n,) int64
        Their labels.
    indices : (m,) int64
        The row numbers drawn, with repeats.
    kernel
        ``"linear"``: <x, y>; ``"poly"``: (gamma <x, y> + coef0)^degree; ``"sigmoid"``:
        tanh(gamma <x, y> + coef0); ``"rbf"``: exp(-gamma |x - y|^2).
    C
        The price of a point on the wrong side of its margin.
    gamma
        The kernel's scale; ``"auto"`` is 1 / d and ``"scale"`` is 1 / (d v), v being the
        variance of all values in the drawn rows, repeats counted. The linear kernel has none.
    degree
        The power of the polynomial kernel.
    coef0
        The constant of the polynomial and the sigmoid kernel.
    tol
        The solver's tolerance.
    gram_gib
        The largest kernel matrix to keep in memory, in GiB: u distinct rows need 8 u^2 bytes.
    products : (u, u) float64, optional
        The `inner_products` of ``X[rows]``, `rows` being the distinct drawn rows in ascending
        order, if they are at hand. They are overwritten.

    Returns
    -------
    SVC
        The fitted model, with `gamma` as a number. Its ``support_`` counts the distinct drawn
        rows in ascending order.

    Raises
    ------
    UserError
        If the kernel is unknown, C, gamma or the degree is not positive, or the drawn rows are
        all of one class.
    """
    if kernel not in KERNELS:
        raise UserError(f"unknown kernel {kernel!r}; use one of {', '.join(KERNELS)}")
    for name, value in (("C", C), ("degree", degree), ("tol", tol)):
        if not (math.isfinite(value) and value > 0):
            raise UserError(f"the SVM cannot have {name} = {value}; give a number above 0")
    rows, counts = unique_with_counts(indices)
    points = np.ascontiguousarray(X[rows], dtype=np.float64)
    labels = y[rows]
    if np.all(labels == labels[0]):
        raise UserError(f"all drawn rows are of class {labels[0]}; draw more rows")
    scale = resolve_gamma(gamma, points, counts)
    options = {"C": C, "tol": tol, "gamma": scale, "degree": degree, "coef0": coef0}
    if 8 * len(rows) ** 2 > gram_gib * 2**30:
        return SVC(kernel=kernel, **options).fit(points, labels, sample_weight=counts)
    gram = inner_products(points) if products is None else products
    squares = row_norms(points, squared=True)
    _to_kernel(gram, squares, squares, kernel, scale, degree, coef0)
    model = SVC(kernel="precomputed", **options).fit(gram, labels, sample_weight=counts)
    # From here on the model is what a fit on the points themselves would have left.
    model.kernel = kernel
    model.support_vectors_ = points[model.support_]
    model.n_features_in_ = points.shape[1]
    model.shape_fit_ = points.shape
    model._gamma = scale
    return model


def inner_products(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``X @ X.T``, of which one half is computed and the other copied.

    It is taken in blocks, for NumPy's product of a large matrix with its own transpose can end in
    a segmentation fault (github.com/numpy/numpy/issues/19685). That issue names other sizes; with
    the pinned NumPy it was met here from 23,171 rows of 784 numbers on: 2^29 numbers and more in
    the result.

    Parameters
    ----------
    X : (n, d) float64
        The rows.

    Returns
    -------
    (n, n) float64
    """
    result = np.empty((len(X), len(X)))
    for rows in gen_batches(len(X), BLOCK_ROWS):
        for columns in gen_batches(rows.stop, BLOCK_ROWS):
            block = X[rows] @ X[columns].T
            result[rows, columns] = block
            result[columns, rows] = block.T
    return result


def resolve_gamma(
    gamma: float | Literal["auto", "scale"],
    X: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> float:
    """Return the number that `SVC` would use for `gamma` on the rows repeated `counts` times.

    Parameters
    ----------
    gamma
        A positive number, ``"auto"`` or ``"scale"`` (see `fit_unique`).
    X : (n, d) float64
        The distinct rows.
    counts : (n,) int64
        How often each is repeated.

    Returns
    -------
    float
        The kernel's gamma.

    Raises
    ------
    UserError
        If `gamma` is none of these.
    """
    if gamma == "auto":
        return 1 / int(X.shape[1])
    if gamma == "scale":
        mean = np.average(X, axis=0, weights=counts).mean()
        variance = float(np.average(np.square(X - mean).mean(axis=1), weights=counts))
        return 1 / (int(X.shape[1]) * variance) if variance > 0 else 1.0
    if isinstance(gamma, str) or not (math.isfinite(gamma) and gamma > 0):
        raise UserError(
            f"the SVM cannot have gamma = {gamma!r}; give a number above 0, 'auto' or 'scale'"
        )
    return float(gamma)


def kernel_matrix(model: SVC, X: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the kernel of every row with every support vector of a fitted model.

    Parameters
    ----------
    model
        A fitted `SVC` with one of the four kernels.
    X : (n, d) float
        The rows.

    Returns
    -------
    (n, s) float64
        The kernel values, s being the number of support vectors: 8 n s bytes.
    """
    X = X.astype(np.float64, copy=False)
    return _as_kernel(model, X, X @ model.support_vectors_.T)


def predict_gemm(
    model: SVC, X: NDArray[np.floating[Any]], products: NDArray[np.float64] | None = None
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Compute ``model.predict(X)`` and ``model.decision_function(X)`` by matrix products.

    For classes i < j the pairwise decision is f_ij(x) = sum_s a_s k(x, x_s) + b_ij over the
    support vectors of the two classes; f_ij > 0 is a vote for i, else for j, and the class with
    most votes is predicted, the first of equal ones (Chang and Lin, LIBSVM, 2011, on multi-class
    classification). The score of class i is scikit-learn's ``decision_function_shape="ovr"``:
    votes_i + t_i / (3 (|t_i| + 1)) with t_i the sum of the f_ij less the sum of the f_ji; there
    a decision of exactly 0 counts as a vote for i.

    Parameters
    ----------
    model
        A fitted `SVC` with one of the four kernels.
    X : (n, d) float
        The rows; `BATCH_ROWS` of them are worked on at a time.
    products : (n, u) float64, optional
        Their inner products with all u distinct rows that the model was fitted on by
        `fit_unique`, if these are at hand.

    Returns
    -------
    labels : (n,)
        The predicted classes.
    scores : (n, k) float64
        One column for each class of ``model.classes_``; a higher score means more likely. With
        two classes, where `SVC` gives one value f for each row, the columns are -f and f.
    """
    k = len(model.classes_)
    scores = np.empty((len(X), k))
    codes = np.empty(len(X), dtype=np.int64)
    for batch in gen_batches(len(X), BATCH_ROWS):
        if products is None:
            K = kernel_matrix(model, X[batch])
        else:
            K = _as_kernel(model, X[batch], products[batch].take(model.support_, axis=1))
        if k == 2:
            f = K @ model.dual_coef_[0] + model.intercept_[0]
            # libsvm's own sign is the other one, and its vote at exactly 0 is for the second.
            codes[batch] = f >= 0
            scores[batch] = np.column_stack((-f, f))
        else:
            codes[batch], scores[batch] = _one_vs_one(model, K)
    return model.classes_[codes], scores


def _one_vs_one(model: SVC, K: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the predicted column and the scores for a batch's kernel matrix, 3+ classes."""
    k = len(model.classes_)
    # Support vectors lie class by class. Row r of dual_coef_ holds a vector's coefficient
    # against the r-th of the other classes, so class j is row j - 1 for the classes before it.
    ends = np.cumsum(model.n_support_)
    parts = [
        K[:, end - size : end] @ model.dual_coef_[:, end - size : end].T
        for size, end in zip(model.n_support_, ends, strict=True)
    ]
    votes = np.zeros((len(K), k), dtype=np.int64)
    continuous = np.zeros((len(K), k))
    total = np.zeros((len(K), k))
    pairs = ((i, j) for i in range(k) for j in range(i + 1, k))
    for (i, j), intercept in zip(pairs, model.intercept_, strict=True):
        f = parts[i][:, j - 1] + parts[j][:, i] + intercept
        votes[:, i] += f > 0
        votes[:, j] += f <= 0
        continuous[:, i] += f >= 0
        continuous[:, j] += f < 0
        total[:, i] += f
        total[:, j] -= f
    return votes.argmax(axis=1), continuous + total / (3 * (np.abs(total) + 1))


def _as_kernel(
    model: SVC, X: NDArray[np.floating[Any]], products: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn the inner products of rows with the support vectors into kernel values, in place."""
    _to_kernel(
        products,
        row_norms(X.astype(np.float64), squared=True),
        row_norms(model.support_vectors_, squared=True),
        model.kernel,
        # SVC keeps the number that "auto" or "scale" became only under this private name.
        model._gamma,
        model.degree,
        model.coef0,
    )
    return products


def _to_kernel(
    products: NDArray[np.float64],
    x_squares: NDArray[np.float64],
    y_squares: NDArray[np.float64],
    kernel: str,
    gamma: float,
    degree: int,
    coef0: float,
) -> None:
    """Turn inner products <x, y> into values of a kernel, in place.

    Parameters
    ----------
    products : (n, m) float64
    x_squares, y_squares : (n,) and (m,) float64
        <x, x> and <y, y>: |x - y|^2 = <x, x> + <y, y> - 2 <x, y>.
    """
    if kernel == "linear":
        return
    for batch in gen_batches(len(products), CACHED_ROWS):
        values = products[batch]
        if kernel == "rbf":
            values *= -2
            values += x_squares[batch, np.newaxis]
            values += y_squares
            # Rounding may leave a distance a little below 0.
            np.maximum(values, 0, out=values)
            values *= -gamma
            np.exp(values, out=values)
            continue
        values *= gamma
        values += coef0
        if kernel == "poly":
            values **= degree
        else:
            np.tanh(values, out=values)
