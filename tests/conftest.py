"""What all tests share."""


def pytest_ignore_collect(collection_path, config):
    """Leave the faults to `make faults`, which names their folder: they take minutes."""
    if collection_path.name == "faults" and not any("faults" in name for name in config.args):
        return True
    return None


def pytest_collection_modifyitems(items):
    """Start the longest file first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
