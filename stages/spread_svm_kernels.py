"""Stage `spread_svm_kernels`: how far the kernels' scores move from draw to draw."""

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params = stage.params.svm_kernels
    seeds = stage.params.spread.seeds.svm_kernels
    data = load_scaled()
    write_spread(
        "spread_svm_kernels",
        seeds,
        lambda seed: machines.kernels(data, params, seed),
        params.model_dump(),
    )


if __name__ == "__main__":
    run_stage("spread_svm_kernels", main)
