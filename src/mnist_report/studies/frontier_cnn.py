"""How far the convolutional network goes: a schedule, normalising, distortions, more filters."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mnist_report.core.params import Compute, FrontierNetwork
from mnist_report.core.repeat import Study
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.keras import networks
from mnist_report.studies.frontier import Fitted, Images, Labels, Step, network_ladder
from mnist_report.studies.paper import CNN

SCHEDULE: dict[str, Any] = {"epochs": 10, "batch_size": CNN.batch_size, "peak": 0.004}

#: The paper's layers with normalisation in place of dropout: both convolutions end with a pooling.
NORMALISED = partial(
    networks.normalised_network,
    [*([count] for count in CNN.filters), []],
    CNN.kernel_size,
    CNN.dense_units,
    dropout=0.0,
)
#: Five convolutions and one small dense layer.
MORE_FILTERS = partial(
    networks.normalised_network, [[16, 16], [32, 48], [64]], CNN.kernel_size, [32], dropout=0.3
)


def fit_all_rows(images: Images, labels: Labels, seed: int, *, epochs: int) -> Fitted:
    """Train as the paper does, but on the rows too that it holds back."""
    networks.prepare(seed, threads=1)
    model = networks.convolutional_network()
    networks.train(model, images, labels, epochs=epochs, batch_size=CNN.batch_size)
    return _fitted(model)


def fit(
    images: Images,
    labels: Labels,
    seed: int,
    *,
    build: Callable[[], networks.Model] = networks.convolutional_network,
    **schedule: Any,  # noqa: ANN401
) -> Fitted:
    """Train a network on a schedule, as `train_on_schedule` has it."""
    networks.prepare(seed, threads=1)
    model = build()
    rng = generator(seed, "frontier_cnn")
    networks.train_on_schedule(model, images, labels, rng, **schedule)
    return _fitted(model)


def steps(params: FrontierNetwork) -> dict[str, Step]:
    """Return the steps after the paper's network, which is another study, to more filters."""
    normalised = partial(fit, build=NORMALISED, **SCHEDULE)
    best = partial(fit, build=MORE_FILTERS, **SCHEDULE | {"epochs": params.epochs})
    return {
        "all_rows": Step(partial(fit_all_rows, epochs=CNN.epochs), params.seeds),
        "schedule": Step(partial(fit, **SCHEDULE | {"peak": 0.002}), params.seeds),
        "normalised": Step(normalised, params.seeds),
        "distorted": Step(normalised, params.seeds, takes=("strength",)),
        "best": Step(best, params.best_seeds, takes=("strength",)),
    }


def plan(data: ScaledData, params: FrontierNetwork, compute: Compute) -> Study:
    """Choose the strength of the distortions, and climb."""
    return network_ladder(data, params, steps(params))


def _fitted(model: networks.Model) -> Fitted:
    return Fitted(partial(networks.digits, model), {"parameters": model.count_params()}, model)
