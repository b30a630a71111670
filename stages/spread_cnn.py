"""Stage `spread_cnn`: how far the convolutional network moves from seed to seed."""

from mnist_report.data.scaled import load_scaled
from mnist_report.models.keras_networks import convolutional_network
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.keras_networks import train_and_test
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params, keras = stage.params.cnn, stage.params.keras
    seeds = stage.params.spread.seeds.cnn
    data = load_scaled()
    write_spread(
        "spread_cnn",
        seeds,
        lambda seed: train_and_test(
            data,
            lambda: convolutional_network(
                params.filters, params.kernel_size, params.dense_units, params.dropout
            ),
            keras,
            seed,
            epochs=params.epochs,
            batch_size=params.batch_size,
            validation_share=params.validation_share,
        ),
        params.model_dump(exclude={"image"}) | {"keras": keras.model_dump()},
    )


if __name__ == "__main__":
    run_stage("spread_cnn", main)
