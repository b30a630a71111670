"""The comparison of kernels against direct fits."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.svm import SVC

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.models.classical.kernels import as_metrics, compare_kernels
from mnist_report.models.classical.svm import KERNELS
from samples import digits

OPTIONS = {"C": 1.0, "gamma": "auto", "degree": 2}
DATA = digits(1000, 797)
DRAWN = draw_with_replacement(1000, 500, np.random.default_rng(0))


@pytest.fixture(scope="module")
def table():
    # A kernel listed twice counts once.
    return compare_kernels(DATA, DRAWN, [*KERNELS, "linear"], **OPTIONS)


def test_both_rows_of_a_kernel_are_those_of_a_direct_fit(table):
    X, y = DATA.train_images[DRAWN].astype(np.float64), DATA.train_labels[DRAWN]
    judged_on = {"train": (X, y), "test": (DATA.test_images.astype(np.float64), DATA.test_labels)}
    rows = iter(table.to_dict("records"))
    metrics = as_metrics(table)
    for kernel in KERNELS:
        model = SVC(kernel=kernel, **OPTIONS).fit(X, y)
        for part, (images, labels) in judged_on.items():
            row = next(rows)
            assert (row["kernel"], row["rows"]) == (kernel, part)
            predicted, truth = model.predict(images), np.eye(10)[labels]
            # Both solve to a tolerance: a row near a boundary may fall on its other side.
            assert row["accuracy"] == pytest.approx(accuracy_score(labels, predicted), abs=0.002)
            hard = roc_auc_score(truth, np.eye(10)[predicted])
            assert row["auc_hard"] == pytest.approx(hard, abs=0.002)
            soft = roc_auc_score(truth, model.decision_function(images))
            assert row["auc_scores"] == pytest.approx(soft, abs=0.001)
            assert metrics[kernel]["support_vectors"] == row["support_vectors"]
            assert metrics[kernel][part] == {
                name: row[name] for name in ("accuracy", "auc_hard", "auc_scores")
            }
    assert next(rows, None) is None
