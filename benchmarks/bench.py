"""What the pipeline costs: `make bench`. Takes about half an hour for each round.

    PYTHONPATH=src python benchmarks/bench.py [--rounds 2]

It writes `benchmarks/results.json`: seconds, memory and ratios, and the machine they are from. Run
it on a machine that has nothing else to do.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import networks
from timing import machine, ratio, rounded

import pipeline
from mnist_report import files, paths

OUTPUT = paths.ROOT / "benchmarks" / "results.json"


def whole(rounds: int) -> dict[str, Any]:
    """Run the pipeline from nothing and the port, in turn; return all seconds and their ratios."""
    colds, ports = [], []
    for number in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        colds.append(pipeline.cold(folder / f"clone{number}"))
        shutil.rmtree(folder)
        ports.append(pipeline.port())
    stages = {
        stage: {
            key: [cold["stages"][stage][key] for cold in colds]
            for key in ("wall", "cpu", "peak_gib")
        }
        for stage in colds[0]["stages"]
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
        "repro_wall": [cold["wall"] for cold in colds],
        "port_wall": [port["wall"] for port in ports],
        "port_peak_gib": [port["peak_gib"] for port in ports],
        "ratio": ratio([c["wall"] for c in colds], [p["wall"] for p in ports]),
        "stages": stages,
        "port_sections": sections,
        "stage_ratios": {
            name: ratio(stages[name]["wall"], sections[name]["wall"]) for name in sections
        },
    }


def table(result: Mapping[str, Any]) -> str:
    """Return the medians as a table for people."""
    run = result["whole"]
    lines = [f"{'':<22}{'wall s':>9}{'CPU s':>9}{'GiB':>7}{'port, wall s':>14}{'ratio':>7}"]
    for name, stage in run["stages"].items():
        wall, cpu, peak = (statistics.median(stage[key]) for key in ("wall", "cpu", "peak_gib"))
        line = f"{name:<22}{wall:9.1f}{cpu:9.1f}{peak:7.2f}"
        if name in run["port_sections"]:
            theirs = statistics.median(run["port_sections"][name]["wall"])
            line += f"{theirs:14.1f}{run['stage_ratios'][name]['median']:7.2f}"
        lines.append(line)
    wall, theirs = (statistics.median(run[key]) for key in ("repro_wall", "port_wall"))
    lines.append(f"{'make repro':<22}{wall:9.1f}{'':16}{theirs:14.1f}{run['ratio']['median']:7.2f}")
    for threads in (1, 2):
        lines.append(f"an epoch of the network from scratch and its rivals, {threads} threads")
        for name, times in result["networks"][f"threads_{threads}"].items():
            wall, cpu = (statistics.median(times[clock]) for clock in ("wall", "cpu"))
            spread = times["ratio"]
            lines.append(
                f"  {name:<20}{wall:9.2f}{cpu:9.2f}   ours / it {spread['median']:.2f} "
                f"({spread['min']:.2f} to {spread['max']:.2f})"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure all, print the table and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of the pipeline and the port")
    parser.add_argument("--short-rounds", type=int, default=5, help="of what takes seconds")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    result = rounded(
        {
            "dataset": files.read_json(paths.metrics_file("fetch"))["dataset"],
            "machine": machine(),
            "networks": networks.measure(options.short_rounds),
            "whole": whole(options.rounds),
        }
    )
    files.write_json(options.output, result)
    print(json.dumps(result["machine"], indent=2))
    print(table(result))


if __name__ == "__main__":
    main()
