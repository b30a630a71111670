"""The comparison of kernels against direct fits."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.svm import SVC

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation import kernels
from mnist_report.evaluation.kernels import as_metrics, compare_kernels

KERNELS = ("linear", "poly", "sigmoid", "rbf")
OPTIONS = {"C": 1.0, "gamma": "auto", "degree": 2}


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return ScaledData(X[:1000], y[:1000], X[1000:], y[1000:])


@pytest.fixture(scope="module")
def drawn():
    return draw_with_replacement(1000, 500, np.random.default_rng(0))


@pytest.fixture(scope="module")
def table(data, drawn):
    return compare_kernels(data, drawn, KERNELS, **OPTIONS)


@pytest.mark.parametrize("kernel", KERNELS)
def test_both_rows_of_a_kernel_are_those_of_a_direct_fit(data, drawn, table, kernel):
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    model = SVC(kernel=kernel, **OPTIONS).fit(X, y)
    judged_on = {"train": (X, y), "test": (data.test_images.astype(np.float64), data.test_labels)}
    for rows, (images, labels) in judged_on.items():
        row = table[(table["kernel"] == kernel) & (table["rows"] == rows)].iloc[0]
        predicted = model.predict(images)
        truth = np.eye(10)[labels]
        # Both solve to a tolerance: a row near a boundary may fall on its other side.
        assert row["accuracy"] == pytest.approx(accuracy_score(labels, predicted), abs=0.002)
        hard = roc_auc_score(truth, np.eye(10)[predicted])
        assert row["auc_hard"] == pytest.approx(hard, abs=0.002)
        soft = roc_auc_score(truth, model.decision_function(images))
        assert row["auc_scores"] == pytest.approx(soft, abs=0.001)


def test_rows_too_many_for_shared_products_are_judged_the_same(data, drawn, table, monkeypatch):
    monkeypatch.setattr(kernels, "GRAM_GIB", 0.0)
    shared = kernels.SharedRows(data, drawn)
    assert shared.among is None
    assert shared.beyond is None
    pd.testing.assert_frame_equal(compare_kernels(data, drawn, KERNELS, **OPTIONS), table)


def test_there_are_two_rows_for_each_kernel_in_the_order_asked_for(table):
    assert list(zip(table["kernel"], table["rows"], strict=True)) == [
        (kernel, rows) for kernel in KERNELS for rows in ("train", "test")
    ]


def test_a_kernel_listed_twice_counts_once(data, drawn, table):
    twice = compare_kernels(data, drawn, ["linear", "linear"], **OPTIONS)
    assert twice.equals(table[table["kernel"] == "linear"])


def test_metrics_nest_the_table(table):
    metrics = as_metrics(table)
    assert list(metrics) == list(KERNELS)
    row = table[(table["kernel"] == "rbf") & (table["rows"] == "test")].iloc[0]
    assert metrics["rbf"]["support_vectors"] == row["support_vectors"]
    assert metrics["rbf"]["test"] == {
        measure: row[measure] for measure in ("accuracy", "auc_hard", "auc_scores")
    }
