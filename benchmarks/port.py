"""The paper's computation, ported as it stands to today's libraries: the yardstick for the stages.

    PYTHONPATH=src python benchmarks/port.py

Cell by cell the plain calls of the libraries; nothing tuned, nothing pinned. Only what cannot run
any more is said in today's words. It needs the images in `data/raw`, and prints the wall and CPU
seconds of each section and the peak memory as JSON.
"""

import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mnist_report.core import paths
from mnist_report.sources.idx import read_images, read_labels

#: The seed of every draw; the paper has none.
SEED = 2019

seconds: dict[str, dict[str, float]] = {}


@contextlib.contextmanager
def section(name: str) -> Iterator[None]:
    """Add what the block takes to a section's seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    spent = seconds.setdefault(name, {"wall": 0.0, "cpu": 0.0})
    spent["wall"] += time.perf_counter() - wall
    spent["cpu"] += time.process_time() - cpu


with section("imports"):
    # TensorFlow has no GPU to complain about.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import matplotlib
    import pandas as pd
    import tensorflow as tf
    from sklearn.decomposition import PCA
    from sklearn.metrics import RocCurveDisplay, roc_auc_score
    from sklearn.model_selection import GridSearchCV
    from sklearn.svm import SVC

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

FOLDER = Path(tempfile.mkdtemp())


def save(name: str) -> None:
    """Write the current figure, which the notebook would show."""
    plt.savefig(FOLDER / f"{name}.png")
    plt.close("all")


def load() -> tuple[Any, ...]:
    """Read the images and scale them (cells 1 and 2)."""
    x_train, x_test = (
        read_images((paths.RAW / f"{name}-images-idx3-ubyte").read_bytes()) / 255.0
        for name in ("train", "t10k")
    )
    y_train, y_test = (
        read_labels((paths.RAW / f"{name}-labels-idx1-ubyte").read_bytes())
        for name in ("train", "t10k")
    )
    plt.imshow(x_train[0], cmap="binary")
    save("first")
    return x_train.reshape(-1, 784), y_train, x_test.reshape(-1, 784), y_test


def components(x: Any, y: Any) -> None:  # noqa: ANN401
    """Take two, three and a hundred principal components (cells 3 to 8)."""
    points = PCA(n_components=2).fit_transform(x)
    plt.scatter(points[:, 0], points[:, 1], c=y, cmap=plt.get_cmap("jet", 10), s=0.01)
    plt.colorbar()
    save("two")
    points = PCA(n_components=3).fit_transform(x)
    axes = plt.figure().add_subplot(projection="3d")
    axes.scatter(*points.T, c=y, cmap=plt.get_cmap("jet", 10), s=0.01)
    save("three")
    plt.plot(PCA(n_components=100).fit(x).explained_variance_ratio_.cumsum())
    save("variance")


def kernels(x: Any, y: Any, rng: np.random.Generator) -> None:  # noqa: ANN401
    """Fit four kernels and judge them on their own rows (cells 15 to 17)."""
    drawn = rng.integers(len(x), size=10000)
    for model in four_kernels():
        model.fit(x[drawn], y[drawn])
        roc_auc_score(pd.get_dummies(y[drawn]), pd.get_dummies(model.predict(x[drawn])))


def four_kernels() -> tuple[SVC, ...]:
    """Return the paper's four classifiers, unfitted."""
    return (
        SVC(kernel="linear", gamma="auto"),
        SVC(kernel="poly", degree=2, gamma="auto"),
        SVC(kernel="sigmoid", gamma="auto"),
        SVC(kernel="rbf", gamma="auto"),
    )


def regions(x: Any, y: Any, rng: np.random.Generator) -> None:  # noqa: ANN401
    """Colour the plane of two components by what each kernel says (cell 18)."""
    drawn = rng.integers(len(x), size=1000)
    points = PCA(n_components=2).fit_transform(x[drawn])
    low, high = points.min(axis=0) - 1, points.max(axis=0) + 1
    xx, yy = np.meshgrid(*(np.arange(*ends, 0.02) for ends in zip(low, high, strict=True)))
    _, axes = plt.subplots(2, 2)
    for model, panel in zip(four_kernels(), axes.flat, strict=True):
        model.fit(points, y[drawn])
        label = model.predict(np.c_[xx.ravel(), yy.ravel()]).reshape(xx.shape)
        panel.contourf(xx, yy, label, cmap="coolwarm", alpha=0.8)
        panel.scatter(*points.T, c=y[drawn], cmap="coolwarm", s=20, edgecolors="k")
    save("regions")


def search(x: Any, y: Any, rng: np.random.Generator) -> None:  # noqa: ANN401
    """Search for C and gamma (cell 19), 0.0001 twice as there."""
    drawn = rng.integers(len(x), size=500)
    grid = {
        "kernel": ["rbf"],
        "gamma": [0.0001, 0.0001, 0.001, 0.01, 0.1, 1],
        "C": [0.01, 0.1, 1, 10, 100, 1000, 10000],
    }
    GridSearchCV(SVC(), [grid], cv=5, scoring="accuracy").fit(x[drawn], y[drawn])


def final(x: Any, y: Any, x_test: Any, y_test: Any, rng: np.random.Generator) -> None:  # noqa: ANN401
    """Fit the final classifier and judge it on the test images (cells 20 and 21)."""
    drawn = rng.integers(len(x), size=30000)
    model = SVC(kernel="rbf", gamma=0.01, C=10).fit(x[drawn], y[drawn])
    roc_auc_score(pd.get_dummies(y_test), pd.get_dummies(model.predict(x_test)))


def sigmoid(z: Any) -> Any:  # noqa: ANN401
    """Return the logistic function (cell 23)."""
    return 1 / (1 + np.exp(-z))


def scratch(x: Any, y: Any, x_test: Any, y_test: Any, rng: np.random.Generator) -> None:  # noqa: ANN401
    """Train a network written by hand, a column for each image, float64 (cells 22 to 27)."""
    X, Y, s = x.T, pd.get_dummies(y).to_numpy().T, 50
    W1, b1 = rng.normal(size=(100, 784)), np.zeros((100, 1))
    W2, b2 = rng.normal(size=(10, 100)), np.zeros((10, 1))

    def feedforward(X: Any) -> tuple[Any, Any]:  # noqa: ANN401
        a1 = sigmoid(W1 @ X + b1)
        exponential = np.exp(W2 @ a1 + b2)
        return a1, exponential / exponential.sum(axis=0)

    for _ in range(2):
        for start in range(0, X.shape[1] // (s + 1) * (s + 1), s + 1):
            Xs, Ys = X[:, start : start + s], Y[:, start : start + s]
            a1, a2 = feedforward(Xs)
            error = a2 - Ys
            hidden = W2.T @ error * (a1 * (1 - a1))
            W2 = W2 - error @ a1.T / (s + 1)
            b2 = b2 - error.sum(axis=1, keepdims=True) / (s + 1)
            W1 = W1 - hidden @ Xs.T / (s + 1)
            b1 = b1 - hidden.sum(axis=1, keepdims=True) / (s + 1)
    output = feedforward(x_test.T)[1].T
    roc_auc_score(pd.get_dummies(y_test), output)
    _, axes = plt.subplots()
    for digit in range(10):
        RocCurveDisplay.from_predictions(y_test == digit, output[:, digit], ax=axes)
    save("roc")


def compiled(*layers: Any) -> Any:  # noqa: ANN401
    """Return a network of these layers, made ready as cells 29 and 32 do."""
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def dense(x: Any, y: Any, x_test: Any, y_test: Any) -> None:  # noqa: ANN401
    """Train the dense network (cells 28 to 30)."""
    relu = tf.nn.relu
    model = compiled(
        keras.layers.Flatten(),
        keras.layers.Dense(1200, activation=relu),
        keras.layers.Dropout(0.4),
        keras.layers.Dense(1200, activation=relu),
        keras.layers.Dense(10, activation=tf.nn.softmax),
    )
    model.fit(x.reshape(-1, 28, 28), pd.get_dummies(y), epochs=10, batch_size=62, verbose=2)
    model.evaluate(x_test.reshape(-1, 28, 28), pd.get_dummies(y_test), verbose=0)


def convolutional(x: Any, y: Any, x_test: Any, y_test: Any) -> None:  # noqa: ANN401
    """Train the convolutional network and show its layers (cells 31 to 38)."""
    pictures, unseen = x.reshape(-1, 28, 28, 1), x_test.reshape(-1, 28, 28, 1)
    model = compiled(
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(120, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    )
    model.fit(
        pictures,
        pd.get_dummies(y),
        batch_size=128,
        epochs=5,
        verbose=2,
        validation_split=0.2,
    )
    model.evaluate(unseen, pd.get_dummies(y_test), verbose=0)
    for number in range(4):
        inside = keras.Model(model.inputs, model.layers[number].output)
        maps = np.squeeze(inside(pictures[2:3]))
        _, axes = plt.subplots(1, maps.shape[2])
        for channel, panel in enumerate(axes):
            panel.imshow(maps[:, :, channel], cmap="gray")
        save(f"layer{number}")


def main() -> None:
    """Go through the paper and print what each section took."""
    rng = np.random.default_rng(SEED)
    keras.utils.set_random_seed(SEED)
    with contextlib.redirect_stdout(sys.stderr):
        with section("data"):
            data = load()
        with section("pca"):
            components(*data[:2])
        with section("svm_kernels"):
            kernels(*data[:2], rng)
        with section("svm_regions"):
            regions(*data[:2], rng)
        with section("svm_gridsearch"):
            search(*data[:2], rng)
        with section("svm_final"):
            final(*data, rng)
        with section("scratch_nn"):
            scratch(*data, rng)
        with section("keras_dense"):
            dense(*data)
        with section("cnn"):
            convolutional(*data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"sections": seconds, "peak_gib": peak}))


if __name__ == "__main__":
    main()
