"""How far search and final support vector machine together move from draw to draw (section 2.2)."""

from mnist_report.core.params import Compute, Repeated
from mnist_report.core.repeat import Group, Run, Study
from mnist_report.data.scaled import ScaledData
from mnist_report.models.classical.final_svm import final_svm
from mnist_report.models.classical.grid_search import search_draw, select
from mnist_report.scores.scores import measures
from mnist_report.studies.paper import SVM_FINAL, SVM_GRIDSEARCH


def plan(data: ScaledData, params: Repeated, compute: Compute) -> Study:
    """Measure what stage ``svm_final`` does, with what the search finds under the same seed."""

    def measure(seed: int) -> Run:
        found = select(search_draw(data, SVM_GRIDSEARCH, seed))
        svm = final_svm(data, SVM_FINAL, C=found.C, gamma=found.gamma, seed=seed)
        return {
            "C": found.C,
            "gamma": found.gamma,
            "support_vectors": len(svm.model.support_),
            "test": measures(data.test_labels, svm.predicted, svm.scores, svm.model.classes_),
            "answers": svm.predicted.tolist(),
        }

    return Study({"": Group(measure, params.seeds)})
