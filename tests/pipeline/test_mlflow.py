"""What a whole run of the miniature leaves in MLflow, looked at with MLflow's own client."""

import ast
import contextlib
import csv
import hashlib
import json
import shutil
import sqlite3
import statistics
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from dvc.utils.serialize import load_yaml
from mlflow import pyfunc
from mlflow.models import Model

from miniature import OWN_CODE, TRACK, declared, own_name

MODELS = ("svm_final", "scratch_nn", "keras_dense", "cnn")
KINDS = {"report": "report"} | dict.fromkeys(MODELS, "model")


def folder_of(address):
    return Path(unquote(urlsplit(address).path))


def model_folder(checkout, name):
    """Return the folder of the newest version of a registered model."""
    source = checkout.mlflow.get_model_version_by_alias(name, "newest").source
    model = checkout.mlflow.get_logged_model(source.removeprefix("models:/"))
    return folder_of(model.artifact_location)


@pytest.fixture(scope="module")
def runs(base):
    """Return the one run of every stage, by its name in DVC."""
    found = {run.data.tags["dvc.stage"]: run for run in base.runs()}
    assert len(base.runs()) == len(found) == len(declared())
    return {name: found[own_name(name)] for name in declared()}


def test_a_run_says_what_it_is(base, runs):
    commit = base.git("rev-parse", "main~1")
    for name, run in runs.items():
        study, stage = "@" in name, own_name(name)
        expected = {
            "kind": "study" if study else KINDS.get(name, "stage"),
            "data.dataset": "own",
            "mlflow.source.name": f"{'src/mnist_report/studies' if study else 'stages'}/{stage}.py",
            "mlflow.source.git.commit": commit,
            "mlflow.source.git.dirty": "false",
        }
        assert run.info.status == "FINISHED"
        assert run.info.run_name == f"{stage} · main"
        assert expected.items() <= run.data.tags.items()
        assert run.data.tags["mlflow.note.content"]
        assert 0 < run.data.metrics["seconds"] < 300


def test_a_run_has_the_parameters_metrics_and_epochs_of_its_stage(base, runs):
    params = load_yaml(base.path / "params.yaml")
    for name, run in runs.items():
        study = params["studies"].get(own_name(name))
        expected = study or {"seed": params["seed"]} | params.get(name, {})
        assert run.data.params.keys() == expected.keys(), name
        for key, value in expected.items():
            logged = run.data.params[key]
            assert logged == str(value) or ast.literal_eval(logged) == value
        file = base.path / "metrics" / f"{'verdicts' if name == 'judge' else name}.json"
        measured = json.loads(file.read_text()) if file.exists() else {}
        assert measured.items() <= run.data.metrics.items(), name
    names = {key for run in runs.values() for key in run.data.metrics}
    assert len(names) <= 48, sorted(names)
    for name in ("scratch_nn", "keras_dense", "cnn"):
        text = (base.path / "plots" / name / "history.csv").read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines()))
        for column in rows[0].keys() - {"epoch"}:
            metric = f"train/{column}".replace("train/validation_", "validation/")
            logged = base.mlflow.get_metric_history(runs[name].info.run_id, metric)
            assert [(point.step, point.value) for point in logged] == [
                (int(row["epoch"]), float(row[column])) for row in rows
            ], (name, metric)


def test_artifacts_are_tables_and_pictures_and_of_the_rest_a_run_has_the_md5(base, runs):
    for name, run in runs.items():
        outputs = base.outputs(name)
        large = {path for path in outputs if path.startswith(("data/", "models/"))}
        for path in large:
            assert run.data.tags[f"md5.{path}"] == hashlib.md5(outputs[path]).hexdigest()
        folder = folder_of(run.info.artifact_uri)
        assert folder.is_relative_to(base.path / "mlartifacts")
        files = [path for path in folder.rglob("*") if path.is_file()]
        kept = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
        assert kept == {path: outputs[path] for path in outputs.keys() - large}, name


def test_a_spread_has_a_run_for_every_seed_below_it(base, runs):
    assert runs["study@origins"].data.metrics.keys() == {"seconds", "seeds"}
    for name, metric, measure in (
        ("spread_scratch_nn", "auc", "test.auc_scores"),
        ("spread_cnn", "log_loss", "test.loss"),
        ("spread_svm_kernels", "rbf", "kernels.rbf.test.auc_hard"),
    ):
        run = runs[f"study@{name}"]
        text = (base.path / "results" / f"{name}.csv").read_text(encoding="utf-8")
        values = {
            f"seed {row['seed']}": float(row["value"])
            for row in csv.DictReader(text.splitlines())
            if row["metric"] == measure
        }
        below = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
        seeds = base.mlflow.search_runs([run.info.experiment_id], below)
        assert {seed.info.run_name: seed.data.metrics[metric] for seed in seeds} == values
        assert run.data.metrics[metric] == pytest.approx(statistics.mean(values.values()))
        assert run.data.metrics[f"{metric}_sd"] == pytest.approx(statistics.stdev(values.values()))


def test_the_four_models_are_registered_and_answer_as_their_stages_did(base, runs):
    images = np.load(base.path / "data/scaled/test_images.npy")
    learnt = np.unique(np.load(base.path / "data/scaled/train_labels.npy"))
    assert {model.name for model in base.mlflow.search_registered_models()} == set(MODELS)
    for name in MODELS:
        version = base.mlflow.get_model_version_by_alias(name, "newest")
        assert version.run_id == runs[name].info.run_id
        folder = model_folder(base, name)
        described = Model.load(folder)
        assert described.signature.inputs.to_dict()[0]["tensor-spec"]["shape"] == (-1, 784)
        assert described.signature.outputs
        assert described.saved_input_example_info
        assert not list(folder.rglob("*.p*kl*"))
        inputs = runs[name].inputs.dataset_inputs
        data = {(item.tags[0].value, item.dataset.name) for item in inputs}
        assert data == {("training", "own"), ("testing", "own")}
        answers = pyfunc.load_model(str(folder)).predict(images)
        scores = np.load(base.path / f"data/scores/{name}.npy")
        if name == "svm_final":
            np.testing.assert_array_equal(answers, learnt[scores.argmax(axis=1)])
        else:
            np.testing.assert_allclose(answers, scores, rtol=1e-5, atol=1e-6)
    # The optimizer's memory is no part of an answer.
    [kept] = model_folder(base, "keras_dense").rglob("*.keras")
    assert kept.stat().st_size < 0.6 * (base.path / "models/keras_dense.keras").stat().st_size


def test_the_saved_view_shows_the_models_best_first(base, runs):
    tags = base.mlflow.get_experiment_by_name("mnist-report").tags
    view = json.loads(tags["mlflow.sharedViewState.models"])
    assert (view["orderByKey"], view["orderByAsc"]) == ("metrics.`accuracy`", False)
    found = base.mlflow.search_runs([runs["cnn"].info.experiment_id], view["searchFilter"])
    assert sorted(run.data.tags["dvc.stage"] for run in found) == sorted(MODELS)
    columns = {column.removeprefix("metrics.").strip("`") for column in view["selectedColumns"]}
    assert columns <= runs["cnn"].data.metrics.keys()


def curve(checkout):
    """Return how the loss of the network from scratch falls, by the newest of its runs."""
    run = next(run for run in checkout.runs() if run.data.tags["dvc.stage"] == "scratch_nn")
    points = checkout.mlflow.get_metric_history(run.info.run_id, "train/loss")
    return [(point.step, point.value) for point in points]


def test_a_copied_store_looks_at_home_and_gets_the_runs_that_it_lacks(base, runs, land):
    copy = base.copy(land / "with its store")
    shutil.copy(base.path / "mlflow.db", copy.path)
    shutil.copytree(base.path / "mlartifacts", copy.path / "mlartifacts")
    copy.mlflow.delete_run(runs["scratch_nn"].info.run_id)
    done = copy.good(*TRACK, env=OWN_CODE)
    [line] = done.lines
    assert line.startswith(f"mlflow.db: moved from {base.path.as_uri()}/mlartifacts")
    expected = {own_name(name): "already recorded" for name in runs}
    expected["scratch_nn"] = "recorded"
    assert done.out.splitlines() == [f"{name}: {said}" for name, said in expected.items()]
    assert curve(copy) == curve(base)
    with contextlib.closing(sqlite3.connect(copy.path / "mlflow.db")) as database:
        old = [line for line in database.iterdump() if f"{base.path}/" in line]
    assert all("'Default'" in line for line in old)  # MLflow's own experiment, which is empty
    assert (model_folder(copy, "cnn") / "MLmodel").is_relative_to(copy.path)
