"""What all tests share."""


def pytest_collection_modifyitems(items):
    """Start the longest file first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
