"""Stage `origins`: where printed numbers come from that the printed code does not give."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.origins import final_aucs, kernel_aucs
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    params = stage.params.origins
    data = load_scaled()
    by_kernel, by_rows = partial(kernel_aucs, data), partial(final_aucs, data)
    with Study("origins", 2 * params.seeds) as study:
        kernels, final = [], []
        for seed in range(params.seeds):
            kernels.append(study.measure("kernels", by_kernel, seed=seed, rows=params.kernel_rows))
            final.append(study.measure("final", by_rows, seed=seed, sizes=params.final_rows))
        write_runs("origins", {"kernels": kernels, "final": final}, {})


if __name__ == "__main__":
    run_stage("origins", main)
