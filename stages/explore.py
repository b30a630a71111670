"""Stage `explore`: the trained models in a page to play with."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from mnist_report.core import files, paths
from mnist_report.core.archives import load_model
from mnist_report.core.tracking import Stage
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import load_scaled
from mnist_report.explore import pack
from mnist_report.models.classical.duels import duel_values, fit_sigmoids
from mnist_report.models.classical.final_svm import drawn_rows
from mnist_report.scores.answers import digits_read

#: Rows for two numbers a pair of digits; with all that are held back it takes twice as long.
CALIBRATION_ROWS = 20_000

MODELS = ("svm_final", "scratch_nn", "keras_dense", "cnn")
NETWORKS = {
    "scratch_nn": paths.MODELS / "scratch_nn.skops",
    "keras_dense": paths.MODELS / "keras_dense.keras",
    "cnn": paths.MODELS / "cnn.keras",
    "best_scratch_nn": paths.BEST / "scratch_nn.skops",
    "best_cnn": paths.BEST / "cnn.keras",
}


def main(stage: Stage) -> None:
    data = load_scaled()
    n, labels = len(data.train_images), data.test_labels

    # Of the rows that stage `svm_final` did not draw.
    drawn = drawn_rows(n, stage.params.svm_final.rows, stage.params.seed)
    held_back = np.setdiff1d(np.arange(n), drawn)
    held_back = generator(stage.params.seed, "explore").permutation(held_back)[:CALIBRATION_ROWS]
    pca, machine = None, load_model(paths.MODELS / "svm_final.skops")
    seen = data.train_images[held_back].astype(np.float64)
    if isinstance(machine, Pipeline):
        pca, machine = machine
        seen = pca.transform(seen)
    values = duel_values(machine, seen)
    sigmoids = fit_sigmoids(values, data.train_labels[held_back], machine.classes_)

    arrays: pack.Arrays = {}
    models = {"svm_final": pack.add_svm(arrays, "svm_final", machine, sigmoids, pca)}
    for name, path in NETWORKS.items():
        add = pack.add_scratch if path.suffix == ".skops" else pack.add_keras
        models[name] = add(arrays, name, load_model(path))
    models["best_scratch_nn"]["upright"] = True

    tables = {n: files.read_csv(paths.PLOTS / n / "predictions.csv") for n in MODELS}
    answers = pd.DataFrame({name: table["predicted"] for name, table in tables.items()})
    for name in ("scratch_nn", "cnn"):
        study = files.read_json(paths.RESULTS / f"frontier_{name}.json")
        seeds = study["best"]["accuracy"]["seeds"]
        # What is kept is the network of the first seed.
        answers[f"best_{name}"] = digits_read(study["answers"]["best"], labels, seeds)[0]
    misread = np.flatnonzero(answers.ne(labels, axis=0).any(axis=1))
    first = np.unique(labels, return_index=True)[1]
    spectrum = files.read_csv(paths.PLOTS / "pca" / "explained_variance.csv")

    about = {
        "title": files.read_json(paths.RESULTS / "fetch.json")["title"],
        "models": models,
        "variance": spectrum["cumulative"].round(5).to_numpy(),
        "examples": {"images": first, "labels": labels[first]},
        "misread": {
            "images": misread,
            "labels": labels[misread],
            "answers": answers.iloc[misread].to_dict("list"),
        },
        "curves": pack.curves(files.read_csv(paths.RESULTS / "ablations_network.csv")),
        "slips": pack.after_training(files.read_csv(paths.RESULTS / "slips_network.csv")),
    }
    pack.add_rows(arrays, "pca.components", files.load_array(paths.PCA / "components.npy"), 8)
    pack.add_floats(arrays, "pca.mean", files.load_array(paths.PCA / "mean.npy"))
    pack.add_pixels(arrays, "examples", data.test_images[first])
    pack.add_pixels(arrays, "misread", data.test_images[misread])
    files.write_text(paths.REPORT / "explore.html", pack.render(about, arrays))
