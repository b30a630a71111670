"""What the pipeline costs, and a plain port of the paper beside it: medians of `make bench`."""

from collections.abc import Mapping
from statistics import median
from typing import Any

#: What is measured of a stage, by what the summary calls it.
CLOCKS = {"seconds": "wall", "cpu_seconds": "cpu", "peak_gib": "peak_gib"}


def summary(results: Mapping[str, Any]) -> dict[str, Any]:
    """Make of every round's seconds what the report shows.

    Parameters
    ----------
    results
        The content of ``benchmarks/results.json``, as `benchmarks/bench.py` writes it.

    Returns
    -------
    dict
        ``date``, ``dataset``, ``machine`` and ``rounds`` of the measurement; wall ``seconds`` of a
        cold ``dvc repro`` and ``port_seconds`` of the port, ``port_peak_gib``, and the ``ratio`` of
        the first to the second in the same round (``median``, ``min``, ``max``);
        ``start_seconds`` of the quickest stage, ``outside_seconds`` that DVC takes around all of
        them; ``stages`` (see `_stage`) and the same of the long ``studies``, measured once on
        ``studies_date``. All but ``ratio`` are medians.
    """
    pipeline, studies = results["pipeline"], results["studies"]
    ratios = _ratios(pipeline["wall"], pipeline["port_wall"])
    stages = {
        name: _stage(measured, pipeline["port_sections"].get(name))
        for name, measured in pipeline["stages"].items()
    }
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


def _stage(
    measured: Mapping[str, list[float]], port: Mapping[str, list[float]] | None
) -> dict[str, float]:
    """Return ``seconds``, ``cpu_seconds`` and ``peak_gib`` of a stage.

    Where the port does the same work, ``port_seconds``, ``port_cpu_seconds`` and the ``ratio`` of
    the wall seconds in the same round come with them.
    """
    row = {key: median(measured[clock]) for key, clock in CLOCKS.items()}
    if port is not None:
        row["port_seconds"], row["port_cpu_seconds"] = median(port["wall"]), median(port["cpu"])
        row["ratio"] = median(_ratios(measured["wall"], port["wall"]))
    return row


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Return the ratios of what was timed in the same rounds."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]
