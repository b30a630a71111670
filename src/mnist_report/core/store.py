"""Where MLflow's runs go: the store of this checkout, or the server that the user named."""

import contextlib
import os
import re
import socket
import sqlite3
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
from filelock import FileLock

from mnist_report.core import paths
from mnist_report.core.errors import UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these when it is imported: in functions, for that takes seconds.
for name, value in {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}.items():
    os.environ.setdefault(name, value)

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
    # SQLAlchemy decodes the path. With the driver named, MLflow makes no folder of the code.
    own = f"sqlite+pysqlite:///{quote(str(HOME / 'mlflow.db'))}"
    # Two stages that start on an empty store would both make it.
    with FileLock(HOME / "mlflow.db.lock"):
        try:
            if not USERS and (HOME / "mlflow.db").exists():
                _know_place(str(artifacts))
            mlflow.set_tracking_uri(USERS or own)
            client = mlflow.MlflowClient()
            found = client.get_experiment_by_name(EXPERIMENT)
        except Exception as error:
            if USERS:
                raise
            # MLflow's advice is written for servers, and fits an older store only.
            why = re.split(r"\. |\n", str(error))[0]
            advice = "another process uses it: run 'make track' when that has ended"
            if "locked" not in why:
                advice = (
                    "if an older MLflow made it, upgrade it as docs/mlflow.md says; if not, move "
                    "it away, and run 'make track'"
                )
            raise UserError(
                f"MLflow {mlflow.__version__} cannot use mlflow.db: {why}; {advice}"
            ) from error
        if found is None:
            found = client.get_experiment(client.create_experiment(EXPERIMENT, artifacts))
        elif found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        for key, value in TAGS.items():
            if found.tags.get(key) != value:
                client.set_experiment_tag(found.experiment_id, key, value)
    return client, str(found.experiment_id)


def _know_place(artifacts: str) -> None:
    """Set right the absolute addresses in the database of a checkout that was moved or copied."""
    with contextlib.closing(sqlite3.connect(HOME / "mlflow.db")) as database, database:
        # Whoever was killed while MLflow made the store, or has an older one, lacks some.
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "experiments" not in tables:
            return
        asked = "SELECT artifact_location FROM experiments WHERE name = ?"
        before = database.execute(asked, (EXPERIMENT,)).fetchone()
        if before is None or before[0] == artifacts:
            return
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "storage_location"),
        ):
            if table in tables:
                change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                database.execute(change, (before[0], artifacts))
        print(f"mlflow.db: moved from {before[0]}; its addresses are set right", file=sys.stderr)


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
