"""The miniature of the whole pipeline, run and put through what a user does with it."""

import gzip
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests
from moto.server import ThreadedMotoServer

from miniature import (
    OWN_GROUP,
    ROOT,
    UNREACHABLE,
    Checkout,
    Done,
    copy_checkout,
    finish,
    make_checkout,
    wait_for,
    write_mirror,
    yaml,
)

#: Up to this stage the pipeline runs twice, to compare bytes.
LAST = "scratch_nn"

STAGES = yaml().load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]

#: Stages that run by DVC: those that log models, what they read, and one study.
BY_DVC = ("pca", "svm_final", "scratch_nn", "keras_dense", "cnn", "spread_scratch_nn")

#: Stages that run in one process: all others but the last ones, which DVC runs at the end.
IN_ONE_PROCESS = [
    name
    for name in STAGES
    if name not in (*BY_DVC, "fetch", "scale", "svm_gridsearch", "verdicts", "costs", "report")
]

#: Without TensorFlow's graphs, which take longer to draw up than the trainings of some twenty small
#: networks that use them; the stages `keras_dense` and `cnn` have them.
RUN_IN_ONE_PROCESS = """
import importlib.util, sys
import tensorflow
from mnist_report.params import load_params
from mnist_report.stage import Stage

tensorflow.config.run_functions_eagerly(True)
for name in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location(name, f"stages/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(Stage(load_params()))
"""


@pytest.fixture(scope="session")
def land(tmp_path_factory):
    """Make the folder that holds the checkouts and everything they need."""
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "home").mkdir()
    write_mirror(folder / "mirror")
    return folder


@pytest.fixture(scope="session")
def new_checkout(land):
    """Return a function that makes a fresh checkout without data, lock or store."""
    return lambda name: make_checkout(land / name, land / "home", land / "mirror")


@pytest.fixture(scope="session")
def copy_of(land):
    """Return a function that copies a checkout, leaving out its MLflow store."""
    return lambda original, name: copy_checkout(original, land / name)


#: Python runs this in every process that looks for its modules in `src` first: the stages, their
#: trackers and their workers. Nothing of it may reach for an address; the data lie in a folder.
NO_NETWORK = """
import sys
from pathlib import Path

NAMES = {"socket.getaddrinfo", "socket.gethostbyname"}
ADDRESSES = {"socket.connect", "socket.sendto"}

def refuse(event, arguments):
    # The address of a Unix socket is a path; those of networks are tuples.
    if event in NAMES or event in ADDRESSES and isinstance(arguments[-1], tuple):
        with Path(__file__).parents[1].joinpath(".dvc", "tmp", "connections.log").open("a") as log:
            print(sys.argv, event, arguments, file=log)
        raise ConnectionRefusedError(f"{event} {arguments}")

sys.addaudithook(refuse)
"""


#: Has one tracker for all stages, as `make repro` does; without it each starts its own.
AROUND = "PYTHONPATH=src python -m mnist_report.tracking around"


@pytest.fixture(scope="session")
def pair(new_checkout):
    """Run the pipeline in two folders at once: with its default store, and with none in reach.

    In the first, most stages run in one process, as DVC would run them one by one, and the second
    tracker brings MLflow level with them: that many processes would spend minutes on imports.

    The second one stops at the network from scratch; the bytes of the other models
    `tests/models` compares between processes at less cost.
    """
    base, other = new_checkout("ein Ordner mit Ümläuten"), new_checkout("other")
    (base.path / "src" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    base.commit("No network")
    steps = [
        f"{AROUND} dvc repro {' '.join(BY_DVC)}",
        f"PYTHONPATH=src python -c '{RUN_IN_ONE_PROCESS}' {' '.join(IN_ONE_PROCESS)}",
        f"dvc commit --quiet --force {' '.join(IN_ONE_PROCESS)}",
        f"{AROUND} dvc repro",
    ]
    processes = [
        base.start("sh", "-c", " && ".join(steps)),
        # One stage with a tracker of its own, two with a common one.
        other.start("sh", "-c", f"dvc repro fetch && {AROUND} dvc repro {LAST}", env=UNREACHABLE),
    ]
    results = [finish(process, 900) for process in processes]
    base.commit("The results")
    return (base, results[0]), (other, results[1])


@pytest.fixture(scope="session")
def restored():
    """Return the stages that DVC did not run by itself in the first whole run."""
    return IN_ONE_PROCESS


@pytest.fixture(scope="session")
def base(pair):
    """Return the checkout whose pipeline ran with the default store."""
    (checkout, done), _ = pair
    assert done.code == 0, done.err
    return checkout


# What follows a whole run costs tens of seconds each, and waits for the disk and for sleeping
# processes: two at a time, while the first tests already look at the whole run.


@pytest.fixture(scope="session")
def scenarios(base, land, copy_of):
    """Start every scenario; each has a checkout of its own."""
    works = (run_experiments, *REMOTES.values(), end_two, end_followed, fail)
    with ThreadPoolExecutor(2) as pool:
        yield {work: pool.submit(work, base, land, copy_of) for work in works}


@pytest.fixture(scope="session")
def experiments(scenarios):
    return scenarios[run_experiments].result()


@pytest.fixture(scope="session")
def pulled(scenarios):
    """Return the clones that pulled their data, by the kind of remote."""
    return {kind: scenarios[work].result() for kind, work in REMOTES.items()}


@pytest.fixture(scope="session")
def ended(scenarios):
    return scenarios[end_two].result()


@pytest.fixture(scope="session")
def followed(scenarios):
    return scenarios[end_followed].result()


@pytest.fixture(scope="session")
def failed(scenarios):
    return scenarios[fail].result()


@dataclass
class Experiments:
    """An experiment in a temporary copy, then one in the workspace, on a branch that keeps it."""

    checkout: Checkout
    sums_after_away: set
    here: Done
    listed: list
    status: str
    clone: Checkout


def run_experiments(base, land, copy_of):
    """Run both experiments, commit the second, go back to `main`, and clone."""
    checkout = copy_of(base, "experiments")
    checkout.git("checkout", "--quiet", "-b", "thresholds")
    checkout.dvc("exp", "run", "--temp", "--name", "away", "-S", "pca.sums=[7]", "pca")
    sums = set(checkout.read("metrics/pca.json")["explained_variance_sum"])
    changes = ("-S", "pca.sums=[5]", "-S", "pca.thresholds=[0.5,0.9]")
    here = checkout.dvc("exp", "run", "--name", "here", *changes)
    listed = checkout.dvc("exp", "list", "--name-only").out.split()
    status = checkout.dvc("status").out
    checkout.commit("Other thresholds")
    checkout.git("checkout", "--quiet", "main")
    checkout.git("clone", "--quiet", str(checkout.path), str(land / "clone"))
    clone = Checkout(land / "clone", base.home)
    return Experiments(checkout, sums, here, listed, status, clone)


def push_and_pull(base, land, copy_of, kind, *remote):
    """Push the data to a remote, clone the project elsewhere and pull them.

    `remote` is an address, and for S3 that of the server which answers.
    """
    source = copy_of(base, f"pushed to a {kind}")
    clone = Checkout(land / f"pulled from a {kind}", base.home)
    add_remote(source, *remote)
    source.dvc("push")
    source.git("clone", "--quiet", str(source.path), str(clone.path))
    missing = clone.declared_outputs() - clone.outputs().keys()
    assert {path.split("/")[0] for path in missing} == {"data", "models"}
    add_remote(clone, *remote)
    clone.dvc("pull")
    return clone


def add_remote(checkout, address, server=None):
    checkout.dvc("remote", "add", "--local", "--default", "backup", address)
    if server:
        checkout.dvc("remote", "modify", "--local", "backup", "endpointurl", server)


def pull_from_folder(base, land, copy_of):
    return push_and_pull(base, land, copy_of, "folder", str(land / "a remote"))


def pull_from_bucket(base, land, copy_of):
    """Push to and pull from an S3 server that listens on this machine only."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        requests.put(f"{address}/storage", timeout=30).raise_for_status()
        return push_and_pull(base, land, copy_of, "bucket", "s3://storage/mnist", address)
    finally:
        server.stop()


#: The kinds of remote, and who uses each.
REMOTES = {"folder": pull_from_folder, "bucket": pull_from_bucket}


#: A stage that reports one step and then works for ever.
ENDLESS = """
import sys, time
from mnist_report.stage import run_stage

def main(stage):
    stage.log_step(3, {"loss": 0.5})
    time.sleep(600)

run_stage(sys.argv[1], main)
"""


@dataclass
class Ended:
    """Two endless stages that started on an empty store at once and were ended."""

    checkout: Checkout
    both_ran: bool
    steps_seen: list
    interrupted: Done
    killed: Done
    none_left: bool


def two_run(checkout):
    """Tell whether two stages are being recorded and have reported a step each."""
    running = [status for _, status in checkout.statuses()] == ["RUNNING"] * 2
    return running and len(checkout.rows("select * from metrics")) == 2


def end_two(base, land, copy_of):
    """Start two endless stages at once, interrupt the one and kill the other."""
    checkout = copy_of(base, "ended")
    names = list(checkout.declared("deps"))[:2]
    python = (sys.executable, "-c", ENDLESS)
    first, second = (
        checkout.start(*python, name, env={"PYTHONPATH": "src"}, **OWN_GROUP) for name in names
    )
    try:
        both_ran = wait_for(lambda: two_run(checkout))
        steps = checkout.rows("select key, value, step from metrics")
        os.killpg(first.pid, signal.SIGINT)  # Ctrl-C reaches the stage and its tracker
        second.kill()  # SIGKILL reaches the stage alone
        interrupted, killed = finish(first, 60), finish(second, 60)
    finally:
        for process in (first, second):
            if process.poll() is None:
                process.kill()
    none_left = wait_for(lambda: "RUNNING" not in dict(checkout.statuses()).values(), seconds=30)
    return Ended(checkout, both_ran, steps, interrupted, killed, none_left)


@dataclass
class Followed:
    """Two endless stages with one tracker: one was killed, and then all was interrupted."""

    checkout: Checkout
    both_ran: bool
    steps_seen: list
    closed_first: bool
    done: Done


def end_followed(base, land, copy_of):
    """Run two endless stages in a command that one tracker follows; kill the one, then Ctrl-C."""
    checkout = copy_of(base, "followed")
    (checkout.path / "endless.py").write_text(ENDLESS, encoding="utf-8")
    killed, interrupted = list(checkout.declared("deps"))[:2]
    both = f"python endless.py {killed} & echo $! > killed.pid; python endless.py {interrupted}"
    command = ("-m", "mnist_report.tracking", "around", "sh", "-c", both)
    process = checkout.start(sys.executable, *command, env={"PYTHONPATH": "src"}, **OWN_GROUP)
    try:
        both_ran = wait_for(lambda: two_run(checkout))
        steps = checkout.rows("select key, value, step from metrics")
        os.kill(int((checkout.path / "killed.pid").read_text()), signal.SIGKILL)
        closed = wait_for(
            lambda: dict(checkout.statuses()) == {killed: "KILLED", interrupted: "RUNNING"}
        )
        os.killpg(process.pid, signal.SIGINT)
        done = finish(process, 60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return Followed(checkout, both_ran, steps, closed, done)


def fail(base, land, copy_of):
    """Run `fetch` on a mirror with a corrupt file."""
    checkout = copy_of(base, "failed")
    shutil.copytree(land / "mirror", land / "corrupt mirror")
    victim = land / "corrupt mirror" / "t10k-images-idx3-ubyte.gz"
    victim.write_bytes(gzip.compress(b"no images at all"))
    own = checkout.read("params.yaml")["data"]["own"]
    checkout.change(data={"own": own | {"source": str(land / "corrupt mirror")}})
    before = checkout.outputs()
    return checkout, before, checkout.python("stages/fetch.py")
