"""scikit-learn models as ``.skops`` files: no pickle inside, and the same bytes every time."""

import io
import json
import zipfile
from typing import Any

import skops.io
from sklearn.base import BaseEstimator


def dump_bytes(model: BaseEstimator) -> bytes:
    """Return a fitted estimator as the bytes of a ``.skops`` file.

    skops names objects and arrays by their addresses in memory and dates the members of its
    archive, so no two files of the same model are alike. Here addresses become numbers in the
    order of appearance, and dates a fixed one; `skops.io.load` reads the result as any other.
    """
    numbers: dict[int, int] = {}

    def steady(entry: dict[str, Any]) -> dict[str, Any]:
        if "__id__" in entry:
            # All that counts is which entries have the same one.
            entry["__id__"] = numbers.setdefault(entry["__id__"], len(numbers))
        if "file" in entry:
            entry["file"] = _member(entry["file"], numbers)
        return entry

    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as source,
        zipfile.ZipFile(result, "w") as target,
    ):
        schema = json.loads(source.read("schema.json"), object_hook=steady)
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                content = json.dumps(schema).encode()
            else:
                name = _member(name, numbers)
            target.writestr(zipfile.ZipInfo(name), content)  # ZipInfo has a fixed date
    return result.getvalue()


def _member(name: str, numbers: dict[int, int]) -> str:
    """Rename ``<address>.npy`` to ``<number>.npy``."""
    address, _, ending = name.partition(".")
    return f"{numbers.setdefault(int(address), len(numbers))}.{ending}"
