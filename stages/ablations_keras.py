"""Stage `ablations_keras`: dropout and scaling, tested on the two Keras networks."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.ablations_keras import BUILD, VARIANTS, ablate
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    params = stage.params.ablations
    train = partial(ablate, load_scaled())
    with Study("ablations_keras", len(BUILD) * len(VARIANTS) * params.keras_seeds) as study:
        groups = {}
        for network in BUILD:
            for variant in VARIANTS:
                epochs = {"dense": params.dense_epochs, "cnn": params.cnn_epochs}[network]
                if variant == "unscaled":
                    epochs = min(epochs, params.unscaled_epochs)
                name = f"{network}_{variant}"
                groups[name] = [
                    study.measure(
                        name,
                        train,
                        network=network,
                        variant=variant,
                        epochs=epochs,
                        keras=stage.params.keras,
                        seed=seed,
                    )
                    for seed in range(params.keras_seeds)
                ]
        write_runs("ablations_keras", groups, {})


if __name__ == "__main__":
    run_stage("ablations_keras", main)
