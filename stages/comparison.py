"""Stage `comparison`: all final models on the same test images."""

import numpy as np
import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.stage import Stage
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import load_scaled
from mnist_report.evaluation import comparison
from mnist_report.figures import comparison as figures
from mnist_report.figures.names import MODELS, SHORT
from mnist_report.figures.style import plot
from mnist_report.scores.answers import digits_read

#: Those that give probabilities. The support vector machine gives scores.
NETWORKS = ("scratch_nn", "keras_dense", "cnn")

#: Neighbours in the paper's order, and the support vector machine against the better networks.
PAIRS = (
    ("svm_final", "scratch_nn"),
    ("scratch_nn", "keras_dense"),
    ("keras_dense", "cnn"),
    ("svm_final", "keras_dense"),
    ("svm_final", "cnn"),
)

#: How many of the hardest images are shown.
SHOWN = 12


def main(stage: Stage) -> None:
    data = load_scaled()
    labels = data.test_labels
    answers = {
        name: files.read_csv(paths.plot_file(name, "predictions.csv"))["predicted"].to_numpy()
        for name in MODELS
    }
    right = {name: given == labels for name, given in answers.items()}
    probabilities = {name: files.load_array(paths.SCORES / f"{name}.npy") for name in NETWORKS}

    models = {
        name: comparison.summary(files.read_json(paths.results_file(name))) for name in MODELS
    }
    table = pd.DataFrame.from_dict(models, orient="index")
    by_digit = comparison.errors_by_digit(labels, answers)
    images = np.unique(labels, return_counts=True)[1]
    curves = {
        name: comparison.reliability(scores.max(axis=1), right[name])
        for name, scores in probabilities.items()
    }
    truth = [
        comparison.probability_of_truth(labels, scores, data.train_labels)
        for scores in probabilities.values()
    ]
    history = files.read_csv(paths.plot_file("scratch_nn", "history.csv"))
    hardest = comparison.hardest(np.stack(list(right.values())), np.mean(truth, axis=0), SHOWN)
    said = pd.DataFrame({"image": np.arange(len(labels)), "label": labels, **answers}).loc[hardest]

    named = {MODELS[name]: curve for name, curve in curves.items()}
    short, shown = said.rename(columns=SHORT), data.test_images[hardest]
    plot("comparison", "accuracy.png", figures.error_rates, table.rename(index=MODELS))
    errors = by_digit.rename(index=MODELS)
    plot("comparison", "errors_by_digit.png", figures.errors_by_digit, errors, images.tolist())
    plot("comparison", "calibration.png", figures.reliability_curves, named)
    plot("comparison", "hardest.png", figures.hardest_images, shown, short)

    defeated = comparison.wrong_by_all(labels, answers)
    # Of these very images alone there is a published list of label errors.
    mnist = files.read_json(paths.results_file("fetch"))["comparable_with_paper"]
    defeated["label_error"] = mnist & defeated["image"].isin(comparison.LABEL_ERRORS)
    tables = {
        "models.csv": table.rename_axis("model").reset_index(),
        "hardest.csv": said,
        "wrong_by_all.csv": defeated,
        "calibration.csv": pd.concat(curves, names=["model"]).reset_index("model"),
    }
    for name, content in tables.items():
        files.write_csv(paths.plot_file("comparison", name), content)
    studies = {name: files.read_json(paths.results_file(f"spread_{name}")) for name in MODELS}
    right_by_seed = {
        name: digits_read(study["answers"], labels, study["test"]["accuracy"]["seeds"]) == labels
        for name, study in studies.items()
    }
    found = {
        "rows": len(labels),
        "models": models,
        "tests": comparison.paired_tests(right, PAIRS),
        "by_seeds_and_images": comparison.by_seeds_and_images(
            right_by_seed, PAIRS, generator(0, "comparison")
        ),
        "calibration": {name: comparison.calibration(curve) for name, curve in curves.items()},
        "disagreement": comparison.disagreement(labels, answers)
        | {"label_errors": int(defeated["label_error"].sum())},
        "error_by_digit": by_digit.div(images).rename(columns=str).to_dict("index"),
        "hardest_shown": len(hardest),
        # The network of the learning curves, on the training images that it never saw.
        "held_back_accuracy": float(history["validation_accuracy"].iloc[-1]),
    }
    files.write_json(paths.results_file("comparison"), found)
