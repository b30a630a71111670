"""Stage `svm_final`: the final support vector machine on the test images (section 2.2)."""

import numpy as np
from sklearn.pipeline import make_pipeline

from mnist_report import files, paths
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import load_scaled
from mnist_report.models.pca import fit_pca, project_all
from mnist_report.models.skops_file import dump_bytes
from mnist_report.models.svm import fit_unique, predict_gemm
from mnist_report.progress import working
from mnist_report.randomness import generator
from mnist_report.report_card import write_report_card
from mnist_report.stage import Stage, run_stage


def main(stage: Stage) -> None:
    params = stage.params.svm_final
    data = load_scaled()
    found = files.read_json(paths.metrics_file("svm_gridsearch"))
    pinned = params.hyperparameters == "pinned"
    C, gamma = (params.C, params.gamma) if pinned else (found["C"], found["gamma"])
    n = len(data.train_images)
    rng = generator(stage.params.seed, "svm_final")
    drawn = draw_with_replacement(n, min(params.rows, n), rng)

    points, pca = data, None
    if params.pca_components is not None:
        pca = fit_pca(data.train_images, params.pca_components)
        points = project_all(pca, data)
    with working(f"fitting {len(drawn)} rows, C = {C:g}, gamma = {gamma:g}"):
        model = fit_unique(
            points.train_images,
            points.train_labels,
            drawn,
            kernel=params.kernel,
            C=C,
            gamma=gamma,
            implementation=params.implementation,
        )
    predicted, scores = predict_gemm(model, points.test_images)

    # Whoever loads the model gives it images.
    whole = model if pca is None else make_pipeline(pca, model)
    files.write_bytes(paths.MODELS / "svm_final.skops", dump_bytes(whole))
    card = write_report_card("svm_final", data, model.classes_, predicted, scores, "score")
    files.write_json(
        paths.metrics_file("svm_final"),
        {
            "rows": len(drawn),
            "unique_rows": len(np.unique(drawn)),
            "features": points.train_images.shape[1],
            "C": C,
            "gamma": gamma,
            "support_vectors": len(model.support_),
            "test": card,
        },
    )


if __name__ == "__main__":
    run_stage("svm_final", main)
