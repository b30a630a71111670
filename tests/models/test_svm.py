"""Fits on weighted rows and predictions by matrix products, against plain SVC."""

import sys

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC

from mnist_report.data.sampling import draw_with_replacement, unique_with_counts
from mnist_report.errors import UserError
from mnist_report.models import svm

ONE_BY_ONE = 0.0
OPTIONS = {"kernel": "rbf", "C": 10.0, "gamma": 0.03}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="module")
def many_rows():
    """Return more rows than digits has: mixtures of two images each."""
    X = load_digits().data / 16
    rng = np.random.default_rng(0)
    weight = rng.uniform(size=(5000, 1))
    return (
        weight * X[rng.integers(0, len(X), 5000)] + (1 - weight) * X[rng.integers(0, len(X), 5000)]
    )


@pytest.mark.parametrize("kernel", svm.KERNELS)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_prediction_is_that_of_svc(digits, many_rows, kernel, classes):
    X, y = digits
    keep = np.flatnonzero(y < classes)[:700]
    model = SVC(kernel=kernel, gamma="scale", degree=3, coef0=0.5).fit(X[keep], y[keep])
    labels, scores = svm.predict_gemm(model, many_rows)
    expected = model.decision_function(many_rows)
    assert np.array_equal(labels, model.predict(many_rows))
    if classes == 2:
        np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])
        scores = scores[:, 1]
    np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_prediction_is_that_of_svc_where_the_decision_is_0(classes):
    # Far from all rows the kernel is 0, and the intercepts of balanced classes are 0 too.
    X = np.repeat(np.eye(3)[:classes], 4, axis=0)
    y = np.repeat(np.arange(classes), 4)
    model = SVC(gamma=1.0, C=1.0).fit(X, y)
    far = np.full((5, 3), 1e3)
    model.intercept_ = np.zeros_like(model.intercept_)
    model._intercept_ = np.zeros_like(model._intercept_)
    labels, scores = svm.predict_gemm(model, far)
    assert np.array_equal(labels, model.predict(far))
    expected = model.decision_function(far)
    np.testing.assert_array_equal(scores[:, 1] if classes == 2 else scores, expected)


def test_prediction_takes_labels_of_any_kind_and_float32_rows(digits):
    X, y = digits
    names = np.array(list("abcdefghij"))[y]
    model = SVC().fit(X, names)
    labels, _ = svm.predict_gemm(model, X.astype(np.float32))
    assert np.array_equal(labels, model.predict(X.astype(np.float32)))


@pytest.mark.parametrize("gram_gib", [ONE_BY_ONE, 2.0])
@pytest.mark.parametrize("kernel", svm.KERNELS)
@pytest.mark.parametrize("classes", [2, 10])
def test_weights_do_what_repeated_rows_do(digits, kernel, classes, gram_gib):
    X, y = digits
    X, y = X[y < classes], y[y < classes]
    drawn = draw_with_replacement(len(X), 400, np.random.default_rng(1))
    # The sigmoid kernel is nearly positive with this gamma; with a larger one the dual problem
    # can have several solutions.
    options = {"kernel": kernel, "C": 0.5, "gamma": "auto", "degree": 2, "tol": 1e-8}
    plain = SVC(**options).fit(X[drawn], y[drawn])
    model = svm.fit_unique(X, y, drawn, **options, gram_gib=gram_gib)
    assert model.shape_fit_[0] == len(np.unique(drawn))
    plain.decision_function_shape = model.decision_function_shape = "ovo"
    np.testing.assert_allclose(
        model.decision_function(X), plain.decision_function(X), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("kernel", svm.KERNELS)
def test_the_kernel_matrix_path_leaves_the_model_that_svc_leaves(digits, kernel, classes):
    X, y = digits
    X, y = X[y < classes], y[y < classes]
    drawn = draw_with_replacement(len(X), 600, np.random.default_rng(2))
    options = {"kernel": kernel, "C": 1.0, "gamma": "auto", "tol": 1e-8}
    fast = svm.fit_unique(X, y, drawn, **options)
    slow = svm.fit_unique(X, y, drawn, **options, gram_gib=ONE_BY_ONE)
    assert fast.get_params() == slow.get_params()
    assert vars(fast).keys() == vars(slow).keys()
    for name, value in vars(slow).items():
        if name in ("_num_iter", "n_iter_"):
            continue
        if isinstance(value, np.ndarray):
            assert getattr(fast, name).dtype == value.dtype, name
            np.testing.assert_allclose(getattr(fast, name), value, atol=1e-5, err_msg=name)
        else:
            assert getattr(fast, name) == value, name
    assert np.array_equal(fast.predict(X), slow.predict(X))


@pytest.mark.parametrize("rows", [1, 100, 101, 250])
def test_inner_products_are_taken_block_by_block(digits, rows, monkeypatch):
    monkeypatch.setattr(svm, "BLOCK_ROWS", 100)
    X = digits[0][:rows]
    products = svm.inner_products(X)
    np.testing.assert_allclose(products, X @ X.T, rtol=1e-13)
    assert np.array_equal(products, products.T)


@pytest.mark.parametrize("kernel", svm.KERNELS)
def test_products_at_hand_change_nothing(digits, kernel):
    X, y = digits
    drawn = draw_with_replacement(1000, 600, np.random.default_rng(4))
    rows = np.unique(drawn)
    among, beyond = X[rows] @ X[rows].T, X[1000:] @ X[rows].T
    before = among.copy(), beyond.copy()
    options = OPTIONS | {"kernel": kernel}
    taken = among.copy()
    model = svm.fit_unique(X, y, drawn, **options, products=taken)
    # The linear kernel is the products.
    assert np.array_equal(taken, among) == (kernel == "linear")
    alone = svm.fit_unique(X, y, drawn, **options)
    assert np.array_equal(model.support_, alone.support_)
    np.testing.assert_array_equal(model.dual_coef_, alone.dual_coef_)
    for points, products in ((X[rows], among), (X[1000:], beyond)):
        labels, scores = svm.predict_gemm(model, points, products)
        assert np.array_equal(labels, model.predict(points))
        np.testing.assert_allclose(scores, svm.predict_gemm(model, points)[1], atol=1e-9)
    # Predictions leave them as they are, for the next kernel.
    assert np.array_equal(among, before[0])
    assert np.array_equal(beyond, before[1])


def test_a_model_comes_back_from_skops_without_trusting_any_type(digits):
    X, y = digits
    model = svm.fit_unique(X, y, np.arange(500), **OPTIONS)
    content = skops.io.dumps(model)
    assert skops.io.get_untrusted_types(data=content) == []
    back = skops.io.loads(content)
    assert np.array_equal(back.predict(X), model.predict(X))
    assert np.array_equal(svm.predict_gemm(back, X)[1], svm.predict_gemm(model, X)[1])


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("kernel", svm.KERNELS)
def test_onedal_leaves_a_plain_model_with_the_solution_of_libsvm(digits, kernel, classes):
    pytest.importorskip("sklearnex")
    X, y = digits
    X, y = X[y < classes], y[y < classes]
    drawn = draw_with_replacement(len(X), 600, np.random.default_rng(2))
    options = {"kernel": kernel, "C": 0.5, "gamma": "auto", "tol": 1e-4}
    slow = svm.fit_unique(X, y, drawn, **options)
    fast = svm.fit_unique(X, y, drawn, **options, implementation="onedal")
    assert type(fast) is SVC
    assert fast.get_params() == slow.get_params()
    assert vars(fast).keys() == vars(slow).keys()
    for name, value in vars(slow).items():
        if isinstance(value, np.ndarray):
            assert getattr(fast, name).dtype == value.dtype, name
            assert getattr(fast, name).ndim == value.ndim, name
    assert fast.shape_fit_ == slow.shape_fit_
    np.testing.assert_array_equal(fast.support_vectors_, X[np.unique(drawn)][fast.support_])
    assert fast.n_support_.sum() == len(fast.support_)
    labels, scores = svm.predict_gemm(fast, X)
    assert np.array_equal(labels, fast.predict(X))
    expected = fast.decision_function(X)
    np.testing.assert_allclose(
        scores[:, 1] if classes == 2 else scores, expected, rtol=1e-9, atol=1e-9
    )
    fast.decision_function_shape = slow.decision_function_shape = "ovo"
    np.testing.assert_allclose(
        fast.decision_function(X), slow.decision_function(X), rtol=0, atol=5e-3
    )


def test_a_model_of_onedal_comes_back_from_skops_without_trusting_any_type(digits):
    pytest.importorskip("sklearnex")
    X, y = digits
    model = svm.fit_unique(X, y, np.arange(500), **OPTIONS, implementation="onedal")
    content = skops.io.dumps(model)
    assert skops.io.get_untrusted_types(data=content) == []
    assert np.array_equal(skops.io.loads(content).predict(X), model.predict(X))


def test_onedal_that_is_not_installed_is_named_with_the_way_out(digits, monkeypatch):
    X, y = digits
    # None in the place of a module makes its import fail.
    monkeypatch.setitem(sys.modules, "sklearnex", None)
    monkeypatch.setitem(sys.modules, "sklearnex.svm", None)
    with pytest.raises(UserError, match=r"pip install '\.\[fast\]'") as error:
        svm.fit_unique(X, y, np.arange(100), **OPTIONS, implementation="onedal")
    assert len(str(error.value).splitlines()) == 1


def test_an_unknown_implementation_is_refused(digits):
    X, y = digits
    with pytest.raises(UserError, match="libsvm, onedal"):
        svm.fit_unique(X, y, np.arange(100), **OPTIONS, implementation="other")


@pytest.mark.parametrize("gamma", ["auto", "scale", 0.25])
def test_gamma_is_the_one_that_svc_uses_on_the_repeated_rows(digits, gamma):
    X, y = digits
    drawn = draw_with_replacement(len(X), 300, np.random.default_rng(3))
    rows, counts = unique_with_counts(drawn)
    model = SVC(gamma=gamma).fit(X[drawn], y[drawn])
    assert svm.resolve_gamma(gamma, X[rows], counts) == pytest.approx(model._gamma, rel=1e-12)


def test_gamma_of_rows_that_are_all_alike_is_1():
    assert svm.resolve_gamma("scale", np.ones((3, 2)), np.ones(3, dtype=np.int64)) == 1


@pytest.mark.parametrize("kernel", svm.KERNELS)
def test_the_kernel_matrix_is_that_of_scikit_learn(digits, kernel):
    X, y = digits
    model = SVC(kernel=kernel, gamma="auto", degree=3, coef0=0.5).fit(X[:200], y[:200])
    expected = pairwise_kernels(
        X,
        model.support_vectors_,
        metric=kernel,
        filter_params=True,
        gamma=1 / 64,
        degree=3,
        coef0=0.5,
    )
    np.testing.assert_allclose(svm.kernel_matrix(model, X), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel": "cosine"}, "linear, poly, sigmoid, rbf"),
        ({"kernel": "precomputed"}, "unknown kernel"),
        ({"C": 0.0}, "C = 0.0"),
        ({"C": float("nan")}, "C = nan"),
        ({"gamma": -1.0}, "gamma = -1.0"),
        ({"gamma": "big"}, "'auto' or 'scale'"),
        ({"degree": 0}, "degree = 0"),
    ],
)
def test_a_bad_parameter_is_named(digits, wrong, message):
    X, y = digits
    with pytest.raises(UserError, match=message):
        svm.fit_unique(X, y, np.arange(100), **(OPTIONS | wrong))


def test_rows_of_one_class_are_refused(digits):
    X, y = digits
    with pytest.raises(UserError, match="class 3"):
        svm.fit_unique(X, y, np.flatnonzero(y == 3), **OPTIONS)
