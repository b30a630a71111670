"""A long study, one measurement at a time: what was measured stays when the study is interrupted.

Every measurement is kept in a file of its own under a key made of the study's code, its data, how
and with which libraries it computes, and the measurement's settings. A study that starts again
takes from there what still fits, and measures the rest. Nothing is ever read under another key, so
nothing stale can come back. A study that had ended and is run again though nothing changed, as by
``dvc repro --force``, starts anew.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Set
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel
from tqdm import tqdm

from mnist_report import files, paths
from mnist_report.dvcfiles import pipeline
from mnist_report.errors import UserError
from mnist_report.params import load_params
from mnist_report.trees import at

#: Modules that decide no measurement: the frame around a stage, and what works on its results.
#: What a parameter says is part of a key itself.
FRAME = frozenset(
    paths.ROOT / "src" / "mnist_report" / name
    for name in (
        "dvcfiles.py",
        "errors.py",
        "evaluation/uncertainty.py",
        "files.py",
        "params.py",
        "paths.py",
        "progress.py",
        "run.py",
        "stage.py",
        "studies/checkpoint.py",
        "studies/spread.py",
    )
)

#: The libraries whose releases decide the last bits of a result.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras")


class Study:
    """The measurements of one stage, as a context: a block that ends without an error ends it.

    Parameters
    ----------
    stage
        Its name in ``dvc.yaml``.
    measurements
        How many there will be, for the progress bar.
    folder
        Where they are kept.
    """

    def __init__(self, stage: str, measurements: int, folder: Path = paths.STUDIES) -> None:
        self.folder = folder / stage
        self.finished = self.folder / "finished.json"
        declared = pipeline()[stage]
        self.code = _digest(set(declared.deps) - FRAME)
        params = load_params().model_dump()
        self.arithmetic = {
            **{name: params["compute"][name] for name in ("portable", "threads")},
            **{library: version(library) for library in LIBRARIES},
        }
        self.identity = {
            "files": _digest(set(declared.deps)),
            "params": {name: at(params, name) for name in declared.params},
        }
        with contextlib.suppress(UserError):
            if files.read_json(self.finished) == self.identity:
                shutil.rmtree(self.folder)
        self.bar = tqdm(desc=stage, total=measurements, unit="measurement", smoothing=0)

    def measure(
        self, what: str, function: Callable[..., Mapping[str, Any]], **settings: object
    ) -> dict[str, Any]:
        """Return ``function(**settings)``, from an earlier run if that had come so far.

        Parameters
        ----------
        what
            The name of the measurement.
        function
            Does the work; returns nested mappings of numbers. What is bound to it already may be
            the data set and what no result depends on.
        settings
            All that it depends on beside the study's code and the data set: what JSON can hold,
            or sections of the parameters.
        """
        plain = {
            name: value.model_dump() if isinstance(value, BaseModel) else value
            for name, value in settings.items()
        }
        key = json.dumps([self.code, self.arithmetic, what, plain], sort_keys=True)
        path = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        try:
            values: dict[str, Any] = files.read_json(path)["values"]
        except (UserError, KeyError, TypeError):
            values = dict(function(**settings))
            files.write_json(path, {"what": what, "settings": plain, "values": values})
            # As it will be read next time: the same types and the same bits.
            values = files.read_json(path)["values"]
        self.bar.update()
        return values

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        """Note that the study has ended, if it has."""
        self.bar.close()
        if error is None:
            files.write_json(self.finished, self.identity)


def _digest(listed: Set[Path]) -> str:
    """Return a digest of files, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(listed):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.relative_to(paths.ROOT).as_posix()} {content}\n".encode())
    return digest.hexdigest()
