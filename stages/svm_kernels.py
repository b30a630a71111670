"""Stage `svm_kernels`: four kernels, judged on training and on test rows (section 2.2)."""

import numpy as np
import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.params import Kernel
from mnist_report.core.tracking import Stage
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import svm as figures
from mnist_report.figures.names import KERNELS
from mnist_report.figures.style import plot
from mnist_report.models.classical.kernels import as_metrics, compare_kernels
from mnist_report.models.classical.pca import fit_pca, project
from mnist_report.models.classical.svm import fit_unique, predict_with_scores


def main(stage: Stage) -> None:
    params = stage.params.svm_kernels
    data = load_scaled()
    n = len(data.train_images)
    rng = generator(stage.params.seed, "svm_kernels")

    drawn = draw_with_replacement(n, params.rows, rng)
    settings = params.model_dump(include={"C", "gamma", "degree"})
    table = compare_kernels(data, drawn, params)

    few = draw_with_replacement(n, params.region_rows, rng)
    images, labels = data.train_images[few], data.train_labels[few]
    points = project(fit_pca(images, 2), images)

    def on_two_components(kernel: Kernel) -> figures.Classifier:
        model = fit_unique(points, labels, np.arange(len(points)), kernel=kernel, **settings)
        return lambda places: predict_with_scores(model, places)[0]

    classifiers = {KERNELS[kernel]: on_two_components(kernel) for kernel in params.kernels}
    named = table.assign(kernel=table["kernel"].map(KERNELS))
    plot("svm_kernels", "scores.png", figures.kernel_scores, named)
    plot("svm_kernels", "regions.png", figures.decision_regions, points, labels, classifiers)
    files.write_csv(paths.PLOTS / "svm_kernels" / "scores.csv", table)
    plane = pd.DataFrame(points, columns=["component_1", "component_2"]).assign(label=labels)
    files.write_csv(paths.PLOTS / "svm_kernels" / "points.csv", plane)
    kernels = as_metrics(table)
    found = {"rows": len(drawn), "region_rows": len(few), "kernels": kernels}
    metrics = {kernel: measures["test"]["auc_hard"] for kernel, measures in kernels.items()}
    files.write_json(paths.RESULTS / "svm_kernels.json", found)
    files.write_json(paths.METRICS / "svm_kernels.json", metrics)
