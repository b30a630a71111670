"""What slips with support vector machines cost, against plain fits and searches."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.studies import slips_svm
from mnist_report.studies.paper import SVM_GRIDSEARCH
from mnist_report.studies.slips_svm import (
    compare_searches,
    replacement,
    scores,
    votes_and_margins,
)
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


def test_searches_take_the_rows_given_and_what_each_finds_is_judged():
    prices, gammas = [0.001, 10], [0.1, 0.001, 0.001]
    grid = SVM_GRIDSEARCH.model_copy(update={"C": prices, "gamma": gammas, "folds": 3})
    # More rows than there are count as all.
    searches = {
        name: grid.model_copy(update={"rows": n}) for name, n in (("small", 90), ("large", 10_000))
    }
    found = compare_searches(DATA, searches, rows=200, seed=7)
    for name, size in (("small", 90), ("large", 300)):
        drawn = generator(7, "svm_gridsearch").integers(0, 300, size)
        X, y = DATA.train_images[drawn].astype(np.float64), DATA.train_labels[drawn]
        plain = GridSearchCV(SVC(), {"C": prices, "gamma": gammas[:2]}, cv=3).fit(X, y)
        assert found[name]["best_mean"] == pytest.approx(plain.best_score_)
        tied = plain.cv_results_["rank_test_score"] == 1
        best = sorted((p["C"], p["gamma"]) for p in np.array(plain.cv_results_["params"])[tied])
        assert (found[name]["C"], found[name]["gamma"]) == best[0]
    # Both are judged on one draw of rows.
    assert found["small"]["distinct_rows"] == found["large"]["distinct_rows"] <= 200


def test_the_score_of_an_svm_is_taken_apart():
    X, y = DATA.train_images, DATA.train_labels
    svm = SVC(C=10, gamma=0.01, decision_function_shape="ovo").fit(X, y)
    duels = svm.decision_function(DATA.test_images)
    expected_votes, expected_margins = np.zeros((2, len(duels), 10))
    pairs = [(i, j) for i in range(10) for j in range(i + 1, 10)]
    for (i, j), value in zip(pairs, duels.T, strict=True):
        expected_votes[:, i] += value > 0
        expected_votes[:, j] += value <= 0
        expected_margins[:, i] += value
        expected_margins[:, j] -= value
    svm.decision_function_shape = "ovr"
    votes, margins = votes_and_margins(svm.decision_function(DATA.test_images))
    np.testing.assert_array_equal(votes, expected_votes)
    np.testing.assert_allclose(margins, expected_margins, rtol=1e-9, atol=1e-9)


def test_an_svm_is_judged_by_every_score():
    found = scores(digits(1200, 500), 1000, seed=1)
    auc = found["auc"]
    assert auc["labels"] < auc["decision"] < auc["calibrated"]
    assert found["accuracy_calibrated"] == pytest.approx(found["accuracy"], abs=0.03)
    assert found["mean_confidence"] == pytest.approx(found["accuracy"], abs=0.1)
    assert found["log_loss"] < 0.3


def test_with_two_classes_every_score_puts_the_images_in_one_order():
    data = digits(1200, 500)
    train, test = (np.isin(labels, [3, 8]) for labels in (data.train_labels, data.test_labels))
    pair = ScaledData(
        data.train_images[train],
        data.train_labels[train],
        data.test_images[test],
        data.test_labels[test],
    )
    found = scores(pair, 200, seed=1)
    auc = found["auc"]
    assert auc["decision"] == auc["margins"] == pytest.approx(auc["calibrated"])
    assert auc["labels"] == auc["votes"]
    assert found["accuracy_calibrated"] == pytest.approx(found["accuracy"], abs=0.03)
    assert found["log_loss"] < 0.3


def test_too_few_rows_of_a_class_are_one_line():
    with pytest.raises(UserError, match=r"^class \d has only \d of the 30 rows drawn.*; raise"):
        scores(DATA, 30, seed=1)
