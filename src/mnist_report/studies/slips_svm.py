"""What the paper's slips with support vector machines cost, measured once for a seed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from mnist_report.core.params import Compute, SlipsSvm, SvmGridsearch
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.grid_search import search_draw, select
from mnist_report.models.classical.svm import fit_unique, predict_with_scores
from mnist_report.scores.scores import accuracy, auc_hard, auc_scores
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA, SVM_GRIDSEARCH


def replacement(data: ScaledData, rows: int, seed: int) -> dict[str, Any]:
    """Train on rows drawn ``with`` and ``without`` replacement; judge on the test images."""
    n = len(data.train_images)
    rows = min(rows, n)
    rng = generator(seed, "errata_replacement")
    draws = {
        "with": draw_with_replacement(n, rows, rng),
        "without": rng.permutation(n)[:rows],
    }
    return {name: _score(data, drawn, FOUND_C, FOUND_GAMMA) for name, drawn in draws.items()}


def search_size(
    data: ScaledData, grid: SvmGridsearch, sizes: dict[str, int], rows: int, seed: int
) -> dict[str, Any]:
    """Search on draws of several sizes; judge what each finds on the same training rows.

    Parameters
    ----------
    grid
        The search; its own number of rows is not used.
    sizes
        A name to the number of rows drawn for a search.
    rows
        Rows drawn for the models that are judged on the test images.

    Returns
    -------
    dict
        By name: ``C``, ``gamma``, ``best_mean`` (the accuracy that the search promises) and what
        the model keeps of it on the test images, ``accuracy`` and ``auc_hard``.
    """
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(rows, n), generator(seed, "errata_search"))
    result = {}
    for name, size in sizes.items():
        # The draw that stage `svm_gridsearch` makes with this seed, or a longer one.
        found = select(search_draw(data, grid.model_copy(update={"rows": size}), seed))
        chosen = {"C": found.C, "gamma": found.gamma, "best_mean": found.mean}
        result[name] = chosen | _score(data, drawn, found.C, found.gamma)
    return result


def _score(data: ScaledData, drawn: NDArray[np.int64], C: float, gamma: float) -> dict[str, float]:
    model = fit_unique(data.train_images, data.train_labels, drawn, kernel="rbf", C=C, gamma=gamma)
    predicted, _ = predict_with_scores(model, data.test_images)
    return {
        "distinct_rows": len(np.unique(drawn)),
        "accuracy": accuracy(data.test_labels, predicted),
        "auc_hard": auc_hard(data.test_labels, predicted, model.classes_),
    }


def scores(data: ScaledData, rows: int, seed: int) -> dict[str, Any]:
    """Judge one SVM by several scores for each digit, on the test images.

    Returns
    -------
    dict
        ``accuracy``, and the AUC of ``labels``; of ``decision``, scikit-learn's own score; of its
        two parts, ``votes`` (how many of the nine duels a digit wins) and ``margins`` (the sum of
        their values); and of ``calibrated`` probabilities (Platt's sigmoids on five folds), with
        their ``log_loss``.
    """
    drawn = generator(seed, "slips_scores").permutation(len(data.train_images))[:rows]
    X, y = data.train_images[drawn], data.train_labels[drawn]
    svm = fit_unique(X, y, np.arange(len(y)), kernel="rbf", C=FOUND_C, gamma=FOUND_GAMMA)
    predicted, decision = predict_with_scores(svm, data.test_images)
    votes, margins = votes_and_margins(decision)
    calibrated = CalibratedClassifierCV(
        SVC(kernel="precomputed", C=FOUND_C), cv=5, ensemble=False
    ).fit(rbf_kernel(X, gamma=FOUND_GAMMA).astype(np.float64), y)
    probabilities = calibrated.predict_proba(
        rbf_kernel(data.test_images, X, gamma=FOUND_GAMMA).astype(np.float64)
    )
    truth, classes = data.test_labels, svm.classes_
    kinds = {
        "decision": decision,
        "votes": votes,
        "margins": margins,
        "calibrated": probabilities,
    }
    return {
        "accuracy": accuracy(truth, predicted),
        "accuracy_calibrated": accuracy(truth, classes[probabilities.argmax(axis=1)]),
        "log_loss": float(log_loss(truth, probabilities, labels=classes)),
        "auc": {"labels": auc_hard(truth, predicted, classes)}
        | {name: auc_scores(truth, values, classes) for name, values in kinds.items()},
    }


def votes_and_margins(
    decision: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take scikit-learn's one-against-the-rest score apart, shapes (n, k) with k > 2.

    It is votes + t / (3 (|t| + 1)), t being the sum of the margins of a digit's duels: the second
    part is below 1/3, so that it decides between digits with as many votes.
    """
    votes = np.rint(decision)
    part = 3 * (decision - votes)
    return votes, part / (1 - np.abs(part))


def plan(data: ScaledData, params: SlipsSvm, compute: Compute) -> Study:
    """Compare ways to draw the rows, and sizes of the draw that is searched."""
    grid, n = SVM_GRIDSEARCH, len(data.train_images)
    sizes = {"small": min(grid.rows, n), "large": min(params.search_rows, n)}
    groups = {
        "replacement": Group(lambda seed: replacement(data, params.rows, seed), params.seeds),
        "scores": Group(lambda seed: scores(data, params.rows, seed), params.seeds),
        "search": Group(
            lambda seed: search_size(data, grid, sizes, params.rows, seed), params.search_seeds
        ),
    }
    candidates = len(set(grid.C)) * len(set(grid.gamma))
    return Study(groups, {"search_rows": sizes, "candidates": candidates})
