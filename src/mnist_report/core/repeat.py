"""One measurement for every seed, taken up where an interrupted study left off.

Every measurement is a line in a file of its study, written when it is done. The first line says
all that decides a measurement; where it is another one, a study begins anew.
"""

import contextlib
import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from mnist_report.core import files, paths
from mnist_report.core.params import Params

#: What one seed gave: nested mappings of numbers; `answers`, if kept, are the digits it reads.
Run = Mapping[str, Any]
#: The runs of every group, in the order of their seeds.
Runs = dict[str, list[dict[str, Any]]]

#: The rooms whose code decides a measurement, and the libraries whose releases do.
ROOMS = ("data", "models", "scores", "studies")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras")
_PACKAGE = Path(__file__).resolve().parents[1]


class Group(NamedTuple):
    """A measurement, and for how many seeds it is taken: 0, 1, 2 ...

    One that is `informed` comes after all that are not, and is given their runs beside its seed.
    """

    measure: Callable[..., Run]
    seeds: int
    informed: bool = False


@dataclass(frozen=True)
class Study:
    """What a study measures, group by group, and `facts`, numbers that no seed changes.

    `one_thread` says that a measurement takes one thread, so that several can be taken at a time.
    """

    groups: Mapping[str, Group]
    facts: Run = field(default_factory=dict)
    one_thread: bool = False


def repeat(name: str, study: Study, identity: str, jobs: int = 1) -> Runs:
    """Return the runs of the study `name`; `jobs` measurements are taken at a time."""
    path = paths.STUDIES / f"{name}.jsonl"
    done = _read(path, identity)
    kept = [identity, *(json.dumps([*key, run]) for key, run in done.items())]
    # In one move: an experiment that measures beside this one goes on with the file it has open.
    files.write_text(path, "\n".join(kept) + "\n")
    # Of what TensorFlow leaves in memory it thinks that it leaks, and takes another process.
    warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
    seeds = {name: range(group.seeds) for name, group in study.groups.items()}
    first = [name for name in seeds if not study.groups[name].informed]
    then = [name for name in seeds if study.groups[name].informed]

    def runs(names: Iterable[str]) -> Runs:
        return {name: [done[name, seed] for seed in seeds[name]] for name in names}

    total = sum(map(len, seeds.values()))
    with (
        path.open("a", encoding="utf-8") as file,
        tqdm(desc=name, total=total, unit="measurement", smoothing=0) as bar,
    ):
        bar.update(len(done))
        for names in (first, then):
            known = () if names is first else (runs(first),)
            work = (
                delayed(_line)(name, seed, study, *known)
                for name in names
                for seed in seeds[name]
                if (name, seed) not in done
            )
            for line in Parallel(n_jobs=jobs, return_as="generator_unordered")(work):
                print(line, file=file, flush=True)
                # As it would be read after an interruption: the same types and bits.
                group, seed, run = json.loads(line)
                done[group, seed] = run
                bar.update()
    path.unlink(missing_ok=True)
    return runs(seeds)


def identity(name: str, params: Params) -> str:
    """Return all that decides what a study measures, as one line."""
    code = [path for room in ROOMS for path in (_PACKAGE / room).rglob("*.py")]
    decisive = [
        getattr(params.studies, name).model_dump(),
        params.compute.model_dump(include={"threads", "portable"}),
        [version(library) for library in LIBRARIES],
        [files.md5(path) for path in sorted([*code, *paths.SCALED.glob("*.npy")])],
    ]
    return json.dumps(decisive)


def _line(group: str, seed: int, study: Study, *known: Runs) -> str:
    # Workers have one thread anyhow; without workers the results are to be the same.
    with threadpool_limits(1 if study.one_thread else None):
        return json.dumps([group, seed, study.groups[group].measure(seed, *known)])


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
