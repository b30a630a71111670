"""Bring MLflow level with what lies in the checkout, and close runs that nobody works on."""

import sys
from contextlib import AbstractContextManager

from filelock import Timeout
from mlflow import MlflowClient
from mlflow.entities import ViewType

from mnist_report.dvcfiles import StageFiles, pipeline
from mnist_report.errors import UserError
from mnist_report.params import Params, load_params
from mnist_report.tracking import record, store


def level() -> bool:
    """Record each stage that DVC holds for up to date and that no finished run stands for.

    Done twice, it adds nothing. Stages that are stale, or whose outputs are not here, are
    named and left out: what lies there would not belong to these parameters. Returns whether
    every stage could be recorded that had to be.
    """
    client, experiment = store.connect()
    params = load_params()
    with _turn():
        _close_dead(client, experiment)
        failed = False
        stale = _stale()
        for stage in pipeline().values():
            try:
                outcome = _level_one(client, experiment, stage, params, stale)
            except Exception as error:  # one stage that MLflow refuses must not keep out the rest
                failed = True
                outcome = f"NOT recorded: {' '.join(str(error).split())[:200]}"
            print(f"track: {stage.name}: {outcome}")
    return not failed


def _turn() -> AbstractContextManager[object]:
    """Wait until no other process levels, for both would record the same."""
    lock = store.lock("level")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print("track: another process brings MLflow level; waiting for it", file=sys.stderr)
        return lock.acquire()


def _level_one(
    client: MlflowClient,
    experiment: str,
    stage: StageFiles,
    params: Params,
    stale: set[str],
) -> str:
    if stage.name in stale or not all(path.exists() for path in stage.deps + stage.outputs):
        return "not up to date here, left out; 'dvc repro' or 'dvc pull' brings it"
    if store.has_finished(client, experiment, record.fingerprint(stage, params)):
        return "already recorded"
    run_id = record.start_run(client, experiment, stage, params)
    with record.failed_unless_recorded(client, run_id):
        record.record_outputs(client, run_id, stage, params, logged=set())
    record.end_run(client, run_id, "FINISHED")
    return "recorded"


def _stale() -> set[str]:
    """Ask DVC which stages are not up to date."""
    from dvc.lock import LockError
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            return {name.rsplit(":", 1)[-1] for name in repo.status()}
    except LockError:
        raise UserError("another DVC process is at work in this checkout") from None


def _close_dead(client: MlflowClient, experiment: str) -> None:
    """Mark runs that say RUNNING although nobody follows them any more.

    Their process is gone, or it is this one, which follows nobody while it levels.
    """
    running = client.search_runs(
        [experiment], "attributes.status = 'RUNNING'", run_view_type=ViewType.ACTIVE_ONLY
    )
    for run in running:
        process = run.data.tags.get("process", "? 0 0")
        if process == record.this_process() or record.process_lives(process) is False:
            record.end_run(client, run.info.run_id, "KILLED", "the stage's process is gone")
            print(
                f"track: run {run.info.run_name} was left open by a dead process: marked KILLED",
                file=sys.stderr,
            )
