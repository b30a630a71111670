"""Stage `explore`: the trained models in a page to play with."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from mnist_report.core import files, paths
from mnist_report.core.archives import load_model
from mnist_report.core.stage import Stage
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import load_scaled
from mnist_report.explore import pack
from mnist_report.models.classical.duels import duel_values, fit_sigmoids
from mnist_report.models.classical.final_svm import drawn_rows
from mnist_report.scores.answers import digits_read

#: Rows for two numbers a pair of digits; with all that are held back it takes twice as long.
CALIBRATION_ROWS = 20_000


def main(stage: Stage) -> None:
    data = load_scaled()
    n, labels = len(data.train_images), data.test_labels
    endings = {"svm_final": "skops", "scratch_nn": "skops", "keras_dense": "keras", "cnn": "keras"}
    models = {name: load_model(paths.MODELS / f"{name}.{end}") for name, end in endings.items()}
    best = {
        "scratch_nn": load_model(paths.BEST / "scratch_nn.skops"),
        "cnn": load_model(paths.BEST / "cnn.keras"),
    }

    # Of the rows that stage `svm_final` did not draw.
    drawn = drawn_rows(n, stage.params.svm_final.rows, stage.params.seed)
    held_back = np.setdiff1d(np.arange(n), drawn)
    held_back = generator(stage.params.seed, "explore").permutation(held_back)[:CALIBRATION_ROWS]
    pca, machine = None, models["svm_final"]
    seen = data.train_images[held_back].astype(np.float64)
    if isinstance(machine, Pipeline):
        pca, machine = machine
        seen = pca.transform(seen)
    values = duel_values(machine, seen)
    sigmoids = fit_sigmoids(values, data.train_labels[held_back], machine.classes_)

    said = {n: files.read_csv(paths.plot_file(n, "predictions.csv"))["predicted"] for n in models}
    for name in best:
        found = files.read_json(paths.results_file(f"frontier_{name}"))
        seeds = found["best"]["accuracy"]["seeds"]
        # What is kept is the network of the first seed.
        said[f"best_{name}"] = digits_read(found["answers"]["best"], labels, seeds)[0]
    answers = pd.DataFrame(said)
    misread = np.flatnonzero(answers.ne(labels, axis=0).any(axis=1))
    first = np.unique(labels, return_index=True)[1]

    arrays: pack.Arrays = {}
    about = {
        "title": files.read_json(paths.results_file("fetch"))["title"],
        "models": {
            "svm_final": pack.add_svm(arrays, "svm_final", machine, sigmoids, pca),
            "scratch_nn": pack.add_scratch(arrays, "scratch_nn", models["scratch_nn"]),
            "keras_dense": pack.add_keras(arrays, "keras_dense", models["keras_dense"]),
            "cnn": pack.add_keras(arrays, "cnn", models["cnn"]),
            "best_scratch_nn": pack.add_scratch(arrays, "best_scratch_nn", best["scratch_nn"])
            | {"upright": True},
            "best_cnn": pack.add_keras(arrays, "best_cnn", best["cnn"]),
        },
        "variance": files.read_csv(paths.plot_file("pca", "explained_variance.csv"))["cumulative"]
        .round(5)
        .to_numpy(),
        "examples": {"images": first, "labels": labels[first]},
        "misread": {
            "images": misread,
            "labels": labels[misread],
            "answers": answers.iloc[misread].to_dict("list"),
        },
        "curves": pack.curves(files.read_csv(paths.values_file("ablations_network"))),
        "slips": pack.after_training(files.read_csv(paths.values_file("slips_network"))),
    }
    pack.add_rows(arrays, "pca.components", files.load_array(paths.pca_file("components")), 8)
    pack.add_floats(arrays, "pca.mean", files.load_array(paths.pca_file("mean")))
    pack.add_pixels(arrays, "examples", data.test_images[first])
    pack.add_pixels(arrays, "misread", data.test_images[misread])
    files.write_text(paths.REPORT / "explore.html", pack.render(about, arrays))
