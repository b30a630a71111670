"""Stage `errata_network`: what the slips around the network from scratch cost."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.errata_network import VARIANTS, gradient_errors, overflow
from mnist_report.studies.scratch_network import score_on_test
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    seeds = stage.params.errata.network_seeds
    score = partial(score_on_test, load_scaled())
    with Study("errata_network", seeds * len(VARIANTS)) as study:
        groups = {
            name: [study.measure(name, score, seed=seed, **settings) for seed in range(seeds)]
            for name, settings in VARIANTS.items()
        }
        facts = {"overflow": overflow(), "gradient_error": gradient_errors(seed=0)}
        write_runs("errata_network", groups, facts)


if __name__ == "__main__":
    run_stage("errata_network", main)
