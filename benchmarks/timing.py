"""What the benchmarks share: clocks, turns, and what their numbers are from."""

import os
import platform
import time
from collections.abc import Callable, Hashable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from mnist_report.core import files, paths

#: ``cpu`` and ``wall`` seconds of every round.
Times = dict[str, list[float]]

Name = TypeVar("Name", bound=Hashable)


def in_turn(work: Mapping[Name, Callable[[], object]], rounds: int) -> dict[Name, Times]:
    """Time every piece of work once a round."""
    times: dict[Name, Times] = {name: {"cpu": [], "wall": []} for name in work}
    for _ in range(rounds):
        for name, piece in work.items():
            cpu, wall = time.process_time(), time.perf_counter()
            piece()
            times[name]["cpu"].append(time.process_time() - cpu)
            times[name]["wall"].append(time.perf_counter() - wall)
    return times


def setting() -> dict[str, Any]:
    """Return the data set at hand and the machine in general terms: processor, cores, versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    packages = ("numpy", "scikit-learn", "tensorflow", "keras")
    return {
        "dataset": files.read_json(paths.RESULTS / "fetch.json")["dataset"],
        "machine": {
            "processor": (named or [platform.machine()])[0],
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }


def rounded(tree: Any) -> Any:  # noqa: ANN401
    """Return nested mappings and lists with their seconds to a tenth of a millisecond."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return round(tree, 4) if isinstance(tree, float) else tree
