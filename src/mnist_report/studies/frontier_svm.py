"""How far the support vector machine goes: components, deskewing, virtual vectors, gradients."""

from functools import partial

import numpy as np
from sklearn.svm import SVC

from mnist_report.core.params import Compute, FrontierSvm
from mnist_report.core.repeat import Study
from mnist_report.data.distortions import distort
from mnist_report.data.gradients import histograms_of_gradients
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.final_svm import drawn_rows
from mnist_report.models.classical.pca import fit_pca, project
from mnist_report.studies.frontier import Fitted, Images, Labels, Step, ladder, upright
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA, SVM_FINAL


def fit(
    images: Images,
    labels: Labels,
    seed: int,
    *,
    components: int,
    gamma: float = FOUND_GAMMA,
    rows: int | None = None,
    gradients: bool = False,
    copies: int = 0,
    strength: float = 0.0,
) -> Fitted:
    """Fit an RBF machine to principal components.

    So many `rows` are drawn with replacement, as in the paper; None for all, each once. With
    `gradients` images are described by histograms of these, in place of grey levels, as long as the
    images are in the mean, so that the same gammas suit both. With a `strength` the machine is
    fitted once more, to its support vectors and so many distorted `copies` of each: virtual support
    vectors (Schölkopf, Burges and Vapnik, 1996).
    """
    length = np.linalg.norm(images, axis=1).mean()

    def described(images: Images) -> Images:
        return length * histograms_of_gradients(images) if gradients else images

    pca = fit_pca(described(images), components)
    if rows is not None:
        drawn = drawn_rows(len(labels), rows, seed)
        images, labels = images[drawn], labels[drawn]
    svm = SVC(C=FOUND_C, gamma=gamma, cache_size=1000)
    svm.fit(project(pca, described(images)), labels)
    if strength:
        vectors, rng = images[svm.support_], generator(seed, "frontier_svm")
        virtual = [vectors, *(distort(vectors, strength, rng) for _ in range(copies))]
        points = project(pca, described(np.concatenate(virtual)))
        svm.fit(points, np.tile(labels[svm.support_], len(virtual)))
    return Fitted(
        lambda unseen: svm.predict(project(pca, described(unseen))),
        {"support_vectors": len(svm.support_)},
    )


def steps(params: FrontierSvm) -> dict[str, Step]:
    """Return the steps after the paper's machine, which is another study, to gradients."""
    machine = partial(fit, components=params.pca_components)
    deskewed = partial(upright(fit), components=params.pca_components)
    virtual = partial(deskewed, copies=params.copies)
    gradients = partial(virtual, gradients=True)
    both = ("gamma", "strength")
    return {
        # Without drawing rows nothing depends on the seed.
        "components": Step(partial(machine, rows=SVM_FINAL.rows), params.seeds),
        "all_rows": Step(machine, 1),
        "deskewed": Step(deskewed, 1),
        "gamma": Step(deskewed, 1, takes=("gamma",)),
        "virtual": Step(virtual, params.best_seeds, takes=both),
        "best": Step(gradients, params.best_seeds, takes=both, prefix="gradient_"),
    }


def plan(data: ScaledData, params: FrontierSvm, compute: Compute) -> Study:
    """Choose gamma and the strength of the distortions, for pixels and for gradients, and climb."""
    climb = steps(params)
    values = {"gamma": params.gammas, "strength": params.strengths}
    return ladder(data, climb, [climb["virtual"], climb["best"]], values)
