"""What the pipeline costs: medians, ratios and exponents of what `make bench` measured."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from mnist_report.evaluation.growth import exponents

#: What the growth of each method's cost is called by, in the order of the report.
METHODS = ("pca", "scratch_nn", "keras_dense", "cnn")

#: Numbers of rows to which the costs are carried on.
PROJECTED = (10**6, 10**7, 10**8)

#: What is measured of a stage, by what the summary calls it.
CLOCKS = {"seconds": "wall", "cpu_seconds": "cpu", "peak_gib": "peak_gib"}

#: How tables and figures name what is measured side by side.
COMPETITORS = {
    "ours": "this project",
    "scratch": "this project",
    "pytorch": "PyTorch",
    "keras": "Keras on TensorFlow",
    "scikit_learn": "scikit-learn",
    "intel": "scikit-learn-intelex",
    "nystroem": "Nyström's approximation",
}

#: The same of what is paid before any work.
OVERHEADS = {
    "import_python": "starting Python",
    "import_numpy": "importing NumPy",
    "import_scikit_learn": "importing scikit-learn's support vector machines",
    "import_matplotlib": "importing Matplotlib",
    "import_pandas": "importing pandas",
    "import_skops": "importing skops",
    "import_mlflow": "importing MLflow",
    "import_tensorflow": "importing TensorFlow",
    "import_keras": "importing Keras and TensorFlow",
    "mlflow_new_store": "importing MLflow and making a store",
    "mlflow_known_store": "importing MLflow and opening a store",
    "dvc_repro_nothing": "`dvc repro` with nothing to do",
    "dvc_repro_one_changed": "`dvc repro svm_intuition` after one parameter changed",
}


def summary(results: Mapping[str, Any]) -> dict[str, Any]:
    """Make of every round's seconds what the report shows.

    Parameters
    ----------
    results
        The content of ``benchmarks/results.json``, as `benchmarks/bench.py` writes it.

    Returns
    -------
    dict
        ``dataset`` and ``machine`` as they are; ``whole`` (wall seconds of a cold ``make repro``,
        of a cold ``dvc repro`` and of the port, ratios of the first two to the third, CPU seconds
        of the first, rounds, seconds of the quickest stage and between stages in the second),
        ``stages`` (see `_stage`), ``studies`` (the same of the long studies, if they were
        measured), ``gflops``, ``networks`` (threads to network to seconds of an
        epoch and ours over it), ``svm`` (``fit`` and ``predict`` to competitor to seconds by rows,
        ours over it, exponent; ``accuracy`` by rows, ``exact`` and of the approximation;
        ``test_rows``), ``growth`` (method to seconds by rows and exponent), ``projected`` (see
        `_projected`), ``pca_memory_gib`` (by rows), ``dense_profile`` (an epoch, by what it does)
        and ``overheads`` (seconds). Times are medians of wall seconds unless the name says ``cpu``.
    """
    whole, bounds = results["whole"], results["bounds"]
    svm = {
        action: {name: _grown(by_rows) for name, by_rows in results["svm"][action].items()}
        for action in ("fit", "predict")
    }
    growth = {name: _grown(results["growth"]["seconds"][name]) for name in METHODS}
    return {
        "dataset": results["dataset"],
        "machine": dict(results["machine"]),
        "whole": {
            "rounds": whole["rounds"],
            "make_seconds": median(whole["make_wall"]),
            "make_cpu_seconds": median(whole["make_cpu"]),
            "dvc_seconds": median(whole["dvc_wall"]),
            "port_seconds": median(whole["port_wall"]),
            "port_peak_gib": median(whole["port_peak_gib"]),
            "make_ratio": dict(whole["make_ratio"]),
            "dvc_ratio": dict(whole["dvc_ratio"]),
            "start_seconds": min(median(stage["wall"]) for stage in whole["stages"].values()),
            "between_stages_seconds": median(
                total - sum(stage["wall"][number] for stage in whole["stages"].values())
                for number, total in enumerate(whole["dvc_wall"])
            ),
        },
        "stages": {name: _stage(name, whole, bounds["seconds"]) for name in whole["stages"]},
        "studies": {
            name: {key: record[of] for key, of in CLOCKS.items()}
            for name, record in results.get("studies", {}).items()
        },
        "gflops": dict(bounds["gflops"]),
        "networks": {
            threads: {
                name: {"seconds": median(times["wall"]), "ours_over_it": dict(times["ratio"])}
                for name, times in networks.items()
            }
            for threads, networks in results["networks"].items()
            if threads.startswith("threads_")
        },
        "svm": svm | {name: results["svm"][name] for name in ("accuracy", "test_rows")},
        "growth": growth,
        "projected": {
            name: _projected(curve)
            for name, curve in (growth | {"svm_fit": svm["fit"]["scikit_learn"]}).items()
        },
        "pca_memory_gib": dict(results["growth"]["pca_memory_gib"]),
        "dense_profile": {
            name: median(times["wall"]) for name, times in results["dense_profile"].items()
        },
        "overheads": {name: median(times["wall"]) for name, times in results["overheads"].items()},
    }


def _stage(name: str, whole: Mapping[str, Any], bounds: Mapping[str, float]) -> dict[str, float]:
    """Return what is known of the cost of one stage.

    ``seconds``, ``cpu_seconds``, ``peak_gib``; where the port has it, ``port_seconds``,
    ``port_cpu_seconds`` and ``ratio``; where matrix products are the bulk, ``bound_seconds``: what
    those take at least.
    """
    measured = whole["stages"][name]
    row = {key: median(measured[of]) for key, of in CLOCKS.items()}
    if name in whole["port_sections"]:
        port = whole["port_sections"][name]
        row["port_seconds"], row["port_cpu_seconds"] = median(port["wall"]), median(port["cpu"])
        row["ratio"] = whole["stage_ratios"][name]["median"]
    if name in bounds:
        row["bound_seconds"] = bounds[name]
    return row


def _grown(by_rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the seconds by rows, ours over it where that was taken, and the exponent."""
    seconds = {rows: median(times["wall"]) for rows, times in by_rows.items()}
    result: dict[str, Any] = {"seconds": seconds, "exponent": exponent(seconds)}
    ratios = {rows: times["ratio"]["median"] for rows, times in by_rows.items() if "ratio" in times}
    return result | ({"ours_over_it": ratios} if ratios else {})


def _projected(curve: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds at each number of rows of `PROJECTED`, if the power law went on so far.

    The power is 1 at least: a smaller one is that of costs which are the same for few rows and
    many, such as the eigenvectors of the components, and every row is read.
    """
    rows, seconds = sizes(curve["seconds"])[-1], list(curve["seconds"].values())[-1]
    power = max(curve["exponent"], 1.0)
    return {f"rows_{n}": seconds * (n / rows) ** power for n in PROJECTED}


def exponent(seconds: Mapping[str, float]) -> float:
    """Return b of seconds = a n^b, fitted to ``rows_<n>`` and their seconds."""
    return float(exponents(sizes(seconds), np.array([list(seconds.values())]))[0])


def sizes(by_rows: Mapping[str, Any]) -> Sequence[int]:
    """Return the numbers n of keys ``rows_<n>``."""
    return [rows_of(name) for name in by_rows]


def rows_of(name: str) -> int:
    """Return the number in a name such as ``rows_60000``."""
    return int(name.removeprefix("rows_"))
