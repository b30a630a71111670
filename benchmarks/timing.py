"""What all benchmarks share: clocks, turns, the description of the machine."""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

#: ``cpu`` and ``wall`` seconds of every round.
Times = dict[str, list[float]]

Name = TypeVar("Name", bound=Hashable)


def timed(work: Callable[[], object], into: Times) -> None:
    """Do the work, and add its CPU and wall seconds to a record."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    into.setdefault("cpu", []).append(time.process_time() - cpu)
    into.setdefault("wall", []).append(time.perf_counter() - wall)


def in_turn(work: Mapping[Name, Callable[[], object]], rounds: int) -> dict[Name, Times]:
    """Time every piece of work once a round."""
    times: dict[Name, Times] = {name: {} for name in work}
    for _ in range(rounds):
        for name, piece in work.items():
            timed(piece, times[name])
    return times


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest of the ratios of what was timed in the same rounds."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}


def print_measured(measure: Callable[[int], dict[str, Any]], doc: str) -> None:
    """Be a script: take ``--rounds``, measure, and print what comes of it as JSON."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    print(json.dumps(rounded(measure(parser.parse_args().rounds)), indent=2))


def machine() -> dict[str, Any]:
    """Describe the machine in general terms: processor, cores, versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    packages = ("numpy", "scikit-learn", "tensorflow", "keras")
    return {
        "processor": (named or [platform.machine()])[0],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def rounded(tree: Any) -> Any:  # noqa: ANN401
    """Return nested mappings and lists with their seconds to a tenth of a millisecond."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return round(tree, 4) if isinstance(tree, float) else tree
