"""Stage `verdicts`: what every number and statement comes to, counted and drawn."""

from mnist_report import files, paths
from mnist_report.figures.epochs import printed_epochs
from mnist_report.figures.origins import kernel_candidates
from mnist_report.figures.style import draw
from mnist_report.figures.verdicts import deviations
from mnist_report.report.claims import VERDICTS as CLAIM_VERDICTS
from mnist_report.report.claims import judge_claims
from mnist_report.report.ledger import (
    REACH,
    VERDICTS,
    as_table,
    judge_all,
    load_ledger,
    printed_aucs,
    printed_by_epoch,
    tally,
)
from mnist_report.stage import Stage, run_stage

STAGES = (
    "fetch",
    "scale",
    "pca",
    "svm_kernels",
    "svm_gridsearch",
    "svm_final",
    "scratch_nn",
    "keras_dense",
    "cnn",
    "spread_svm_kernels",
    "spread_svm_gridsearch",
    "spread_svm_final",
    "spread_scratch_nn",
    "spread_keras_dense",
    "spread_cnn",
    "origins",
    "claims",
)


def main(stage: Stage) -> None:
    metrics = {name: files.read_json(paths.metrics_file(name)) for name in STAGES}
    numbers = judge_all(load_ledger(), metrics)
    claims = judge_claims(metrics)
    table = as_table(numbers)
    kernels = metrics["origins"]["kernels"]

    pictures = {
        "numbers.png": draw(deviations, table, reach=REACH),
        "origins.png": draw(kernel_candidates, kernels, printed_aucs(numbers), reach=REACH),
    }
    for network in ("keras_dense", "cnn"):
        epochs = metrics[f"spread_{network}"]["epochs"]
        pictures[f"{network}_epochs.png"] = draw(
            printed_epochs, epochs, printed_by_epoch(numbers, network)
        )
    for name, picture in pictures.items():
        files.write_bytes(paths.plot_file("verdicts", name), picture)
    files.write_csv(paths.plot_file("verdicts", "numbers.csv"), table)
    files.write_json(
        paths.metrics_file("verdicts"),
        {
            "numbers": tally((row.verdict for row in numbers), VERDICTS),
            "claims": tally((row.finding.verdict for row in claims), CLAIM_VERDICTS),
        },
    )


if __name__ == "__main__":
    run_stage("verdicts", main)
