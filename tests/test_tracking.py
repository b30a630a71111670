"""The tracker's command line, and what it does to the MLflow store."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from miniature import ROOT, UNREACHABLE, Checkout, finish, yaml
from mnist_report import paths
from mnist_report.dvcfiles import StageFiles
from mnist_report.tracking import datasets, record

#: A server that is not there is asked once.
GONE = UNREACHABLE | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


@pytest.fixture
def here(tmp_path):
    """Return this checkout, with a folder of its own for the store."""

    class Here(Checkout):
        def environment(self, extra):
            return super().environment({"DVC_ROOT": str(tmp_path)} | (extra or {}))

        def track(self, *arguments, env=None):
            return self.python("-m", "mnist_report.tracking", *arguments, env=env)

    return Here(ROOT, tmp_path)


@pytest.mark.parametrize("code", [0, 3])
def test_a_server_out_of_reach_costs_a_run_that_is_done_a_warning(here, code):
    done = here.track("around", sys.executable, "-c", f"raise SystemExit({code})", env=GONE)
    assert done.code == code
    warnings = done.err.splitlines()
    assert len(warnings) == (code == 0), done.err
    for line in warnings:
        assert line.startswith("track: warning: MLflow cannot be used (")
        assert "the results are not affected; 'make track' records" in line


def test_to_level_with_a_server_out_of_reach_is_an_error(here):
    done = here.track("level", env=GONE)
    assert done.code == 1
    assert done.err.startswith("track: error: MLflow cannot be used (")
    assert len(done.err.splitlines()) == 1


#: Connects to the store of the folder `DVC_ROOT` after the code that is put before it.
CONNECT = """
from mnist_report.tracking import store

client, experiment = store.connect()
run = client.create_run(experiment)
client.set_terminated(run.info.run_id)
print(client.get_experiment(experiment).name, len(client.search_runs([experiment])))
"""

KILL = "import os, signal\ndef kill(*_): os.kill(os.getpid(), signal.SIGKILL)\n"

#: Moments of the making of a store.
MOMENTS = {
    # Of these, MLflow itself can neither use nor complete the tables.
    "between two tables": """
from sqlalchemy import Engine, event

versions = []

def executes(connection, cursor, statement, *_):
    if statement.startswith(("INSERT INTO alembic_version", "UPDATE alembic_version")):
        versions.append(statement)
        if len(versions) == 5:
            kill()

event.listen(Engine, "before_cursor_execute", executes)
""",
    "before it moves into place": (
        "import sys\nsys.addaudithook("
        "lambda event, args: event == 'os.rename' and 'mlflow.db' in str(args[1]) and kill())\n"
    ),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_while_the_store_is_made_leaves_none_and_the_next_one_makes_it(
    here, tmp_path, moment
):
    killed = here.python("-c", KILL + MOMENTS[moment] + CONNECT)
    assert killed.code == -signal.SIGKILL, killed.err
    assert any(tmp_path.glob("mlflow.db*"))
    assert not (tmp_path / "mlflow.db").exists()
    # Nor does it matter what a deleted store has left: SQLite would take it for this one's.
    for name in ("mlflow.db.part-journal", "mlflow.db-journal", "mlflow.db-wal"):
        (tmp_path / name).write_bytes(b"half")
    done = here.python("-c", CONNECT)
    assert (done.code, done.out) == (0, "mnist-report 1\n"), done.err
    assert [path.name for path in tmp_path.glob("mlflow.db*")] == ["mlflow.db"]


#: A command that says where the common tracker listens, and that it goes on until it is ended.
WAITS = """
import os, sys, time

print(os.environ["MNIST_REPORT_TRACKER"], os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_sigterm_ends_the_command_and_leaves_nothing_behind(here, ctrl_c):
    # In the background of a script Ctrl-C is ignored, by the command too.
    process = here.start(
        *(sys.executable, "-m", "mnist_report.tracking", "around", sys.executable, "-c", WAITS),
        env={"PYTHONPATH": "src"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, ctrl_c),
    )
    address, child = process.stdout.readline().split()
    assert Path(address).exists()
    process.terminate()
    done = finish(process, 30)
    assert done.code != 0
    assert "mnist_report" not in done.err
    assert not psutil.pid_exists(int(child))
    assert not Path(address).parent.exists()


# To level


@pytest.fixture(scope="module")
def done_project(tmp_path_factory):
    """Make a checkout of the code with a pipeline of one stage, which has run."""
    folder = tmp_path_factory.mktemp("done")
    made = Checkout(folder / "project", folder)
    shutil.copytree(ROOT / "src", made.path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", made.path)
    made.git("init", "--quiet")
    made.dvc("init", "--quiet")
    stage = {"cmd": "echo 1 > first", "outs": [{"first": {"cache": False}}]}
    with (made.path / "dvc.yaml").open("w", encoding="utf-8") as stream:
        yaml().dump({"stages": {"first": stage}}, stream)
    made.dvc("repro")
    return made


@pytest.fixture
def project(done_project, tmp_path):
    """Return a copy of that checkout, with no store."""
    shutil.copytree(done_project.path, tmp_path / "project")
    return Checkout(tmp_path / "project", tmp_path)


LEVEL = ("-m", "mnist_report.tracking", "level")

#: Levels; the word `moment` is for what happens when it comes to ask DVC.
LEVEL_WITH = """
import signal, sys
from mnist_report.tracking.__main__ import main
from mnist_report.tracking import level

def moment():
    {}

stale = level._stale
level._stale = lambda: (moment(), stale())[1]
sys.exit(main(["level"]))
"""


def test_while_one_process_levels_stages_connect_and_another_that_levels_waits(project):
    waits = 'print("levels", flush=True); sys.stdin.readline()'
    own = {"env": {"PYTHONPATH": "src"}, "stdin": subprocess.PIPE}
    first = project.start(sys.executable, "-c", LEVEL_WITH.format(waits), **own)
    assert first.stdout.readline() == "levels\n"
    connected = project.run(sys.executable, "-c", CONNECT, env={"PYTHONPATH": "src"}, timeout=60)
    assert (connected.code, connected.out) == (0, "mnist-report 1\n"), connected.err
    second = project.start(sys.executable, *LEVEL, **own)
    said = second.stderr.readline()
    assert said == "track: another process brings MLflow level; waiting for it\n"
    one, other = finish(first, 60), finish(second, 60)
    assert (one.code, one.out) == (0, "track: first: recorded\n"), one.err
    assert (other.code, other.out) == (0, "track: first: already recorded\n"), other.err


def test_ctrl_c_while_it_levels_is_one_line(project):
    # In the middle of the next that is asked of the database.
    moment = (
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from sqlalchemy import Engine, event; event.listen(Engine, 'before_cursor_execute',"
        " lambda *_: signal.raise_signal(signal.SIGINT), once=True)"
    )
    done = project.python("-c", LEVEL_WITH.format(moment))
    assert done.code == 130
    assert done.err == "track: interrupted; 'make track' takes it up again\n"
    assert project.python(*LEVEL).out == "track: first: recorded\n"


def test_a_dvc_that_is_busy_is_called_that(project):
    holds = "from dvc.repo import Repo\nwith Repo().lock: print('held', flush=True); input()"
    dvc = project.start(sys.executable, "-c", holds, stdin=subprocess.PIPE)
    assert dvc.stdout.readline() == "held\n"
    done = project.python(*LEVEL)
    finish(dvc, 30)
    assert done.code == 1
    assert done.err == "track: error: another DVC process is at work in this checkout\n"


#: Logs a model to a run and says how the run stands.
LOG_MODEL = """
import sys
from pathlib import Path

import numpy as np
import skops.io
from sklearn.naive_bayes import GaussianNB

from mnist_report import paths
from mnist_report.tracking import models, store

folder = Path(sys.argv[1])
images = np.eye(4)
np.save(folder / "test_images.npy", images)
skops.io.dump(GaussianNB().fit(images, [0, 0, 1, 1]), folder / "model.skops")
paths.SCALED = folder
client, experiment = store.connect()
run_id = client.create_run(experiment).info.run_id
models.log_model(run_id, folder / "model.skops")
run = client.get_run(run_id)
print(run.info.status, len(run.outputs.model_outputs))
"""


def test_a_run_goes_on_after_its_model(here, tmp_path):
    # Killed then, it would be a finished run without a fingerprint.
    done = here.python("-c", LOG_MODEL, str(tmp_path), env={"MLFLOW_LOGGING_LEVEL": "CRITICAL"})
    assert (done.code, done.out) == (0, "RUNNING 1\n"), done.err


# The images of a run


def test_other_images_or_other_labels_have_another_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "SCALED", tmp_path)
    images, labels = (paths.scaled_file("train", kind) for kind in ("images", "labels"))
    stage = StageFiles("pca", deps=(images, labels), params=(), outs=(), metrics=(), plots=())

    def digest():
        [found] = datasets.inputs(stage, "own", record.digest)
        assert found.tags[0].value == "training"
        return found.dataset.digest

    np.save(images, np.zeros((2, 784), np.float32))
    np.save(labels, np.zeros(2, np.uint8))
    first = digest()
    assert digest() == first
    np.save(images, np.ones((2, 784), np.float32))
    second = digest()
    np.save(labels, np.ones(2, np.uint8))
    assert len({first, second, digest()}) == 3
