"""Support vector machines: ours beside plain scikit-learn and Intel's, on more and more rows.

    pip install -e '.[fast]'       # for scikit-learn-intelex; without it that one is left out
    PYTHONPATH=src:benchmarks python -m mnist_report.run benchmarks/support_vectors.py

An RBF kernel with the C and gamma that the paper's search found. A smaller set of rows begins a
larger one. Ours ends where its kernel matrix no longer fits `GRAM_GIB`: from there on it hands the
rows to libsvm, as scikit-learn does. Beside the exact machines stands what takes their place where
rows are too many: ridge regression on features that approximate the kernel by some landmarks
(Williams and Seeger, Using the Nyström Method to Speed Up Kernel Machines, 2001). It prints the
seconds of fits and of predictions on test images, and the accuracy there, as JSON.
"""

import argparse
import importlib.util
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from timing import Times, in_turn, ratio, rounded

from mnist_report.data.scaled import ScaledData, load_scaled
from mnist_report.evaluation.scores import accuracy
from mnist_report.models.svm import GRAM_GIB, fit_unique, predict_gemm
from mnist_report.randomness import generator

#: Numbers of rows, and how often each is timed: five times where it is short.
SIZES = {2_000: 5, 4_000: 5, 8_000: 5, 15_000: 3, 25_000: 1, 60_000: 1}

#: Landmarks of the approximation, and the weight of its penalty.
LANDMARKS, ALPHA = 2_000, 0.01

OPTIONS = {"kernel": "rbf", "C": 10.0, "gamma": 0.01}


def measure(sizes: dict[int, int]) -> dict[str, Any]:
    """Return seconds by action, competitor and rows, ratios of ours to the others, accuracies."""
    data = load_scaled()
    order = generator(0, "benchmark_svm").permutation(len(data.train_images))
    result: dict[str, Any] = {
        "fit": {},
        "predict": {},
        "accuracy": {},
        "test_rows": len(data.test_images),
    }
    for size, rounds in sizes.items():
        if size > len(order):
            break
        fits, predictions, accuracies = on_rows(data, np.sort(order[:size]), rounds)
        for action, times in (("fit", fits), ("predict", predictions)):
            ours = times.get("ours")
            for name, seconds in times.items():
                compared = {"ratio": ratio(ours["wall"], seconds["wall"])} if ours else {}
                result[action].setdefault(name, {})[f"rows_{size}"] = {
                    **seconds,
                    **compared,
                }
        result["accuracy"][f"rows_{size}"] = accuracies
    return result


def on_rows(
    data: ScaledData, rows: NDArray[np.int64], rounds: int
) -> tuple[dict[str, Times], dict[str, Times], dict[str, float]]:
    """Return the seconds of fits on some rows and of predictions, and accuracies, by competitor."""
    X, y = data.train_images[rows].astype(np.float64), data.train_labels[rows]
    unseen = np.array(data.test_images)
    features = Nystroem(gamma=OPTIONS["gamma"], n_components=LANDMARKS, random_state=0)
    approximate = make_pipeline(features, RidgeClassifier(ALPHA))
    fit = partial(fit_unique, data.train_images, data.train_labels, rows, **OPTIONS)
    plain = SVC(**OPTIONS)
    fits: dict[str, Callable[[], object]] = {
        "scikit_learn": partial(plain.fit, X, y),
        "nystroem": partial(approximate.fit, data.train_images[rows], y),
    }
    if 8 * len(rows) ** 2 <= GRAM_GIB * 2**30:
        fits = {"ours": fit, **fits}
    intel = importlib.util.find_spec("sklearnex") is not None
    if intel:
        fits["intel"] = partial(fit, implementation="onedal")
    fit_times = in_turn(fits, rounds)

    predictions: dict[str, Callable[[], object]] = {
        "ours": partial(predict_gemm, plain, unseen),
        "scikit_learn": partial(plain.predict, unseen),
        "nystroem": partial(approximate.predict, unseen),
    }
    if intel:
        from sklearnex import svm

        theirs = svm.SVC(**OPTIONS).fit(X.astype(np.float32), y)
        predictions["intel"] = partial(theirs.predict, unseen)
    return (
        fit_times,
        in_turn(predictions, rounds),
        {
            "exact": accuracy(data.test_labels, predict_gemm(plain, unseen)[0]),
            "nystroem": accuracy(data.test_labels, approximate.predict(unseen)),
        },
    )


def main() -> None:
    """Time all and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=max(SIZES), help="leave out larger sets")
    options = parser.parse_args()
    sizes = {size: rounds for size, rounds in SIZES.items() if size <= options.largest}
    print(json.dumps(rounded(measure(sizes))))


if __name__ == "__main__":
    main()
