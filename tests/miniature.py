"""A miniature of the whole pipeline: checkouts of their own, small parameters, and made-up data."""

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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from mnist_report.data import idx

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

#: A port that nobody listens on: the tracker says so within a second.
UNREACHABLE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}

#: For processes that a signal reaches as Ctrl-C in a terminal does. Where the
#: tests themselves run in the background, Ctrl-C is switched off and inherited.
OWN_GROUP = {
    "start_new_session": True,
    "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
}

#: Keys that open nothing but the S3 server of these tests, which takes any.
DUMMY_KEYS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "no secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}

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
    "keras": {"backend": "tensorflow", "threads": 1, "steps_per_execution": 1},
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


def yaml():
    return YAML(typ="safe", pure=True)


#: How lines of progress end, or begin: tqdm's bars, its clocks, and joblib's reports.
PROGRESS = re.compile(r"\[\d\d:\d\d.*\]$|\(\d\d:\d\d\)$|^\[Parallel")


def lines_said(text):
    """Return the lines of an error stream that are no progress."""
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", text)]
    return [line for line in lines if line and not PROGRESS.search(line)]


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


def make_checkout(path, home, mirror):
    """Make a fresh checkout without data, lock or store that works on the images of `mirror`."""
    checkout = Checkout(path, home)
    skip = shutil.ignore_patterns("__pycache__")
    for folder in ("src", "stages", "benchmarks", ".dvc/plots"):
        shutil.copytree(ROOT / folder, checkout.path / folder, ignore=skip)
    files = ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".dvc/config")
    for file in (*files, ".dvc/.gitignore"):
        shutil.copy(ROOT / file, checkout.path / file)
    own = {"source": str(mirror), "title": "Tiny <digits>"}
    checkout.change(data={"dataset": "own", "own": own}, **SMALL)
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.commit("The project")
    return checkout


def copy_checkout(original, path):
    """Copy a checkout, leaving out its MLflow store."""
    skip = shutil.ignore_patterns("mlflow.db*", "mlartifacts", "__pycache__", "tmp")
    shutil.copytree(original.path, path, ignore=skip)
    return Checkout(path, original.home)
