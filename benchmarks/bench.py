"""What the pipeline costs: `make bench`. Takes 50 minutes on two cores.

    PYTHONPATH=src python benchmarks/bench.py [--rounds 2] [--only svm growth]

The long studies, which take as long again, are measured only by ``--only studies``. It writes
`benchmarks/results.json`, seconds and memory with the machine that they are from, and prints what
stage `costs` makes of them. Run it on a machine that has nothing else to do.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import networks
import overheads
import pandas as pd
from timing import machine, ratio, rounded

import pipeline
from mnist_report import files, paths
from mnist_report.dvcfiles import is_study
from mnist_report.errors import UserError
from mnist_report.evaluation.costs import summary

HERE = Path(__file__).resolve().parent
OUTPUT = paths.BENCHMARKS / "results.json"


def whole(rounds: int) -> dict[str, Any]:
    """Run the pipeline from nothing and the port, in turn; return all seconds and their ratios."""
    makes, ports, dvcs = [], [], []
    for _ in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        makes.append(pipeline.make_repro(folder / "make"))
        ports.append(pipeline.port())
        dvcs.append(pipeline.dvc_repro(folder / "dvc"))
        shutil.rmtree(folder)
    stages = {
        stage: {
            key: [dvc["stages"][stage][key] for dvc in dvcs] for key in ("wall", "cpu", "peak_gib")
        }
        for stage in dvcs[0]["stages"]
    }
    sections = {
        name: {
            clock: [sum(port["sections"][part][clock] for part in parts) for port in ports]
            for clock in ("wall", "cpu")
        }
        for name, parts in pipeline.SECTIONS.items()
    }
    return {
        "rounds": rounds,
        "make_wall": [make["wall"] for make in makes],
        "make_cpu": [make["cpu"] for make in makes],
        "dvc_wall": [dvc["wall"] for dvc in dvcs],
        "port_wall": [port["wall"] for port in ports],
        "port_peak_gib": [port["peak_gib"] for port in ports],
        "make_ratio": ratio([m["wall"] for m in makes], [p["wall"] for p in ports]),
        "dvc_ratio": ratio([d["wall"] for d in dvcs], [p["wall"] for p in ports]),
        "stages": stages,
        "port_sections": sections,
        "stage_ratios": {
            name: ratio(stages[name]["wall"], sections[name]["wall"]) for name in sections
        },
    }


def studies() -> dict[str, Any]:
    """Run the long studies from nothing, once; return what each took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stages = pipeline.dvc_repro(Path(folder) / "dvc", studies=True)["stages"]
    return {stage: record for stage, record in stages.items() if is_study(stage)}


def pinned(script: str, *arguments: str) -> dict[str, Any]:
    """Run one of these scripts, pinned as a stage is; return what it prints."""
    inherited = filter(None, [os.environ.get("PYTHONPATH")])
    done = subprocess.run(
        [sys.executable, "-m", "mnist_report.run", str(HERE / script), *arguments],
        cwd=paths.ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["src", str(HERE), *inherited])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def show(costs: Mapping[str, Any]) -> None:
    """Print the tables of what `summary` makes of the results."""
    tables = {name: content for name, content in costs.items() if isinstance(content, Mapping)}
    for outer in ("networks", "svm"):  # tables of tables
        inner = tables.pop(outer)
        tables |= {f"{outer}, {name}": t for name, t in inner.items() if isinstance(t, Mapping)}
    for name, content in tables.items():
        if all(isinstance(row, Mapping) for row in content.values()):
            table = pd.json_normalize(list(content.values())).set_axis(list(content))
        else:
            table = pd.json_normalize(dict(content)).T.set_axis([""], axis=1)
        print(f"\n{name}")
        print(table.to_string(na_rep="", float_format="{:.2f}".format))


def check_ready() -> None:
    """Refuse to measure a checkout that has not run: all sections read what the stages wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "status"], cwd=paths.ROOT, capture_output=True, text=True
    )
    if "up to date" not in done.stdout:
        raise SystemExit(f"bench: error: run 'dvc repro' first\n{done.stdout}{done.stderr}")


def main() -> None:
    """Measure all, print what comes of it and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of the pipeline and the port")
    parser.add_argument("--short-rounds", type=int, default=5, help="of what takes seconds")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    sections: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        "whole": lambda options: whole(options.rounds),
        "bounds": lambda _: pinned("bounds.py"),
        "networks": lambda options: networks.measure(options.short_rounds),
        "svm": lambda _: pinned("support_vectors.py"),
        "growth": lambda options: pinned("growth.py", f"--rounds={options.short_rounds}"),
        "dense_profile": lambda options: pinned(
            "dense_profile.py", f"--rounds={options.short_rounds}"
        ),
        "overheads": lambda options: overheads.measure(options.short_rounds),
        "studies": lambda _: studies(),
    }
    parser.add_argument("--only", nargs="+", choices=sections, help="the file keeps the others")
    options = parser.parse_args()
    check_ready()
    result: dict[str, Any] = {
        "dataset": files.read_json(paths.metrics_file("fetch"))["dataset"],
        "machine": machine(),
    }
    with contextlib.suppress(UserError):
        kept = files.read_json(options.output)
        if all(kept[key] == value for key, value in result.items()):
            result = kept
    if options.only and len(result) == 2:
        parser.error(f"{options.output} has another machine or data set; measure all")
    for name in options.only or [name for name in sections if name != "studies"]:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        result[name] = rounded(sections[name](options))
        # Each section as it ends: the next may fail.
        files.write_json(options.output, result)
    show(summary(result))


if __name__ == "__main__":
    main()
