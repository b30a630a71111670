"""A miniature of the whole pipeline: its own checkouts, data, stores and remotes."""

import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests
from moto.server import ThreadedMotoServer
from ruamel.yaml import YAML

from mnist_report.data import idx

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

#: A port that nobody listens on: the tracker says so within a second.
UNREACHABLE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}

#: Keys that open nothing but the S3 server of these tests, which takes any.
DUMMY_KEYS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "no secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}

#: The stages, with those before them, that are run twice to compare bytes.
MODELS = ("svm_final", "scratch_nn")

#: What has a spread over seeds.
MEASURED = ("svm_kernels", "svm_gridsearch", "svm_final", "scratch_nn", "keras_dense", "cnn")

#: Parameters that make the stages quick. A section that the pipeline lacks is passed over.
SMALL = {
    "pca": {"components": 60, "printed_components": 30, "sums": [10, 60]},
    "svm_intuition": {"points": 60, "pairs": 100},
    "svm_kernels": {"rows": 200, "region_rows": 60},
    "svm_gridsearch": {"rows": 100, "folds": 2, "C": [1, 10], "gamma": [0.01]},
    "svm_final": {"rows": 200},
    "scratch_nn": {"hidden_layer_sizes": [20]},
    "keras_dense": {"hidden_units": [20, 20], "epochs": 2},
    "cnn": {"filters": [3, 4], "dense_units": [20, 10], "epochs": 2},
    # Fewer steps at a time: TensorFlow draws up a graph of them all for each of many trainings.
    "tensorflow": {"threads": 1, "steps_per_execution": 1},
    "compute": {"threads": 1, "jobs": 1},
    "spread": {"seeds": dict.fromkeys(MEASURED, 2)},
    "origins": {"seeds": 2, "kernel_rows": 100, "final_rows": [60, 100]},
    "errata": {
        "network_seeds": 2,
        "svm_seeds": 2,
        "svm_rows": 100,
        "search_seeds": 2,
        "search_rows": 120,
    },
    "ablations": {
        "svm_seeds": 2,
        "svm_rows": 100,
        "components": [5, 784],
        "growth_rows": [50, 100],
        "network_seeds": 2,
        "network_epochs": 2,
        "learning_rates": [0.1],
        "keras_seeds": 2,
        "dense_epochs": 1,
        "cnn_epochs": 1,
        "unscaled_epochs": 1,
    },
}


STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]

#: The studies, but for one that DVC runs, and the stages that judge.
STUDIES = [
    name
    for name in STAGES
    if name.startswith(("spread_", "errata", "ablations_", "origins", "comparison", "claims"))
    and name != "spread_scratch_nn"
]

#: What the studies wait for, and one of them.
BY_DVC = (
    "pca",
    "svm_intuition",
    "svm_kernels",
    "svm_final",
    "scratch_nn",
    "keras_dense",
    "cnn",
    "spread_scratch_nn",
)

RUN_IN_ONE_PROCESS = """
import importlib.util, sys
from mnist_report.params import load_params
from mnist_report.stage import Stage

for name in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location(name, f"stages/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(Stage(load_params()))
"""


def yaml():
    return YAML(typ="safe", pure=True)


@dataclass
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def stages(self):
        """The stages that DVC says it ran."""
        return re.findall(r"^Running stage '(\w+)'", self.out, flags=re.MULTILINE)


@dataclass
class Checkout:
    """A checkout of the project, and the ways to use it."""

    path: Path
    home: Path

    def environment(self, extra):
        mine = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "MLFLOW_", "DVC_", "GIT_", "MNIST_", "PYTHON", "XDG_"))
        }
        person = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", "Tester"), ("EMAIL", "tester@example.org"))
        }
        own = {
            "HOME": str(self.home),
            "PATH": f"{BIN}{os.pathsep}{mine['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(self.home / "dvc-site"),
        }
        return mine | person | DUMMY_KEYS | own | (extra or {})

    def start(self, *command, env=None, **options):
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *command, env=None, timeout=300):
        return finish(self.start(*command, env=env), timeout)

    def good(self, *command, env=None):
        """Run a command that has to succeed."""
        done = self.run(*command, env=env)
        assert done.code == 0, f"{command}\n{done.out}\n{done.err}"
        return done

    def git(self, *arguments):
        return self.good("git", *arguments).out.strip()

    def dvc(self, *arguments, env=None):
        return self.good("dvc", *arguments, env=env)

    def python(self, *arguments, env=None):
        return self.run(sys.executable, *arguments, env={"PYTHONPATH": "src"} | (env or {}))

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def read(self, name):
        path = self.path / name
        if name.endswith(".json"):
            return json.loads(path.read_text(encoding="utf-8"))
        return yaml().load(path.read_text(encoding="utf-8"))

    def change(self, **sections):
        """Change keys of `params.yaml`; sections that it does not have are passed over."""
        params = self.read("params.yaml")
        for section, values in sections.items():
            if section in params:
                assert values.keys() <= params[section].keys()
                params[section] |= values
        with (self.path / "params.yaml").open("w", encoding="utf-8") as stream:
            yaml().dump(params, stream)

    def declared(self, *kinds):
        """Return stage to the paths that it lists under any of `kinds`."""
        return {
            name: [
                path
                for kind in kinds
                for item in stage.get(kind, [])
                for path in ([item] if isinstance(item, str) else item)
            ]
            for name, stage in self.read("dvc.yaml")["stages"].items()
        }

    def declared_outputs(self):
        """Return the paths of all outputs of all stages."""
        listed = self.declared("outs", "metrics", "plots").values()
        return {path for paths in listed for path in paths}

    def outputs(self):
        """Return the bytes of every declared output that is there, by path."""
        files = {path: self.path / path for path in self.declared_outputs()}
        return {path: file.read_bytes() for path, file in files.items() if file.is_file()}

    def rows(self, query):
        """Ask the default store's database itself, which neither makes nor changes it."""
        uri = (self.path / "mlflow.db").as_uri() + "?mode=ro"
        try:
            connection = sqlite3.connect(uri, uri=True, timeout=10)
        except sqlite3.OperationalError:
            return []
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are being made
            return []
        finally:
            connection.close()

    def statuses(self):
        """Return name and status of every run, sorted."""
        return sorted(self.rows("select name, status from runs"))


def finish(process, timeout=300):
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.returncode, out, err)


def wait_for(condition, seconds=90):
    """Wait until `condition` holds; return whether it did in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def write_mirror(folder):
    """Write four IDX files of images whose ten classes differ clearly, gzipped."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    patterns = rng.random((10, 28, 28)) < 0.2
    for part, count in (("train", 400), ("t10k", 120)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        noise = rng.normal(0, 40, (count, 28, 28))
        images = np.clip(200.0 * patterns[labels] + noise, 0, 255).astype(np.uint8)
        contents = {
            f"{part}-images-idx3-ubyte.gz": idx.encode_images(images),
            f"{part}-labels-idx1-ubyte.gz": idx.encode_labels(labels),
        }
        for name, content in contents.items():
            (folder / name).write_bytes(gzip.compress(content, mtime=0))


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

    def make(name):
        checkout = Checkout(land / name, land / "home")
        skip = shutil.ignore_patterns("__pycache__")
        for folder in ("src", "stages", "benchmarks"):
            shutil.copytree(ROOT / folder, checkout.path / folder, ignore=skip)
        (checkout.path / ".dvc").mkdir()
        files = ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".dvc/config")
        for file in (*files, ".dvc/.gitignore"):
            shutil.copy(ROOT / file, checkout.path / file)
        own = {"source": str(land / "mirror"), "title": "Tiny <digits>"}
        checkout.change(data={"dataset": "own", "own": own}, **SMALL)
        checkout.git("init", "--quiet", "--initial-branch=main")
        checkout.commit("The project")
        return checkout

    return make


@pytest.fixture(scope="session")
def copy_of(land):
    """Return a function that copies a checkout, leaving out its MLflow store."""

    def make(original, name):
        skip = shutil.ignore_patterns("mlflow.db*", "mlartifacts", "__pycache__", "tmp")
        shutil.copytree(original.path, land / name, ignore=skip)
        return Checkout(land / name, original.home)

    return make


@pytest.fixture(scope="session")
def pair(new_checkout):
    """Run the pipeline in two folders at once: with its default store, and with none in reach.

    In the first, the studies run in one process, as DVC would run them one by one, and MLflow is
    brought level with them after: that many processes would spend minutes on imports.

    The second one runs the stages that leave a model which is not TensorFlow's; the bytes of
    those `tests/models/test_keras_networks.py` compares between processes at less cost.
    """
    base, other = new_checkout("ein Ordner mit Ümläuten"), new_checkout("other")
    steps = [
        f"dvc repro {' '.join(BY_DVC)}",
        f"PYTHONPATH=src python -c '{RUN_IN_ONE_PROCESS}' {' '.join(STUDIES)}",
        f"dvc commit --quiet --force {' '.join(STUDIES)}",
        "dvc repro",
        "PYTHONPATH=src python -m mnist_report.tracking level",
    ]
    processes = [
        base.start("sh", "-c", " && ".join(steps)),
        other.start("dvc", "repro", *MODELS, env=UNREACHABLE),
    ]
    results = [finish(process, 900) for process in processes]
    base.commit("The results")
    return (base, results[0]), (other, results[1])


@pytest.fixture(scope="session")
def studies():
    """Return the stages that DVC did not run by itself in the first whole run."""
    return STUDIES


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
    works = (run_experiments, change_on_a_branch, *REMOTES.values(), end_two, fail)
    with ThreadPoolExecutor(2) as pool:
        yield {work: pool.submit(work, base, land, copy_of) for work in works}


@pytest.fixture(scope="session")
def experiments(scenarios):
    return scenarios[run_experiments].result()


@pytest.fixture(scope="session")
def branch(scenarios):
    return scenarios[change_on_a_branch].result()


@pytest.fixture(scope="session")
def pulled(scenarios):
    """Return the clones that pulled their data, by the kind of remote."""
    return {kind: scenarios[work].result() for kind, work in REMOTES.items()}


@pytest.fixture(scope="session")
def ended(scenarios):
    return scenarios[end_two].result()


@pytest.fixture(scope="session")
def failed(scenarios):
    return scenarios[fail].result()


def run_experiments(base, land, copy_of):
    """Run one experiment in the workspace and one in a temporary copy."""
    checkout = copy_of(base, "experiments")
    here = checkout.dvc("exp", "run", "--name", "here", "-S", "pca.sums=[5]")
    sums = checkout.read("metrics/pca.json")["explained_variance_sum"]
    checkout.dvc("exp", "run", "--temp", "--name", "away", "-S", "pca.sums=[7]", "pca")
    return checkout, here, sums


def change_on_a_branch(base, land, copy_of):
    """Change `pca.thresholds` on a branch, run and commit; go back to `main`; clone."""
    checkout = copy_of(base, "branch")
    checkout.git("checkout", "--quiet", "-b", "thresholds")
    checkout.change(pca={"thresholds": [0.5, 0.9]})
    done = checkout.dvc("repro", env=UNREACHABLE)
    status = checkout.dvc("status")
    checkout.commit("Other thresholds")
    checkout.git("checkout", "--quiet", "main")
    checkout.git("clone", "--quiet", str(checkout.path), str(land / "clone"))
    return checkout, done, status, Checkout(land / "clone", base.home)


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


def end_two(base, land, copy_of):
    """Start two endless stages at once, interrupt the one and kill the other."""
    checkout = copy_of(base, "ended")
    names = list(checkout.declared("deps"))[:2]
    python = (sys.executable, "-c", ENDLESS)
    options = {
        "env": {"PYTHONPATH": "src"},
        "start_new_session": True,
        # Where the tests themselves run in the background, Ctrl-C is switched off and inherited.
        "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    first, second = (checkout.start(*python, name, **options) for name in names)
    try:
        both_ran = wait_for(
            lambda: (
                [status for _, status in checkout.statuses()] == ["RUNNING"] * 2
                and len(checkout.rows("select * from metrics")) == 2
            )
        )
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
