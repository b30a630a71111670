"""Where runs go: the MLflow store of this checkout, or the server that the user named."""

import os

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from mnist_report import paths

EXPERIMENT = "mnist-report"

#: The user's server, or nothing: MLflow sets this variable to whatever store it is told to use.
SERVER = os.environ.get("MLFLOW_TRACKING_URI")


def lock() -> FileLock:
    """Return a lock that keeps two trackers of this checkout from making or levelling at once."""
    folder = paths.USER_ROOT / ".dvc" / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "mlflow.lock")


def connect() -> tuple[MlflowClient, str]:
    """Open the store, making it on first use, and return a client and the experiment's id."""
    uri = SERVER
    artifacts = None
    if not uri:
        uri = f"sqlite:///{paths.USER_ROOT / 'mlflow.db'}"
        artifacts = (paths.USER_ROOT / "mlartifacts").as_uri()
    mlflow.set_tracking_uri(uri)
    # Two trackers that start on an empty store would both create its tables.
    with lock():
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


def has_finished(client: MlflowClient, experiment: str, fingerprint: str) -> bool:
    """Tell whether a finished run with this fingerprint is in the store."""
    found = client.search_runs(
        [experiment],
        f"tags.fingerprint = '{fingerprint}' and attributes.status = 'FINISHED'",
        run_view_type=ViewType.ACTIVE_ONLY,
        max_results=1,
    )
    return bool(found)
