"""The paper's search for C and gamma: cross-validated accuracy over a grid.

The search is scikit-learn's `GridSearchCV`. Its fits run through joblib, in threads or on a Dask
cluster; folds and fits are the same, so the scores are the same to the last digit.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, PredefinedSplit, StratifiedKFold
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.core.params import SvmGridsearch
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.svm import GRAM_GIB

#: How long to wait for a Dask scheduler to answer and for its first worker, in seconds.
CONNECT_TIMEOUT = 10


def search_draw(
    data: ScaledData, params: SvmGridsearch, seed: int, *, as_in_2019: bool = False
) -> pd.DataFrame:
    """Cross-validate an RBF support vector classifier for every C and gamma of the parameters.

    It sees training rows drawn with replacement. The folds are stratified and taken in the order of
    the rows, as the paper's ``cv=5`` does: they are a random draw. With `as_in_2019` they are
    `folds_of_2019`, weighted by their rows in mean and sd, as `GridSearchCV` did then (``iid``,
    until release 0.24). One kernel matrix, of 8 n² bytes, serves all values of C; where that is too
    much, libsvm makes the values itself.

    Returned is a row for each candidate in the order of the lists, C outermost; a value listed
    twice counts once. ``sd`` is over the folds, divided by their number as the paper's are; the
    ``rank`` of the best is 1, and equal means share one. UserError if a class has fewer rows than
    there are folds.
    """
    folds, prices, n = params.folds, list(dict.fromkeys(params.C)), len(data.train_images)
    drawn = draw_with_replacement(n, params.rows, generator(seed, "svm_gridsearch"))
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2 or counts.min() < folds:
        # scikit-learn only warns; it then scores folds on classes that they do not have.
        raise UserError(
            f"{folds} folds are too many: class {classes[counts.argmin()]} has only "
            f"{counts.min()} of the {len(y)} rows; use fewer folds or draw more rows"
        )
    cv = PredefinedSplit(folds_of_2019(y, folds)) if as_in_2019 else StratifiedKFold(folds)
    splits = list(cv.split(X, y))
    weights = [len(test) if as_in_2019 else 1 for _, test in splits]
    tables = []
    # Every fit at the same time holds the better part of the matrix once more.
    as_matrix = 8 * len(X) ** 2 <= GRAM_GIB / 4 * 2**30
    for value in dict.fromkeys(params.gamma):
        model = SVC(kernel="precomputed") if as_matrix else SVC(gamma=value)
        search = GridSearchCV(model, {"C": prices}, cv=splits, refit=False, error_score="raise")
        results = search.fit(rbf_kernel(X, gamma=value) if as_matrix else X, y).cv_results_
        scores = {f"fold_{k + 1}": results[f"split{k}_test_score"] for k in range(folds)}
        tables.append(pd.DataFrame({"C": prices, "gamma": value} | scores, dtype=np.float64))
    # By C, then gamma, each in the order of its list.
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    pairs, accuracies = table[["C", "gamma"]], table.filter(like="fold_")
    mean = pd.Series(np.average(accuracies, axis=1, weights=weights))
    sd = np.sqrt(np.average(accuracies.sub(mean, axis=0) ** 2, axis=1, weights=weights))
    # The same fold scores in another order can differ in the last bit of their mean.
    rank = mean.round(12).rank(ascending=False, method="min").astype(np.int64)
    return pairs.assign(mean=mean, sd=sd, rank=rank).join(accuracies)


def folds_of_2019(y: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Return the fold of every row, shape (n,), as `StratifiedKFold` chose it before release 0.22.

    Each class was cut into consecutive parts by itself, of which the first ones took the rows left
    over: so the first folds were larger than the last (scikit-learn's issue 14673, mended by pull
    request 14704).
    """
    result = np.empty(len(y), dtype=np.int64)
    for label in np.unique(y):
        for fold, rows in enumerate(np.array_split(np.flatnonzero(y == label), folds)):
            result[rows] = fold
    return result


@contextlib.contextmanager
def on_dask(scheduler: str, jobs: int) -> Iterator[None]:
    """Run the fits on the Dask cluster of a scheduler (``"tcp://host:8786"``).

    ``"local"`` starts so many worker processes on this machine. They import the main script anew,
    so it needs its ``if __name__ == "__main__"``.
    """
    try:
        import distributed
    except ImportError as error:
        raise UserError(
            "Dask is not installed; run 'pip install .[dask]' or set compute.backend to local"
        ) from error
    where = (
        {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        if scheduler == "local"
        else {"address": scheduler}
    )
    try:
        with (
            distributed.Client(  # type: ignore[no-untyped-call]
                timeout=CONNECT_TIMEOUT, **where
            ) as client,
            joblib.parallel_config("dask", client=client, wait_for_workers_timeout=CONNECT_TIMEOUT),
        ):
            yield
    except (OSError, CancelledError, distributed.KilledWorker) as error:
        raise UserError(
            f"the Dask cluster at {scheduler!r} does not answer or has no workers ({error}); start "
            "them, correct compute.scheduler, or set compute.backend to local"
        ) from error


class Selection(NamedTuple):
    """The candidate taken from a grid, with the best `mean`.

    `within_one_se` has for each row of the table whether its mean is that close to the best.
    """

    C: float
    gamma: float
    mean: float
    standard_error: float
    within_one_se: pd.Series


def select(table: pd.DataFrame) -> Selection:
    """Take the best candidate from the table of `search_draw`.

    Among those with the best mean it is the one with the smallest C, then the smallest gamma: both
    make the smoother boundary. The standard error is that of the best mean over the folds (Hastie,
    Tibshirani and Friedman, The Elements of Statistical Learning, section 7.10). They share
    training rows, so it is a guide and no test.
    """
    best = table.sort_values(["rank", "C", "gamma"]).iloc[0]
    standard_error = float(stats.sem(best.filter(like="fold_").to_numpy(dtype=np.float64)))
    close = (table["rank"] == 1) | (table["mean"] >= best["mean"] - standard_error)
    C, gamma, mean = (float(best[name]) for name in ("C", "gamma", "mean"))
    return Selection(C, gamma, mean, standard_error, close)


def summary(table: pd.DataFrame) -> dict[str, Any]:
    """Return what was found, and mean and 2 sd of every candidate under its C and its gamma."""
    found = select(table)
    tree: dict[str, Any] = {
        "C": found.C,
        "gamma": found.gamma,
        "best_mean": found.mean,
        "tied": int((table["rank"] == 1).sum()),
    }
    for name, values in (("mean_accuracy", table["mean"]), ("two_sd", 2 * table["sd"])):
        cells = tree.setdefault(name, {})
        for C, gamma, value in zip(table["C"], table["gamma"], values, strict=True):
            cells.setdefault(f"C_{C:.10g}", {})[f"gamma_{gamma:.10g}"] = value
    return tree
