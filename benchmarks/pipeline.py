"""The whole pipeline beside a plain port of the paper: wall and CPU seconds, memory, as ratios.

`cold` runs ``make repro`` in a fresh clone where the environment is ready, MNIST is there and the
long studies come from Git, as every other result would; those are deleted first, so that all
stages but the studies compute. `port` runs `port.py`. They take turns.
"""

import json
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


def cold(folder: Path) -> dict[str, Any]:
    """Run ``make repro`` from nothing in a new clone at `folder`.

    Returns
    -------
    dict
        ``wall`` seconds of the whole, and ``stages``: what `metered` notes of each.
    """
    clone(folder)
    shutil.copytree(paths.RAW, folder / "data" / "raw", dirs_exist_ok=True)
    for name, stage in pipeline(folder).items():
        if name != "fetch" and not is_study(name):
            for output in stage.outputs:
                output.unlink(missing_ok=True)
    log = folder.with_name(f"{folder.name}.jsonl")
    _environment(folder / ".venv", log)
    start = time.perf_counter()
    subprocess.run(
        ["make", "repro", "-o", ".venv/.ready"], cwd=folder, stdout=sys.stderr, check=True
    )
    wall = time.perf_counter() - start
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    stages = {Path(record.pop("command")[-1]).stem: record for record in records}
    return {"wall": wall, "stages": stages}


def _environment(venv: Path, log: Path) -> None:
    """Make a stand-in for a ready environment: this one, with every stage metered."""
    (venv / "bin").mkdir(parents=True)
    python = shlex.quote(sys.executable)
    meter = f"{python} -IS {shlex.quote(str(HERE / 'metered.py'))} {shlex.quote(str(log))}"
    shim = venv / "bin" / "python"
    shim.write_text(
        f"""#!/bin/sh
case "$*" in
    *mnist_report.run*) exec {meter} {python} "$@" ;;
    *) exec {python} "$@" ;;
esac
"""
    )
    shim.chmod(0o755)
