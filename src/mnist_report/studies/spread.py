"""Measurements repeated over seeds, as files: every value, and the spread of each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from mnist_report import files, paths
from mnist_report.evaluation.uncertainty import spreads
from mnist_report.studies.checkpoint import Study
from mnist_report.trees import flatten

#: What one seed gave: nested mappings of numbers.
Run = Mapping[str, Any]


def write_spread(stage: str, seeds: int, measure: Callable[..., Run], **settings: object) -> None:
    """Measure once for each of the seeds 0, 1, 2 ... and write what comes out.

    Parameters
    ----------
    stage
        The stage that this is, such as ``"spread_cnn"``; see `write_runs` for its files.
    seeds
        How many.
    measure
        Takes ``seed`` and the settings; returns nested mappings of numbers, always of the same
        shape.
    settings
        All parameters that `measure` depends on, as `Study.measure` takes them.
    """
    with Study(stage, seeds) as study:
        runs = [study.measure(stage, measure, seed=seed, **settings) for seed in range(seeds)]
        files.write_csv(paths.plot_file(stage, "values.csv"), _long(runs))
        files.write_json(paths.metrics_file(stage), spreads(runs))


def write_runs(stage: str, groups: Mapping[str, Sequence[Run]], facts: Run) -> None:
    """Write what a study measured, several groups of runs that need not have the same seeds.

    The files are ``metrics/<stage>.json``, with the mean, sd and extremes of every number by
    group, and the facts; and ``plots/<stage>/values.csv``, with every single value (columns
    ``metric``, ``seed``, ``value``; metrics are dotted names that start with the group's).

    Parameters
    ----------
    groups
        Name to the runs of the seeds 0, 1, 2 ...
    facts
        Numbers that no seed changes.
    """
    table = pd.concat([_long(runs, f"{name}.") for name, runs in groups.items()])
    files.write_csv(paths.plot_file(stage, "values.csv"), table)
    summary = {name: spreads(runs) for name, runs in groups.items()}
    files.write_json(paths.metrics_file(stage), summary | dict(facts))


def _long(runs: Sequence[Run], prefix: str = "") -> pd.DataFrame:
    """Return a row for each value of each seed."""
    return pd.DataFrame(
        [
            {"metric": f"{prefix}{name}", "seed": seed, "value": float(value)}
            for seed, run in enumerate(runs)
            for name, value in flatten(run)
        ]
    )
