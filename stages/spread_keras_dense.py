"""Stage `spread_keras_dense`: how far the dense network moves from seed to seed."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.keras_networks import dense
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    write_spread(
        "spread_keras_dense",
        stage.params.spread.seeds.keras_dense,
        partial(dense, load_scaled()),
        keras=stage.params.keras,
        **stage.params.keras_dense.model_dump(),
    )


if __name__ == "__main__":
    run_stage("spread_keras_dense", main)
