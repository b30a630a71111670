"""What the pipeline costs, and a plain port of the paper beside it: medians of `make bench`."""

from collections.abc import Mapping
from statistics import median
from typing import Any

import numpy as np

#: What the summary calls the measures of a stage.
CLOCKS = {"seconds": "wall", "cpu_seconds": "cpu", "peak_gib": "peak_gib"}


def summary(results: Mapping[str, Any]) -> dict[str, Any]:
    """Take medians over the rounds of ``benchmarks/results.json``, which ``make bench`` writes.

    ``outside_seconds`` are those that DVC takes around all stages.
    """
    pipeline, studies = results["pipeline"], results["studies"]
    ratios = np.divide(pipeline["wall"], pipeline["port_wall"]).tolist()
    stages = {}
    for name, measured in pipeline["stages"].items():
        row = stages[name] = {key: median(measured[clock]) for key, clock in CLOCKS.items()}
        if port := pipeline["port_sections"].get(name):  # where the port does the same work
            row["port_seconds"], row["port_cpu_seconds"] = median(port["wall"]), median(port["cpu"])
            row["ratio"] = median(np.divide(measured["wall"], port["wall"]).tolist())
    return {
        **{name: pipeline[name] for name in ("date", "dataset", "machine")},
        "rounds": len(ratios),
        "seconds": median(pipeline["wall"]),
        "port_seconds": median(pipeline["port_wall"]),
        "port_peak_gib": median(pipeline["port_peak_gib"]),
        "ratio": {"median": median(ratios), "min": min(ratios), "max": max(ratios)},
        "start_seconds": min(stage["seconds"] for stage in stages.values()),
        "outside_seconds": median(pipeline["outside_stages"]),
        "stages": stages,
        "studies_date": studies["date"],
        "studies": {
            name: {key: measured[clock] for key, clock in CLOCKS.items()}
            for name, measured in studies["stages"].items()
        },
    }
