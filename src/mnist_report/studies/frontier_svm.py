"""How far the support vector machine goes: components, deskewing, gamma, virtual vectors."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize
from sklearn.svm import SVC

from mnist_report.core.params import Compute, FrontierSvm
from mnist_report.core.repeat import Study
from mnist_report.data.distortions import distort
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.final_svm import drawn_rows
from mnist_report.models.classical.pca import fit_pca, project
from mnist_report.studies.frontier import (
    BEST,
    Fit,
    Fitted,
    Images,
    Labels,
    Step,
    best_of,
    ladder,
    upright,
    validate,
)
from mnist_report.studies.paper import FOUND_C, FOUND_GAMMA, SVM_FINAL


def fit(
    images: Images,
    labels: Labels,
    seed: int,
    strength: float = 0.0,
    *,
    components: int,
    gamma: float = FOUND_GAMMA,
    rows: int | None = None,
    even: bool = False,
    copies: int = 0,
    virtual_gamma: float = FOUND_GAMMA,
) -> Fitted:
    """Fit an RBF machine to principal components.

    Parameters
    ----------
    rows
        How many are drawn with replacement, as in the paper; None for all, each once.
    even
        Whether images are scaled to one length, the mean of those of the training images.
    copies, strength, virtual_gamma
        Distorted copies of every support vector, on which and on these the machine is fitted once
        more: virtual support vectors (Schölkopf, Burges and Vapnik, 1996).
    """
    length = np.linalg.norm(images, axis=1).mean()

    def scaled(images: Images) -> Images:
        return length * normalize(images) if even else images

    pca = fit_pca(scaled(images), components)
    if rows is not None:
        drawn = drawn_rows(len(labels), rows, seed)
        images, labels = images[drawn], labels[drawn]
    svm = _machine(gamma).fit(project(pca, scaled(images)), labels)
    if copies:
        vectors, rng = images[svm.support_], generator(seed, "frontier_svm")
        virtual = [vectors, *(distort(vectors, strength, rng) for _ in range(copies))]
        points = project(pca, scaled(np.concatenate(virtual)))
        svm = _machine(virtual_gamma).fit(points, np.tile(labels[svm.support_], len(virtual)))

    def read(unseen: Images) -> NDArray[Any]:
        digits: NDArray[Any] = svm.predict(project(pca, scaled(unseen)))
        return digits

    return Fitted(read, {"support_vectors": len(svm.support_)})


def steps(params: FrontierSvm) -> dict[str, Step]:
    """Return the steps after the paper's machine, which is another study, to virtual vectors."""
    machine = partial(fit, components=params.pca_components)
    deskewed = partial(upright(fit), components=params.pca_components)
    even = partial(deskewed, even=True)
    virtual = partial(even, copies=params.copies)
    return {
        # Without drawing rows nothing depends on the seed.
        "components": Step(partial(machine, rows=SVM_FINAL.rows), params.seeds),
        "all_rows": Step(machine, 1),
        "deskewed": Step(deskewed, 1),
        "even": Step(even, 1),
        "gamma": Step(even, 1, takes=("gamma",)),
        BEST: Step(virtual, params.best_seeds, takes=("gamma", "strength", "virtual_gamma")),
    }


def plan(data: ScaledData, params: FrontierSvm, compute: Compute) -> Study:
    """Choose gamma and the strength of the distortions, and climb."""
    even = partial(upright(fit), components=params.pca_components, even=True)
    virtual = partial(even, copies=params.trial_copies)

    def of_gamma(fit: Fit, name: str) -> Fit:
        return lambda images, labels, seed, value: fit(images, labels, seed, **{name: value})

    def choose() -> dict[str, dict[str, float]]:
        gammas = validate(of_gamma(even, "gamma"), params.gammas, data)
        gamma = best_of(gammas)
        strengths = validate(
            partial(virtual, gamma=gamma, virtual_gamma=gamma), params.strengths, data
        )
        # With copies close by, another gamma may serve better.
        strongest = partial(virtual, strength=best_of(strengths), gamma=gamma)
        virtual_gammas = validate(of_gamma(strongest, "virtual_gamma"), params.gammas, data)
        return {"gamma": gammas, "strength": strengths, "virtual_gamma": virtual_gammas}

    return ladder(data, choose, steps(params))


def _machine(gamma: float) -> SVC:
    return SVC(C=FOUND_C, gamma=gamma, cache_size=1000)
