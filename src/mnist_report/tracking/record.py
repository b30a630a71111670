"""What a run says: read from a stage's parameters, metrics, plots and outputs as they lie there.

A stage that has just run and a stage that came back from a cache, from Git or from a remote are
recorded by the same code, so both runs say the same.
"""

import contextlib
import csv
import functools
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from mnist_report import git, paths
from mnist_report.dvcfiles import StageFiles
from mnist_report.errors import UserError
from mnist_report.params import Params
from mnist_report.tracking.datasets import inputs
from mnist_report.tracking.models import log_model
from mnist_report.trees import at, flatten

#: A table whose first column is this holds one row per step of a training.
STEP_COLUMN = "epoch"


def start_run(
    client: MlflowClient,
    experiment: str,
    stage: StageFiles,
    params: Params,
    started: float | None = None,
) -> str:
    """Open a run for `stage` and return its id.

    Parameters
    ----------
    started
        When the stage began, in seconds since 1970; None if its outputs were restored.
    """
    tags = {
        "mlflow.source.name": f"stages/{stage.name}.py",
        "mlflow.source.git.commit": _git("rev-parse", "HEAD"),
        "git.changed_files": str(len(_git("status", "--porcelain").splitlines())),
        "dvc.stage": stage.name,
        "dvc.experiment": os.environ.get("DVC_EXP_NAME", ""),
        "data.dataset": params.data.dataset,
        "data.comparable_with_paper": str(params.data.dataset == "mnist").lower(),
        "recorded": "restored" if started is None else "executed",
        "process": this_process(),
    }
    run = client.create_run(
        experiment,
        run_name=stage.name,
        tags=tags,
        start_time=None if started is None else int(started * 1000),
    )
    declared = dict(flatten(_declared(stage, params)))
    client.log_batch(
        run.info.run_id, params=[Param(key, str(value)) for key, value in declared.items()]
    )
    return str(run.info.run_id)


def record_outputs(
    client: MlflowClient,
    run_id: str,
    stage: StageFiles,
    params: Params,
    logged: set[tuple[str, int]],
) -> None:
    """Log the metrics, steps, plots and outputs of a stage that has ended well.

    Parameters
    ----------
    logged
        Pairs of metric name and step that were logged while the stage worked.
    """
    now = int(time.time() * 1000)
    metrics = [
        Metric(key, float(value), now, 0)
        for path in stage.metrics
        for key, value in flatten(json.loads(path.read_text(encoding="utf-8")))
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    for path in stage.plots:
        metrics += [m for m in _steps(path, now) if (m.key, m.step) not in logged]
    for start in range(0, len(metrics), 1000):  # MLflow takes at most 1,000 in a batch
        client.log_batch(run_id, metrics=metrics[start : start + 1000])
    for kind, files in (
        ("metrics", stage.metrics),
        ("plots", stage.plots),
        ("outputs", stage.outs),
    ):
        for path in files:
            client.log_artifact(run_id, str(path), kind)
    for path in stage.outs:
        log_model(run_id, path)
    client.log_inputs(run_id, inputs(stage, params.data.dataset, digest))
    client.log_batch(run_id, tags=[RunTag("fingerprint", fingerprint(stage, params))])


def fingerprint(stage: StageFiles, params: Params) -> str:
    """Return the SHA-256 of a stage's inputs and outputs: same fingerprint, same result."""
    content = {
        "stage": stage.name,
        "params": _declared(stage, params),
        "deps": _digests(stage.deps),
        "outputs": _digests(stage.outputs),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _declared(stage: StageFiles, params: Params) -> dict[str, Any]:
    """Return the parameters that the stage declares in `dvc.yaml`."""
    content = params.model_dump()
    return {name: at(content, name) for name in stage.params}


def _digests(declared: tuple[Path, ...]) -> dict[str, str]:
    return {path.relative_to(paths.ROOT).as_posix(): digest(path) for path in declared}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, which one tracker meets in many stages."""
    there = path.stat()
    return _sha256(path, there.st_ino, there.st_mtime_ns, there.st_size)


@functools.cache
def _sha256(path: Path, *_state: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _steps(path: Path, now: int) -> list[Metric]:
    """Read the metrics of a table with one row per step; other plots hold none."""
    if path.suffix != ".csv":
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        if not table.fieldnames or table.fieldnames[0] != STEP_COLUMN:
            return []
        return [
            Metric(name, float(value), now, int(row[STEP_COLUMN]))
            for row in table
            for name, value in row.items()
            if name != STEP_COLUMN and value
        ]


def _git(*arguments: str) -> str:
    """Return what Git says of the checkout; nothing where it has nothing to say."""
    try:
        return git.output(paths.ROOT, *arguments).decode().strip()
    except UserError:
        return ""


@contextlib.contextmanager
def failed_unless_recorded(client: MlflowClient, run_id: str) -> Iterator[None]:
    """Close a run as FAILED if what is recorded inside raises."""
    try:
        yield
    except BaseException:
        end_run(client, run_id, "FAILED", "the tracker could not record the outputs")
        raise


def end_run(client: MlflowClient, run_id: str, status: str, reason: str = "") -> None:
    """Close a run; `status` is one of MLflow's: FINISHED, FAILED or KILLED."""
    if reason:
        client.set_tag(run_id, "reason", reason[:4000])
    client.set_terminated(run_id, status)


def this_process() -> str:
    """Return the `process` tag of a run that this process records."""
    process = psutil.Process()
    return f"{socket.gethostname()} {process.pid} {process.create_time()}"


def process_lives(tag: str) -> bool | None:
    """Tell whether the process of a `process` tag still runs; None if it is another machine's."""
    host, pid, created = tag.rsplit(" ", 2)
    if host != socket.gethostname():
        return None
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(created)) < 1
    except psutil.NoSuchProcess:
        return False
