"""Stage `spread_svm_gridsearch`: how far the grid search moves from draw to draw."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    write_spread(
        "spread_svm_gridsearch",
        stage.params.spread.seeds.svm_gridsearch,
        partial(machines.search, load_scaled(), compute=stage.params.compute),
        params=stage.params.svm_gridsearch,
    )


if __name__ == "__main__":
    run_stage("spread_svm_gridsearch", main)
