"""Stage `errata_svm`: what the slips with support vector machines cost."""

from functools import partial

from mnist_report.data.scaled import load_scaled
from mnist_report.stage import Stage, run_stage
from mnist_report.studies.checkpoint import Study
from mnist_report.studies.errata_svm import replacement, search_size
from mnist_report.studies.spread import write_runs


def main(stage: Stage) -> None:
    params = stage.params.errata
    grid = stage.params.svm_gridsearch
    data = load_scaled()
    n = len(data.train_images)
    rows = min(params.svm_rows, n)
    sizes = {"small": min(grid.rows, n), "large": min(params.search_rows, n)}
    draw, search = partial(replacement, data), partial(search_size, data)
    with Study("errata_svm", params.svm_seeds + params.search_seeds) as study:
        drawn = [
            study.measure("replacement", draw, seed=seed, rows=rows)
            for seed in range(params.svm_seeds)
        ]
        searched = [
            study.measure("search", search, seed=seed, rows=rows, sizes=sizes, grid=grid)
            for seed in range(params.search_seeds)
        ]
        candidates = len(set(grid.C)) * len(set(grid.gamma))
        facts = {"search_rows": sizes, "candidates": candidates}
        write_runs("errata_svm", {"replacement": drawn, "search": searched}, facts)


if __name__ == "__main__":
    run_stage("errata_svm", main)
