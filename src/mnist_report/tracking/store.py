"""Where runs go: the MLflow store of this checkout, or the server that the user named."""

import os
from pathlib import Path

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

from mnist_report import paths

EXPERIMENT = "mnist-report"

#: The user's server, or nothing: MLflow sets this variable to whatever store it is told to use.
SERVER = os.environ.get("MLFLOW_TRACKING_URI")


def lock(purpose: str) -> FileLock:
    """Return a lock that keeps two trackers of this checkout from doing something at once.

    One for each purpose: levelling takes long, and a stage that has ended is not to wait for it.
    """
    folder = paths.USER_ROOT / ".dvc" / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"mlflow-{purpose}.lock")


def connect() -> tuple[MlflowClient, str]:
    """Open the store, making it on first use, and return a client and the experiment's id."""
    uri = SERVER
    artifacts = None
    file = None
    if not uri:
        file = paths.USER_ROOT / "mlflow.db"
        uri = f"sqlite:///{file}"
        artifacts = (paths.USER_ROOT / "mlartifacts").as_uri()
    mlflow.set_tracking_uri(uri)
    # Two trackers that start on an empty store would both create its tables.
    with lock("make"):
        if file is not None and not file.exists():
            _make(file)
        client = MlflowClient(uri)
        experiment = client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            try:
                return client, client.create_experiment(EXPERIMENT, artifact_location=artifacts)
            except MlflowException:
                # Another machine made it on the same server in the meantime.
                experiment = client.get_experiment_by_name(EXPERIMENT)
                if experiment is None:
                    raise
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return client, experiment.experiment_id


def _make(file: Path) -> None:
    """Make a store without runs: at another name, then moved into place.

    A kill in between would leave tables that MLflow can neither use nor complete.
    """
    unfinished = file.with_name(f"{file.name}.part")
    _clear(unfinished)
    # SQLite would take what a deleted store has left for this one's.
    _clear(file)
    # Not by MLflow's client, which would keep the file open.
    engine = create_sqlalchemy_engine(f"sqlite:///{unfinished}")  # type: ignore[no-untyped-call]
    try:
        _initialize_tables(engine)  # type: ignore[no-untyped-call]
        engine.dispose()
        unfinished.replace(file)
    finally:
        engine.dispose()
        _clear(unfinished)


def _clear(file: Path) -> None:
    """Remove a database that nobody uses, with what SQLite puts beside it."""
    for ending in ("", "-journal", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def has_finished(client: MlflowClient, experiment: str, fingerprint: str) -> bool:
    """Tell whether a finished run with this fingerprint is in the store."""
    found = client.search_runs(
        [experiment],
        f"tags.fingerprint = '{fingerprint}' and attributes.status = 'FINISHED'",
        run_view_type=ViewType.ACTIVE_ONLY,
        max_results=1,
    )
    return bool(found)
