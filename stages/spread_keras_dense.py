"""Stage `spread_keras_dense`: how far the dense network moves from seed to seed."""

from mnist_report.data.scaled import load_scaled
from mnist_report.models.keras_networks import dense_network
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.keras_networks import train_and_test
from mnist_report.studies.spread import write_spread


def main(stage: Stage) -> None:
    params, keras = stage.params.keras_dense, stage.params.keras
    seeds = stage.params.spread.seeds.keras_dense
    data = load_scaled()
    write_spread(
        "spread_keras_dense",
        seeds,
        lambda seed: train_and_test(
            data,
            lambda: dense_network(params.hidden_units, params.dropout),
            keras,
            seed,
            epochs=params.epochs,
            batch_size=params.batch_size,
        ),
        params.model_dump() | {"keras": keras.model_dump()},
    )


if __name__ == "__main__":
    run_stage("spread_keras_dense", main)
