"""What the tests of the report share: the committed results, and made-up ones of their shape."""

import pytest

from mnist_report.core import files, paths
from mnist_report.evaluation.costs import summary


@pytest.fixture(scope="session")
def committed():
    """Return stage to the content of its results file, and the costs, as the report has them."""
    results = {path.stem: files.read_json(path) for path in paths.RESULTS.glob("*.json")}
    return results | {"costs": summary(files.read_json(paths.BENCHMARKS / "results.json"))}


@pytest.fixture(scope="session")
def made_up(committed):
    """Return results with other shares in them, x being 0.8 x + 0.05, and one that is missing."""

    def other(tree):
        if isinstance(tree, dict):
            return {key: other(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [other(value) for value in tree]
        return 0.8 * tree + 0.05 if isinstance(tree, float) else tree

    results = other(committed)
    del results["pca"]["explained_variance_sum"]["50"]
    return results
