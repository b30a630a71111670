"""What the paper says of dropout and scaling, tested on its two Keras networks."""

from collections.abc import Callable
from typing import Any, Literal

from mnist_report.data.scaled import ScaledData, unscaled
from mnist_report.models.keras_networks import Model, convolutional_network, dense_network
from mnist_report.params import Keras
from mnist_report.studies.keras_networks import train_and_test

Network = Literal["dense", "cnn"]

#: How the networks are built, by the share that dropout takes.
BUILD: dict[Network, Callable[[float], Model]] = {
    "dense": lambda dropout: dense_network(dropout=dropout),
    "cnn": lambda dropout: convolutional_network(dropout=dropout),
}

#: The paper's settings (cells 29 and 32).
DROPOUT: dict[Network, float] = {"dense": 0.4, "cnn": 0.5}
BATCH_SIZE: dict[Network, int] = {"dense": 62, "cnn": 128}

#: Held back in training, so that overfitting can be seen epoch by epoch.
VALIDATION_SHARE = 0.2

#: What is changed: nothing, the dropout, the scaling.
VARIANTS = ("paper", "no_dropout", "unscaled")


def ablate(
    data: ScaledData, network: Network, variant: str, epochs: int, keras: Keras, seed: int
) -> dict[str, Any]:
    """Train one network with one thing left out; return what `train_and_test` does."""
    dropout = 0.0 if variant == "no_dropout" else DROPOUT[network]
    if variant == "unscaled":
        data = unscaled(data)
    return train_and_test(
        data,
        lambda: BUILD[network](dropout),
        keras,
        seed,
        epochs=epochs,
        batch_size=BATCH_SIZE[network],
        validation_share=VALIDATION_SHARE,
    )
