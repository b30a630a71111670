"""One measurement for every seed, taken up where an interrupted study left off.

Every measurement is a line in a file of its study, written when it is done. The file begins with a
digest of all that decides a measurement; under another one a study begins anew.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from mnist_report.core import paths
from mnist_report.core.files import write_text
from mnist_report.core.params import Params

#: What one seed gave: nested mappings of numbers; `answers`, if kept, are the digits it reads.
Run = Mapping[str, Any]

#: The rooms whose code decides a measurement, and the libraries whose releases do.
ROOMS = ("data", "models", "scores", "studies")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras")
_PACKAGE = Path(__file__).resolve().parents[1]


class Group(NamedTuple):
    """A measurement, and for how many seeds it is taken: 0, 1, 2 ..."""

    measure: Callable[[int], Run]
    seeds: int


@dataclass(frozen=True)
class Study:
    """What a study measures, group by group, and numbers that no seed changes."""

    groups: Mapping[str, Group]
    facts: Run = field(default_factory=dict)


def repeat(name: str, study: Study, identity: str) -> dict[str, list[dict[str, Any]]]:
    """Return the runs of every group of the study `name`, in the order of their seeds."""
    path = paths.STUDIES / f"{name}.jsonl"
    done = _read(path, identity)
    kept = [identity, *(json.dumps([*key, run]) for key, run in done.items())]
    # In one move: an experiment that measures beside this one goes on with the file it has open.
    write_text(path, "\n".join(kept) + "\n")
    total = sum(group.seeds for group in study.groups.values())
    result: dict[str, list[dict[str, Any]]] = {}
    with (
        path.open("a", encoding="utf-8") as file,
        tqdm(desc=name, total=total, unit="measurement", smoothing=0) as bar,
    ):
        for group, (measure, seeds) in study.groups.items():
            for seed in range(seeds):
                if (group, seed) not in done:
                    line = json.dumps([group, seed, measure(seed)])
                    print(line, file=file, flush=True)
                    # As it would be read after an interruption: the same types and bits.
                    done[group, seed] = json.loads(line)[2]
                result.setdefault(group, []).append(done[group, seed])
                bar.update()
    path.unlink(missing_ok=True)
    return result


def identity(name: str, params: Params) -> str:
    """Return a digest of all that decides what a study measures."""
    settings = [
        getattr(params.studies, name).model_dump(),
        params.compute.model_dump(include={"threads", "portable"}),
        [version(library) for library in LIBRARIES],
    ]
    digest = hashlib.sha256(json.dumps(settings).encode())
    code = [path for room in ROOMS for path in (_PACKAGE / room).rglob("*.py")]
    for path in sorted([*code, *paths.SCALED.glob("*.npy")]):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _read(path: Path, identity: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what was measured under the same identity; a line that was cut off does not count."""
    done: dict[tuple[str, int], dict[str, Any]] = {}
    # There may be no file, an empty one, or one whose end was cut off.
    with contextlib.suppress(OSError, ValueError):
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        for line in lines if first == identity else ():
            group, seed, run = json.loads(line)
            done[group, seed] = run
    return done
