"""How far the convolutional network moves from seed to seed (section 3.4)."""

from functools import partial

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.keras.measure import train_and_test
from mnist_report.models.keras.networks import convolutional_network
from mnist_report.studies.paper import CNN as PAPER


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Train and judge the network of stage ``cnn``, under other seeds."""
    shape = PAPER.filters, PAPER.kernel_size, PAPER.dense_units
    build = partial(convolutional_network, *shape, PAPER.dropout)
    training = PAPER.model_dump(include={"epochs", "batch_size", "validation_share"})

    def measure(seed: int) -> Run:
        measures, predicted = train_and_test(data, build, compute.threads, seed, **training)
        return measures | {"answers": predicted.tolist()}

    return Study({"": Group(measure, params.seeds)})
