"""Stage `spread_svm_final`: how far search and final SVM together move from draw to draw."""

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import machines
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params = stage.params.svm_final
    grid, compute = stage.params.svm_gridsearch, stage.params.compute
    seeds = stage.params.spread.seeds.svm_final
    data = load_scaled()
    pinned = params.hyperparameters == "pinned"

    def measure(seed: int) -> dict[str, object]:
        found = params.model_dump() if pinned else machines.search(data, grid, compute, seed)
        return machines.final(data, params, found, seed)

    settings = params.model_dump() | ({} if pinned else {"grid": grid.model_dump()})
    write_spread("spread_svm_final", seeds, measure, settings)


if __name__ == "__main__":
    run_stage("spread_svm_final", main)
