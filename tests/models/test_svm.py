"""Fits on weighted rows and predictions by kernel matrices, against plain SVC."""

import numpy as np
import pytest
from sklearn.svm import SVC

from mnist_report.core.errors import UserError
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.models.classical import svm
from samples import digits

ONE_BY_ONE = 0.0
X, Y = digits(1797, 0).train_images.astype(np.float64), digits(1797, 0).train_labels


def of_classes(count):
    there = np.isin(Y, range(count))
    return X[there], Y[there]


def drawn_from(rows, size, seed=1):
    return draw_with_replacement(rows, size, np.random.default_rng(seed))


def test_prediction_is_that_of_svc():
    # More rows than the digits have: mixtures of two images each.
    rng = np.random.default_rng(0)
    weight = rng.uniform(size=(3000, 1))
    one, other = rng.integers(0, len(X), (2, 3000))
    many = weight * X[one] + (1 - weight) * X[other]
    for classes in (2, 3, 10):
        for kernel in svm.KERNELS:
            points, y = (part[:700] for part in of_classes(classes))
            model = SVC(kernel=kernel, gamma="scale", degree=3, coef0=0.5).fit(points, y)
            labels, scores = svm.predict_with_scores(model, many)
            assert np.array_equal(labels, model.predict(many))
            if classes == 2:
                np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])
                scores = scores[:, 1]
            expected = model.decision_function(many)
            np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)
    # Labels of any kind, float32 rows.
    model = SVC().fit(X[:500], np.array(list("abcdefghij"))[Y[:500]])
    single = X.astype(np.float32)
    assert np.array_equal(svm.predict_with_scores(model, single)[0], model.predict(single))


def test_prediction_is_that_of_svc_where_the_decision_is_0():
    # Far from all rows the kernel is 0, and the intercepts of balanced classes are 0 too.
    for classes in (2, 3):
        points = np.repeat(np.eye(3)[:classes], 4, axis=0)
        model = SVC(gamma=1.0, C=1.0).fit(points, np.repeat(np.arange(classes), 4))
        far = np.full((5, 3), 1e3)
        model.intercept_ = np.zeros_like(model.intercept_)
        model._intercept_ = np.zeros_like(model._intercept_)
        labels, scores = svm.predict_with_scores(model, far)
        assert np.array_equal(labels, model.predict(far))
        expected = model.decision_function(far)
        np.testing.assert_array_equal(scores[:, 1] if classes == 2 else scores, expected)


def test_weights_do_what_repeated_rows_do(monkeypatch):
    for classes in (2, 10):
        points, y = of_classes(classes)
        drawn = drawn_from(len(points), 400)
        for kernel in svm.KERNELS:
            # The sigmoid kernel is nearly positive with this gamma; with a larger one the dual
            # problem can have several solutions.
            options = {"kernel": kernel, "C": 0.5, "gamma": "auto", "degree": 2, "tol": 1e-8}
            plain = SVC(**options, decision_function_shape="ovo").fit(points[drawn], y[drawn])
            for gram_gib in (ONE_BY_ONE, 2.0):
                monkeypatch.setattr(svm, "GRAM_GIB", gram_gib)
                model = svm.fit_unique(points, y, drawn, **options)
                assert model.shape_fit_[0] == len(np.unique(drawn))
                model.decision_function_shape = "ovo"
                np.testing.assert_allclose(
                    model.decision_function(points), plain.decision_function(points), atol=1e-5
                )


def test_gamma_is_the_one_that_svc_uses_on_the_repeated_rows():
    drawn = drawn_from(len(X), 300)
    for gamma in ("auto", "scale", 0.25):
        expected = SVC(gamma=gamma).fit(X[drawn], Y[drawn])._gamma
        assert svm.as_number(gamma, X[drawn]) == pytest.approx(expected, rel=1e-12)
    assert svm.as_number("scale", np.ones((3, 2))) == 1


def test_rows_of_one_class_are_named():
    with pytest.raises(UserError, match="class 3"):
        svm.fit_unique(X, Y, np.flatnonzero(Y == 3), kernel="rbf", C=10.0, gamma=0.03)
