"""What the paper says of support vector machines, put to the test once for a seed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from mnist_report.core.params import AblationsSvm, Compute, Kernel
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.classical.pca import fit_pca, project_all
from mnist_report.models.classical.svm import Gamma, fit_unique, predict_with_scores
from mnist_report.scores.scores import accuracy
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA

#: Prices of mistakes for which the cost of a fit is measured: the default and a large one.
PRICES = (1.0, 1000.0)

#: Digits can be parted without a mistake, so that a larger price changes nothing. With so many
#: labels wrong, and a kernel so wide, they cannot.
WRONG_LABELS, WIDE_GAMMA = 0.1, 0.0003

Measures = dict[str, float]


def by_components(
    projected: ScaledData, components: Sequence[int], rows: int, seed: int
) -> dict[str, Measures]:
    """Return ``k_<k>`` to what `fit_and_judge` gives of an SVM on the first k components.

    `projected` is the data set on its principal components, from `project_all`; a k above the
    number of pixels is taken as that number.
    """
    n = len(projected.train_images)
    drawn = draw_with_replacement(n, rows, generator(seed, "ablations_components"))
    result = {}
    for k in components:
        train, test = projected.train_images[:, :k], projected.test_images[:, :k]
        points = replace(projected, train_images=train, test_images=test)
        result[f"k_{k}"] = fit_and_judge(points, drawn, "rbf", FOUND_C, FOUND_GAMMA)
    return result


def growth(data: ScaledData, sizes: Sequence[int], gamma: float, seed: int) -> dict[str, Measures]:
    """Return ``C_<price>`` to the work of the solver, ``rows_<n>``, for several numbers of rows.

    Beside it stands ``bound_<n>``, the share of the support vectors whose multiplier has reached C.
    Rows are drawn without replacement; a smaller set is the beginning of a larger one. Sizes above
    the number of rows are left out.
    """
    X, y = data.train_images, data.train_labels
    order = generator(seed, "ablations_growth").permutation(len(y))
    result: dict[str, Measures] = {}
    for price, size in product(PRICES, [size for size in sizes if size <= len(y)]):
        drawn = order[:size]
        model = fit_unique(X, y, drawn, kernel="rbf", C=price, gamma=gamma)
        bound = np.abs(model.dual_coef_).max(axis=0) >= price * (1 - 1e-9)
        found = result.setdefault(f"C_{price:g}", {})
        found[f"rows_{size}"] = solver_work(model, y[drawn])
        found[f"bound_{size}"] = float(bound.mean())
    return result


def solver_work(model: SVC, y: NDArray[np.int64]) -> float:
    """Return the sum over pairs of classes, of the labels y, of iterations times rows.

    It is counted, not timed, so it is the same on every machine: libsvm's solver changes two
    multipliers an iteration and then brings the gradient of every row of the two classes up to date
    (Chang and Lin, LIBSVM, 2011, section 4).
    """
    pairs = [sum(pair) for pair in combinations(np.unique(y, return_counts=True)[1], 2)]
    return float(np.dot(model.n_iter_.astype(np.float64), pairs))


def with_wrong_labels(data: ScaledData, seed: int) -> ScaledData:
    """Return the data set with the share `WRONG_LABELS` of the training labels changed."""
    rng = generator(seed, "ablations_wrong_labels")
    classes, codes = np.unique(data.train_labels, return_inverse=True)
    wrong = rng.random(len(codes)) < WRONG_LABELS
    codes[wrong] += rng.integers(1, len(classes), wrong.sum())
    return replace(data, train_labels=classes[codes % len(classes)])


def scaling(data: ScaledData, rows: int, seed: int) -> dict[str, dict[str, Measures]]:
    """Return what pixels from 0 to 255 do to a ``linear`` and an ``rbf`` classifier.

    Both keep the paper's ``gamma='auto'`` and C = 1; to each belong ``scaled`` and ``unscaled``,
    with what `fit_and_judge` gives.
    """
    n = len(data.train_images)
    drawn = draw_with_replacement(n, rows, generator(seed, "ablations_scaling"))
    kernels: tuple[Kernel, ...] = ("linear", "rbf")
    return {
        kernel: {
            name: fit_and_judge(images, drawn, kernel, 1.0, "auto")
            for name, images in (("scaled", data), ("unscaled", unscaled(data)))
        }
        for kernel in kernels
    }


def fit_and_judge(
    data: ScaledData, drawn: NDArray[np.int64], kernel: Kernel, C: float, gamma: Gamma
) -> Measures:
    """Return ``accuracy`` on the test images, ``support_vectors`` and ``iterations``."""
    model = fit_unique(data.train_images, data.train_labels, drawn, kernel=kernel, C=C, gamma=gamma)
    predicted, _ = predict_with_scores(model, data.test_images)
    return {
        "accuracy": accuracy(data.test_labels, predicted),
        "support_vectors": len(model.support_),
        "iterations": int(model.n_iter_.sum()),
    }


def plan(data: ScaledData, params: AblationsSvm, compute: Compute) -> Study:
    """Try numbers of components, sizes of the training set, and pixels that are not scaled."""
    components, rows, sizes = params.components, params.rows, params.growth_rows
    projected = project_all(fit_pca(data.train_images, max(components)), data)

    def growth_noisy(seed: int) -> dict[str, Measures]:
        return growth(with_wrong_labels(data, seed), sizes, WIDE_GAMMA, seed)

    measures: dict[str, Callable[[int], Run]] = {
        "components": partial(by_components, projected, components, rows),
        "growth": partial(growth, data, sizes, FOUND_GAMMA),
        "growth_noisy": growth_noisy,
        "scaling": partial(scaling, data, rows),
    }
    return Study({name: Group(measure, params.seeds) for name, measure in measures.items()})
