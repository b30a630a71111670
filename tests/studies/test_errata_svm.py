"""What slips with support vector machines cost, on scikit-learn's digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from mnist_report.data.scaled import ScaledData
from mnist_report.errors import UserError
from mnist_report.models.grid_search import Selection
from mnist_report.params import load_params
from mnist_report.randomness import generator
from mnist_report.studies import errata_svm
from mnist_report.studies.errata_svm import replacement, search_precomputed, search_size


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16).astype(np.float32), y.astype(np.int64)
    return ScaledData(X[:300], y[:300], X[300:500], y[300:500])


def test_rows_drawn_without_replacement_are_distinct(data):
    scores = replacement(data, 120, seed=3)
    assert scores["without"]["distinct_rows"] == 120
    # 300 (1 - (1 - 1/300)^120) = 99 are expected; 120 distinct ones would be a wonder.
    assert 85 < scores["with"]["distinct_rows"] < 112
    assert replacement(data, 120, seed=3) == scores
    assert replacement(data, 120, seed=4) != scores


def test_more_rows_than_there_are_count_as_all(data):
    scores = replacement(data, 10_000, seed=0)
    assert scores["without"]["distinct_rows"] == 300
    # All rows once, in whatever order: one support vector machine.
    model = SVC(C=10, gamma=0.01).fit(data.train_images, data.train_labels)
    predicted = model.predict(data.test_images)
    assert scores["without"]["accuracy"] == pytest.approx(np.mean(predicted == data.test_labels))
    by_class = [
        balanced_accuracy_score(data.test_labels == digit, predicted == digit)
        for digit in range(10)
    ]
    assert scores["without"]["auc_hard"] == pytest.approx(np.mean(by_class))


def test_rows_drawn_with_replacement_count_as_often_as_they_come(data, monkeypatch):
    drawn = np.random.default_rng(0).integers(0, 300, 150)
    monkeypatch.setattr(errata_svm, "draw_with_replacement", lambda *_: drawn)
    score = replacement(data, 150, seed=0)["with"]
    model = SVC(C=10, gamma=0.01).fit(data.train_images[drawn], data.train_labels[drawn])
    assert score["distinct_rows"] == len(set(drawn.tolist()))
    assert score["accuracy"] == pytest.approx(model.score(data.test_images, data.test_labels))


def test_search_uses_the_sizes_given_and_judges_what_each_finds(data, monkeypatch):
    grid = load_params().svm_gridsearch
    searched = []

    def search(X, y, given):
        assert given is grid
        searched.append((X, y))
        C = 0.001 if len(X) == 40 else 10.0
        return Selection(C, 0.01, len(X) / 1000, 0.01, (), ())

    monkeypatch.setattr(errata_svm, "search_precomputed", search)
    found = search_size(data, grid, {"small": 40, "large": 10_000}, rows=200, seed=7)
    # Each on a draw of its size, or as many rows as there are; the one of stage svm_gridsearch.
    for (X, y), size in zip(searched, (40, 300), strict=True):
        drawn = generator(7, "svm_gridsearch").integers(0, 300, size)
        np.testing.assert_array_equal(X, data.train_images[drawn])
        np.testing.assert_array_equal(y, data.train_labels[drawn])
    assert [found[name]["C"] for name in found] == [0.001, 10.0]
    assert [found[name]["best_mean"] for name in found] == [0.04, 0.3]
    # Both are judged on one draw of rows, so the one that barely fits is the worse.
    assert found["small"]["distinct_rows"] == found["large"]["distinct_rows"] <= 200
    assert found["small"]["accuracy"] < 0.5 < found["large"]["accuracy"]


def test_search_with_kernel_matrices_finds_what_the_plain_search_does(data):
    prices, gammas = [0.1, 1, 10, 100], [0.1, 0.001, 0.001]
    grid = load_params().svm_gridsearch.model_copy(
        update={"C": prices, "gamma": gammas, "folds": 3}
    )
    X, y = data.train_images[:150].astype(np.float64), data.train_labels[:150]
    found = search_precomputed(X, y, grid)

    plain = GridSearchCV(SVC(), {"C": prices, "gamma": gammas[:2]}, cv=3).fit(X, y)
    results = plain.cv_results_
    best = results["rank_test_score"] == 1
    tied = sorted(
        (p["C"], p["gamma"]) for p, first in zip(results["params"], best, strict=True) if first
    )
    folds = [results[f"split{fold}_test_score"][best][0] for fold in range(3)]
    assert found.mean == pytest.approx(plain.best_score_)
    assert (found.C, found.gamma) == tied[0]
    assert sorted(found.tied) == tied
    assert found.standard_error == pytest.approx(np.std(folds, ddof=1) / np.sqrt(3))


def test_a_search_over_too_few_rows_is_one_line(data):
    with pytest.raises(UserError, match=r"the search over 12 rows with 5 folds fails .*more rows"):
        search_size(data, load_params().svm_gridsearch, {"few": 12}, rows=40, seed=0)
