"""What the paper says of dropout, scaling and Adam, tested on its two Keras networks."""

from collections.abc import Callable
from functools import partial

from mnist_report.core.params import AblationsKeras, Compute
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.keras.measure import train_and_test
from mnist_report.models.keras.networks import Model, convolutional_network, dense_network
from mnist_report.studies.paper import CNN, KERAS_DENSE

#: Held back in training, so that overfitting can be seen epoch by epoch.
VALIDATION_SHARE = 0.2


def with_optimizer(optimizer: str, rate: float) -> Model:
    """Return the dense network, to be trained by an optimizer of Keras at a learning rate."""
    model = dense_network()
    model.compile(
        {"class_name": optimizer, "config": {"learning_rate": rate}},
        loss=model.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def plan(data: ScaledData, params: AblationsKeras, compute: Compute) -> Study:
    """Train both networks with one thing changed, and the dense one by two optimizers.

    Measured is what `train_and_test` does; under ``optimizers`` it stands by optimizer and
    ``eta_<learning rate>``.
    """

    def train(
        images: ScaledData, build: Callable[[], Model], batch_size: int, epochs: int, seed: int
    ) -> Run:
        settings = {"epochs": epochs, "batch_size": batch_size}
        measures, _ = train_and_test(
            images, build, compute.threads, seed, validation_share=VALIDATION_SHARE, **settings
        )
        return measures

    def optimize(seed: int) -> Run:
        found: dict[str, dict[str, Run]] = {"adam": {}, "descent": {}}
        for name, optimizer, rates in (
            ("adam", "Adam", params.adam_rates),
            ("descent", "SGD", params.descent_rates),
        ):
            for rate in rates:
                build = partial(with_optimizer, optimizer, rate)
                found[name][f"eta_{rate:g}"] = train(
                    data, build, KERAS_DENSE.batch_size, params.optimizer_epochs, seed
                )
        return found

    measures: dict[str, Callable[[int], Run]] = {}
    coarse = unscaled(data)
    for network, build, batch_size, epochs in (
        ("dense", dense_network, KERAS_DENSE.batch_size, params.dense_epochs),
        ("cnn", convolutional_network, CNN.batch_size, params.cnn_epochs),
    ):
        without, few = partial(build, dropout=0.0), min(epochs, params.unscaled_epochs)
        measures |= {
            f"{network}_paper": partial(train, data, build, batch_size, epochs),
            f"{network}_no_dropout": partial(train, data, without, batch_size, epochs),
            f"{network}_unscaled": partial(train, coarse, build, batch_size, few),
        }
    measures["optimizers"] = optimize
    return Study({name: Group(measure, params.seeds) for name, measure in measures.items()})
