"""How far the network from scratch moves from seed to seed (section 3.2)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.scratch.learning import train_and_test
from mnist_report.studies.paper import SCRATCH_NN


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Train and judge the network of stage ``scratch_nn``, under other seeds."""
    settings = SCRATCH_NN.model_dump(exclude={"validation_share"})

    def measure(seed: int) -> Run:
        measures, predicted = train_and_test(data, seed, **settings)
        return {"test": measures, "answers": predicted.tolist()}

    return Study({"": Group(measure, params.seeds)})
