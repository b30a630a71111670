"""Stage `claims`: the paper's statements, each with evidence and a verdict."""

import numpy as np

from mnist_report import files, paths
from mnist_report.data.scaled import load_scaled
from mnist_report.evaluation import evidence
from mnist_report.evaluation.seeds import by_seed
from mnist_report.figures import claims as figures
from mnist_report.figures.style import draw
from mnist_report.report.claims import as_table, judge_claims
from mnist_report.report.ledger import load_ledger, printed_seconds
from mnist_report.stage import Stage, run_stage

#: Stages whose metrics are read.
METRICS = (
    "fetch",
    "scale",
    "svm_intuition",
    "scratch_nn",
    "spread_keras_dense",
    "comparison",
)

#: Stages of which every value of every seed is read.
VALUES = (
    "spread_svm_kernels",
    "spread_svm_gridsearch",
    "spread_svm_final",
    "spread_scratch_nn",
    "spread_keras_dense",
    "spread_cnn",
    "ablations_svm",
    "ablations_network",
    "ablations_keras",
)


def main(stage: Stage) -> None:
    data = load_scaled()
    components = files.load_array(paths.pca_file("components"))[:3]
    mean = files.load_array(paths.pca_file("mean"))
    projected = evidence.Projected(
        np.asarray(files.load_array(paths.pca_file("train_scores"))),
        data.train_labels,
        (data.test_images.astype(np.float64) - mean) @ components.T,
        data.test_labels,
    )
    metrics = {name: files.read_json(paths.metrics_file(name)) for name in METRICS}
    metrics["printed"] = {"epoch_seconds": printed_seconds(load_ledger())}
    metrics["benchmark"] = files.read_json(paths.BENCHMARKS / "claims.json")
    measured = evidence.Measured(
        metrics=metrics,
        values={
            name: by_seed(files.read_csv(paths.plot_file(name, "values.csv"))) for name in VALUES
        },
        spectrum=files.read_csv(paths.plot_file("pca", "explained_variance.csv"))["ratio"].to_numpy(
            np.float64
        ),
        projected=projected,
    )
    found = {"claims": evidence.gather(measured)}

    pictures = {
        "components.png": draw(
            figures.accuracy_by_components, evidence.by_components(measured), evidence.ENOUGH
        ),
        "growth.png": draw(figures.growth, evidence.growth_curves(measured)),
        "convergence.png": draw(
            figures.convergence,
            {name: evidence.convergence_curves(measured, name) for name in ("sigmoid", "relu")},
            evidence.adam_curve(measured),
        ),
        "dropout.png": draw(
            figures.dropout,
            {name: evidence.dropout_curves(measured, name) for name in ("dense", "cnn")},
        ),
        "scaling.png": draw(
            figures.scaling,
            {name: evidence.scaling_curves(measured, name) for name in evidence.SCALING_CURVES},
        ),
    }
    for name, picture in pictures.items():
        files.write_bytes(paths.plot_file("claims", name), picture)
    files.write_csv(
        paths.plot_file("claims", "claims.csv"), as_table(judge_claims({"claims": found}))
    )
    files.write_json(paths.metrics_file("claims"), found)


if __name__ == "__main__":
    run_stage("claims", main)
