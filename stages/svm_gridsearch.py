"""Stage `svm_gridsearch`: C and gamma of the RBF kernel by cross-validation (section 2.2)."""

import numpy as np

from mnist_report.core import files, paths
from mnist_report.core.stage import Stage, run_stage
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import svm as figures
from mnist_report.figures.style import draw
from mnist_report.models.classical.grid_search import grid_search, nested, select


def main(stage: Stage) -> None:
    params, compute = stage.params.svm_gridsearch, stage.params.compute
    data = load_scaled()
    n = len(data.train_images)
    rng = generator(stage.params.seed, "svm_gridsearch")
    drawn = draw_with_replacement(n, min(params.rows, n), rng)
    table = grid_search(
        data.train_images[drawn].astype(np.float64),
        data.train_labels[drawn],
        C=params.C,
        gamma=params.gamma,
        folds=params.folds,
        n_jobs=compute.jobs,
        backend=compute.backend,
        scheduler=compute.scheduler,
    )
    chosen = select(table)
    close = set(chosen.within_one_se)
    table["within_one_se"] = [
        pair in close for pair in zip(table["C"], table["gamma"], strict=True)
    ]

    files.write_csv(paths.plot_file("svm_gridsearch", "candidates.csv"), table)
    picture = draw(figures.grid_heat_map, table, (chosen.C, chosen.gamma))
    files.write_bytes(paths.plot_file("svm_gridsearch", "heat_map.png"), picture)
    files.write_json(
        paths.metrics_file("svm_gridsearch"),
        {"accuracy": chosen.mean, "C": chosen.C, "gamma": chosen.gamma},
    )
    files.write_json(
        paths.results_file("svm_gridsearch"),
        {
            "rows": len(drawn),
            "candidates": len(table),
            "C": chosen.C,
            "gamma": chosen.gamma,
            "best_mean": chosen.mean,
            "standard_error": chosen.standard_error,
            "tied": len(chosen.tied),
            "within_one_standard_error": len(chosen.within_one_se),
            "mean_accuracy": nested(table, table["mean"]),
            "two_sd": nested(table, 2 * table["sd"]),
        },
    )


if __name__ == "__main__":
    run_stage("svm_gridsearch", main)
