"""Fits on weighted rows, the four kernels and the final model, against plain SVC."""

import runpy

import numpy as np
import pytest
import skops.io
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from mnist_report.core import files, paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params
from mnist_report.core.tracking import Stage
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.models import report_card
from mnist_report.models.classical import svm
from mnist_report.models.classical.kernels import as_metrics, compare_kernels
from mnist_report.scores.scores import measures
from mnist_report.studies.paper import SVM_KERNELS
from samples import digits

ONE_BY_ONE = 0.0
X, Y = digits(1797, 0).train_images.astype(np.float64), digits(1797, 0).train_labels


def of_classes(count):
    there = np.isin(Y, range(count))
    return X[there], Y[there]


def drawn_from(rows, size, seed=1):
    return np.random.default_rng(seed).integers(rows, size=size)


def test_prediction_is_that_of_svc():
    # More rows than the digits have: mixtures of two images each.
    rng = np.random.default_rng(0)
    weight = rng.uniform(size=(3000, 1))
    one, other = rng.integers(0, len(X), (2, 3000))
    many = weight * X[one] + (1 - weight) * X[other]
    for classes in (2, 3, 10):
        for kernel in SVM_KERNELS.kernels:
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


def test_weights_do_what_repeated_rows_do(monkeypatch):
    for classes in (2, 10):
        points, y = of_classes(classes)
        drawn = drawn_from(len(points), 400)
        for kernel in SVM_KERNELS.kernels:
            # The sigmoid kernel is nearly positive with this gamma; with a larger one the dual
            # problem can have several solutions. Both fits solve it to a tolerance of 0.001.
            options = {"kernel": kernel, "C": 0.5, "gamma": "auto", "degree": 2}
            plain = SVC(**options, decision_function_shape="ovo").fit(points[drawn], y[drawn])
            for gram_gib in (ONE_BY_ONE, 2.0):
                monkeypatch.setattr(svm, "GRAM_GIB", gram_gib)
                model = svm.fit_unique(points, y, drawn, **options)
                assert model.shape_fit_[0] == len(np.unique(drawn))
                model.decision_function_shape = "ovo"
                np.testing.assert_allclose(
                    model.decision_function(points), plain.decision_function(points), atol=0.005
                )


def test_rows_of_one_class_are_named():
    with pytest.raises(UserError, match="class 3"):
        svm.fit_unique(X, Y, np.flatnonzero(Y == 3), kernel="rbf", C=10.0, gamma=0.03)


def test_both_rows_of_a_kernel_are_those_of_a_direct_fit():
    options, data = {"C": 1.0, "gamma": "scale", "degree": 2}, digits(1000, 797)
    drawn = drawn_from(1000, 500, seed=0)
    table = compare_kernels(data, drawn, SVM_KERNELS.model_copy(update=options))
    X, y = data.train_images[drawn].astype(np.float64), data.train_labels[drawn]
    judged_on = {"train": (X, y), "test": (data.test_images.astype(np.float64), data.test_labels)}
    rows = iter(table.to_dict("records"))
    metrics = as_metrics(table)
    for kernel in SVM_KERNELS.kernels:
        model = SVC(kernel=kernel, **options).fit(X, y)
        for part, (images, labels) in judged_on.items():
            row = next(rows)
            assert (row["kernel"], row["rows"]) == (kernel, part)
            answers = model.predict(images), model.decision_function(images)
            expected = measures(labels, *answers, np.arange(10))
            found = {name: row[name] for name in expected}
            # Both solve to a tolerance: a row near a boundary may fall on its other side.
            assert found == pytest.approx(expected, abs=0.002)
            assert metrics[kernel][part] == found
            assert metrics[kernel]["support_vectors"] == row["support_vectors"]
    assert next(rows, None) is None


def test_on_components_the_final_model_is_kept_as_one_that_takes_images(tmp_path, monkeypatch):
    data, found = digits(200, 80), {"C": 10.0, "gamma": 0.02}
    for name in ("METRICS", "MODELS", "PLOTS", "RESULTS", "SCORES"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setattr(report_card, "plot", lambda *_, **__: None)
    files.write_json(paths.RESULTS / "svm_gridsearch.json", found)
    params = load_params()
    section = params.svm_final.model_copy(update={"pca_components": 12})
    main = runpy.run_path(str(paths.ROOT / "stages" / "svm_final.py"))["main"]
    monkeypatch.setitem(main.__globals__, "load_scaled", lambda: data)
    main(Stage("svm_final", params.model_copy(update={"svm_final": section})))

    drawn = draw_with_replacement(200, 200, generator(params.seed, "svm_final"))
    pca = PCA(12).fit(data.train_images)
    expected = SVC(**found).fit(pca.transform(data.train_images[drawn]), data.train_labels[drawn])
    answers = expected.predict(pca.transform(data.test_images))
    results = files.read_json(paths.RESULTS / "svm_final.json")
    assert results["test"]["accuracy"] == (answers == data.test_labels).mean()
    model = skops.io.load(paths.MODELS / "svm_final.skops", trusted=[])
    assert np.array_equal(model.predict(data.test_images), answers)
