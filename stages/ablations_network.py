"""Stage `ablations_network`: activations, scaling and Adam, tested on the network from scratch."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import ablations_network as ablations
from mnist_report.studies import adam
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    params = stage.params.ablations
    epochs, rates = params.network_epochs, params.learning_rates
    data = load_scaled()
    converge, scale = partial(ablations.convergence, data), partial(ablations.scaling, data)
    losses = partial(adam.losses, data)
    with Study("ablations_network", 3 * params.network_seeds) as study:
        converged, scaled, by_adam = [], [], []
        for seed in range(params.network_seeds):
            converged.append(
                study.measure(
                    "convergence", converge, seed=seed, epochs=epochs, learning_rates=rates
                )
            )
            scaled.append(study.measure("scaling", scale, seed=seed, epochs=epochs))
            by_adam.append(study.measure("adam", losses, seed=seed, epochs=adam.EPOCHS))
        groups = {"convergence": converged, "scaling": scaled, "adam": by_adam}
        write_runs("ablations_network", groups, {})


if __name__ == "__main__":
    run_stage("ablations_network", main)
