"""Stage `pca`: principal components of the training images (the paper's section 1)."""

import numpy as np
import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.figures import pca as figures
from mnist_report.figures.style import plot
from mnist_report.models.classical.pca import components_for, fit_pca, project, variance_sums

#: From so many components images are rebuilt, and from all.
REBUILT_FROM = (2, 10, 50, 100)


def main(stage: Stage) -> None:
    params = stage.params.pca
    data = load_scaled()
    model = fit_pca(data.train_images, params.components)
    ratios = model.explained_variance_ratio_
    scores = project(model, data.train_images)[:, :3]
    reached = {share: components_for(ratios, share) for share in params.thresholds}

    # The first test image of every digit, rebuilt from more and more components.
    shown = np.unique(data.test_labels, return_index=True)[1]
    places = project(model, data.test_images[shown])
    counts = sorted({min(count, len(ratios)) for count in (*REBUILT_FROM, len(ratios))})
    rebuilt = {k: model.mean_ + places[:, :k] @ model.components_[:k] for k in counts}

    files.save_array(paths.PCA / "components.npy", model.components_)
    files.save_array(paths.PCA / "mean.npy", model.mean_)
    files.save_array(paths.PCA / "train_scores.npy", scores)
    table = pd.DataFrame({"ratio": ratios, "cumulative": np.cumsum(ratios)})
    table.insert(0, "component", table.index + 1)
    files.write_csv(paths.PLOTS / "pca" / "explained_variance.csv", table)
    reached_at = {share: count for share, count in reached.items() if count}
    originals = dict(zip(shown.tolist(), data.test_images[shown], strict=True))
    plot("pca", "scatter_2d.png", figures.scatter_2d, scores, data.train_labels)
    plot("pca", "scatter_3d.png", figures.scatter_3d, scores, data.train_labels)
    variance, printed = figures.cumulative_variance, params.printed_components
    plot("pca", "cumulative_variance.png", variance, ratios, reached_at, printed)
    plot("pca", "components.png", figures.components, model.mean_, model.components_, ratios)
    plot("pca", "reconstructions.png", figures.reconstructions, originals, rebuilt)
    sums = variance_sums(ratios, [2, 3, *params.sums])
    files.write_json(paths.METRICS / "pca.json", {"variance_2": sums["2"]})
    found = {
        "rows": len(data.train_images),
        "components": len(ratios),
        "explained_variance_ratio": {str(k + 1): ratios[k] for k in range(3)},
        "explained_variance_sum": sums,
        "components_for_percent": {f"{100 * s:g}": count for s, count in reached.items()},
    }
    files.write_json(paths.RESULTS / "pca.json", found)
