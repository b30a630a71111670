"""Stage `svm_intuition`: margins, slack and the kernel trick on toy data (section 2.1)."""

import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.data.randomness import generator
from mnist_report.figures import svm as figures
from mnist_report.figures.style import plot
from mnist_report.models.intuition import margins
from mnist_report.models.intuition.margins import fit_linear, fit_quadratic


def main(stage: Stage) -> None:
    params = stage.params.svm_intuition
    rng = generator(stage.params.seed, "svm_intuition")

    X, y = margins.separable(rng, params.points)
    hard = fit_linear(X, y, params.separable_C)
    plot("svm_intuition", "separable.png", figures.margins, X, y, {params.separable_C: hard})

    X_soft, y_soft = margins.overlapping(rng, params.points)
    soft = {C: fit_linear(X_soft, y_soft, C) for C in params.overlapping_C}
    plot("svm_intuition", "overlapping.png", figures.margins, X_soft, y_soft, soft)

    X_rings, y_rings = margins.rings(rng, params.points)
    Z = margins.phi(X_rings)
    in_plane = fit_quadratic(X_rings, y_rings, params.separable_C)
    in_space = fit_linear(Z, y_rings, params.separable_C)
    plot("svm_intuition", "rings.png", figures.rings, X_rings, y_rings, in_plane)
    plot("svm_intuition", "lifted.png", figures.lifted, Z, y_rings, in_space)

    points = {"separable": (X, y), "overlapping": (X_soft, y_soft), "rings": (X_rings, y_rings)}
    tables = [
        pd.DataFrame(places, columns=["x1", "x2"]).assign(picture=name, label=labels)
        for name, (places, labels) in points.items()
    ]
    table = pd.concat(tables)[["picture", "x1", "x2", "label"]]
    files.write_csv(paths.PLOTS / "svm_intuition" / "points.csv", table)
    found = {
        "separable": {
            "points": len(X),
            "support_vectors": len(hard.support_),
            "accuracy": hard.score(X, y),
        },
        "overlapping": {
            "points": len(X_soft),
            "support_vectors": {f"C_{C:g}": len(m.support_) for C, m in soft.items()},
            "accuracy": {f"C_{C:g}": m.score(X_soft, y_soft) for C, m in soft.items()},
        },
        "kernel_identity": {
            "points": len(X_rings),
            **margins.check_kernel_identity(rng, params.pairs, X_rings, in_plane, in_space),
        },
    }
    files.write_json(paths.RESULTS / "svm_intuition.json", found)
