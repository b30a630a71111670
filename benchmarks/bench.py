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
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from timing import rounded, setting

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


def call(clone: Path, *command: str, **options: Any) -> str:  # noqa: ANN401
    """Run Python in the clone as a user would; return what it prints, where that is captured."""
    # The clone records into its own store, and is no copy that DVC made for an experiment.
    foreign = ("GIT_", "MLFLOW_TRACKING_URI", "DVC_ROOT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # First on the PATH stands what `repro` puts there.
    path = f"{clone.with_name('tools')}{os.pathsep}{kept['PATH']}"
    done = subprocess.run(
        [sys.executable, *command],
        cwd=clone,
        env=kept | {"PYTHONPATH": "src", "PATH": path},
        text=True,
        **{"stdout": subprocess.PIPE, **options},
    )
    if done.returncode != 0:
        raise UserError(f"'python {' '.join(command[:3])}' failed in a clone, as said above")
    return done.stdout


def stage_names(clone: Path, *, studies: bool) -> list[str]:
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
    call(clone, *dvc, *names, stdout=sys.stderr)
    wall = time.perf_counter() - start
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    # The last word is the script, or the name that the script of all studies is given.
    return wall, {
        Path(record["command"][-1]).stem: {clock: record[clock] for clock in CLOCKS}
        for record in records
    }


def one_round() -> dict[str, Any]:
    """Run the pipeline and the port in a clone; return the seconds and the memory of both."""
    with fresh_clone() as clone:
        wall, stages = repro(clone, stage_names(clone, studies=False))
        start = time.perf_counter()
        port = json.loads(call(clone, "benchmarks/port.py"))
        port_wall, sections = time.perf_counter() - start, port["sections"]
    return {
        "wall": wall,
        "outside_stages": wall - sum(stage["wall"] for stage in stages.values()),
        "port_wall": port_wall,
        "port_peak_gib": port["peak_gib"],
        "stages": stages,
        "port_sections": {
            name: {clock: sum(sections[part][clock] for part in parts) for clock in ("wall", "cpu")}
            for name, parts in SECTIONS.items()
        },
    }


def gathered(rounds: Sequence[Any]) -> Any:  # noqa: ANN401
    """Turn nested mappings of numbers, all of one shape, into one of lists."""
    if isinstance(rounds[0], dict):
        return {key: gathered([one[key] for one in rounds]) for key in rounds[0]}
    return list(rounds)


def studies() -> dict[str, Any]:
    """Run the long studies from nothing, once; return what each took."""
    with fresh_clone() as clone:
        repro(clone, ["fetch", "scale"])
        return {"stages": repro(clone, stage_names(clone, studies=True))[1]}


def main() -> int:
    """Measure, write the file and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of the pipeline and the port")
    parser.add_argument("--studies", action="store_true", help="measure the long studies instead")
    options = parser.parse_args()
    try:
        kept = files.read_json(OUTPUT) if OUTPUT.exists() else {}
        # What the clones measure is committed.
        committed = json.loads(git.output(paths.ROOT, "show", "HEAD:results/fetch.json"))
        about = setting() | {"dataset": committed["dataset"]}
        measured = (
            studies() if options.studies else gathered([one_round() for _ in range(options.rounds)])
        )
        measured = {"date": datetime.now(UTC).date().isoformat(), **about, **measured}
        part = "studies" if options.studies else "pipeline"
        files.write_json(OUTPUT, kept | {part: rounded(measured)})
    except UserError as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was written", file=sys.stderr)
        return 130
    medians = pd.DataFrame(measured["stages"]).map(np.median).T
    print(medians.to_string(float_format="{:.2f}".format))
    if not options.studies:
        ours, port = np.median(measured["wall"]), np.median(measured["port_wall"])
        print(f"dvc repro {ours:.0f} s, the port {port:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
