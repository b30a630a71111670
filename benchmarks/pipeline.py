"""The whole pipeline beside a plain port of the paper: wall and CPU seconds, memory, as ratios.

`make_repro` and `dvc_repro` run in a fresh clone where the environment is ready, MNIST is there and
the long studies come from Git, as every other result would; those are deleted first, so that all
stages but the studies compute. The first is what a user starts, with two stages at a time; the
second runs one after the other, each of them measured, and the studies too if they are asked for.
`port` runs `port.py`.
"""

import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mnist_report import paths
from mnist_report.dvcfiles import is_study, pipeline
from mnist_report.report.reproduce_check import clone

HERE = Path(__file__).resolve().parent

#: What the Makefile sets for whatever it starts.
MAKEFILE = {
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PYTHONUTF8": "1",
    "PYTHONPATH": "src",
}

#: A stage of ours beside the sections of the port that do the same.
SECTIONS = {
    "pca": ("pca",),
    "svm_kernels": ("svm_kernels", "svm_regions"),
    "svm_gridsearch": ("svm_gridsearch",),
    "svm_final": ("svm_final",),
    "scratch_nn": ("scratch_nn",),
    "keras_dense": ("keras_dense",),
    "cnn": ("cnn",),
}


def port() -> dict[str, Any]:
    """Run the port in a process of its own; return what it printed, and its wall seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(HERE / "port.py")],
        stdout=subprocess.PIPE,
        cwd=paths.ROOT,
        text=True,
        check=True,
    )
    wall = time.perf_counter() - start
    return {"wall": wall, **json.loads(done.stdout)}


def make_repro(folder: Path) -> dict[str, Any]:
    """Run ``make repro`` from nothing in a new clone; return its ``wall`` and ``cpu`` seconds."""
    _prepare(folder, f"exec {shlex.quote(sys.executable)}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        ["make", "repro", "-o", ".venv/.ready"], cwd=folder, stdout=sys.stderr, check=True
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}


def dvc_repro(folder: Path, *, studies: bool = False) -> dict[str, Any]:
    """Run ``dvc repro`` from nothing in a new clone.

    Parameters
    ----------
    studies
        Whether the long studies are run too.

    Returns
    -------
    dict
        ``wall`` seconds of the whole, and ``stages``: what `metered` notes of each.
    """
    log = folder.with_name(f"{folder.name}.jsonl")
    meter = [sys.executable, "-IS", str(HERE / "metered.py"), str(log), sys.executable]
    _prepare(folder, f"exec {shlex.join(meter)}", studies=studies)
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=folder,
        env=os.environ | MAKEFILE | {"PATH": path},
        stdout=sys.stderr,
        check=True,
    )
    wall = time.perf_counter() - start
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    stages = {Path(record.pop("command")[-1]).stem: record for record in records}
    return {"wall": wall, "stages": stages}


def _prepare(folder: Path, start: str, *, studies: bool = False) -> None:
    """Clone the project to `folder` without results; `start` starts a stage.

    Those of the long studies stay, unless these are to run too.

    A stand-in for a ready environment is this one: its ``python`` is in ``.venv/bin``.
    """
    clone(folder)
    shutil.copytree(paths.RAW, folder / "data" / "raw", dirs_exist_ok=True)
    for name, stage in pipeline(folder).items():
        if name != "fetch" and (studies or not is_study(name)):
            for output in stage.outputs:
                output.unlink(missing_ok=True)
    shim = folder / ".venv" / "bin" / "python"
    shim.parent.mkdir(parents=True)
    shim.write_text(
        f"""#!/bin/sh
case "$*" in
    *mnist_report.run*) {start} "$@" ;;
    *) exec {shlex.quote(sys.executable)} "$@" ;;
esac
"""
    )
    shim.chmod(0o755)
