"""What the ablations measure, against scikit-learn and plain fits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from sklearn.svm import SVC

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.models.neural_network import NeuralNetworkClassifier
from mnist_report.models.pca import fit_pca, project_all
from mnist_report.randomness import generator
from mnist_report.studies import ablations_network, ablations_svm

ROWS = 150


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    images, labels = (X / 16).astype(np.float32), y.astype(np.int64)
    return ScaledData(images[:400], labels[:400], images[400:600], labels[400:600])


@pytest.fixture(scope="module")
def projected(data):
    return project_all(fit_pca(data.train_images, 64), data)


def points(data, use):
    """Return the rows that an ablation draws for seed 0."""
    drawn = draw_with_replacement(len(data.train_images), ROWS, generator(0, use))
    return data.train_images[drawn].astype(np.float64), data.train_labels[drawn]


def right(model, data):
    return float((model.predict(data.test_images.astype(np.float64)) == data.test_labels).mean())


# Support vector machines


def test_projection_is_scikit_learns(data, projected):
    model = PCA(64, svd_solver="full").fit(data.train_images.astype(np.float64))
    for mine, images in (
        (projected.train_images, data.train_images),
        (projected.test_images, data.test_images),
    ):
        assert mine.dtype == np.float32
        # Components of (nearly) no variance are no directions; their scores are all near 0.
        np.testing.assert_allclose(mine[:, :50], model.transform(images)[:, :50], atol=1e-4)
    assert projected.train_labels is data.train_labels


def test_all_components_do_what_pixels_do(data, projected):
    found = ablations_svm.by_components(projected, [5, 64], ROWS, 0)
    X, y = points(data, "ablations_components")
    # The components are the pixels turned and moved: no distance changes, and no RBF kernel.
    assert found["k_64"]["accuracy"] == right(SVC(C=10, gamma=0.01).fit(X, y), data)
    assert found["k_5"]["accuracy"] < found["k_64"]["accuracy"]


def test_more_components_than_there_are_are_all(projected):
    found = ablations_svm.by_components(projected, [64, 784], 100, 0)
    assert found["k_784"] == found["k_64"]


def test_few_components_are_the_first(data, projected):
    found = ablations_svm.by_components(projected, [5], ROWS, 0)
    drawn = draw_with_replacement(400, ROWS, generator(0, "ablations_components"))
    model = SVC(C=10, gamma=0.01).fit(projected.train_images[drawn, :5], data.train_labels[drawn])
    predicted = model.predict(projected.test_images[:, :5])
    assert found["k_5"]["accuracy"] == (predicted == data.test_labels).mean()


def test_work_is_summed_over_pairs_of_classes():
    X, y = load_digits(n_class=3, return_X_y=True)
    keep = np.r_[np.flatnonzero(y == 0)[:40], np.flatnonzero(y == 1)[:25], np.flatnonzero(y == 2)]
    # A class without rows stands between the others.
    model = SVC(C=1, gamma=0.001).fit(X[keep], np.array([0, 2, 3])[y[keep]])
    n = len(keep) - 65
    first, second, third = (int(k) for k in model.n_iter_)
    expected = first * (40 + 25) + second * (40 + n) + third * (25 + n)
    assert ablations_svm.solver_work(model, np.array([40, 0, 25, n])) == expected


def test_growth_takes_the_first_rows_of_one_order(data):
    found = ablations_svm.growth(data, [60, 120, 500], 0)
    order = generator(0, "ablations_growth").permutation(400)[:120]
    model = SVC(C=1000, gamma=0.01).fit(
        data.train_images[order].astype(np.float64), data.train_labels[order]
    )
    # 500 rows are more than there are.
    assert {price: list(sizes) for price, sizes in found.items()} == {
        "C_1": ["rows_60", "rows_120"],
        "C_1000": ["rows_60", "rows_120"],
    }
    counts = np.bincount(data.train_labels[order], minlength=10)
    pairs = [counts[i] + counts[j] for i in range(10) for j in range(i + 1, 10)]
    work = float(np.dot(model.n_iter_, pairs))
    # The kernel matrix made by products can differ in its last bits, and so a stop by a few steps.
    assert found["C_1000"]["rows_120"] == pytest.approx(work, rel=0.02)


def test_growth_of_too_few_rows_is_nothing(data):
    assert ablations_svm.growth(data, [500, 1000], 0) == {}


def test_scaling_is_a_change_of_gamma_and_of_c(data):
    found = ablations_svm.scaling(data, ROWS, 0)
    X, y = points(data, "ablations_scaling")
    # A kernel of pixels 255 times as large is the kernel of the pixels with another gamma; the
    # linear one is 255² times as large, which is a C as much larger.
    same = {
        ("rbf", "scaled"): SVC(gamma="auto"),
        ("rbf", "unscaled"): SVC(gamma=255**2 / X.shape[1]),
        ("linear", "scaled"): SVC(kernel="linear"),
        ("linear", "unscaled"): SVC(kernel="linear", C=255**2),
    }
    for (kernel, pixels), model in same.items():
        model.fit(X, y)
        entry = found[kernel][pixels]
        # The linear machine solves another problem to another precision.
        allowed = 0 if kernel == "rbf" else 0.01
        assert entry["accuracy"] == pytest.approx(right(model, data), abs=allowed), (kernel, pixels)


def test_a_gamma_that_goes_by_the_variance_undoes_the_scaling(data):
    X, y = data.train_images.astype(np.float64), data.train_labels
    scaled, unscaled = (
        SVC(kernel="rbf", gamma="scale").fit(factor * X, y).decision_function(factor * X)
        for factor in (1, 255)
    )
    np.testing.assert_allclose(scaled, unscaled, rtol=1e-6)


# The network from scratch


def test_convergence_is_that_of_plain_fits(data):
    found = ablations_network.convergence(data, [0.03, 0.3], 3, seed=4)
    for activation in ("sigmoid", "relu"):
        for epochs in (1, 3):
            network = NeuralNetworkClassifier(
                activation=activation,
                init="fan_in",
                shuffle=True,
                learning_rate=0.3,
                epochs=epochs,
                random_state=4,
            ).fit(data.train_images, data.train_labels)
            probabilities = network.predict_proba(data.test_images).astype(np.float64)
            probabilities /= probabilities.sum(axis=1, keepdims=True)
            curve = found[activation]["eta_0.3"]
            assert curve["diverged"] == 0
            assert curve[f"epoch_{epochs}"] == pytest.approx(
                {
                    "loss": log_loss(data.test_labels, probabilities),
                    "accuracy": (probabilities.argmax(axis=1) == data.test_labels).mean(),
                }
            )
    assert list(found["relu"]) == ["eta_0.03", "eta_0.3"]


# Weights overflow in float32 at once; or they stay finite, and what they give does not.
@pytest.mark.parametrize("eta", [1e30, 1e9])
def test_training_that_runs_away_counts_as_guessing(data, eta):
    found = ablations_network.convergence(data, [eta], 2, seed=0)["relu"][f"eta_{eta:g}"]
    assert found["diverged"] == 1
    assert found["epoch_2"] == {"loss": pytest.approx(np.log(10)), "accuracy": 0.1}


def test_scaling_trains_the_papers_network_twice(data):
    found = ablations_network.scaling(data, 2, seed=1)
    for name, factor in (("scaled", 1), ("unscaled", 255)):
        network = NeuralNetworkClassifier(random_state=1)
        network.fit(data.train_images * np.float32(factor), data.train_labels)
        predicted = network.predict(data.test_images * np.float32(factor))
        assert found[name]["epoch_2"]["accuracy"] == (predicted == data.test_labels).mean()
