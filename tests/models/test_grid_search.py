"""The grid search, here and on a Dask cluster, and the choice from its table."""

import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.models.classical import grid_search as module
from mnist_report.models.classical.grid_search import grid_search, select
from samples import digits

GRID = {"C": [1.0, 10.0], "gamma": [0.001, 0.01, 0.1], "folds": 3, "n_jobs": 1}
X, Y = digits(300, 0).train_images.astype(np.float64), digits(300, 0).train_labels


@pytest.fixture(scope="module")
def expected():
    return grid_search(X, Y, **GRID)


def same(table, expected):
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


def test_the_table_holds_every_candidate_and_its_folds(expected):
    pairs = list(zip(expected["C"], expected["gamma"], strict=True))
    assert pairs == [(C, gamma) for C in GRID["C"] for gamma in GRID["gamma"]]
    folds = expected[["fold_1", "fold_2", "fold_3"]].to_numpy()
    for row, (C, gamma) in zip(folds, pairs, strict=True):
        assert np.array_equal(row, cross_val_score(SVC(C=C, gamma=gamma), X, Y, cv=3))
    np.testing.assert_allclose(expected["mean"], folds.mean(axis=1))
    np.testing.assert_allclose(expected["sd"], folds.std(axis=1))
    assert expected.loc[expected["mean"].idxmax(), "rank"] == 1


def test_a_value_listed_twice_and_the_number_of_threads_change_nothing(expected):
    doubled = {"gamma": [0.001, 0.001, 0.01, 0.1], "C": [1, 10, 10], "n_jobs": 2}
    same(grid_search(X, Y, **(GRID | doubled)), expected)


# On a Dask cluster.


def test_a_cluster_gives_the_same_scores_though_a_worker_is_killed(monkeypatch):
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    # Enough rows that the fits are still running when the worker dies.
    many = np.concatenate([X] * 3), np.concatenate([Y] * 3)
    grid = {"C": [1.0, 10.0], "gamma": [0.1, 1.0], "folds": 3, "n_jobs": 2}
    clusters, killed = [], []

    class Cluster(distributed.LocalCluster):
        def __init__(self, **options):
            super().__init__(**options)
            clusters.append(self)

    def kill():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not killed:
            time.sleep(0.02)
            for state in list(clusters[0].scheduler.workers.values()) if clusters else []:
                # It holds data and has a fit in hand.
                if state.has_what and any("fit_and_score" in t.key for t in state.processing):
                    killed.append(clusters[0].workers[state.name].pid)
                    os.kill(killed[0], signal.SIGKILL)
                    break

    monkeypatch.setattr(distributed, "LocalCluster", Cluster)
    killer = threading.Thread(target=kill)
    killer.start()
    # A worker that asks a killed one for data may try for this long, 30 s unless told.
    with dask.config.set({"distributed.comm.timeouts.connect": "3s"}):
        result = grid_search(*many, **grid, backend="dask", scheduler="local")
    killer.join()
    assert len(killed) == 1
    same(result, grid_search(*many, **grid))


def test_a_cluster_that_is_not_there_is_one_line(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.5)
    with (
        socket.socket() as free,
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
    ):
        free.bind(("127.0.0.1", 0))
        silent = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        for scheduler, message in (
            (silent, f"no Dask scheduler answers at '{silent}'"),
            ("nonsense://here", "no Dask scheduler answers at 'nonsense://here'"),
            (empty.scheduler_address, "see that its workers run"),
            (None, "needs a scheduler"),
        ):
            with pytest.raises(UserError, match=message):
                grid_search(X, Y, **GRID, backend="dask", scheduler=scheduler)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"\.\[dask\]"):
        grid_search(X, Y, **GRID, backend="dask", scheduler="local")


# What is refused, and what is chosen.


def test_a_bad_parameter_is_named():
    for wrong, message in (
        ({"C": []}, "no values of C"),
        ({"gamma": []}, "no values of gamma"),
        ({"C": [1.0, 0.0]}, r"C = 0\.0"),
        ({"gamma": [float("inf")]}, "gamma = inf"),
        ({"folds": 1}, "1 folds"),
        ({"backend": "slurm"}, "'slurm'"),
    ):
        with pytest.raises(UserError, match=message):
            grid_search(X, Y, **(GRID | wrong))
    few = np.array([0, 0, 0, 0, 0, 7, 7, 7, 7])
    for labels, message in (
        (few, "class 7 has only 4 of the 9 rows; use 4 folds"),
        (np.zeros(9, dtype=int), "two classes"),
    ):
        with pytest.raises(UserError, match=message):
            grid_search(np.zeros((9, 2)), labels, **(GRID | {"folds": 5}))


def table(*rows):
    """Make a grid's table from (C, gamma, scores of the folds)."""
    C, gamma, folds = zip(*rows, strict=True)
    means = pd.Series([np.mean(scores) for scores in folds])
    return pd.DataFrame(
        {
            "C": C,
            "gamma": gamma,
            "mean": means,
            "rank": means.round(12).rank(ascending=False, method="min").astype(int),
            **{f"fold_{k + 1}": [scores[k] for scores in folds] for k in range(len(folds[0]))},
        }
    )


def test_of_tied_candidates_the_smallest_c_then_gamma_is_taken():
    # The same scores in another order: their means differ in the last bit.
    a, b = [0.1, 0.2, 0.3, 0.6], [0.6, 0.3, 0.2, 0.1]
    assert np.add.reduce(a) != np.add.reduce(b)
    choice = select(table((100.0, 0.1, b), (10.0, 0.1, a), (10.0, 0.01, b), (1.0, 0.01, [0.0] * 4)))
    assert (choice.C, choice.gamma) == (10.0, 0.01)
    assert choice.tied == ((10.0, 0.01), (10.0, 0.1), (100.0, 0.1))
    assert choice.mean == pytest.approx(0.3)


def test_the_standard_error_bounds_the_candidates_that_do_as_well():
    best = [0.88, 0.90, 0.92, 0.90]
    error = np.std(best, ddof=1) / 2
    near, far = 0.90 - 0.9 * error, 0.90 - 1.1 * error
    choice = select(table((1.0, 0.1, [far] * 4), (10.0, 0.1, best), (1.0, 0.2, [near] * 4)))
    assert choice.standard_error == pytest.approx(error)
    assert choice.tied == ((10.0, 0.1),)
    assert choice.within_one_se == ((1.0, 0.2), (10.0, 0.1))
