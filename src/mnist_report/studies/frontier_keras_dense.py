"""How far the dense network goes: the paper's layers, trained better and better."""

from functools import partial
from typing import Any

from mnist_report.core.params import Compute, FrontierNetwork
from mnist_report.core.repeat import Study
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.keras import networks
from mnist_report.studies.frontier import Fitted, Images, Labels, Step, network_ladder, upright
from mnist_report.studies.paper import KERAS_DENSE

#: The paper's batches hold 62 images; larger ones take half the time and get a higher rate.
SCHEDULE: dict[str, Any] = {"epochs": KERAS_DENSE.epochs, "batch_size": 125, "peak": 0.001}
SMOOTHED = SCHEDULE | {"smoothing": 0.05}


def fit(images: Images, labels: Labels, seed: int, **schedule: Any) -> Fitted:  # noqa: ANN401
    """Train the paper's dense network on a schedule, as `train_on_schedule` has it."""
    networks.prepare(seed, threads=1)
    model = networks.dense_network()
    rng = generator(seed, "frontier_keras_dense")
    networks.train_on_schedule(model, images, labels, rng, **schedule)
    return Fitted(partial(networks.digits, model), {"parameters": model.count_params()})


def steps(params: FrontierNetwork) -> dict[str, Step]:
    """Return the steps after the paper's network, which is another study, to distorted images."""
    deskewed = partial(upright(fit), **SMOOTHED)
    best = partial(deskewed, epochs=params.epochs)
    return {
        "schedule": Step(partial(fit, **SCHEDULE), params.seeds),
        "smoothing": Step(partial(fit, **SMOOTHED), params.seeds),
        "deskewed": Step(deskewed, params.seeds),
        "best": Step(best, params.best_seeds, takes=("strength",)),
    }


def plan(data: ScaledData, params: FrontierNetwork, compute: Compute) -> Study:
    """Choose the strength of the distortions, and climb."""
    return network_ladder(data, params, steps(params))
