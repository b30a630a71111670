"""Stage `spread_svm_gridsearch`: how far the grid search moves from draw to draw."""

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params, compute = stage.params.svm_gridsearch, stage.params.compute
    seeds = stage.params.spread.seeds.svm_gridsearch
    data = load_scaled()
    write_spread(
        "spread_svm_gridsearch",
        seeds,
        lambda seed: machines.search(data, params, compute, seed),
        params.model_dump(),
    )


if __name__ == "__main__":
    run_stage("spread_svm_gridsearch", main)
