"""How far the scores of the four kernels move from draw to draw (section 2.2)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.randomness import draw_with_replacement, generator
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.kernels import as_metrics, compare_kernels
from mnist_report.studies.paper import SVM_KERNELS


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Measure what stage ``svm_kernels`` does, under other seeds."""
    n = len(data.train_images)

    def measure(seed: int) -> Run:
        drawn = draw_with_replacement(n, SVM_KERNELS.rows, generator(seed, "svm_kernels"))
        return {"kernels": as_metrics(compare_kernels(data, drawn, SVM_KERNELS))}

    return Study({"": Group(measure, params.seeds)})
