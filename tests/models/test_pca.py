"""Principal components, against scikit-learn and NumPy's singular value decomposition."""

import tracemalloc

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from mnist_report.models.classical import pca
from mnist_report.models.classical.pca import (
    components_for,
    fit_pca,
    project,
    variance_sums,
)


def images(rows, features=30):
    """Make vectors in [0, 1] whose directions differ clearly in variance."""
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(rows, features)) * np.geomspace(1, 0.01, features)
    mixed = scores @ np.linalg.qr(rng.normal(size=(features, features)))[0]
    mixed -= mixed.min()
    return (mixed / mixed.max()).astype(np.float32)


def test_it_is_the_singular_value_decomposition_of_the_centred_rows():
    vectors = images(200)
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    model = fit_pca(vectors, 30)
    np.testing.assert_allclose(model.explained_variance_, values**2 / 199, rtol=1e-8)
    ratios = values**2 / (values**2).sum()
    np.testing.assert_allclose(model.explained_variance_ratio_, ratios, rtol=1e-8)
    np.testing.assert_allclose(np.abs(model.components_ @ axes.T), np.eye(30), atol=1e-7)
    scores = project(model, vectors, 3)
    np.testing.assert_allclose(scores, centred @ model.components_[:3].T, atol=1e-12)
    # Of either sign the one that makes the largest entry positive, whatever the rows' order.
    largest = np.abs(model.components_).argmax(axis=1)
    assert (model.components_[np.arange(30), largest] > 0).all()
    turned = fit_pca(vectors[::-1], 30).components_
    np.testing.assert_allclose(turned, model.components_, atol=1e-7)


def test_the_estimator_is_the_one_that_scikit_learn_fits(monkeypatch):
    for batch_rows in (1, 64, 5000):
        monkeypatch.setattr(pca, "BATCH_ROWS", batch_rows)
        for rows, kept in ((200, 30), (200, 7), (20, 19), (20, 4)):
            # A mean far from 0, where sums of squares lose digits.
            vectors = images(rows) + np.float32(8)
            ours = fit_pca(vectors, kept)
            centred = vectors.astype(np.float64)
            theirs = PCA(kept, svd_solver="covariance_eigh").fit(centred - centred.mean(axis=0))
            theirs.mean_ = centred.mean(axis=0)
            assert vars(ours).keys() == vars(theirs).keys()
            for name, expected in vars(theirs).items():
                found = getattr(ours, name)
                if not isinstance(expected, np.ndarray | float):
                    assert found == expected, name
                    continue
                assert np.asarray(found).dtype == np.asarray(expected).dtype, name
                np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9, err_msg=name)
            scores = project(ours, vectors, kept)
            np.testing.assert_allclose(ours.transform(vectors), scores, atol=1e-9)


def test_memory_does_not_grow_with_the_rows(monkeypatch):
    monkeypatch.setattr(pca, "BATCH_ROWS", 100)
    peaks = []
    for rows in (4_000, 64_000):
        vectors = images(rows)
        tracemalloc.start()
        model = fit_pca(vectors, 30)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        scores = project(model, vectors, 2)
        peaks[-1] += tracemalloc.get_traced_memory()[1] - before - scores.nbytes
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
    # A copy of all rows in double precision would take ten times as much.
    assert peaks[1] < 64_000 * 30 * 8 / 5


def test_more_components_than_there_are_and_pixels_that_never_change_do_no_harm():
    for rows, kept in ((200, 30), (8, 8)):
        assert fit_pca(images(rows), 784).components_.shape == (kept, 30)
    padded = np.hstack([images(200), np.zeros((200, 3), dtype=np.float32)])
    model = fit_pca(padded, 33)
    assert np.isfinite(model.components_).all()
    np.testing.assert_allclose(model.explained_variance_ratio_[30:], 0, atol=1e-12)


def test_the_number_of_threads_changes_no_byte():
    vectors = np.random.default_rng(0).random((1500, 400), dtype=np.float32)
    found = set()
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            model = fit_pca(vectors, 400)
            parts = (model.components_, model.explained_variance_ratio_, project(model, vectors, 3))
            found.add(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))
    assert len(found) == 1


def test_components_needed_for_a_share_and_sums_over_the_first():
    # Sums 1/2, 3/4, 7/8: exact in binary, so the edges are exact too.
    ratios = np.array([0.5, 0.25, 0.125])
    shares = {0.3: 1, 0.5: 1, 0.51: 2, 0.75: 2, 0.76: 3, 0.875: 3, 0.9: None}
    assert {share: components_for(ratios, share) for share in shares} == shares
    assert variance_sums(ratios, [3, 1, 2, 1]) == {"1": 0.5, "2": 0.75, "3": 0.875}
    assert list(variance_sums(ratios, [784, 1, 2])) == ["1", "2", "3"]
