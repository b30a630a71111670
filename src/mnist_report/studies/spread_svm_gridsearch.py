"""How far the grid search moves from draw to draw (section 2.2)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.grid_search import search_draw
from mnist_report.studies.paper import SVM_GRIDSEARCH


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Measure what stage ``svm_gridsearch`` does, under other seeds."""
    return Study({"": Group(lambda seed: search_draw(data, SVM_GRIDSEARCH, seed), params.seeds)})
