"""What all tests share."""

import os

# Git exports GIT_DIR, GIT_INDEX_FILE and the like to its hooks. Tests that make repositories would
# work on the developer's own, so nothing of it comes in, whoever starts the tests.
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]

#: The order of the tests that take longest, so that no worker is left alone with them at the end.
#: While one runs the whole pipeline, the other has what does not look at that run.
FIRST = (
    *("test_pipeline", "test_run", "test_notebook", "test_figures", "test_keras_networks"),
    *("test_makefile", "test_grid_search", "test_faults", "test_experiments", "test_render"),
    *("test_mlflow", "test_studies", "test_explore", "test_statements", "test_svm"),
)


def pytest_configure(config):
    """Have pytest-xdist keep this order, too."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Put the files of `FIRST` first."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
