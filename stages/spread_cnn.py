"""Stage `spread_cnn`: how far the convolutional network moves from seed to seed."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.keras_networks import cnn
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    write_spread(
        "spread_cnn",
        stage.params.spread.seeds.cnn,
        partial(cnn, load_scaled()),
        keras=stage.params.keras,
        **stage.params.cnn.model_dump(exclude={"image"}),
    )


if __name__ == "__main__":
    run_stage("spread_cnn", main)
