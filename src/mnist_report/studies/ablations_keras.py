"""What the paper says of dropout, scaling and Adam, tested on its two Keras networks."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mnist_report.core.params import AblationsKeras, Cnn, Compute, KerasDense
from mnist_report.core.repeat import Group, Study
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.keras.measure import train_and_test
from mnist_report.models.keras.networks import Model, convolutional_network, dense_network
from mnist_report.studies.paper import CNN, KERAS_DENSE

BUILD: dict[str, Callable[..., Model]] = {"dense": dense_network, "cnn": convolutional_network}
PAPER: dict[str, KerasDense | Cnn] = {"dense": KERAS_DENSE, "cnn": CNN}

#: Held back in training, so that overfitting can be seen epoch by epoch.
VALIDATION_SHARE = 0.2

#: What is changed: nothing, the dropout, the scaling.
VARIANTS = ("paper", "no_dropout", "unscaled")

#: How Keras calls the optimizers.
OPTIMIZERS = {"adam": "Adam", "descent": "SGD"}


def ablate(
    data: ScaledData, network: str, variant: str, epochs: int, threads: int, seed: int
) -> dict[str, Any]:
    """Train one network with one thing left out; return what `train_and_test` measures."""
    paper = PAPER[network]
    measures, _ = train_and_test(
        unscaled(data) if variant == "unscaled" else data,
        lambda: BUILD[network](dropout=0.0 if variant == "no_dropout" else paper.dropout),
        threads,
        seed,
        epochs=epochs,
        batch_size=paper.batch_size,
        validation_share=VALIDATION_SHARE,
    )
    return measures


def optimize(
    data: ScaledData, rates: Mapping[str, Sequence[float]], epochs: int, threads: int, seed: int
) -> dict[str, Any]:
    """Train the dense network by each of `OPTIMIZERS`, at each of its learning rates.

    Returned is optimizer to ``eta_<learning rate>`` to what `train_and_test` measures.
    """

    def build(optimizer: str, rate: float) -> Model:
        model = dense_network()
        model.compile(
            {"class_name": OPTIMIZERS[optimizer], "config": {"learning_rate": rate}},
            loss=model.loss,
            metrics=["accuracy"],
            jit_compile=False,
        )
        return model

    return {
        optimizer: {
            f"eta_{rate:g}": train_and_test(
                data,
                partial(build, optimizer, rate),
                threads,
                seed,
                epochs=epochs,
                batch_size=KERAS_DENSE.batch_size,
                validation_share=VALIDATION_SHARE,
            )[0]
            for rate in values
        }
        for optimizer, values in rates.items()
    }


def plan(data: ScaledData, params: AblationsKeras, compute: Compute) -> Study:
    """Train both networks in every variant, and the dense one by two optimizers."""
    groups = {}
    for network, most in (("dense", params.dense_epochs), ("cnn", params.cnn_epochs)):
        for variant in VARIANTS:
            epochs = min(most, params.unscaled_epochs) if variant == "unscaled" else most
            measure = partial(ablate, data, network, variant, epochs, compute.threads)
            groups[f"{network}_{variant}"] = Group(measure, params.seeds)
    rates = {"adam": params.adam_rates, "descent": params.descent_rates}
    measure = partial(optimize, data, rates, params.optimizer_epochs, compute.threads)
    return Study(groups | {"optimizers": Group(measure, params.seeds)})
