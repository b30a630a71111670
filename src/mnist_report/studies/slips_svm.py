"""What the paper's slips with support vector machines cost, measured once for a seed."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.core.params import Compute, SlipsSvm, SvmGridsearch
from mnist_report.core.repeat import Group, Study
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.grid_search import Selection, select
from mnist_report.models.classical.svm import fit_unique, predict_gemm
from mnist_report.scores.scores import accuracy, auc_hard
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
        few = draw_with_replacement(n, min(size, n), generator(seed, "svm_gridsearch"))
        X = data.train_images[few].astype(np.float64)
        try:
            found = search_precomputed(X, data.train_labels[few], grid)
        except ValueError as error:
            raise UserError(
                f"the search over {len(few)} rows with {grid.folds} folds fails ({error}); "
                "use fewer folds or more rows"
            ) from error
        chosen = {"C": found.C, "gamma": found.gamma, "best_mean": found.mean}
        result[name] = chosen | _score(data, drawn, found.C, found.gamma)
    return result


def search_precomputed(
    X: NDArray[np.float64], y: NDArray[np.int64], grid: SvmGridsearch
) -> Selection:
    """Search as `grid_search` does, with one kernel matrix for each gamma.

    The same folds, candidates and rule, and so the same choice. On thousands of rows the kernel
    matrices, made once, save most of the time; they take 8 n² bytes.
    """
    splits = list(StratifiedKFold(n_splits=grid.folds).split(X, y))
    prices = list(dict.fromkeys(grid.C))
    tables = []
    for gamma in dict.fromkeys(grid.gamma):
        search = GridSearchCV(
            SVC(kernel="precomputed"),
            {"C": prices},
            scoring="accuracy",
            cv=splits,
            refit=False,
            error_score="raise",
        )
        results = search.fit(rbf_kernel(X, gamma=gamma), y).cv_results_
        folds = {
            f"fold_{fold + 1}": results[f"split{fold}_test_score"] for fold in range(grid.folds)
        }
        columns = {"C": prices, "gamma": gamma, "mean": results["mean_test_score"]}
        tables.append(pd.DataFrame(columns | folds))
    table = pd.concat(tables, ignore_index=True)
    table["rank"] = table["mean"].round(12).rank(ascending=False, method="min")
    return select(table)


def _score(data: ScaledData, drawn: NDArray[np.int64], C: float, gamma: float) -> dict[str, float]:
    model = fit_unique(data.train_images, data.train_labels, drawn, kernel="rbf", C=C, gamma=gamma)
    predicted, _ = predict_gemm(model, data.test_images)
    return {
        "distinct_rows": len(np.unique(drawn)),
        "accuracy": accuracy(data.test_labels, predicted),
        "auc_hard": auc_hard(data.test_labels, predicted, model.classes_),
    }


def plan(data: ScaledData, params: SlipsSvm, compute: Compute) -> Study:
    """Compare ways to draw the rows, and sizes of the draw that is searched."""
    grid, n = SVM_GRIDSEARCH, len(data.train_images)
    sizes = {"small": min(grid.rows, n), "large": min(params.search_rows, n)}
    groups = {
        "replacement": Group(lambda seed: replacement(data, params.rows, seed), params.seeds),
        "search": Group(
            lambda seed: search_size(data, grid, sizes, params.rows, seed), params.search_seeds
        ),
    }
    candidates = len(set(grid.C)) * len(set(grid.gamma))
    return Study(groups, {"search_rows": sizes, "candidates": candidates})
