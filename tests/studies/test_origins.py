"""Candidates for the origin of a number, against plain scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.randomness import generator
from mnist_report.studies import origins


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    centres = rng.random((3, 16))
    labels = np.arange(120) % 3
    images = np.clip(centres[labels] + 0.3 * rng.standard_normal((120, 16)), 0, 1)
    images = images.astype(np.float32)
    return ScaledData(images[:80], labels[:80], images[80:], labels[80:])


def test_gammas_are_those_of_their_releases(data):
    X = data.train_images
    found = origins.gammas(X)
    values = X.astype(np.float64).ravel()
    assert found["auto"] == 1 / 16
    assert found["scale_2019"] == pytest.approx(
        1 / (16 * np.sqrt(np.mean((values - values.mean()) ** 2)))
    )
    # What scikit-learn means today.
    today = SVC(gamma="scale").fit(X.astype(np.float64), data.train_labels)._gamma
    assert found["scale"] == pytest.approx(today, rel=1e-12)


def plain_auc(model, images, labels):
    predicted = model.predict(images.astype(np.float64))
    return np.mean(
        [roc_auc_score(labels == digit, (predicted == digit).astype(float)) for digit in range(3)]
    )


@pytest.mark.parametrize(("kernel", "gamma"), [("rbf", "scale_2019"), ("poly", "scale")])
def test_kernels_score_as_plain_scikit_learn_scores_them(data, kernel, gamma):
    found = origins.kernel_aucs(data, 60, seed=3)
    drawn = draw_with_replacement(80, 60, generator(3, "svm_kernels"))
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    plain = SVC(kernel=kernel, degree=2, gamma=origins.gammas(X)[gamma]).fit(X, y)
    assert found[kernel][gamma]["train"] == pytest.approx(plain_auc(plain, X, y))
    expected = plain_auc(plain, data.test_images, data.test_labels)
    assert found[kernel][gamma]["test"] == pytest.approx(expected)


def test_the_linear_kernel_has_one_candidate(data):
    assert list(origins.kernel_aucs(data, 60, seed=0)["linear"]) == ["auto"]


def test_a_smaller_final_set_is_the_beginning_of_the_largest(data):
    found = origins.final_aucs(data, [30, 60], seed=1)
    drawn = draw_with_replacement(80, 60, generator(1, "svm_final"))[:30]
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    plain = SVC(C=10, gamma=0.01).fit(X, y)
    assert found["rows_30"] == pytest.approx(plain_auc(plain, data.test_images, data.test_labels))
    assert set(found) == {"rows_30", "rows_60"}
