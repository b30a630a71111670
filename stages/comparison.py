"""Stage `comparison`: all final models on the same test images."""

import numpy as np
import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
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
    results = {name: files.read_json(paths.RESULTS / f"{name}.json") for name in MODELS}
    studies = {name: files.read_json(paths.RESULTS / f"spread_{name}.json") for name in MODELS}
    tables = {name: files.read_csv(paths.PLOTS / name / "predictions.csv") for name in MODELS}
    probabilities = {name: files.load_array(paths.SCORES / f"{name}.npy") for name in NETWORKS}
    history = files.read_csv(paths.PLOTS / "scratch_nn" / "history.csv")

    answers = {name: table["predicted"].to_numpy() for name, table in tables.items()}
    right = {name: given == labels for name, given in answers.items()}
    right_by_seed = {
        name: digits_read(study["answers"], labels, study["test"]["accuracy"]["seeds"]) == labels
        for name, study in studies.items()
    }
    models = {name: comparison.summary(found) for name, found in results.items()}
    table = pd.DataFrame.from_dict(models, orient="index")
    errors = comparison.errors_by_digit(labels, answers)
    images = np.unique(labels, return_counts=True)[1]
    curves = {
        name: comparison.reliability(scores.max(axis=1), right[name])
        for name, scores in probabilities.items()
    }
    truth = [
        comparison.probability_of_truth(labels, scores, data.train_labels)
        for scores in probabilities.values()
    ]
    hardest = comparison.hardest(np.stack(list(right.values())), np.mean(truth, axis=0), SHOWN)
    said = pd.DataFrame({"image": np.arange(len(labels)), "label": labels, **answers}).loc[hardest]
    defeated = comparison.wrong_by_all(labels, answers)
    # Of these very images alone there is a published list of label errors.
    mnist = files.read_json(paths.RESULTS / "fetch.json")["comparable_with_paper"]
    defeated["label_error"] = mnist & defeated["image"].isin(comparison.LABEL_ERRORS)

    titled = errors.rename(index=MODELS)
    named = {MODELS[name]: curve for name, curve in curves.items()}
    short, shown = said.rename(columns=SHORT), data.test_images[hardest]
    plot("comparison", "accuracy.png", figures.error_rates, table.rename(index=MODELS))
    plot("comparison", "errors_by_digit.png", figures.errors_by_digit, titled, images.tolist())
    plot("comparison", "calibration.png", figures.reliability_curves, named)
    plot("comparison", "hardest.png", figures.hardest_images, shown, short)
    for name, content in {
        "models.csv": table.rename_axis("model").reset_index(),
        "hardest.csv": said,
        "wrong_by_all.csv": defeated,
        "calibration.csv": pd.concat(curves, names=["model"]).reset_index("model"),
    }.items():
        files.write_csv(paths.PLOTS / "comparison" / name, content)
    rng = generator(0, "comparison")
    disagreement = comparison.disagreement(labels, answers)
    found = {
        "rows": len(labels),
        "models": models,
        "tests": comparison.paired_tests(right, PAIRS),
        "by_seeds_and_images": comparison.by_seeds_and_images(right_by_seed, PAIRS, rng),
        "calibration": {name: comparison.calibration(curve) for name, curve in curves.items()},
        "disagreement": {**disagreement, "label_errors": int(defeated["label_error"].sum())},
        "error_by_digit": errors.div(images).rename(columns=str).to_dict("index"),
        "hardest_shown": len(hardest),
        # The network of the learning curves, on the training images that it never saw.
        "held_back_accuracy": float(history["validation_accuracy"].iloc[-1]),
    }
    files.write_json(paths.RESULTS / "comparison.json", found)
