"""Stage `spread_svm_kernels`: how far the kernels' scores move from draw to draw."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    write_spread(
        "spread_svm_kernels",
        stage.params.spread.seeds.svm_kernels,
        partial(machines.kernels, load_scaled()),
        params=stage.params.svm_kernels,
    )


if __name__ == "__main__":
    run_stage("spread_svm_kernels", main)
