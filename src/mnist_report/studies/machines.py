"""The paper's support vector machines, measured once for a seed (section 2.2)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.evaluation.kernels import as_metrics, compare_kernels
from mnist_report.evaluation.scores import accuracy, auc_hard, auc_scores
from mnist_report.models.grid_search import grid_search, nested, select
from mnist_report.models.pca import fit_pca, project_all
from mnist_report.models.svm import fit_unique, predict_gemm
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
    n = len(data.train_images)
    drawn = draw_with_replacement(n, min(params.rows, n), generator(seed, "svm_final"))
    if params.pca_components is not None:
        data = project_all(fit_pca(data.train_images, params.pca_components), data)
    model = fit_unique(
        data.train_images,
        data.train_labels,
        drawn,
        kernel=params.kernel,
        C=found["C"],
        gamma=found["gamma"],
        implementation=params.implementation,
    )
    predicted, scores = predict_gemm(model, data.test_images)
    truth = data.test_labels
    return {
        "C": found["C"],
        "gamma": found["gamma"],
        "support_vectors": len(model.support_),
        "test": {
            "accuracy": accuracy(truth, predicted),
            "auc_hard": auc_hard(truth, predicted, model.classes_),
            "auc_scores": auc_scores(truth, scores, model.classes_),
        },
    }
