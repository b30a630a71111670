"""Saved models as archives without pickles: the same model gives the same bytes in every process.

skops and Keras name what a model holds by its address in memory, and date their archives. Here
addresses become numbers in the order of appearance, dates a fixed one; both load the result as any
other.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

#: What stands where Keras writes the time: the first that a zip file can hold.
NO_DATE = "1980-01-01@00:00:00"


def skops_bytes(model: BaseEstimator) -> bytes:
    """Return a fitted estimator as the bytes of a ``.skops`` file."""
    # Not above: skops looks through all that is loaded, which takes seconds beside TensorFlow.
    import skops.io

    return steady(skops.io.dumps(model))


def steady(archive: bytes) -> bytes:
    """Return an archive of skops or Keras without addresses and dates."""
    numbers: dict[int, int] = {}

    def number(address: int) -> int:
        return numbers.setdefault(address, len(numbers))

    def renamed(member: str) -> str:
        address, dot, ending = member.partition(".")  # skops calls an array <address>.npy
        return f"{number(int(address))}{dot}{ending}" if address.isdigit() else member

    def steady_entry(entry: dict[str, Any]) -> dict[str, Any]:
        for key in entry.keys() & {"__id__", "shared_object_id"}:
            entry[key] = number(entry[key])
        if "file" in entry:
            entry["file"] = renamed(entry["file"])
        if "date_saved" in entry:
            entry["date_saved"] = NO_DATE
        return entry

    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(result, "w") as target:
        contents = {name: source.read(name) for name in source.namelist()}
        for name in [name for name in contents if name.endswith(".json")]:
            plain = json.loads(contents[name], object_hook=steady_entry)
            contents[name] = json.dumps(plain).encode()
        for name, content in contents.items():
            target.writestr(zipfile.ZipInfo(renamed(name)), content)  # ZipInfo has a fixed date
    return result.getvalue()


def load_model(path: Path) -> Any:  # noqa: ANN401  (an estimator, or a network of Keras)
    """Load the model in a ``.keras`` or ``.skops`` file; what is neither ours nor known is refused.

    A network of Keras comes without its optimizer, two thirds of the file and no part of an answer.
    """
    if path.suffix == ".keras":
        # It loads TensorFlow quietly.
        from mnist_report.models.keras import networks

        return networks.keras.saving.load_model(path, compile=False)  # type: ignore[attr-defined]
    import skops.io

    return skops.io.load(path, trusted=own_types(path))


def own_types(path: Path) -> list[str]:
    """Return the names of this project's classes in a ``.skops`` file."""
    import skops.io

    unknown = skops.io.get_untrusted_types(file=path)
    return [name for name in unknown if name.startswith("mnist_report.")]
