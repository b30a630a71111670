"""What all tests share."""

import os

# Git exports GIT_DIR, GIT_INDEX_FILE and the like to its hooks. Tests that make repositories would
# work on the developer's own, so nothing of it comes in, whoever starts the tests.
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]


def pytest_ignore_collect(collection_path, config):
    """Leave the faults to `make faults`, which names their folder: they take minutes."""
    if collection_path.name == "faults" and not any("faults" in name for name in config.args):
        return True
    return None


def pytest_collection_modifyitems(items):
    """Start the longest file first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
