"""Stage `origins`: where printed numbers come from that the printed code does not give."""

from functools import partial

from mnist_report import files, paths
from mnist_report.data.scaled import load_scaled
from mnist_report.evaluation.uncertainty import spreads
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.origins import final_aucs, kernel_aucs


def main(stage: Stage) -> None:
    params = stage.params.origins
    data = load_scaled()
    with Study("origins", 2 * params.seeds) as study:
        kernels, final = [], []
        for seed in range(params.seeds):
            compute = partial(kernel_aucs, data, params.kernel_rows, seed)
            kernels.append(study.measure("kernels", compute, seed=seed, rows=params.kernel_rows))
            compute = partial(final_aucs, data, params.final_rows, seed)
            final.append(study.measure("final", compute, seed=seed, rows=params.final_rows))
        files.write_json(
            paths.metrics_file("origins"), {"kernels": spreads(kernels), "final": spreads(final)}
        )


if __name__ == "__main__":
    run_stage("origins", main)
