"""Stage `svm_gridsearch`: C and gamma of the RBF kernel by cross-validation (section 2.2)."""

from joblib import parallel_config

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import svm as figures
from mnist_report.figures.style import plot
from mnist_report.models.classical.grid_search import on_dask, search_draw, select, summary


def main(stage: Stage) -> None:
    params, compute = stage.params.svm_gridsearch, stage.params.compute
    data = load_scaled()
    if compute.backend == "dask":
        workers = on_dask(str(compute.scheduler), compute.jobs)
    else:
        # libsvm lets go of Python's lock.
        workers = parallel_config(backend="threading", n_jobs=compute.jobs)
    with workers:
        table = search_draw(data, params, stage.params.seed)
        then = search_draw(data, params, stage.params.seed, as_in_2019=True)
    chosen = select(table)
    table["within_one_se"] = chosen.within_one_se

    files.write_csv(paths.PLOTS / "svm_gridsearch" / "candidates.csv", table)
    taken = chosen.C, chosen.gamma
    plot("svm_gridsearch", "heat_map.png", figures.grid_heat_map, table, taken)
    metrics = {"accuracy": chosen.mean, "C": chosen.C, "gamma": chosen.gamma}
    files.write_json(paths.METRICS / "svm_gridsearch.json", metrics)
    found = {
        "rows": min(params.rows, len(data.train_images)),
        "candidates": len(table),
        "standard_error": chosen.standard_error,
        "within_one_standard_error": int(chosen.within_one_se.sum()),
        **summary(table),
        "folds_2019": summary(then),
    }
    files.write_json(paths.RESULTS / "svm_gridsearch.json", found)
