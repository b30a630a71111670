"""Principal components, against NumPy's singular value decomposition."""

import hashlib
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA

from mnist_report.data.scaled import ScaledData
from mnist_report.models import pca
from mnist_report.models.pca import components_for, fit_pca, project, project_all, variance_sums


def images(rows, features=30, seed=3):
    """Make vectors in [0, 1] whose directions differ clearly in variance."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(rows, features)) * np.geomspace(1, 0.01, features)
    mixed = scores @ np.linalg.qr(rng.normal(size=(features, features)))[0]
    mixed -= mixed.min()
    return (mixed / mixed.max()).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    return images(200)


@pytest.fixture(scope="module")
def decomposed(vectors):
    """Return singular values and right singular vectors of the centred rows."""
    centred = vectors.astype(np.float64)
    centred -= centred.mean(axis=0)
    return np.linalg.svd(centred, full_matrices=False)[1:]


def test_spectrum(vectors, decomposed):
    values = decomposed[0]
    model = fit_pca(vectors, 30)
    np.testing.assert_allclose(model.explained_variance_, values**2 / 199, rtol=1e-8)
    ratios = values**2 / (values**2).sum()
    np.testing.assert_allclose(model.explained_variance_ratio_, ratios, rtol=1e-8)
    assert model.explained_variance_ratio_.sum() == pytest.approx(1, rel=1e-12)


def test_components_up_to_sign(vectors, decomposed):
    model = fit_pca(vectors, 30)
    products = model.components_ @ decomposed[1].T
    np.testing.assert_allclose(np.abs(products), np.eye(30), atol=1e-7)


def test_the_largest_entry_of_every_component_is_positive(vectors):
    components = fit_pca(vectors, 30).components_
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(30), largest] > 0).all()


def test_signs_do_not_depend_on_the_order_of_the_rows(vectors):
    turned = fit_pca(vectors[::-1], 30).components_
    np.testing.assert_allclose(turned, fit_pca(vectors, 30).components_, atol=1e-7)


def test_fewer_components_are_the_first_ones(vectors):
    few, many = fit_pca(vectors, 5), fit_pca(vectors, 30)
    assert few.components_.shape == (5, 30)
    np.testing.assert_allclose(few.components_, many.components_[:5], atol=1e-10)
    np.testing.assert_allclose(
        few.explained_variance_ratio_, many.explained_variance_ratio_[:5], rtol=1e-10
    )


@pytest.mark.parametrize("batch_rows", [1, 64, 5000])
@pytest.mark.parametrize(("rows", "kept"), [(200, 30), (200, 7), (20, 19), (20, 4)])
def test_the_estimator_is_the_one_that_scikit_learn_fits(rows, kept, batch_rows, monkeypatch):
    monkeypatch.setattr(pca, "BATCH_ROWS", batch_rows)
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
    np.testing.assert_allclose(ours.transform(vectors), project(ours, vectors, kept), atol=1e-9)


def test_a_data_set_is_projected_on_all_components(vectors):
    labels = np.arange(200) % 10
    data = ScaledData(vectors[:150], labels[:150], vectors[150:], labels[150:])
    model = fit_pca(data.train_images, 4)
    projected = project_all(model, data)
    assert projected.train_images.dtype == projected.test_images.dtype == np.float32
    np.testing.assert_allclose(
        projected.train_images, model.transform(data.train_images), atol=1e-6
    )
    np.testing.assert_allclose(projected.test_images, model.transform(data.test_images), atol=1e-6)
    assert projected.train_labels is data.train_labels


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


@pytest.mark.parametrize("rows, features, kept", [(200, 30, 30), (8, 30, 8)])
def test_no_more_components_than_there_are(rows, features, kept):
    model = fit_pca(images(rows, features), 784)
    assert model.components_.shape == (kept, features)


def test_pixels_that_never_change_do_no_harm(vectors):
    padded = np.hstack([vectors, np.zeros((200, 3), dtype=np.float32)])
    model = fit_pca(padded, 33)
    assert np.isfinite(model.components_).all()
    np.testing.assert_allclose(model.explained_variance_ratio_[30:], 0, atol=1e-12)


def test_input_is_left_alone(vectors):
    before = vectors.copy()
    project(fit_pca(vectors, 3), vectors, 3)
    np.testing.assert_array_equal(vectors, before)


def test_scores_are_the_centred_rows_on_the_components(vectors, decomposed):
    model = fit_pca(vectors, 30)
    scores = project(model, vectors, 3)
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    expected = np.column_stack([centred @ model.components_[k] for k in range(3)])
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(scores, axis=0), decomposed[0][:3], rtol=1e-8)


def test_the_number_of_threads_changes_no_byte():
    code = (
        "import sys, hashlib, numpy as np\n"
        "from mnist_report.models.pca import fit_pca, project\n"
        "v = np.random.default_rng(0).random((1500, 400), dtype=np.float32)\n"
        "m = fit_pca(v, 400)\n"
        "s = project(m, v, 3)\n"
        "parts = m.components_, m.explained_variance_ratio_, m.mean_, s\n"
        "print(hashlib.sha256(b''.join(np.ascontiguousarray(p).tobytes() for p in parts))"
        ".hexdigest())\n"
    )
    digests = set()
    for threads in ("1", "2"):
        limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), threads)
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | limits,
            capture_output=True,
            text=True,
            check=True,
        )
        assert len(result.stdout.strip()) == hashlib.sha256().digest_size * 2
        digests.add(result.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize(
    "share, count", [(0.3, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.76, 3), (0.875, 3), (0.9, None)]
)
def test_components_needed_for_a_share(share, count):
    # Sums 1/2, 3/4, 7/8: exact in binary, so the edges are exact too.
    ratios = np.array([0.5, 0.25, 0.125])
    assert components_for(ratios, share) == count


def test_sums_over_the_first_components():
    ratios = np.array([0.5, 0.25, 0.125])
    assert variance_sums(ratios, [2]) == {"2": 0.75}
    assert variance_sums(ratios, [3, 1, 2, 1]) == {"1": 0.5, "2": 0.75, "3": 0.875}
    assert list(variance_sums(ratios, [3, 1, 2])) == ["1", "2", "3"]


def test_sums_over_more_components_than_there_are():
    assert variance_sums(np.array([0.5, 0.25]), [1, 50, 784]) == {"1": 0.5, "2": 0.75}
