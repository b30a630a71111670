"""How far the grid search moves from draw to draw (section 2.2)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.grid_search import search_draw, summary
from mnist_report.studies.paper import SVM_GRIDSEARCH


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Measure what stage ``svm_gridsearch`` does, under other seeds."""

    def measure(seed: int) -> Run:
        now = search_draw(data, SVM_GRIDSEARCH, seed)
        then = search_draw(data, SVM_GRIDSEARCH, seed, as_in_2019=True)
        return summary(now) | {"folds_2019": summary(then)}

    return Study({"": Group(measure, params.seeds)})
