"""What slips cost, against plain fits and searches, mathematics and SciPy."""

import math
import sys

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.studies import slips_network, slips_svm
from mnist_report.studies.paper import SVM_GRIDSEARCH
from samples import digits

DATA = digits(300, 200)


def test_rows_count_as_often_as_they_are_drawn(monkeypatch):
    drawn = np.random.default_rng(0).integers(0, 300, 150)
    monkeypatch.setattr(slips_svm, "draw_with_replacement", lambda *_: drawn)
    # More rows than there are count as all: one SVM, in whatever order.
    for score, rows in (
        (slips_svm.replacement(DATA, 150, seed=3)["with"], drawn),
        (slips_svm.replacement(DATA, 10_000, seed=3)["without"], np.arange(300)),
    ):
        model = SVC(C=10, gamma=0.01).fit(DATA.train_images[rows], DATA.train_labels[rows])
        predicted, truth = model.predict(DATA.test_images), DATA.test_labels
        by_class = [balanced_accuracy_score(truth == k, predicted == k) for k in range(10)]
        assert score == {
            "distinct_rows": len(set(rows.tolist())),
            "accuracy": pytest.approx(np.mean(predicted == truth)),
            "auc_hard": pytest.approx(np.mean(by_class)),
        }
    assert slips_svm.replacement(DATA, 150, seed=3)["without"]["distinct_rows"] == 150


def test_searches_take_the_rows_given_and_what_each_finds_is_judged():
    prices, gammas = [0.001, 10], [0.1, 0.001, 0.001]
    grid = SVM_GRIDSEARCH.model_copy(update={"C": prices, "gamma": gammas, "folds": 3})
    # More rows than there are count as all.
    searches = {
        name: grid.model_copy(update={"rows": n}) for name, n in (("small", 90), ("large", 10_000))
    }
    found = slips_svm.compare_searches(DATA, searches, rows=200, seed=7)
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
    votes, margins = slips_svm.votes_and_margins(svm.decision_function(DATA.test_images))
    np.testing.assert_array_equal(votes, expected_votes)
    np.testing.assert_allclose(margins, expected_margins, rtol=1e-9, atol=1e-9)


def test_an_svm_is_judged_by_every_score():
    found = slips_svm.scores(digits(1200, 500), 1000, seed=1)
    auc = found["auc"]
    assert auc["labels"] < auc["decision"] < auc["calibrated"]
    assert found["accuracy_calibrated"] == pytest.approx(found["accuracy"], abs=0.03)
    assert found["mean_confidence"] == pytest.approx(found["accuracy"], abs=0.1)
    assert found["log_loss"] < 0.3


def test_with_two_classes_every_score_puts_the_images_in_one_order():
    few = digits(1200, 500)
    train, test = (np.isin(labels, [3, 8]) for labels in (few.train_labels, few.test_labels))
    learnt, judged = (few.train_images[train], few.train_labels[train]), few.test_images[test]
    found = slips_svm.scores(ScaledData(*learnt, judged, few.test_labels[test]), 200, seed=1)
    auc = found["auc"]
    assert auc["decision"] == auc["margins"] == pytest.approx(auc["calibrated"])
    assert auc["labels"] == auc["votes"]
    assert found["accuracy_calibrated"] == pytest.approx(found["accuracy"], abs=0.03)


def test_too_few_rows_of_a_class_are_one_line():
    with pytest.raises(UserError, match=r"^class \d has only \d of the 30 rows drawn.*; raise"):
        slips_svm.scores(DATA, 30, seed=1)


@pytest.mark.filterwarnings("error")
def test_softmax_as_printed_is_softmax_until_the_exponential_overflows():
    z = np.random.default_rng(0).normal(0, 30, (50, 10))
    np.testing.assert_allclose(slips_network.softmax_as_printed(z), softmax(z, axis=1), rtol=1e-12)
    assert np.isnan(
        slips_network.softmax_as_printed(np.array([[800.0, 0.0], [800.0, 800.0]]))[:, 0]
    ).all()
    # e^x is the largest double at x = 709.78; half the smallest one, at x = -745.13, rounds to 0.
    assert slips_network.overflow() == {
        "largest_safe_logit": math.floor(math.log(sys.float_info.max)),
        "nan_beyond": 1,
        "largest_safe_gap": math.floor(-math.log(math.ulp(0.0)) + math.log(2)),
        "not_finite_beyond": 1,
    }


def test_gradients_with_brackets_are_right_and_the_printed_one_is_off():
    for seed in (0, 1):
        errors = slips_network.gradient_errors(seed)
        assert errors["W1"] < 1e-7
        assert errors["W2_with_brackets"] < 1e-7

        # The same network, its gradient in closed form: a (ŷ - y)ᵀ for one image in a column.
        rng = generator(seed, "errata_gradient")
        x, y = rng.random(5), np.array([0.0, 1.0, 0.0])
        W1, W2 = rng.standard_normal((5, 4)), rng.standard_normal((4, 3))
        b1, b2 = rng.standard_normal(4), rng.standard_normal(3)
        a = 1 / (1 + np.exp(-(x @ W1 + b1)))
        y_hat = softmax(a @ W2 + b2)
        true = np.outer(a, y_hat - y)
        printed = y_hat[:, None] - np.outer(y, a)  # J × 1 less J × H, the way NumPy reads it
        off = np.linalg.norm(printed.T - true) / np.linalg.norm(true)
        assert errors["W2_as_printed"] == pytest.approx(off, rel=1e-6)
        assert off > 0.1
