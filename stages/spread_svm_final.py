"""Stage `spread_svm_final`: how far search and final SVM together move from draw to draw."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params = stage.params.svm_final
    pinned = params.hyperparameters == "pinned"
    write_spread(
        "spread_svm_final",
        stage.params.spread.seeds.svm_final,
        partial(machines.searched_and_final, load_scaled(), compute=stage.params.compute),
        params=params,
        grid=None if pinned else stage.params.svm_gridsearch,
    )


if __name__ == "__main__":
    run_stage("spread_svm_final", main)
