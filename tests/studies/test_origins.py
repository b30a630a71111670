"""Candidates for the origin of a number, against plain scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.studies import origins
from samples import digits

DATA = digits(200, 100)


def drawn_for(use, seed, rows):
    drawn = draw_with_replacement(200, 120, generator(seed, use))[:rows]
    return DATA.train_images[drawn].astype(np.float64), DATA.train_labels[drawn]


def plain_auc(model, images, labels):
    predicted = model.predict(images)
    return np.mean([roc_auc_score(labels == k, predicted == k) for k in range(10)])


TEST = DATA.test_images.astype(np.float64), DATA.test_labels


def test_gammas_are_those_of_their_releases():
    X = DATA.train_images
    values = X.astype(np.float64)
    found = origins.gammas(X)
    assert found["auto"] == 1 / 64
    deviation = np.sqrt(np.mean((values - values.mean()) ** 2))
    assert found["scale_2019"] == pytest.approx(1 / (64 * deviation))
    today = SVC(gamma="scale").fit(values, DATA.train_labels)._gamma
    assert found["scale"] == pytest.approx(today, rel=1e-12)


def test_kernels_score_as_plain_scikit_learn_scores_them():
    found = origins.kernel_aucs(DATA, 120, seed=3)
    assert list(found["linear"]) == ["auto"]
    X, y = drawn_for("svm_kernels", 3, 120)
    for kernel, gamma in (("rbf", "scale_2019"), ("poly", "scale"), ("linear", "auto")):
        plain = SVC(kernel=kernel, degree=2, gamma=origins.gammas(X)[gamma]).fit(X, y)
        assert found[kernel][gamma] == pytest.approx(
            {"train": plain_auc(plain, X, y), "test": plain_auc(plain, *TEST)}
        )


def test_a_smaller_final_set_is_the_beginning_of_the_largest():
    found = origins.final_aucs(DATA, [60, 120], seed=1)
    assert list(found) == ["rows_60", "rows_120"]
    for rows in (60, 120):
        plain = SVC(C=10, gamma=0.01).fit(*drawn_for("svm_final", 1, rows))
        assert found[f"rows_{rows}"] == pytest.approx(plain_auc(plain, *TEST))
    # More than there are count as all.
    assert list(origins.final_aucs(DATA, [150, 300, 400], seed=1)) == ["rows_150", "rows_200"]
