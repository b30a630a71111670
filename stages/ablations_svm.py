"""Stage `ablations_svm`: what the paper says of support vector machines, put to the test."""

from collections.abc import Callable
from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.models.pca import fit_pca, project_all
from mnist_report.stage import Stage, run_stage
from mnist_report.studies import ablations_svm as ablations
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.spread import Run, write_runs


def main(stage: Stage) -> None:
    params = stage.params.ablations
    rows, components, sizes = params.svm_rows, params.components, params.growth_rows
    data = load_scaled()
    projected = project_all(fit_pca(data.train_images, max(components)), data)
    measurements: dict[str, tuple[Callable[..., Run], dict[str, object]]] = {
        "components": (
            partial(ablations.by_components, projected),
            {"rows": rows, "components": components},
        ),
        "growth": (partial(ablations.growth, data), {"sizes": sizes}),
        "scaling": (partial(ablations.scaling, data), {"rows": rows}),
    }
    with Study("ablations_svm", params.svm_seeds * len(measurements)) as study:
        groups = {
            name: [
                study.measure(name, function, seed=seed, **settings)
                for seed in range(params.svm_seeds)
            ]
            for name, (function, settings) in measurements.items()
        }
        write_runs("ablations_svm", groups, {})


if __name__ == "__main__":
    run_stage("ablations_svm", main)
