"""What MLflow holds of a stage, asked of MLflow; and what a stage notices when it is not there."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from dvc.repo import Repo

from mnist_report.core import files, paths, store, tracking
from mnist_report.core.archives import skops_bytes
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier

ROOT, PARAMS = paths.ROOT, load_params()
CARD = {"accuracy": 0.75, "wrong": 5, "auc": 0.9, "auc_labels": 0.8, "log_loss": 0.5}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Make a checkout with what some stages leave behind, and no store yet."""
    root = tmp_path_factory.mktemp("checkout")
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 784), np.float32), np.arange(60) % 10
    network = NeuralNetworkClassifier([5], epochs=1, random_state=0).fit(X, y)
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch, root)
        patch.setattr(store, "USERS", "")
        patch.setattr(store, "REMOTE", False)
        patch.delenv("DVC_EXP_NAME", raising=False)
        for part, rows in {"train": slice(None), "test": slice(50)}.items():
            files.save_array(paths.scaled_file(part, "images"), X[rows])
            files.save_array(paths.scaled_file(part, "labels"), y[rows])
        files.write_bytes(root / "models" / "scratch_nn.skops", skops_bytes(network))
        files.save_array(root / "data" / "scores" / "scratch_nn.npy", network.predict_proba(X[:50]))
        files.write_json(root / "metrics" / "scratch_nn.json", CARD)
        table = pd.DataFrame({"epoch": [0, 1], "loss": [2.0, 1.0], "validation_loss": [3.0, 2.5]})
        files.write_csv(root / "plots" / "scratch_nn" / "history.csv", table)
        files.write_json(root / "metrics" / "pca.json", {"variance_2": 0.17, "components_90": None})
        yield root


def stand_in(patch, root):
    """Let a folder be the checkout, with this one's code."""
    for name in ("stages", "src"):
        (root / name).symlink_to(ROOT / name)
    patch.setattr(paths, "ROOT", root)
    patch.setattr(paths, "SCALED", root / "data" / "scaled")
    patch.setattr(paths, "RESULTS", root / "results")
    patch.setattr(store, "HOME", root)


@pytest.fixture(scope="module")
def model_run(home):
    """Record stage `scratch_nn`, which has logged an epoch; return a client and the run."""
    run = tracking.Run("scratch_nn", PARAMS)
    run.log_step(1, {"loss": np.float32(0.5)})
    run.end("FINISHED")
    return newest("scratch_nn")


def newest(stage):
    client, experiment = store.connect()
    asked = f"tags.dvc.stage = '{stage}' and tags.kind != 'seed'"
    return client, client.search_runs([experiment], asked, max_results=1)[0]


def test_a_model_has_its_numbers_its_files_and_its_place_in_the_registry(model_run, home):
    import mlflow

    client, run = model_run
    assert (run.info.run_name, run.info.status) == ("scratch_nn · no branch", "FINISHED")
    assert run.data.metrics.keys() == {*CARD, "seconds", "train/loss"}
    assert (CARD | {"train/loss": 0.5}).items() <= run.data.metrics.items()
    params = {"epochs": str(PARAMS.scratch_nn.epochs), "seed": str(PARAMS.seed)}
    assert params.items() <= run.data.params.items()
    tags = {"kind": "model", "model": "scratch_nn", "data.dataset": PARAMS.data.dataset}
    assert tags.items() <= run.data.tags.items()
    assert "network" in run.data.tags["mlflow.note.content"]
    # Models and arrays are not copied; of both there is the digest that dvc.lock has.
    artifacts = home / "mlartifacts" / run.info.run_id / "artifacts"
    logged = {path.relative_to(artifacts).as_posix() for path in artifacts.rglob("*.*")}
    assert logged == {"metrics/scratch_nn.json", "plots/scratch_nn/history.csv"}
    for name in ("models/scratch_nn.skops", "data/scores/scratch_nn.npy"):
        md5 = hashlib.md5((home / name).read_bytes()).hexdigest()
        assert run.data.tags[f"md5.{name}"] == md5
    assert [found.tags[0].value for found in run.inputs.dataset_inputs] == ["training", "testing"]

    version = client.get_model_version_by_alias("scratch_nn", "newest")
    assert version.source == f"models:/{run.outputs.model_outputs[0].model_id}"
    served = mlflow.pyfunc.load_model("models:/scratch_nn@newest")
    images = np.load(home / "data" / "scaled" / "test_images.npy")
    scores = np.load(home / "data" / "scores" / "scratch_nn.npy")
    np.testing.assert_allclose(served.predict(images), scores, rtol=1e-6)
    assert served.metadata.signature.outputs.inputs[0].shape == (-1, 10)


def test_a_keras_model_is_kept_without_its_optimizer_and_answers_the_same(home):
    from mnist_report.models.keras import networks  # before MLflow loads TensorFlow
    import mlflow  # isort: skip

    images = np.load(home / "data" / "scaled" / "test_images.npy")
    model = networks.dense_network([30, 30], 0.4)
    model.fit(images, np.arange(50) % 10, verbose=0)
    file = home / "models" / "keras_dense.keras"
    files.write_bytes(file, networks.save_keras_bytes(model))
    tracking.Run("keras_dense", PARAMS).end("FINISHED")
    served = mlflow.pyfunc.load_model("models:/keras_dense@newest")
    answers = networks.probabilities(model, images)
    np.testing.assert_allclose(served.predict(images), answers, rtol=1e-5, atol=1e-7)
    [kept] = (home / "mlartifacts" / "models").rglob("*.keras")
    assert kept.stat().st_size < 0.6 * file.stat().st_size


def test_the_saved_view_shows_the_models_best_first(model_run):
    tracking.Run("pca", PARAMS).end("FINISHED")
    client, experiment = store.connect()
    view = json.loads(client.get_experiment(experiment).tags["mlflow.sharedViewState.models"])
    assert (view["orderByKey"], view["orderByAsc"]) == ("metrics.`accuracy`", False)
    found = client.search_runs([experiment], view["searchFilter"])
    assert {run.data.tags["kind"] for run in found} == {"model"}
    columns = {column.removeprefix("metrics.").strip("`") for column in view["selectedColumns"]}
    assert columns <= model_run[1].data.metrics.keys()


def test_a_spread_has_mean_and_sd_and_a_run_a_seed(home):
    values = {"test.accuracy": [0.9, 0.8, 0.7], "test.auc_hard": [0.5, 0.6, 0.7], "tied": [1, 2, 3]}
    rows = [(m, seed, v) for m, column in values.items() for seed, v in enumerate(column)]
    table = pd.DataFrame(rows, columns=["metric", "seed", "value"])
    for study in ("spread_cnn", "origins"):
        files.write_csv(paths.values_file(study), table)
        tracking.Run(study, PARAMS, restored=True).end("FINISHED")
    client, run = newest("spread_cnn")
    expected = {"seeds": 3}
    for name, metric in {"test.accuracy": "accuracy", "test.auc_hard": "auc_labels"}.items():
        expected[metric] = statistics.mean(values[name])
        expected[f"{metric}_sd"] = statistics.stdev(values[name])
    assert run.data.metrics == pytest.approx(expected)
    assert (run.data.tags["kind"], run.data.tags["model"]) == ("study", "cnn")
    below = f"tags.mlflow.parentRunId = '{run.info.run_id}'"
    seeds = client.search_runs([run.info.experiment_id], below)
    found = {run.info.run_name: run.data.metrics["accuracy"] for run in seeds}
    assert found == {"seed 0": 0.9, "seed 1": 0.8, "seed 2": 0.7}
    assert newest("origins")[1].data.metrics == {"seeds": 3}


# Where the store is


def test_two_stages_start_at_once_on_an_empty_store_of_an_odd_name(home, tmp_path, monkeypatch):
    odd = tmp_path / "ü b?c#d%20e"
    odd.mkdir()
    record = (
        "import sys; from mnist_report.core import tracking, params;"
        "tracking.Run(sys.argv[1], params.load_params()).end('FINISHED')"
    )
    environment = os.environ | {"DVC_ROOT": str(odd), "PYTHONPATH": str(ROOT / "src")}
    environment.pop("MLFLOW_TRACKING_URI", None)  # MLflow has set it here
    own = {"env": environment, "cwd": tmp_path, "stderr": subprocess.PIPE}
    stages = ("comparison", "svm_intuition")
    both = [subprocess.Popen([sys.executable, "-c", record, stage], **own) for stage in stages]
    assert [process.communicate(timeout=60)[1] for process in both] == [b"", b""]
    monkeypatch.setattr(store, "HOME", odd)
    client, experiment = store.connect()
    found = client.search_runs([experiment], "attributes.status = 'FINISHED'")
    assert sorted(run.data.tags["dvc.stage"] for run in found) == sorted(stages)
    assert (odd / "mlflow.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == [odd.name]


def test_a_copied_checkout_looks_at_home(model_run, home, tmp_path, monkeypatch, capfd):
    import mlflow

    shutil.copytree(home / "mlartifacts", tmp_path / "mlartifacts")
    shutil.copy(home / "mlflow.db", tmp_path)
    capfd.readouterr()
    monkeypatch.setattr(store, "HOME", tmp_path)
    _, run = newest("scratch_nn")
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith(f"mlflow.db: moved from {home.as_uri()}/mlartifacts")
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert not [line for line in database.iterdump() if str(home) in line]
    [logged] = (tmp_path / "mlartifacts" / run.info.run_id).rglob("scratch_nn.json")
    logged.write_text("{}")
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/metrics/scratch_nn.json") == {}
    mlflow.pyfunc.load_model("models:/scratch_nn@newest")
    store.connect()
    assert capfd.readouterr().err == ""


def test_a_store_that_lacks_tables_gets_them(home, tmp_path, monkeypatch):
    for name in ("here", "moved"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(store, "HOME", tmp_path / "here")
    (tmp_path / "here" / "mlflow.db").touch()  # killed while MLflow made the first one
    store.connect()
    # MLflow 2 had no table of models.
    with contextlib.closing(sqlite3.connect(tmp_path / "here" / "mlflow.db")) as database:
        database.execute("DROP TABLE logged_models")
    (tmp_path / "here" / "mlflow.db").rename(tmp_path / "moved" / "mlflow.db")
    monkeypatch.setattr(store, "HOME", tmp_path / "moved")
    client, experiment = store.connect()
    place = client.get_experiment(experiment).artifact_location
    assert place == (tmp_path / "moved" / "mlartifacts").as_uri()


def test_a_store_of_another_mlflow_is_one_whole_line(model_run, home, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(store, "HOME", tmp_path)
    shutil.copy(home / "mlflow.db", tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'another'")
    run = tracking.Run("pca", PARAMS)
    run.end("FINISHED")
    *_, line = capfd.readouterr().err.splitlines()
    assert run.failed
    assert (
        "cannot use mlflow.db: Detected out-of-date database schema (found version another," in line
    )
    assert "delete it, and run 'make track'); the results are whole;" in line


def test_ui_says_where_the_models_are_and_which_port_is_taken(home, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(os, "execv", lambda *command: started.append(command))
    monkeypatch.chdir(home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("MLFLOW_PORT", str(taken.getsockname()[1]))
        with pytest.raises(UserError, match="is taken; choose another: MLFLOW_PORT="):
            store.ui()
    store.ui()
    query = "/runs?workflowType=machine_learning&viewStateShareKey=models"
    assert f"/#/experiments/{store.connect()[1]}{query}" in capsys.readouterr().out
    assert len(started) == 1


# make track


PIPELINE = """
stages:
  pca:
    cmd: 'echo "{\\"variance_2\\": 0.5}" > metrics/pca.json'
    metrics: [metrics/pca.json: {cache: false}]
  study:
    foreach: {origins: {}}
    do:
      cmd: printf 'metric,seed,value\\nx,0,1\\nx,1,2\\n' > results/${key}.csv
      outs: ["results/${key}.csv"]
  scratch_nn:
    cmd: printf 'epoch,loss\\n1,2\\n2,1\\n' > plots/scratch_nn/history.csv
    outs: [plots/scratch_nn/history.csv]
  comparison:
    cmd: echo 1 > results/comparison.json
    outs: [results/comparison.json]
"""

TRACK = """
import sys, pathlib
from mnist_report.core import paths, store, tracking
paths.ROOT, store.HOME = map(pathlib.Path, sys.argv[1:])
tracking.track()
"""


def test_track_records_once_what_is_up_to_date_and_closes_what_is_dead(
    home, tmp_path, monkeypatch, capsys
):
    stand_in(monkeypatch, tmp_path)
    monkeypatch.setattr(store, "HOME", home)
    for name in ("metrics", "results", "plots/scratch_nn"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    with Repo.init(no_scm=True) as repo:
        repo.reproduce(["pca", "study@origins", "scratch_nn"])
    (tmp_path / "results" / "comparison.json").write_text("1")
    client, experiment = store.connect()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    tags = {"dead": f"{socket.gethostname()} {gone.pid} 1.0", "alive": store.process(os.getpid())}
    runs = {k: client.create_run(experiment, tags={"process": v}).info for k, v in tags.items()}
    capsys.readouterr()

    left_out = "comparison: not up to date here, left out; 'dvc repro' or 'dvc pull' brings it"
    stages = ("pca", "origins", "scratch_nn")
    tracking.track()
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == f"{runs['dead'].run_name}: its process is gone, marked as killed"
    assert lines == [*(f"{stage}: recorded" for stage in stages), left_out]
    status = {k: client.get_run(run.run_id).info.status for k, run in runs.items()}
    assert status == {"dead": "KILLED", "alive": "RUNNING"}
    assert newest("pca")[1].data.metrics == {"variance_2": 0.5}
    curve = client.get_metric_history(newest("scratch_nn")[1].info.run_id, "train/loss")
    assert {point.step: point.value for point in curve} == {1: 2.0, 2: 1.0}
    tracking.track()
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*(f"{stage}: already recorded" for stage in stages), left_out]

    # Two at once.
    with Repo() as repo:
        repo.reproduce(["comparison"])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow has set it here
    command = [sys.executable, "-c", TRACK, str(tmp_path), str(home)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **options) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [err for _, err in said] == ["", ""]
    ends = sorted(out.splitlines()[-1] for out, _ in said)
    assert ends == ["comparison: already recorded", "comparison: recorded"]
