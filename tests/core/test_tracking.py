"""Where MLflow's store is opened; tests/pipeline/test_mlflow.py has what it then holds."""

import contextlib
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from dvc.repo import Repo
from mlflow import MlflowClient

from mnist_report.core import paths, store, tracking
from mnist_report.core.params import load_params


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    """Return a store with nothing in it, which takes seconds to make."""
    path = tmp_path_factory.mktemp("new") / "mlflow.db"
    MlflowClient(f"sqlite+pysqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def own_store(new, tmp_path, monkeypatch):
    """Make a folder with a new store the place of the store."""
    shutil.copy(new, tmp_path)
    for name, value in {"USERS": "", "REMOTE": False, "HOME": tmp_path}.items():
        monkeypatch.setattr(store, name, value)
    return tmp_path


def test_a_store_that_lacks_tables_gets_them(own_store, monkeypatch):
    (own_store / "mlflow.db").write_bytes(b"")  # killed while MLflow made it
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


def test_a_store_of_another_mlflow_is_one_whole_line(own_store, capfd):
    with contextlib.closing(sqlite3.connect(store.HOME / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'another'")
    run = tracking.Stage("pca", load_params())
    run.end("FINISHED")
    *_, line = capfd.readouterr().err.splitlines()
    assert run.failed
    assert (
        "cannot use mlflow.db: Detected out-of-date database schema (found version another," in line
    )
    assert "move it away, and run 'make track'); the results are whole;" in line


def test_of_two_that_track_at_once_one_records(own_store, monkeypatch, capsys):
    for name in ("stages", "src"):
        (own_store / name).symlink_to(paths.ROOT / name)
    (own_store / "results").mkdir()
    stage = "cmd: echo 1 > results/comparison.json, outs: [results/comparison.json]"
    (own_store / "dvc.yaml").write_text(f"stages: {{comparison: {{{stage}}}}}")
    monkeypatch.chdir(own_store)
    monkeypatch.setattr(paths, "ROOT", own_store)
    with Repo.init(no_scm=True) as repo:
        repo.reproduce()
    capsys.readouterr()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(tracking.track) for _ in range(2)]:
            done.result(timeout=60)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["comparison: recorded", "comparison: already recorded"]
