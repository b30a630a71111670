"""Faults: stages killed, a full disk, MLflow in trouble. The next run gives the same bytes."""

import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from dvc.utils.serialize import load_yaml

from miniature import OWN_CODE, TRACK
from mnist_report.core import store

STUDY = "study@slips_network"
TARGETS = ("scratch_nn", STUDY)

#: Python runs this when it starts a stage. FAULT says what is counted, files that are opened to be
#: written (`file`) or measurements that are done (`step`), up to which number, and then which
#: signal reaches the stage (`stage`) or all processes of `dvc repro` (`all`); with FULL the
#: stage's disk takes no more.
HOOK = """
import os, resource, signal, sys

def strike():
    counted.append(1)
    if len(counted) == int(number) and name == "FULL":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    elif len(counted) == int(number):
        os.kill(0 if whom == "all" else os.getpid(), getattr(signal, name))

def on_event(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".part"):
        strike()

if "FAULT" in os.environ and any("stages/" in word for word in sys.argv + sys.orig_argv):
    what, number, name, whom = os.environ["FAULT"].split()
    counted = []
    if what == "file":
        sys.addaudithook(on_event)
    else:
        import tqdm
        update = tqdm.tqdm.update
        tqdm.tqdm.update = lambda bar, n=1: (update(bar, n), strike())[0]
"""


@pytest.fixture(scope="module")
def undisturbed(base, land):
    """Return a checkout with the hook in which all has run, with nothing in its way."""
    checkout = base.copy(land / "undisturbed")
    (checkout.path / "src" / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    return checkout


@pytest.fixture(scope="module")
def fresh(base, land):
    """Return a checkout with the hook in which nothing has run."""
    checkout = base.clone(land / "struck")
    checkout.git("reset", "--quiet", "--hard", "main~1")
    (checkout.path / "src" / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    return checkout


def unfinished(checkout):
    return list(checkout.path.rglob(".*.part"))


def test_after_a_kill_the_next_run_gives_the_same_bytes(undisturbed, fresh):
    fresh.dvc("repro", "fetch")
    for place, fault, stage in (
        (fresh, "file 1 SIGKILL stage", "scale"),  # before anything is written
        (fresh, "file 4 SIGKILL stage", "scratch_nn"),  # between two outputs
        (fresh.cold, "step 5 SIGKILL all", STUDY),  # in the middle of a study, with DVC
    ):
        done = place.run("dvc", "repro", stage, env={"FAULT": fault})
        assert done.code != 0
        assert done.stages == [stage]
        assert len(unfinished(fresh)) <= 1
        assert ".part" not in fresh.git("status", "--porcelain")
        if stage == "scale":
            assert fresh.dvc("repro", stage).stages == [stage]
    kept = fresh.path / "data/studies/slips_network.jsonl"
    assert 5 <= len(kept.read_text(encoding="utf-8").splitlines()) < 12

    assert sorted(fresh.dvc("repro", *TARGETS).stages) == sorted(TARGETS)
    assert fresh.outputs(*TARGETS) == undisturbed.outputs(*TARGETS)
    lock, expected = (load_yaml(place.path / "dvc.lock") for place in (fresh, undisturbed))
    assert lock["stages"].items() <= expected["stages"].items()
    assert not kept.exists()
    assert unfinished(fresh) == []

    experiment = fresh.mlflow.get_experiment_by_name("mnist-report").experiment_id
    alive = fresh.mlflow.create_run(experiment, tags={"process": store.process(os.getpid())})
    said = fresh.good(*TRACK, env=OWN_CODE).out.splitlines()
    assert said[0] == "scratch_nn · main: its process is gone, marked as killed"
    left_out = "pca: not up to date here, left out; 'dvc repro' or 'dvc pull' brings it"
    assert {left_out, "scale: already recorded", "slips_network: already recorded"} <= set(said)
    assert fresh.mlflow.get_run(alive.info.run_id).info.status == "RUNNING"
    fresh.mlflow.delete_run(alive.info.run_id)
    found = sorted((run.data.tags["dvc.stage"], run.info.status) for run in fresh.runs())
    finished = [(name, "FINISHED") for name in ("fetch", "scale", "scratch_nn", "slips_network")]
    # Of the three that were killed, one had told of its epochs.
    assert found == sorted([*finished, ("scratch_nn", "KILLED")])


def test_a_full_disk_is_one_line_and_the_next_run_gives_the_same_bytes(undisturbed, land):
    checkout = undisturbed.copy(land / "full")
    command = ("repro", "--force", "--single-item", "scale")
    done = checkout.run("dvc", *command, env={"FAULT": "file 2 FULL stage"})
    [said] = [line for line in done.lines if line.startswith("scale: error")]
    assert "cannot write" in said
    assert "free some space" in said
    assert "Traceback" not in done.err
    assert unfinished(checkout) == []
    assert checkout.dvc("repro", "scale").stages == ["scale"]
    assert checkout.outputs("scale") == undisturbed.outputs("scale")


class Failing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)

    do_POST = do_GET

    def log_message(self, *_):
        """Say nothing."""


def test_a_server_in_trouble_costs_a_warning_and_seconds(undisturbed, land):
    checkout = undisturbed.copy(land / "without MLflow")
    failing = HTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=failing.serve_forever, daemon=True).start()
    # What listens has a queue: it takes connections, and nobody ever answers.
    with failing, socket.create_server(("127.0.0.1", 0)) as hanging:
        for port in (9, hanging.getsockname()[1], failing.server_port):
            start, address = time.monotonic(), f"http://127.0.0.1:{port}"
            command = ("repro", "--force", "--single-item", "scratch_nn")
            done = checkout.dvc(*command, env={"MLFLOW_TRACKING_URI": address})
            assert time.monotonic() - start < 20  # ten, on a machine that does other work
            [warning] = done.lines
            assert warning.startswith("scratch_nn: warning: MLflow did not record this run (")
            assert checkout.outputs("scratch_nn") == undisturbed.outputs("scratch_nn")
            assert not (checkout.path / "mlartifacts").exists()
        failing.shutdown()
