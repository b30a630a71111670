"""Stage `ablations_network`: activations and scaling, tested on the network from scratch."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import ablations_network as ablations
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    params = stage.params.ablations
    epochs, rates = params.network_epochs, params.learning_rates
    data = load_scaled()
    with Study("ablations_network", 2 * params.network_seeds) as study:
        converged, scaled = [], []
        for seed in range(params.network_seeds):
            compute = partial(ablations.convergence, data, rates, epochs, seed)
            converged.append(
                study.measure("convergence", compute, seed=seed, epochs=epochs, rates=rates)
            )
            compute = partial(ablations.scaling, data, epochs, seed)
            scaled.append(study.measure("scaling", compute, seed=seed, epochs=epochs))
        write_runs("ablations_network", {"convergence": converged, "scaling": scaled}, {})


if __name__ == "__main__":
    run_stage("ablations_network", main)
