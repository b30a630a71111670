"""Stage `study`: one of the long studies over seeds, named on the command line."""

from importlib import import_module

import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.repeat import identity, repeat
from mnist_report.core.tracking import Stage
from mnist_report.core.trees import flatten
from mnist_report.data.scaled import load_scaled
from mnist_report.scores.answers import misread
from mnist_report.scores.uncertainty import spreads


def main(stage: Stage) -> None:
    name, params = stage.name, stage.params
    module = import_module(f"mnist_report.studies.{name}")
    data = load_scaled()
    study = module.plan(data, getattr(params.studies, name), params.compute)
    jobs = params.compute.jobs if study.one_thread else 1
    runs = repeat(name, study, identity(name, params), jobs)

    answers = {
        group: misread([run.pop("answers") for run in measured], data.test_labels)
        for group, measured in runs.items()
        if "answers" in measured[0]
    }
    kept = {"answers": answers.get("", answers)} if answers else {}

    # A study of one measurement has one group without a name.
    values = [
        {"metric": f"{group}.{metric}" if group else metric, "seed": seed, "value": float(value)}
        for group, measured in runs.items()
        for seed, run in enumerate(measured)
        for metric, value in flatten(run)
    ]
    summary = {group: spreads(measured) for group, measured in runs.items()}
    files.write_csv(paths.RESULTS / f"{name}.csv", pd.DataFrame(values))
    found = summary.get("", summary) | {**study.facts, **kept}
    files.write_json(paths.RESULTS / f"{name}.json", found)
