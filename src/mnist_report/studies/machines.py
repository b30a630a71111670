"""The paper's support vector machines, measured once for a seed (section 2.2)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.kernels import as_metrics, compare_kernels
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models.final_svm import final_svm
from mnist_report.models.grid_search import grid_search, nested, select
from mnist_report.params import Compute, SvmFinal, SvmGridsearch, SvmKernels
from mnist_report.randomness import generator


def kernels(data: ScaledData, params: SvmKernels, seed: int) -> dict[str, Any]:
    """Return the metrics of stage ``svm_kernels`` under another seed."""
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(params.rows, n), generator(seed, "svm_kernels"))
    table = compare_kernels(
        data, drawn, params.kernels, C=params.C, gamma=params.gamma, degree=params.degree
    )
    return {"kernels": as_metrics(table)}


def search(data: ScaledData, params: SvmGridsearch, compute: Compute, seed: int) -> dict[str, Any]:
    """Return the metrics of stage ``svm_gridsearch`` under another seed."""
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(params.rows, n), generator(seed, "svm_gridsearch"))
    table = grid_search(
        data.train_images[drawn].astype(np.float64),
        data.train_labels[drawn],
        C=params.C,
        gamma=params.gamma,
        folds=params.folds,
        n_jobs=compute.jobs,
        backend=compute.backend,
        scheduler=compute.scheduler,
    )
    chosen = select(table)
    return {
        "C": chosen.C,
        "gamma": chosen.gamma,
        "best_mean": chosen.mean,
        "tied": len(chosen.tied),
        "mean_accuracy": nested(table, table["mean"]),
        "two_sd": nested(table, 2 * table["sd"]),
    }


def final(
    data: ScaledData, params: SvmFinal, found: Mapping[str, float], seed: int
) -> dict[str, Any]:
    """Return the metrics of stage ``svm_final`` under another seed.

    Parameters
    ----------
    found
        The ``C`` and ``gamma`` to use.
    """
    machine = final_svm(data, params, C=found["C"], gamma=found["gamma"], seed=seed)
    truth, classes = data.test_labels, machine.model.classes_
    return {
        "C": found["C"],
        "gamma": found["gamma"],
        "support_vectors": len(machine.model.support_),
        "test": {
            "accuracy": accuracy(truth, machine.predicted),
            "auc_hard": auc_hard(truth, machine.predicted, classes),
            "auc_scores": auc_scores(truth, machine.scores, classes),
        },
    }


def searched_and_final(
    data: ScaledData, params: SvmFinal, grid: SvmGridsearch | None, compute: Compute, seed: int
) -> dict[str, Any]:
    """Return `final` with what `search` finds under the same seed; without a grid, as pinned."""
    found = search(data, grid, compute, seed) if grid else {"C": params.C, "gamma": params.gamma}
    return final(data, params, found, seed)
