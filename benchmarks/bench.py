"""What the pipeline costs beside a plain port of the paper: ``make bench``.

    PYTHONPATH=src python benchmarks/bench.py [--rounds 2] [--studies]

A round is a fresh clone of what is committed, with the images of `data/raw`. In it ``dvc repro``
runs every stage from nothing but the studies; then comes `port.py`. ``--studies`` runs those in
their place, once. `benchmarks/results.json` gets seconds and memory, with date and machine. Run it
on a machine that has nothing else to do.
"""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from timing import machine, rounded

from mnist_report.core import files, git, paths
from mnist_report.core.errors import UserError

OUTPUT = paths.BENCHMARKS / "results.json"
CLOCKS = ("wall", "cpu", "peak_gib")

#: A stage beside the sections of the port that do the same.
NAMES = ("pca", "svm_kernels", "svm_gridsearch", "svm_final", "scratch_nn", "keras_dense", "cnn")
SECTIONS = {name: (name,) for name in NAMES} | {"svm_kernels": ("svm_kernels", "svm_regions")}


@contextlib.contextmanager
def fresh_clone() -> Iterator[Path]:
    """Make a clone for the time of the block: no data but the images, no cache, no MLflow store."""
    if not any(paths.RAW.glob("*-ubyte")):
        raise UserError("data/raw holds no images; run 'dvc repro fetch' first")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        clone = Path(folder) / "clone"
        git.output(paths.ROOT, "clone", "--quiet", "--no-hardlinks", str(paths.ROOT), str(clone))
        shutil.copytree(paths.RAW, clone / "data" / "raw", dirs_exist_ok=True)
        yield clone


def call(clone: Path, *command: str, tools: Path | None = None, show: bool = False) -> str:
    """Run Python in the clone as a user would; return its output, or show it on stderr."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # The clone records into its own store, and is no copy that DVC made for an experiment.
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        kept.pop(name, None)
    path = f"{tools}{os.pathsep}{kept['PATH']}" if tools else kept["PATH"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=clone,
        env=kept | {"PYTHONPATH": "src", "PATH": path},
        stdout=sys.stderr if show else subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UserError(f"'python {' '.join(command[:3])}' failed in a clone, as said above")
    return done.stdout or ""


def stages(clone: Path, *, studies: bool) -> list[str]:
    """Return the names of the stages, studies or the others, in the order of `dvc.yaml`."""
    names = call(clone, "-m", "dvc", "stage", "list", "--name-only").splitlines()
    long = [name for name in names if name.startswith(("study@", "frontier@"))]
    # What `best` trains is the last steps of two studies.
    return long if studies else [name for name in names if name not in [*long, "best"]]


def repro(clone: Path, names: Sequence[str]) -> tuple[float, dict[str, dict[str, float]]]:
    """Run stages from nothing; return the wall seconds of all, and what `metered` notes of each.

    Every stage starts ``python``: here a stand-in that is first on the PATH, and measures.
    """
    tools, log = clone.with_name("tools"), clone.with_name("metered.jsonl")
    log.unlink(missing_ok=True)
    meter = paths.BENCHMARKS / "metered.py"
    command = shlex.join([sys.executable, "-IS", str(meter), str(log), sys.executable])
    files.write_text(tools / "python", f'#!/bin/sh\nexec {command} "$@"\n')
    (tools / "python").chmod(0o755)
    start = time.perf_counter()
    dvc = ("-m", "dvc", "repro", "--force", "--single-item")
    call(clone, *dvc, *names, tools=tools, show=True)
    wall = time.perf_counter() - start
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    # The last word is the script, or the name that the script of all studies is given.
    return wall, {
        Path(record["command"][-1]).stem: {clock: record[clock] for clock in CLOCKS}
        for record in records
    }


def setting(clone: Path) -> dict[str, Any]:
    """Return what the numbers are from: day, data set, machine."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "dataset": files.read_json(clone / "results" / "fetch.json")["dataset"],
        "machine": machine(),
    }


def measure_pipeline(rounds: int) -> dict[str, Any]:
    """Run the pipeline and the port in turn; return the seconds and the memory of every round."""
    walls, stage_records, port_walls, ports = [], [], [], []
    for number in range(1, rounds + 1):
        print(f"bench: round {number} of {rounds}", file=sys.stderr, flush=True)
        with fresh_clone() as clone:
            wall, records = repro(clone, stages(clone, studies=False))
            start = time.perf_counter()
            ports.append(json.loads(call(clone, "benchmarks/port.py")))
            port_walls.append(time.perf_counter() - start)
            walls.append(wall)
            stage_records.append(records)
            described = setting(clone)
    in_stages = [sum(record["wall"] for record in records.values()) for records in stage_records]
    return {
        **described,
        "wall": walls,
        "outside_stages": np.subtract(walls, in_stages).tolist(),
        "port_wall": port_walls,
        "port_peak_gib": [port["peak_gib"] for port in ports],
        "stages": {
            name: {clock: [records[name][clock] for records in stage_records] for clock in CLOCKS}
            for name in stage_records[0]
        },
        "port_sections": {
            name: {
                clock: [sum(port["sections"][part][clock] for part in parts) for port in ports]
                for clock in ("wall", "cpu")
            }
            for name, parts in SECTIONS.items()
        },
    }


def measure_studies() -> dict[str, Any]:
    """Run the long studies from nothing, once; return what each took."""
    with fresh_clone() as clone:
        repro(clone, ["fetch", "scale"])
        _, records = repro(clone, stages(clone, studies=True))
        return {**setting(clone), "stages": records}


def show(measured: Mapping[str, Any]) -> None:
    """Print the medians."""
    rows = {
        name: {clock: np.median(record[clock]) for clock in CLOCKS}
        for name, record in measured["stages"].items()
    }
    print(pd.DataFrame.from_dict(rows, orient="index").to_string(float_format="{:.2f}".format))
    if "port_wall" in measured:
        ours, port = np.median(measured["wall"]), np.median(measured["port_wall"])
        print(f"dvc repro {ours:.0f} s, the port {port:.0f} s")


def main() -> int:
    """Measure, write the file and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of the pipeline and the port")
    parser.add_argument("--studies", action="store_true", help="measure the long studies instead")
    options = parser.parse_args()
    kept = json.loads(OUTPUT.read_text(encoding="utf-8")) if OUTPUT.exists() else {}
    try:
        if options.studies:
            part, measured = "studies", measure_studies()
        else:
            part, measured = "pipeline", measure_pipeline(options.rounds)
        files.write_json(OUTPUT, kept | {part: rounded(measured)})
    except UserError as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was written", file=sys.stderr)
        return 130
    show(measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
