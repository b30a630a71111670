"""The grid search on both backends, and the choice from its table."""

import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from mnist_report.errors import UserError
from mnist_report.models import grid_search as module
from mnist_report.models.grid_search import grid_search, select

GRID = {"C": [1.0, 10.0], "gamma": [0.001, 0.01, 0.1], "folds": 3, "n_jobs": 1}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


@pytest.fixture(scope="module")
def expected(digits):
    return grid_search(*digits, **GRID)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    # A worker that asks a killed one for data may try for this long, 30 s unless told.
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "3s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster,
    ):
        yield cluster


def table(*rows):
    """Make a grid's table from (C, gamma, scores of the folds)."""
    means = pd.Series([np.mean(folds) for _, _, folds in rows])
    return pd.DataFrame(
        {
            "C": [C for C, _, _ in rows],
            "gamma": [gamma for _, gamma, _ in rows],
            "mean": means,
            "rank": means.round(12).rank(ascending=False, method="min").astype(int),
            **{
                f"fold_{number + 1}": [folds[number] for _, _, folds in rows]
                for number in range(len(rows[0][2]))
            },
        }
    )


def test_the_table_holds_every_candidate_and_its_folds(digits, expected):
    assert list(expected.columns) == [
        *("C", "gamma", "mean", "sd", "rank"),
        *("fold_1", "fold_2", "fold_3"),
    ]
    pairs = list(zip(expected["C"], expected["gamma"], strict=True))
    assert pairs == [(C, gamma) for C in GRID["C"] for gamma in GRID["gamma"]]
    folds = expected[["fold_1", "fold_2", "fold_3"]].to_numpy()
    for row, (C, gamma) in zip(folds, pairs, strict=True):
        assert np.array_equal(row, cross_val_score(SVC(C=C, gamma=gamma), *digits, cv=3))
    np.testing.assert_allclose(expected["mean"], folds.mean(axis=1))
    np.testing.assert_allclose(expected["sd"], folds.std(axis=1))
    assert expected.loc[expected["mean"].idxmax(), "rank"] == 1


def test_a_value_listed_twice_counts_once(digits, expected):
    doubled = GRID | {"gamma": [0.001, 0.001, 0.01, 0.1], "C": [1, 10, 10]}
    pd.testing.assert_frame_equal(grid_search(*digits, **doubled), expected)


def test_the_number_of_threads_changes_no_score(digits, expected):
    pd.testing.assert_frame_equal(
        grid_search(*digits, **(GRID | {"n_jobs": 2})), expected, check_exact=True
    )


def test_a_dask_cluster_gives_the_same_scores(digits, expected, cluster):
    result = grid_search(*digits, **GRID, backend="dask", scheduler=cluster.scheduler_address)
    pd.testing.assert_frame_equal(result, expected, check_exact=True)


def test_a_cluster_of_its_own_gives_the_same_scores(digits, expected):
    pytest.importorskip("distributed")
    result = grid_search(*digits, **GRID, backend="dask", scheduler="local")
    pd.testing.assert_frame_equal(result, expected, check_exact=True)


def test_a_killed_worker_costs_no_result(digits, cluster):
    # Enough rows that the fits are still running when the worker dies.
    X, y = (np.concatenate([part] * 4) for part in digits)
    grid = {"C": [1.0, 10.0, 100.0], "gamma": [0.1, 1.0, 10.0], "folds": 3, "n_jobs": 2}
    killed = []

    def kill():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for state in list(cluster.scheduler.workers.values()):
                # It holds data and has a fit in hand.
                if state.has_what and any("fit_and_score" in t.key for t in state.processing):
                    killed.append(cluster.workers[state.name].pid)
                    os.kill(killed[0], signal.SIGKILL)
                    return
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    result = grid_search(X, y, **grid, backend="dask", scheduler=cluster.scheduler_address)
    killer.join()
    assert len(killed) == 1
    pd.testing.assert_frame_equal(result, grid_search(X, y, **grid), check_exact=True)


def test_a_scheduler_that_does_not_answer_is_named(digits, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(UserError, match=address):
            grid_search(*digits, **GRID, backend="dask", scheduler=address)
    assert time.monotonic() - start < 10


def test_an_address_that_is_none_is_named(digits):
    pytest.importorskip("distributed")
    with pytest.raises(UserError, match="nonsense://here"):
        grid_search(*digits, **GRID, backend="dask", scheduler="nonsense://here")


def test_a_cluster_without_workers_is_reported(digits, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(UserError, match="workers"),
    ):
        grid_search(*digits, **GRID, backend="dask", scheduler=empty.scheduler_address)


def test_a_missing_dask_is_reported(digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"\.\[dask\]"):
        grid_search(*digits, **GRID, backend="dask", scheduler="local")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"C": []}, "no values of C"),
        ({"gamma": []}, "no values of gamma"),
        ({"C": [1.0, 0.0]}, "C = 0.0"),
        ({"gamma": [float("inf")]}, "gamma = inf"),
        ({"folds": 1}, "1 folds"),
        ({"backend": "slurm"}, "'slurm'"),
        ({"backend": "dask"}, "needs a scheduler"),
    ],
)
def test_a_bad_parameter_is_named(digits, wrong, message):
    with pytest.raises(UserError, match=message):
        grid_search(*digits, **(GRID | wrong))


def test_more_folds_than_rows_of_a_class_are_refused():
    X, y = np.zeros((9, 2)), np.array([0, 0, 0, 0, 0, 7, 7, 7, 7])
    with pytest.raises(UserError, match=r"class 7 has only 4 of the 9 rows; use 4 folds"):
        grid_search(X, y, C=[1.0], gamma=[1.0], folds=5, n_jobs=1)
    with pytest.raises(UserError, match="two classes"):
        grid_search(X, np.zeros(9, dtype=int), C=[1.0], gamma=[1.0], folds=5, n_jobs=1)


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


def test_select_reads_what_grid_search_writes(expected, tmp_path):
    expected.to_csv(tmp_path / "grid.csv", index=False, float_format="%.10g")
    assert select(pd.read_csv(tmp_path / "grid.csv")).tied == select(expected).tied
