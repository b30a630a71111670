"""Stage `svm_final`: the final support vector machine on the test images (section 2.2)."""

import numpy as np
from sklearn.pipeline import make_pipeline

from mnist_report.core import files, paths
from mnist_report.core.archives import skops_bytes
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.models.classical.final_svm import final_svm
from mnist_report.models.report_card import write_report_card


def main(stage: Stage) -> None:
    params = stage.params.svm_final
    data = load_scaled()
    C, gamma = params.C, params.gamma
    if params.hyperparameters == "from_gridsearch":
        chosen = files.read_json(paths.RESULTS / "svm_gridsearch.json")
        C, gamma = chosen["C"], chosen["gamma"]
    machine = final_svm(data, params, C=C, gamma=gamma, seed=stage.params.seed)
    model = machine.model

    # Whoever loads the model gives it images.
    whole = model if machine.pca is None else make_pipeline(machine.pca, model)
    files.write_bytes(paths.MODELS / "svm_final.skops", skops_bytes(whole))
    card = write_report_card("svm_final", data, model.classes_, machine.predicted, machine.scores)
    found = {
        "rows": min(params.rows, len(data.train_images)),
        "unique_rows": len(np.unique(machine.drawn)),
        "features": model.n_features_in_,
        "C": C,
        "gamma": gamma,
        "support_vectors": len(model.support_),
        "test": card,
    }
    files.write_json(paths.RESULTS / "svm_final.json", found)
