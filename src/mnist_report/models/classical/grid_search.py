"""The paper's search for C and gamma: cross-validated accuracy over a grid.

The search is scikit-learn's `GridSearchCV`. Its fits run through joblib, either on this machine
or on a Dask cluster; the folds and the fits are the same, so the scores are the same to the last
digit.
"""

import contextlib
import importlib
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Literal

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.core.params import SvmGridsearch
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData

#: How long to wait for a Dask scheduler to answer and for its first worker, in seconds.
CONNECT_TIMEOUT = 10

#: joblib's progress lines on stderr: about four over the paper's 175 fits.
VERBOSITY = 5

Candidate = tuple[float, float]


@dataclass(frozen=True)
class Selection:
    """What `select` takes from a grid, and how sure that choice is.

    Attributes
    ----------
    C, gamma
        The candidate taken.
    mean
        Its mean accuracy over the folds, 0 to 1: the best of the grid.
    standard_error
        The standard error of that mean, 0 to 1.
    tied
        Every (C, gamma) with the same best mean, the one taken first.
    within_one_se
        Every (C, gamma) whose mean is at most one standard error below the best, the tied ones
        included, in the order of C, then gamma.
    """

    C: float
    gamma: float
    mean: float
    standard_error: float
    tied: tuple[Candidate, ...]
    within_one_se: tuple[Candidate, ...]


def grid_search(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    *,
    C: Sequence[float],
    gamma: Sequence[float],
    folds: int,
    n_jobs: int,
    backend: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Cross-validate an RBF support vector classifier for every pair of C and gamma.

    The folds are stratified and taken in the order of the rows, as the paper's ``cv=5`` does: its
    rows are a random draw, so shuffling them once more would add nothing.

    Parameters
    ----------
    X : (n, d) float64
        The rows.
    y : (n,) int64
        Their labels.
    C, gamma
        The values to pair. A value listed twice counts once.
    folds
        The number of folds, 2 or more.
    n_jobs
        How many fits run at a time on this machine: threads, for libsvm lets go of Python's
        lock, or worker processes of the Dask cluster that ``scheduler="local"`` starts. A cluster
        with an address uses all it has.
    backend
        ``"local"`` runs on this machine through joblib, ``"dask"`` on a Dask cluster.
    scheduler
        Only for ``"dask"``: the scheduler's address (``"tcp://host:8786"``), or ``"local"`` for
        a cluster of worker processes on this machine that lives as long as the search. The
        workers import the main script anew, so it needs its ``if __name__ == "__main__"``.

    Returns
    -------
    DataFrame
        One row for each candidate in the order of the lists, C outermost. Columns: ``C``,
        ``gamma``, ``mean`` accuracy (0 to 1), ``sd`` (over the folds, divided by their number as
        the paper's are), ``rank`` (1 is best; equal means share a rank) and ``fold_1``,
        ``fold_2``, ... (the accuracy on each fold).

    Raises
    ------
    UserError
        If a list is empty or a value is not positive, if there are fewer than two folds or more
        than the smallest class has rows, if the backend is unknown, or if the Dask cluster is
        not installed, does not answer, has no workers or loses its data.
    """
    candidates = {"C": _positive("C", C), "gamma": _positive("gamma", gamma)}
    _check_folds(y, folds)
    # One list of folds, so that every candidate, and Dask, meets the same arrays.
    splits = list(StratifiedKFold(n_splits=folds).split(X, y))
    search = GridSearchCV(
        SVC(kernel="rbf"),
        candidates,
        scoring="accuracy",
        cv=splits,
        refit=False,
        error_score="raise",
    )
    shared = [X, y, *(part for split in splits for part in split)]
    with _parallel(backend, scheduler, n_jobs, shared):
        search.fit(X, y)
    return _table(search.cv_results_, folds)


def search_draw(data: ScaledData, params: SvmGridsearch, seed: int) -> dict[str, Any]:
    """Search on a draw of the training rows; return what stage ``svm_gridsearch`` reports."""
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(params.rows, n), generator(seed, "svm_gridsearch"))
    table = grid_search(
        data.train_images[drawn].astype(np.float64),
        data.train_labels[drawn],
        C=params.C,
        gamma=params.gamma,
        folds=params.folds,
        n_jobs=2,
    )
    chosen = select(table)
    return {
        "C": chosen.C,
        "gamma": chosen.gamma,
        "best_mean": chosen.mean,
        "tied": len(chosen.tied),
        "mean_accuracy": nested(table, table["mean"]),
        "two_sd": nested(table, 2 * table["sd"]),
    }


def select(table: pd.DataFrame) -> Selection:
    """Take the best candidate of a grid and name those that do as well.

    The rule: among the candidates with the best mean the one with the smallest C, then the
    smallest gamma. Both make the smoother boundary.

    The standard error is that of the best mean over k folds, s / sqrt(k) with s the standard
    deviation of the folds' scores with divisor k - 1 (Hastie, Tibshirani and Friedman, The
    Elements of Statistical Learning, section 7.10). The folds share training rows, so it is a
    guide and no test.

    Parameters
    ----------
    table
        What `grid_search` returns.

    Returns
    -------
    Selection
        The candidate taken, the tied ones and those within one standard error.
    """
    ordered = table.sort_values(["C", "gamma"])
    tied = ordered[ordered["rank"] == 1]
    best = tied.iloc[0]
    scores = best.filter(like="fold_").to_numpy(dtype=np.float64)
    standard_error = float(scores.std(ddof=1) / math.sqrt(len(scores)))
    close = ordered[(ordered["rank"] == 1) | (ordered["mean"] >= best["mean"] - standard_error)]
    return Selection(
        C=float(best["C"]),
        gamma=float(best["gamma"]),
        mean=float(best["mean"]),
        standard_error=standard_error,
        tied=_pairs(tied),
        within_one_se=_pairs(close),
    )


def nested(table: pd.DataFrame, values: "pd.Series[float]") -> dict[str, dict[str, float]]:
    """Return a value of every candidate under the names of its C and its gamma.

    Parameters
    ----------
    table
        What `grid_search` returns.
    values
        A number for each of its rows.
    """
    tree: dict[str, dict[str, float]] = {}
    for C, gamma, value in zip(table["C"], table["gamma"], values, strict=True):
        tree.setdefault(f"C_{C:.10g}", {})[f"gamma_{gamma:.10g}"] = float(value)
    return tree


def _positive(name: str, values: Sequence[float]) -> list[float]:
    """Return the values without repeats, or raise UserError if they make no grid."""
    if not values:
        raise UserError(f"the grid has no values of {name}; list one or more")
    for value in values:
        if not (math.isfinite(value) and value > 0):
            raise UserError(f"the grid holds {name} = {value}; every {name} must be above 0")
    return list(dict.fromkeys(values))


def _check_folds(y: NDArray[np.int64], folds: int) -> None:
    """Raise UserError unless every fold can hold a row of every class.

    scikit-learn only warns; it then scores folds on classes that they do not have.
    """
    if folds < 2:
        raise UserError(f"the grid search cannot use {folds} folds; give 2 or more")
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise UserError("the grid search needs rows of at least two classes; draw more rows")
    smallest = counts.argmin()
    rows = int(counts[smallest])
    if folds > rows:
        remedy = f"use {rows} folds or draw more rows" if rows > 1 else "draw more rows"
        raise UserError(
            f"{folds} folds are too many: class {classes[smallest]} has only {rows} "
            f"of the {len(y)} rows; {remedy}"
        )


@contextlib.contextmanager
def _parallel(
    backend: str, scheduler: str | None, n_jobs: int, shared: list[NDArray[Any]]
) -> Iterator[None]:
    """Make joblib run on the backend while the block lasts."""
    if backend == "local":
        with joblib.parallel_config(backend="threading", n_jobs=n_jobs, verbose=VERBOSITY):
            yield
    elif backend == "dask":
        with (
            _dask_client(scheduler, n_jobs) as client,
            joblib.parallel_config(
                backend="dask",
                client=client,
                wait_for_workers_timeout=CONNECT_TIMEOUT,
                verbose=VERBOSITY,
            ),
        ):
            # joblib would send each array to one worker, and lose the search with it. The result
            # of a task is made again when its worker dies, so the arrays are sent as such.
            joblib_backend, _ = joblib.parallel.get_active_backend()
            joblib_backend.data_futures.update(
                {id(array): client.submit(np.asarray, array, pure=False) for array in shared}
            )
            yield
    else:
        raise UserError(f"unknown backend {backend!r} of the grid search; use 'local' or 'dask'")


@contextlib.contextmanager
def _dask_client(scheduler: str | None, n_jobs: int) -> Iterator[Any]:
    """Connect to the scheduler at an address, or to a cluster started here for the purpose."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise UserError(
            "the Dask backend is not installed; run 'pip install .[dask]' or use the local backend"
        ) from error
    if scheduler is None:
        raise UserError("the Dask backend needs a scheduler; give its address, or 'local'")
    with contextlib.ExitStack() as stack:
        if scheduler == "local":
            target = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=n_jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0"
                )
            )
        else:
            target = scheduler
        try:
            client = stack.enter_context(distributed.Client(target, timeout=CONNECT_TIMEOUT))
        except (OSError, ValueError) as error:
            raise UserError(
                f"no Dask scheduler answers at {scheduler!r} ({error}); start one with "
                "'dask scheduler', correct the address, or use the local backend"
            ) from error
        try:
            yield client
        except (OSError, CancelledError, distributed.KilledWorker) as error:
            raise UserError(
                f"the Dask cluster at {scheduler!r} gave up the search ({error}); see that its "
                "workers run and have enough memory, or use the local backend"
            ) from error


def _table(results: dict[str, Any], folds: int) -> pd.DataFrame:
    """Turn ``cv_results_`` into the table that `grid_search` describes."""
    mean = pd.Series(results["mean_test_score"])
    columns = {
        "C": results["param_C"].astype(np.float64),
        "gamma": results["param_gamma"].astype(np.float64),
        "mean": mean,
        "sd": results["std_test_score"],
        # The same fold scores in another order can differ in the last bit of their mean.
        "rank": mean.round(12).rank(ascending=False, method="min").astype(np.int64),
    }
    for fold in range(folds):
        columns[f"fold_{fold + 1}"] = results[f"split{fold}_test_score"]
    return pd.DataFrame(columns)


def _pairs(table: pd.DataFrame) -> tuple[Candidate, ...]:
    """Return the candidates of a table as (C, gamma) pairs."""
    return tuple(zip(table["C"].tolist(), table["gamma"].tolist(), strict=True))
