"""How far the network from scratch goes: the same class, trained better and better."""

from functools import partial
from typing import Any

import numpy as np

from mnist_report.core.params import Compute, FrontierNetwork
from mnist_report.core.repeat import Study
from mnist_report.data.distortions import distort
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from mnist_report.studies.frontier import Fitted, Images, Labels, Step, network_ladder, upright
from mnist_report.studies.paper import SCRATCH_NN

PAPER: dict[str, Any] = {"epochs": SCRATCH_NN.epochs}
SHUFFLED = PAPER | {"init": "fan_in", "shuffle": True}
RELU = SHUFFLED | {"activation": "relu"}
ADAM = RELU | {
    "epochs": 15,
    "solver": "adam",
    "learning_rate": 0.002,
    "minibatch_size": 100,
    "falling": True,
}
WIDER = ADAM | {"hidden_layer_sizes": (800,)}

#: The steps that train within seconds.
SHORT: dict[str, dict[str, Any]] = {
    "as_printed": PAPER | {"minibatching": "as_printed"},
    "loop": PAPER,
    "fan_in": PAPER | {"init": "fan_in"},
    "shuffle": SHUFFLED,
    "relu": RELU | {"learning_rate": 0.3},
    "adam": ADAM,
}


def fit(
    images: Images,
    labels: Labels,
    seed: int,
    strength: float = 0.0,
    *,
    epochs: int,
    falling: bool = False,
    **settings: Any,  # noqa: ANN401
) -> Fitted:
    """Train the network from scratch, with `settings` of the estimator that are not the paper's.

    Distortions of this `strength`, 0 for none, are drawn anew in every epoch. A `falling` learning
    rate falls from epoch to epoch, by half a cosine, to nearly 0.
    """
    network = NeuralNetworkClassifier(**settings, random_state=seed)
    rate, rng = network.learning_rate, generator(seed, "frontier_scratch_nn")
    for epoch in range(epochs):
        if falling:
            network.set_params(learning_rate=rate * (1 + np.cos(np.pi * epoch / epochs)) / 2)
        rows = distort(images, strength, rng) if strength else images
        network.partial_fit(rows, labels, classes=np.unique(labels))
    numbers = (*network.coefs_, *network.intercepts_)
    return Fitted(network.predict, {"parameters": sum(array.size for array in numbers)}, network)


def steps(params: FrontierNetwork) -> dict[str, Step]:
    """Return the steps from the paper's network to a wide one that learns from distorted images."""
    short = {name: Step(partial(fit, **given), params.seeds) for name, given in SHORT.items()}
    best = partial(upright(fit), **WIDER | {"epochs": params.epochs})
    return short | {
        "deskewed": Step(partial(upright(fit), **ADAM), params.seeds),
        "wider": Step(partial(upright(fit), **WIDER), params.best_seeds),
        "best": Step(best, params.best_seeds, takes=("strength",)),
    }


def plan(data: ScaledData, params: FrontierNetwork, compute: Compute) -> Study:
    """Choose the strength of the distortions, and climb."""
    return network_ladder(data, params, steps(params))
