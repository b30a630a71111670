"""What slips with support vector machines cost, against plain fits and searches."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.data.randomness import generator
from mnist_report.models.classical.grid_search import Selection
from mnist_report.studies import slips_svm
from mnist_report.studies.paper import SVM_GRIDSEARCH
from mnist_report.studies.slips_svm import replacement, search_precomputed, search_size
from samples import digits

DATA = digits(300, 200)


def test_rows_count_as_often_as_they_are_drawn(monkeypatch):
    drawn = np.random.default_rng(0).integers(0, 300, 150)
    monkeypatch.setattr(slips_svm, "draw_with_replacement", lambda *_: drawn)
    # More rows than there are count as all: one SVM, in whatever order.
    for score, rows in (
        (replacement(DATA, 150, seed=3)["with"], drawn),
        (replacement(DATA, 10_000, seed=3)["without"], np.arange(300)),
    ):
        model = SVC(C=10, gamma=0.01).fit(DATA.train_images[rows], DATA.train_labels[rows])
        predicted, truth = model.predict(DATA.test_images), DATA.test_labels
        by_class = [balanced_accuracy_score(truth == k, predicted == k) for k in range(10)]
        assert score == {
            "distinct_rows": len(set(rows.tolist())),
            "accuracy": pytest.approx(np.mean(predicted == truth)),
            "auc_hard": pytest.approx(np.mean(by_class)),
        }
    assert replacement(DATA, 150, seed=3)["without"]["distinct_rows"] == 150


def test_search_uses_the_sizes_given_and_judges_what_each_finds(monkeypatch):
    searched = []

    def search(X, y, given):
        assert given is SVM_GRIDSEARCH
        searched.append((X, y))
        return Selection(0.001 if len(X) == 40 else 10.0, 0.01, len(X) / 1000, 0.01, (), ())

    monkeypatch.setattr(slips_svm, "search_precomputed", search)
    sizes = {"small": 40, "large": 10_000}
    found = search_size(DATA, SVM_GRIDSEARCH, sizes, rows=200, seed=7)
    # Each on a draw of its size, or as many rows as there are; the one of stage svm_gridsearch.
    for (X, y), size in zip(searched, (40, 300), strict=True):
        drawn = generator(7, "svm_gridsearch").integers(0, 300, size)
        np.testing.assert_array_equal(X, DATA.train_images[drawn])
        np.testing.assert_array_equal(y, DATA.train_labels[drawn])
    assert [found[name]["C"] for name in found] == [0.001, 10.0]
    assert [found[name]["best_mean"] for name in found] == [0.04, 0.3]
    # Both are judged on one draw of rows, so the one that barely fits is the worse.
    assert found["small"]["distinct_rows"] == found["large"]["distinct_rows"] <= 200
    assert found["small"]["accuracy"] < 0.5 < found["large"]["accuracy"]


def test_search_with_kernel_matrices_finds_what_the_plain_search_does():
    prices, gammas = [0.1, 1, 10, 100], [0.1, 0.001, 0.001]
    grid = SVM_GRIDSEARCH.model_copy(update={"C": prices, "gamma": gammas, "folds": 3})
    X, y = DATA.train_images[:150].astype(np.float64), DATA.train_labels[:150]
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


def test_a_search_over_too_few_rows_is_one_line():
    with pytest.raises(UserError, match=r"the search over 12 rows with 5 folds fails .*more rows"):
        search_size(DATA, SVM_GRIDSEARCH, {"few": 12}, rows=40, seed=0)
