"""Stage `spread_scratch_nn`: how far the network from scratch moves from seed to seed."""

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.scratch_network import score_on_test
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params = stage.params.scratch_nn
    seeds = stage.params.spread.seeds.scratch_nn
    settings = params.model_dump(exclude={"validation_share"})
    data = load_scaled()
    write_spread(
        "spread_scratch_nn",
        seeds,
        lambda seed: {"test": score_on_test(data, seed, **settings)},
        settings,
    )


if __name__ == "__main__":
    run_stage("spread_scratch_nn", main)
