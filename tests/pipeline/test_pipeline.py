"""The whole pipeline in miniature: DVC, Git and MLflow as a user meets them.

A whole run costs half a minute, so tests share the checkouts of `conftest.py`; none of them
changes what another one looks at.
"""

import ast
import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import requests
from mlflow import MlflowClient
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
every_stage = pytest.mark.parametrize("name", STAGES)


def flat(tree, prefix=""):
    """Return the leaves of nested mappings under dotted names."""
    leaves = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[prefix + key] = value
    return leaves


def recorded(checkout):
    """Return every run of a checkout's default store."""
    client = MlflowClient(f"sqlite:///{checkout.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist-report")
    return client.search_runs([experiment.experiment_id])


def artifacts(run):
    """Return the artifacts of a run as files, by their path in it."""
    folder = Path(unquote(urlsplit(run.info.artifact_uri).path))
    return {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def runs(base):
    """Return the runs of the first whole run of the pipeline."""
    return recorded(base)


# DVC


def test_the_pipeline_runs_every_stage_and_makes_every_output(pair, restored):
    (checkout, done), _ = pair
    assert done.code == 0, done.err
    assert sorted(done.stages) == sorted(name for name in STAGES if name not in restored)
    assert done.stages[-1] == "report"
    assert checkout.outputs().keys() == checkout.declared_outputs()
    assert all(checkout.outputs().values())


def test_the_report_is_about_the_data_it_ran_on(base):
    text = (base.path / "report" / "report.md").read_text(encoding="utf-8")
    assert "Tiny \\<digits\\>: 400 training and 120 test" in text
    assert base.read("metrics/fetch.json")["title"] == "Tiny <digits>"


def test_two_folders_give_the_same_bytes(pair):
    (base, _), (other, done) = pair
    assert done.stages == ["fetch", "scale", "scratch_nn"]
    mine, theirs = (checkout.read("dvc.lock")["stages"] for checkout in (base, other))
    assert {name: mine[name] for name in done.stages} == theirs
    mine, theirs = base.outputs(), other.outputs()
    assert {path for path in theirs if mine[path] != theirs[path]} == set()


def test_nothing_is_left_for_git_after_a_commit(base):
    assert base.git("status", "--porcelain") == ""


def test_nothing_reaches_for_the_network(base):
    log = base.path / ".dvc" / "tmp" / "connections.log"
    assert not log.exists(), log.read_text(encoding="utf-8")
    # The stages would not have been able to.
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    assert "ConnectionRefusedError: socket.getaddrinfo" in base.python("-c", code).err
    log.unlink()


def test_what_is_up_to_date_is_not_run_again(base):
    assert base.dvc("repro").stages == []
    assert "up to date" in base.dvc("status").out


def test_a_parameter_reruns_only_the_stages_that_depend_on_it(experiments):
    assert experiments.here.stages == ["pca", "verdicts", "report"]
    assert "up to date" in experiments.status
    checkout = experiments.checkout
    changed = checkout.git("diff", "--name-only", "main", "thresholds").splitlines()
    assert {path.split("/")[0] for path in changed} == {
        "params.yaml", "dvc.lock", "metrics", "plots", "report",
    }  # fmt: skip
    metrics = {path for path in changed if path.startswith("metrics/")}
    assert metrics == {"metrics/pca.json"}


@pytest.fixture(scope="module")
def clone(experiments):
    """Return a clone of a repository with two branches; it has no cache and no data."""
    assert not (experiments.clone.path / ".dvc" / "cache").exists()
    return experiments.clone


def test_metrics_of_branches_are_compared_without_a_cache(clone):
    done = clone.dvc("metrics", "diff", "main", "origin/thresholds", "--json")
    diff = json.loads(done.out)
    assert set(diff) == {"metrics/pca.json"}
    [change] = [
        value
        for key, value in diff["metrics/pca.json"].items()
        if key.replace("'", "").endswith("components_for_percent.50")
    ]
    old = clone.read("metrics/pca.json")["components_for_percent"]
    assert "50" not in old
    assert 1 <= change["new"] <= old["80"]


def test_plots_of_branches_are_compared_without_a_cache(clone):
    clone.dvc("plots", "diff", "main", "origin/thresholds", "--out", "compared")
    page = (clone.path / "compared" / "index.html").read_text(encoding="utf-8")
    pictures = {path.name for path in (clone.path / "compared").rglob("*.png")}
    assert "thresholds" in page
    assert '"tick"' in page  # a template of our own, for the values of studies
    assert any("main" in name and "cumulative_variance" in name for name in pictures)
    assert any("thresholds" in name and "cumulative_variance" in name for name in pictures)


@pytest.mark.parametrize("remote", ["folder", "bucket"])
def test_a_clone_is_up_to_date_after_a_pull(base, pulled, remote):
    clone = pulled[remote]
    assert "up to date" in clone.dvc("status").out
    assert clone.dvc("repro").stages == []
    assert clone.outputs() == base.outputs()
    assert clone.git("status", "--porcelain") == ""


def test_a_clone_makes_the_same_report(base, pulled):
    clone = pulled["bucket"]
    for path in clone.declared("outs")["report"]:
        (clone.path / path).unlink()
    done = clone.dvc("repro", "--force", "--single-item", "report")
    assert done.stages == ["report"]
    assert clone.outputs() == base.outputs()
    assert clone.git("status", "--porcelain") == ""


# Experiments


def test_an_experiment_in_a_temporary_copy_leaves_the_workspace_alone(experiments):
    checkout = experiments.checkout
    assert experiments.sums_after_away == {"2", "3", "10", "60"}
    kept = checkout.git("show", "thresholds:metrics/pca.json")
    assert set(json.loads(kept)["explained_variance_sum"]) == {"2", "3", "5"}
    assert {"here", "away"} <= set(experiments.listed)


def test_experiments_of_both_kinds_are_in_the_store_of_the_checkout(experiments):
    checkout = experiments.checkout
    found = sorted(
        (run.data.tags["dvc.experiment"], run.data.tags["dvc.stage"], run.info.status)
        for run in recorded(checkout)
    )
    assert found == [
        ("away", "pca", "FINISHED"),
        ("here", "pca", "FINISHED"),
        ("here", "report", "FINISHED"),
        ("here", "verdicts", "FINISHED"),
    ]
    assert [path.parent for path in checkout.path.rglob("mlflow.db")] == [checkout.path]


def test_runs_of_experiments_hold_their_own_results(experiments):
    checkout = experiments.checkout
    sums = {
        run.data.tags["dvc.experiment"]: (
            run.data.params["pca.sums"],
            sorted(k.split(".")[-1] for k in run.data.metrics if "variance_sum" in k),
        )
        for run in recorded(checkout)
        if run.data.tags["dvc.stage"] == "pca"
    }
    assert sums == {"here": ("[5]", ["2", "3", "5"]), "away": ("[7]", ["2", "3", "7"])}


# MLflow


def test_every_stage_has_one_finished_run(runs):
    assert sorted(run.data.tags["dvc.stage"] for run in runs) == sorted(STAGES)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert all(run.info.run_name == run.data.tags["dvc.stage"] for run in runs)


def run_of(runs, name):
    [run] = [run for run in runs if run.data.tags["dvc.stage"] == name]
    return run


@every_stage
def test_a_run_holds_the_parameters_of_its_stage(base, runs, name):
    every = flat(base.read("params.yaml"))
    declared = base.declared("params")[name]
    expected = {
        key: value
        for key, value in every.items()
        if any(key == d or key.startswith(f"{d}.") for d in declared)
    }
    logged = run_of(runs, name).data.params
    assert logged.keys() == expected.keys()
    for key, value in expected.items():
        # 10 and 10.0 are one number; words are logged without quotes.
        assert logged[key] == str(value) or ast.literal_eval(logged[key]) == value


@every_stage
def test_a_run_holds_the_metrics_of_its_stage(base, runs, name):
    logged = run_of(runs, name).data.metrics
    for path in base.declared("metrics")[name]:
        for key, value in flat(base.read(path)).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert logged[key] == value


@every_stage
def test_a_run_holds_the_files_of_its_stage(base, runs, name):
    kept = artifacts(run_of(runs, name))
    for kind, folder in (("metrics", "metrics"), ("plots", "plots"), ("outs", "outputs")):
        for path in base.declared(kind)[name]:
            copy = kept[f"{folder}/{Path(path).name}"]
            assert copy.read_bytes() == (base.path / path).read_bytes()


@every_stage
def test_a_run_names_the_images_of_its_stage(base, runs, name):
    deps = base.declared("deps")[name]
    logged = {item.tags[0].value: item.dataset for item in run_of(runs, name).inputs.dataset_inputs}
    used = {"train": "training", "test": "testing"}
    assert logged.keys() == {
        used[part] for part in used if f"data/scaled/{part}_images.npy" in deps
    }
    for part, context in used.items():
        if context in logged:
            assert logged[context].name == "own"
            rows = len(np.load(base.path / f"data/scaled/{part}_labels.npy"))
            assert json.loads(logged[context].profile)["features_shape"] == [rows, 784]
            source = json.loads(logged[context].source)["uri"]
            assert source == f"data/scaled/{part}_images.npy"
    assert len({data.digest for data in logged.values()}) == len(logged)


def test_the_same_images_have_the_same_digest_in_every_run(runs):
    digests = {item.dataset.digest for run in runs for item in run.inputs.dataset_inputs}
    assert len(digests) == 2


@every_stage
def test_a_run_says_where_it_came_from(base, runs, restored, name):
    tags = run_of(runs, name).data.tags
    assert tags["mlflow.source.name"] == f"stages/{name}.py"
    assert tags["mlflow.source.git.commit"] == base.git("rev-parse", "main~1")
    assert tags["data.dataset"] == "own"
    assert tags["data.comparable_with_paper"] == "false"
    assert tags["recorded"] == ("restored" if name in restored else "executed")
    assert re.fullmatch("[0-9a-f]{64}", tags["fingerprint"])


@pytest.fixture(scope="module")
def served(base):
    """Serve the network from scratch as MLflow logged it; return its address."""
    client = MlflowClient(f"sqlite:///{base.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist-report").experiment_id
    [model] = client.search_logged_models([experiment], "name = 'scratch_nn'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    folder = unquote(urlsplit(model.artifact_location).path)
    command = ("mlflow", "models", "serve", "--env-manager", "local", "--port", port, "-m", folder)
    server = base.start(*command, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def test_a_logged_model_answers_over_http_with_ten_probabilities(base, served):
    for _ in range(120):
        try:
            requests.get(f"{served}/ping", timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.5)
    images = np.load(base.path / "data" / "scaled" / "test_images.npy")[:4]
    answer = requests.post(f"{served}/invocations", json={"inputs": images.tolist()}, timeout=30)
    predictions = np.array(answer.json()["predictions"])
    kept = np.load(base.path / "data" / "scores" / "scratch_nn.npy")[:4]
    np.testing.assert_allclose(predictions, kept, atol=1e-6)
    np.testing.assert_allclose(predictions.sum(axis=1), 1, atol=1e-5)
    assert predictions.shape == (4, 10)


def test_networks_and_machines_are_logged_with_signature_and_example(base):
    client = MlflowClient(f"sqlite:///{base.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist-report").experiment_id
    models = {model.name: model for model in client.search_logged_models([experiment])}
    assert models.keys() == {"svm_final", "scratch_nn", "keras_dense", "cnn"}
    for model in models.values():
        folder = Path(unquote(urlsplit(model.artifact_location).path))
        described = YAML(typ="safe", pure=True).load((folder / "MLmodel").read_text("utf-8"))
        assert described["signature"]["inputs"]
        assert described["signature"]["outputs"]
        assert described["saved_input_example_info"]
        assert not list(folder.rglob("*.pkl"))


def test_fingerprints_differ(runs):
    assert len({run.data.tags["fingerprint"] for run in runs}) == len(runs)


def test_the_store_lies_in_the_checkout(base, runs):
    for run in runs:
        path = Path(unquote(urlsplit(run.info.artifact_uri).path))
        assert path.is_relative_to(base.path / "mlartifacts")


def test_the_common_tracker_levels_what_it_did_not_follow_and_nothing_twice(pair, restored):
    (checkout, done), _ = pair
    levelled = [line for line in done.out.splitlines() if line.startswith("track: ")]
    assert levelled[-len(STAGES) :] == [
        f"track: {name}: {'recorded' if name in restored else 'already recorded'}"
        for name in STAGES
    ]
    assert len(checkout.statuses()) == len(STAGES)


def test_levelling_fills_an_empty_store_once(base, runs, pulled):
    clone = pulled["folder"]
    first = clone.python("-m", "mnist_report.tracking", "level")
    assert first.code == 0, first.err
    assert first.out.splitlines() == [f"track: {name}: recorded" for name in STAGES]
    restored = recorded(clone)
    assert sorted(run.data.tags["dvc.stage"] for run in restored) == sorted(STAGES)
    assert {run.info.status for run in restored} == {"FINISHED"}
    assert {run.data.tags["recorded"] for run in restored} == {"restored"}
    # A restored run says what the executed one said.
    for run in restored:
        twin = run_of(runs, run.data.tags["dvc.stage"])
        assert run.data.params == twin.data.params
        assert run.data.metrics == twin.data.metrics
        assert run.data.tags["fingerprint"] == twin.data.tags["fingerprint"]
        assert run.inputs.dataset_inputs == twin.inputs.dataset_inputs
        assert artifacts(run).keys() == artifacts(twin).keys()

    second = clone.python("-m", "mnist_report.tracking", "level")
    assert second.out.splitlines() == [f"track: {name}: already recorded" for name in STAGES]
    assert len(recorded(clone)) == len(STAGES)


def test_a_server_out_of_reach_costs_a_warning_a_stage_and_no_result(pair):
    _, (other, done) = pair
    assert done.code == 0
    warnings = re.findall(r"^(\w+): warning: MLflow did not record", done.err, flags=re.MULTILINE)
    assert warnings == done.stages
    assert "Traceback" not in done.err
    assert not (other.path / "mlflow.db").exists()


# What goes wrong


def test_a_stage_that_fails_says_one_line_and_leaves_its_outputs_alone(failed):
    checkout, before, done = failed
    assert done.code == 1
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("fetch: error: ")
    assert "t10k-images-idx3-ubyte" in done.err
    assert done.out == ""
    assert checkout.outputs() == before
    temporaries = [path for path in (checkout.path / "data").rglob(".*") if "git" not in path.name]
    assert temporaries == []


def test_a_stage_that_fails_leaves_a_failed_run_with_the_reason(failed):
    checkout, _, done = failed
    [run] = recorded(checkout)
    assert run.info.run_name == "fetch"
    assert run.info.status == "FAILED"
    assert done.err.strip() == f"fetch: error: {run.data.tags['reason']}"


def test_two_stages_that_start_on_an_empty_store_at_once_are_both_recorded(ended):
    assert ended.both_ran
    assert "warning" not in ended.interrupted.err + ended.killed.err
    assert len(ended.checkout.rows("select * from experiments where name = 'mnist-report'")) == 1


def test_steps_are_logged_while_a_stage_works(ended):
    assert ended.steps_seen == [("loss", 0.5, 3)] * 2


def test_a_stage_that_is_interrupted_says_so_and_closes_its_run(ended):
    assert ended.interrupted.code == 130
    name = next(iter(STAGES))
    assert ended.interrupted.err.startswith(f"{name}: interrupted; run 'dvc repro'")
    assert len(ended.interrupted.err.splitlines()) == 1
    assert dict(ended.checkout.statuses())[name] == "KILLED"


def test_one_tracker_follows_stages_that_run_at_once(followed):
    assert followed.both_ran
    assert followed.steps_seen == [("loss", 0.5, 3)] * 2


def test_one_tracker_closes_the_run_of_a_killed_stage_while_another_goes_on(followed):
    assert followed.closed_first


def test_ctrl_c_ends_the_stages_and_their_runs_before_the_common_tracker(followed):
    name = list(STAGES)[1]
    assert followed.done.code != 0
    assert f"{name}: interrupted; run 'dvc repro'" in followed.done.err
    assert "warning" not in followed.done.err
    assert "track:" not in followed.done.out  # nothing is levelled after what failed
    assert {status for _, status in followed.checkout.statuses()} == {"KILLED"}


def test_a_stage_that_is_killed_leaves_no_running_run(ended):
    assert ended.killed.code == -9
    assert ended.none_left
    assert dict(ended.checkout.statuses())[list(STAGES)[1]] == "KILLED"
