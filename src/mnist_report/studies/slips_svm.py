"""What the paper's slips with support vector machines cost, measured once for a seed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import cross_val_predict
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.core.params import Compute, SlipsSvm, SvmGridsearch
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical import duels
from mnist_report.models.classical.grid_search import search_draw, select
from mnist_report.models.classical.svm import fit_unique, predict_with_scores
from mnist_report.scores.scores import accuracy, auc_hard, auc_scores
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA, SVM_GRIDSEARCH

#: What a finer grid than the paper's decades has for gamma.
FINE_GAMMAS = [0.01, 0.02, 0.03]

#: In which rows are held back to turn duels into probabilities.
FOLDS = 5


def replacement(data: ScaledData, rows: int, seed: int) -> dict[str, Any]:
    """Train on rows drawn ``with`` and ``without`` replacement; judge on the test images."""
    n = len(data.train_images)
    rows = min(rows, n)
    rng = generator(seed, "errata_replacement")
    draws = {"with": draw_with_replacement(n, rows, rng), "without": rng.permutation(n)[:rows]}
    return {name: _score(data, drawn, FOUND_C, FOUND_GAMMA) for name, drawn in draws.items()}


def compare_searches(
    data: ScaledData, searches: Mapping[str, SvmGridsearch], rows: int, seed: int
) -> dict[str, Any]:
    """Make several searches; judge what each finds on the same rows, so many.

    The ``best_mean`` is the accuracy that a search promises; ``accuracy`` and ``auc_hard`` are what
    the model keeps of it on the test images.
    """
    n = len(data.train_images)
    drawn = draw_with_replacement(n, rows, generator(seed, "errata_search"))
    result = {}
    for name, search in searches.items():
        # The draw that stage `svm_gridsearch` makes with this seed, or a longer one.
        found = select(search_draw(data, search, seed))
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

    The AUC is of ``labels``; of ``decision``, scikit-learn's own score; of its two parts, ``votes``
    (how many of the nine duels a digit wins) and ``margins`` (the sum of their values); and of
    ``calibrated`` ones, the `probabilities`. UserError if fewer rows of a class are drawn than
    these have folds.
    """
    drawn = generator(seed, "slips_scores").permutation(len(data.train_images))[:rows]
    X, y = data.train_images[drawn], data.train_labels[drawn]
    for label in np.union1d(data.train_labels, data.test_labels):
        if (count := np.sum(y == label)) < FOLDS:
            raise UserError(
                f"class {label} has only {count} of the {len(y)} rows drawn, but it takes "
                f"{FOLDS} or more; raise studies.slips_svm.rows or add images of that class"
            )
    svm = fit_unique(X, y, np.arange(len(y)), kernel="rbf", C=FOUND_C, gamma=FOUND_GAMMA)
    predicted, decision = predict_with_scores(svm, data.test_images)
    votes, margins = votes_and_margins(decision)
    calibrated = probabilities(svm, X, y, data.test_images)
    truth, classes = data.test_labels, svm.classes_
    kinds = {"decision": decision, "votes": votes, "margins": margins, "calibrated": calibrated}
    return {
        "accuracy": accuracy(truth, predicted),
        "accuracy_calibrated": accuracy(truth, classes[calibrated.argmax(axis=1)]),
        "log_loss": float(log_loss(truth, calibrated, labels=classes)),
        "mean_confidence": float(calibrated.max(axis=1).mean()),
        "auc": {"labels": auc_hard(truth, predicted, classes)}
        | {name: auc_scores(truth, values, classes) for name, values in kinds.items()},
    }


def probabilities(
    svm: SVC, X: NDArray[np.float32], y: NDArray[np.int64], unseen: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the probability of each class for `unseen` rows, shape (n, k), as libsvm does.

    `svm` is the RBF machine fitted on X and y.
    """
    held_back = cross_val_predict(
        SVC(kernel="precomputed", C=svm.C, decision_function_shape="ovo"),
        rbf_kernel(X, gamma=svm.gamma).astype(np.float64),
        y,
        cv=FOLDS,
        method="decision_function",
    )
    if held_back.ndim == 1:  # of two classes, positive for the second
        held_back = -held_back[:, np.newaxis]
    sigmoids = duels.fit_sigmoids(held_back, y, svm.classes_)
    return duels.probabilities(duels.duel_values(svm, unseen), sigmoids, len(svm.classes_))


def votes_and_margins(
    decision: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take scikit-learn's one-against-the-rest score apart, shapes (n, k).

    It is votes + t / (3 (|t| + 1)), t being the sum of the margins of a digit's duels: the second
    part is below 1/3, so that it decides between digits with as many votes. Of two classes
    the score is the margin itself.
    """
    if decision.shape[1] == 2:
        return (decision > 0).astype(float), decision
    votes = np.rint(decision)
    part = 3 * (decision - votes)
    return votes, part / (1 - np.abs(part))


def plan(data: ScaledData, params: SlipsSvm, compute: Compute) -> Study:
    """Compare ways to draw the rows, scores of one machine, and searches."""
    grid, n = SVM_GRIDSEARCH, len(data.train_images)
    sizes = {"small": min(grid.rows, n), "large": min(params.search_rows, n)}
    searches = {name: grid.model_copy(update={"rows": size}) for name, size in sizes.items()}
    searches["fine"] = searches["large"].model_copy(update={"gamma": FINE_GAMMAS})
    groups = {
        "replacement": Group(partial(replacement, data, params.rows), params.seeds),
        "scores": Group(partial(scores, data, params.rows), params.seeds),
        "search": Group(
            partial(compare_searches, data, searches, params.rows), params.search_seeds
        ),
    }
    candidates = len(set(grid.C)) * len(set(grid.gamma))
    return Study(groups, {"search_rows": sizes, "candidates": candidates})
