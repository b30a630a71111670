"""Nested mappings under dotted names, the way DVC and the ledger name a metric."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings under dotted names; a list is a leaf."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def at(tree: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  (a leaf may be anything)
    """Return what stands in nested mappings under a dotted name; KeyError if there is nothing."""
    for part in name.split("."):
        tree = tree[part]
    return tree


def by_epoch(history: pd.DataFrame) -> dict[Any, Any]:
    """Nest a table with a row per epoch as epoch, measure; column ``epoch`` names the rows."""
    return history.set_index("epoch").rename(str).to_dict("index")
