"""What the paper says of support vector machines, put to the test once for a seed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from mnist_report.core.params import AblationsSvm, Compute, Kernel
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.classical.pca import fit_pca, project_all
from mnist_report.models.classical.svm import fit_unique, predict_with_scores
from mnist_report.scores.scores import accuracy
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA

#: Prices of mistakes for which the cost of a fit is measured: the default and a large one.
PRICES = (1.0, 1000.0)

#: Digits can be parted without a mistake, so that a larger price changes nothing. With so many
#: labels wrong, and a kernel so wide, they cannot.
WRONG_LABELS, WIDE_GAMMA = 0.1, 0.0003


def by_components(
    projected: ScaledData, components: Sequence[int], rows: int, seed: int
) -> dict[str, dict[str, float]]:
    """Return the accuracy on the test images of an SVM that sees the first k components.

    Parameters
    ----------
    projected
        The data set on its principal components, from `project_all`.
    components
        The numbers k; those above the number of pixels are taken as that number.
    rows
        Rows drawn with replacement.
    """
    n = len(projected.train_images)
    drawn = draw_with_replacement(n, min(rows, n), generator(seed, "ablations_components"))
    result = {}
    for k in components:
        points = replace(
            projected,
            train_images=projected.train_images[:, :k],
            test_images=projected.test_images[:, :k],
        )
        model = _fit(points, drawn, "rbf", FOUND_C, FOUND_GAMMA)
        result[f"k_{k}"] = _judge(model, points)
    return result


def growth(
    data: ScaledData, sizes: Sequence[int], gamma: float, seed: int
) -> dict[str, dict[str, float]]:
    """Return the work of the solver for several numbers of rows, by the price C.

    The work is counted, not timed, so it is the same on every machine: libsvm's solver changes
    two multipliers an iteration and then brings the gradient of every row of the two classes up
    to date (Chang and Lin, LIBSVM, 2011, section 4). So one pair of classes costs its iterations
    times its rows, and the work is the sum over the pairs. Rows are drawn without replacement;
    a smaller set is the beginning of a larger one.

    Returns
    -------
    dict
        ``C_<price>`` to ``rows_<n>`` to the work, and ``bound_<n>``, the share of the support
        vectors whose multiplier has reached C; sizes above the number of rows are left out.
    """
    order = generator(seed, "ablations_growth").permutation(len(data.train_images))
    result: dict[str, dict[str, float]] = {}
    for price in PRICES:
        for size in sizes:
            if size > len(order):
                continue
            model = _fit(data, order[:size], "rbf", price, gamma)
            bound = np.abs(model.dual_coef_).max(axis=0) >= price * (1 - 1e-9)
            found = result.setdefault(f"C_{price:g}", {})
            sizes_of_classes = np.bincount(data.train_labels[order[:size]])
            found[f"rows_{size}"] = solver_work(model, sizes_of_classes)
            found[f"bound_{size}"] = float(bound.mean())
    return result


def with_wrong_labels(data: ScaledData, seed: int) -> ScaledData:
    """Return the data set with the share `WRONG_LABELS` of the training labels changed."""
    rng = generator(seed, "ablations_wrong_labels")
    classes, codes = np.unique(data.train_labels, return_inverse=True)
    wrong = rng.random(len(codes)) < WRONG_LABELS
    codes[wrong] += rng.integers(1, len(classes), wrong.sum())
    return replace(data, train_labels=classes[codes % len(classes)])


def solver_work(model: SVC, class_sizes: NDArray[np.int64]) -> float:
    """Return the sum over pairs of classes of iterations times rows.

    Parameters
    ----------
    model
        A fitted classifier.
    class_sizes : (k,) int64
        The rows of each class; classes without rows are passed over.
    """
    sizes = class_sizes[class_sizes > 0]
    pairs = [sizes[i] + sizes[j] for i in range(len(sizes)) for j in range(i + 1, len(sizes))]
    return float(np.dot(model.n_iter_.astype(np.float64), pairs))


def scaling(data: ScaledData, rows: int, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return what pixels from 0 to 255 do to a linear and an RBF classifier.

    Both kernels keep the paper's ``gamma='auto'`` and C = 1.

    Returns
    -------
    dict
        ``linear`` and ``rbf`` to ``scaled`` and ``unscaled`` to ``accuracy`` on the test images,
        ``support_vectors`` and ``iterations`` of the solver.
    """
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(rows, n), generator(seed, "ablations_scaling"))
    result: dict[str, dict[str, dict[str, float]]] = {}
    kernels: tuple[Kernel, ...] = ("linear", "rbf")
    for kernel in kernels:
        for name, images in (("scaled", data), ("unscaled", unscaled(data))):
            model = _fit(images, drawn, kernel, 1.0, "auto")
            result.setdefault(kernel, {})[name] = _judge(model, images)
    return result


def _fit(
    data: ScaledData,
    drawn: NDArray[np.int64],
    kernel: Kernel,
    price: float,
    gamma: Any,  # noqa: ANN401
) -> SVC:
    return fit_unique(
        data.train_images, data.train_labels, drawn, kernel=kernel, C=price, gamma=gamma
    )


def _judge(model: SVC, data: ScaledData) -> dict[str, float]:
    predicted, _ = predict_with_scores(model, data.test_images)
    return {
        "accuracy": accuracy(data.test_labels, predicted),
        "support_vectors": len(model.support_),
        "iterations": int(model.n_iter_.sum()),
    }


def plan(data: ScaledData, params: AblationsSvm, compute: Compute) -> Study:
    """Try numbers of components, sizes of the training set, and pixels that are not scaled."""
    components = params.components
    projected = project_all(fit_pca(data.train_images, max(components)), data)
    return Study(
        {
            "components": Group(
                lambda seed: by_components(projected, components, params.rows, seed), params.seeds
            ),
            "growth": Group(
                lambda seed: growth(data, params.growth_rows, FOUND_GAMMA, seed), params.seeds
            ),
            "growth_noisy": Group(
                lambda seed: growth(
                    with_wrong_labels(data, seed), params.growth_rows, WIDE_GAMMA, seed
                ),
                params.seeds,
            ),
            "scaling": Group(lambda seed: scaling(data, params.rows, seed), params.seeds),
        }
    )
