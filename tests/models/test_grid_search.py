"""The grid search, here and on a Dask cluster, and the choice from its table."""

import functools
import socket
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.models.classical import grid_search as module
from mnist_report.models.classical.grid_search import search_draw, select
from mnist_report.studies.paper import SVM_GRIDSEARCH
from samples import digits

GRID = SVM_GRIDSEARCH.model_copy(
    update={"rows": 300, "C": [1.0, 10.0], "gamma": [0.001, 0.01, 0.1], "folds": 3}
)
DATA = digits(300, 0)
DRAWN = draw_with_replacement(300, 300, generator(0, "svm_gridsearch"))
X, Y = DATA.train_images[DRAWN].astype(np.float64), DATA.train_labels[DRAWN]


@pytest.fixture(scope="module")
def expected():
    return search_draw(DATA, GRID, 0)


same = functools.partial(pd.testing.assert_frame_equal, check_exact=True)


def test_the_table_holds_every_candidate_and_its_folds(expected):
    pairs = list(zip(expected["C"], expected["gamma"], strict=True))
    assert pairs == [(C, gamma) for C in GRID.C for gamma in GRID.gamma]
    folds = expected[["fold_1", "fold_2", "fold_3"]].to_numpy()
    for row, (C, gamma) in zip(folds, pairs, strict=True):
        assert np.array_equal(row, cross_val_score(SVC(C=C, gamma=gamma), X, Y, cv=3))
    np.testing.assert_allclose(expected["mean"], folds.mean(axis=1))
    np.testing.assert_allclose(expected["sd"], folds.std(axis=1))
    assert expected.loc[expected["mean"].idxmax(), "rank"] == 1


def test_doubled_values_threads_and_a_kernel_made_by_libsvm_change_nothing(expected, monkeypatch):
    doubled = {"gamma": [0.001, 0.001, 0.01, 0.1], "C": [1, 10, 10]}
    with joblib.parallel_config(backend="threading", n_jobs=2):
        same(search_draw(DATA, GRID.model_copy(update=doubled), 0), expected)
    monkeypatch.setattr(module, "GRAM_GIB", 0)
    monkeypatch.delattr(module, "rbf_kernel")
    same(search_draw(DATA, GRID, 0), expected)


def test_folds_of_2019_give_the_rows_left_over_of_every_class_to_the_first_folds():
    y = np.array([0] * 7 + [1] * 5)[np.random.default_rng(0).permutation(12)]
    fold = module.folds_of_2019(y, 3)
    assert [np.bincount(y[fold == k]).tolist() for k in range(3)] == [[3, 2], [2, 2], [2, 1]]
    for label in (0, 1):
        assert np.all(np.diff(fold[y == label]) >= 0)

    # Means and deviations go by the rows of the folds.
    table = search_draw(DATA, GRID, 0, as_in_2019=True)
    rows = np.bincount(module.folds_of_2019(Y, 3))
    assert len(set(rows)) > 1
    for row in table.to_dict("records"):
        right = [row[f"fold_{k + 1}"] for k in range(3)]
        mean = np.dot(rows, right) / 300
        assert row["mean"] == pytest.approx(mean)
        assert row["sd"] ** 2 == pytest.approx(np.dot(rows, (right - mean) ** 2) / 300)


def test_a_dask_cluster_gives_the_same_scores(expected):
    pytest.importorskip("distributed")
    with module.on_dask("local", 2):
        same(search_draw(DATA, GRID, 0), expected)


def test_a_cluster_that_is_not_there_is_one_line(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        silent = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with (
            pytest.raises(UserError, match=f"cluster at '{silent}' does not answer"),
            module.on_dask(silent, 1),
        ):
            pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"\.\[dask\]"), module.on_dask("local", 1):
        pass


def test_more_folds_than_rows_of_a_class_are_refused():
    rows = np.bincount(Y)
    few = f"class {rows.argmin()} has only {rows.min()} of the 300 rows"
    with pytest.raises(UserError, match=f"80 folds are too many: {few}"):
        search_draw(DATA, GRID.model_copy(update={"folds": 80}), 0)


def table(*rows):
    """Make a grid's table from (C, gamma, scores of the folds)."""
    C, gamma, folds = zip(*rows, strict=True)
    found = pd.DataFrame({"C": C, "gamma": gamma, "mean": [np.mean(scores) for scores in folds]})
    found["rank"] = found["mean"].round(12).rank(ascending=False, method="min").astype(int)
    return found.join(pd.DataFrame(folds).rename(columns=lambda k: f"fold_{k + 1}"))


def test_of_tied_candidates_the_smallest_c_then_gamma_is_taken():
    # The same scores in another order: their means differ in the last bit.
    a, b = [0.1, 0.2, 0.3, 0.6], [0.6, 0.3, 0.2, 0.1]
    assert np.add.reduce(a) != np.add.reduce(b)
    choice = select(table((100.0, 0.1, b), (10.0, 0.1, a), (10.0, 0.01, b), (1.0, 0.01, [0.0] * 4)))
    assert (choice.C, choice.gamma) == (10.0, 0.01)
    assert choice.within_one_se.tolist() == [True, True, True, False]
    assert choice.mean == pytest.approx(0.3)


def test_the_standard_error_bounds_the_candidates_that_do_as_well():
    best = [0.88, 0.90, 0.92, 0.90]
    error = np.std(best, ddof=1) / 2
    near, far = 0.90 - 0.9 * error, 0.90 - 1.1 * error
    choice = select(table((1.0, 0.1, [far] * 4), (10.0, 0.1, best), (1.0, 0.2, [near] * 4)))
    assert choice.standard_error == pytest.approx(error)
    assert choice.within_one_se.tolist() == [False, True, True]
