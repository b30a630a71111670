"""Where MLflow's store is opened; tests/pipeline/test_mlflow.py has what it then holds."""

import contextlib
import os
import socket
import sqlite3

import pytest

from mnist_report.core import store, tracking
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """Make an empty folder the place of the store."""
    for name, value in {"USERS": "", "REMOTE": False, "HOME": tmp_path}.items():
        monkeypatch.setattr(store, name, value)
    return tmp_path


def test_a_store_that_lacks_tables_gets_them(own_store, monkeypatch):
    (own_store / "mlflow.db").touch()  # killed while MLflow made the first one
    store.connect()
    # MLflow 2 had no table of models.
    with contextlib.closing(sqlite3.connect(own_store / "mlflow.db")) as database:
        database.execute("DROP TABLE logged_models")
    (own_store / "moved").mkdir()
    (own_store / "mlflow.db").rename(own_store / "moved" / "mlflow.db")
    monkeypatch.setattr(store, "HOME", own_store / "moved")
    client, experiment = store.connect()
    place = client.get_experiment(experiment).artifact_location
    assert place == (own_store / "moved" / "mlartifacts").as_uri()


def test_a_store_of_another_mlflow_is_one_whole_line(own_store, monkeypatch, capfd):
    store.connect()
    # MLflow looks at a store once in a process.
    (own_store / "moved").mkdir()
    (own_store / "mlflow.db").rename(own_store / "moved" / "mlflow.db")
    monkeypatch.setattr(store, "HOME", own_store / "moved")
    with contextlib.closing(sqlite3.connect(store.HOME / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'another'")
    run = tracking.Run("pca", load_params())
    run.end("FINISHED")
    *_, line = capfd.readouterr().err.splitlines()
    assert run.failed
    assert (
        "cannot use mlflow.db: Detected out-of-date database schema (found version another," in line
    )
    assert "delete it, and run 'make track'); the results are whole;" in line


def test_ui_says_where_the_models_are_and_which_port_is_taken(own_store, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(os, "execv", lambda *command: started.append(command))
    monkeypatch.chdir(own_store)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("MLFLOW_PORT", str(taken.getsockname()[1]))
        with pytest.raises(UserError, match="is taken; choose another: MLFLOW_PORT="):
            store.ui()
    store.ui()
    query = "/runs?workflowType=machine_learning&viewStateShareKey=models"
    assert f"/#/experiments/{store.connect()[1]}{query}" in capsys.readouterr().out
    assert len(started) == 1
