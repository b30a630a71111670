"""How far the convolutional network moves from seed to seed (section 3.4)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.keras.measure import train_and_test
from mnist_report.models.keras.networks import convolutional_network
from mnist_report.studies.paper import CNN as PAPER


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Train and judge the network of stage ``cnn``, under other seeds."""
    training = PAPER.model_dump(include={"epochs", "batch_size", "validation_share"})

    def measure(seed: int) -> Run:
        measures, predicted = train_and_test(
            data, convolutional_network, compute.threads, seed, **training
        )
        return measures | {"answers": predicted.tolist()}

    return Study({"": Group(measure, params.seeds)})
