"""Principal components, against NumPy's singular value decomposition, and what a spectrum says."""

import numpy as np

from mnist_report.models.classical.pca import (
    components_for,
    fit_pca,
    project,
    variance_sums,
    with_signs_of_2019,
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
    ratios = values**2 / (values**2).sum()
    np.testing.assert_allclose(model.explained_variance_ratio_, ratios, rtol=1e-8)
    scores, expected = project(model, vectors), centred @ axes.T
    np.testing.assert_allclose(np.abs(scores), np.abs(expected), atol=1e-9)
    # Release 0.20 made the largest score of a component positive.
    then = with_signs_of_2019(scores)
    assert np.array_equal(then.max(axis=0), np.abs(scores).max(axis=0))


def test_more_components_than_there_are_and_pixels_that_never_change_do_no_harm():
    for rows, kept in ((200, 30), (8, 8)):
        assert fit_pca(images(rows), 784).components_.shape == (kept, 30)
    padded = np.hstack([images(200), np.zeros((200, 3), dtype=np.float32)])
    model = fit_pca(padded, 33)
    assert np.isfinite(model.components_).all()
    np.testing.assert_allclose(model.explained_variance_ratio_[30:], 0, atol=1e-12)


def test_components_needed_for_a_share_and_sums_over_the_first():
    # Sums 1/2, 3/4, 7/8: exact in binary, so the edges are exact too.
    ratios = np.array([0.5, 0.25, 0.125])
    shares = {0.3: 1, 0.5: 1, 0.51: 2, 0.75: 2, 0.76: 3, 0.875: 3, 0.9: None}
    assert {share: components_for(ratios, share) for share in shares} == shares
    assert variance_sums(ratios, [3, 1, 2, 1]) == {"1": 0.5, "2": 0.75, "3": 0.875}
    assert list(variance_sums(ratios, [784, 1, 2])) == ["1", "2", "3"]
