"""Where MLflow's runs go: the store of this checkout, or the server that the user named."""

import contextlib
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
from filelock import FileLock

from mnist_report.core import paths
from mnist_report.core.errors import UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these when it is imported: in functions, for that takes seconds.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

#: The user's own store, or nothing. MLflow sets the variable itself once it is told a store.
USERS = os.environ.get("MLFLOW_TRACKING_URI", "")
REMOTE = USERS.startswith(("http://", "https://"))
HOME = paths.USER_ROOT.resolve()

EXPERIMENT = "mnist-report"
#: What MLflow's pages read of an experiment: its kind, and the view that `ui` opens.
TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.sharedViewState.models": """{"searchFilter": "tags.kind = 'model'",
    "orderByKey": "metrics.`accuracy`", "orderByAsc": false, "selectedColumns":
    ["metrics.`accuracy`", "metrics.`auc`", "metrics.`log_loss`", "metrics.`wrong`"]}""",
}


def connect() -> tuple["MlflowClient", str]:
    """Open the store, making it if there is none; return a client and the experiment's id."""
    import mlflow

    artifacts = None if REMOTE else (HOME / "mlartifacts").as_uri()
    # Two stages that start on an empty store would both make it.
    with FileLock(HOME / "mlflow.db.lock"):
        mlflow.set_tracking_uri(USERS or _own(str(artifacts)))
        client = mlflow.MlflowClient()
        found = client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            found = client.get_experiment(client.create_experiment(EXPERIMENT, artifacts))
        elif found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        for key, value in TAGS.items():
            if found.tags.get(key) != value:
                client.set_experiment_tag(found.experiment_id, key, value)
    return client, str(found.experiment_id)


@contextlib.contextmanager
def failing_fast() -> Iterator[None]:
    """After one request without an answer, let all others fail at once: MLflow would try each.

    So a server that hangs costs ``MLFLOW_HTTP_REQUEST_TIMEOUT`` seconds, even amid an upload.
    """
    from requests import RequestException
    from requests.adapters import HTTPAdapter

    send, failures = HTTPAdapter.send, list[RequestException]()

    def send_or_fail(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if failures:
            raise failures[0]
        try:
            return send(*arguments, **options)
        except RequestException as error:
            failures.append(error)
            raise

    HTTPAdapter.send = send_or_fail  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


def _own(artifacts: str) -> str:
    """Make the checkout's database, or see that it knows its place; return its address."""
    import mlflow

    file, part = HOME / "mlflow.db", HOME / "mlflow.db.part"
    # SQLAlchemy decodes the path. With the driver named, MLflow makes no folder of the code.
    address = f"sqlite+pysqlite:///{quote(str(file))}"
    if not file.exists():
        # At another name: with one half made MLflow can do nothing. Leftovers would mix in.
        for left in (*HOME.glob("mlflow.db-*"), *HOME.glob("mlflow.db.part*")):
            left.unlink()
        mlflow.MlflowClient(f"{address}.part").search_experiments()
        part.rename(file)
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        moved = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = ? AND artifact_location <> ?",
            (EXPERIMENT, artifacts),
        ).fetchone()
        if moved:
            for table, column in (
                ("experiments", "artifact_location"),
                ("runs", "artifact_uri"),
                ("logged_models", "artifact_location"),
                ("model_versions", "storage_location"),
            ):
                change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                database.execute(change, (*moved, artifacts))
            print(f"mlflow.db: moved from {moved[0]}; its addresses are set right", file=sys.stderr)
    return address


def process(pid: int) -> str:
    """Return what tells a process from all others, now and later; nothing if there is none."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return f"{socket.gethostname()} {pid} {psutil.Process(pid).create_time()}"
    return ""


def close_dead(client: "MlflowClient", experiment: str) -> None:
    """Mark as killed the runs of this machine whose process is gone."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        host, pid, _ = run.data.tags.get("process", "? 0 0").rsplit(" ", 2)
        if host == socket.gethostname() and process(int(pid)) != run.data.tags["process"]:
            client.set_terminated(run.info.run_id, "KILLED")
            print(f"{run.info.run_name}: its process is gone, marked as killed")


def ui() -> None:
    """Print the address of the saved view, and become MLflow's server, unless there is one."""
    port = os.environ.get("MLFLOW_PORT", "5000")
    with socket.socket() as there:
        if not REMOTE and there.connect_ex(("127.0.0.1", int(port))) == 0:
            raise UserError(f"port {port} is taken; choose another: MLFLOW_PORT=5001 make ui")
    _, experiment = connect()
    place = USERS.rstrip("/") if REMOTE else f"http://127.0.0.1:{port}"
    query = "workflowType=machine_learning&viewStateShareKey=models"
    print(f"The models: {place}/#/experiments/{experiment}/runs?{query}", flush=True)
    if REMOTE:
        print("MLFLOW_TRACKING_URI names this server, so none is started here")
        return
    os.chdir(HOME)
    command = ["mlflow", "ui", "--workers", "1", "--port", port, "--backend-store-uri"]
    store = USERS or "sqlite:///mlflow.db"
    os.execv(sys.executable, [sys.executable, "-m", *command, store])  # noqa: S606
