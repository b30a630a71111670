"""A miniature of the whole pipeline: checkouts of their own, small settings, and made-up data."""

import copy
import functools
import gzip
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
from dvc.repo import Repo
from dvc.utils.serialize import modify_yaml
from mlflow import MlflowClient

from mnist_report.sources import idx

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


#: ``make track``, and what every stage starts with: the code of the checkout.
TRACK = ("python", "-m", "mnist_report.core.tracking")
OWN_CODE = {"PYTHONPATH": "src"}

#: Settings that make the stages quick, in `params.yaml` and in what the studies read, `paper.py`.
SMALL = {
    "pca": {"components": 60, "printed_components": 30, "sums": [10, 60]},
    "svm_intuition": {"points": 60, "pairs": 100},
    "svm_kernels": {"region_rows": 60},
    "svm_gridsearch": {"folds": 2, "C": [1, 10], "gamma": [0.01]},
    "scratch_nn": {"hidden_layer_sizes": [20]},
    "keras_dense": {"hidden_units": [20, 20], "epochs": 2},
    "cnn": {"filters": [3, 4], "dense_units": [20, 10], "epochs": 2},
    "compute": {"threads": 1, "jobs": 1},
}

#: The same of the studies, in whichever of them it stands.
SMALL_STUDIES = {
    "seeds": 2, "search_seeds": 3, "search_rows": 120, "final_rows": [60, 100],
    "growth_rows": [50, 100], "components": [5, 784], "learning_rates": [0.1], "epochs": 2,
    "trial_epochs": 1,
    "dense_epochs": 1, "cnn_epochs": 1, "unscaled_epochs": 1, "optimizer_epochs": 1,
    "adam_rates": [0.001], "descent_rates": [0.1], "best_seeds": 2, "strengths": [1.0],
    "gammas": [0.01, 0.02], "pca_components": 5, "copies": 1,
}  # fmt: skip


@dataclass
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def stages(self):
        """The stages that DVC says it ran."""
        return re.findall(r"^Running stage '([\w@]+)'", self.out, flags=re.MULTILINE)

    @property
    def lines(self):
        """What was said on the error stream, without bars and other progress."""
        bars = re.compile(r"[^|]*\|[^|]*\| *\d+/\d+ \[[^]]*\]|.*\(\d\d:\d\d\)$| *epoch \d+/.*")
        lines = [bars.sub("", line).rstrip() for line in re.split(r"[\r\n]+", self.err)]
        # Joblib and, without graphs, TensorFlow tell of their work.
        return [line for line in lines if line and not re.match(r"\[Parallel|[EWI]0000 ", line)]


@dataclass
class Checkout:
    """A checkout, and the ways to use it; `bin` is the folder of its `python` and `dvc`."""

    path: Path
    home: Path
    bin: Path

    @property
    def cold(self):
        """The same checkout, in which every command starts a new Python."""
        return replace(self, bin=BIN)

    def environment(self, extra):
        foreign = ("AWS_", "MLFLOW_", "DVC_", "GIT_", "MNIST_", "PYTHON", "XDG_")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
        own = {
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "PATH": f"{self.bin}:{BIN}:{kept['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(self.home / "dvc-site"),
        }
        return kept | own | (extra or {})

    def start(self, *command, env=None, **options):
        """Start a command in a process group of its own."""
        # By its name alone a program would be looked for on the PATH of the tests.
        program = shutil.which(command[0], path=f"{self.bin}:{BIN}:{os.environ['PATH']}")
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        options |= {"cwd": self.path, "env": self.environment(env), "start_new_session": True}
        return subprocess.Popen([program, *command[1:]], **options)

    def run(self, *command, env=None, **options):
        with self.start(*command, env=env, **options) as process:
            out, err = process.communicate(timeout=600)
        return Done(process.returncode, out, err)

    def good(self, *command, env=None):
        """Run a command that has to succeed."""
        done = self.run(*command, env=env)
        assert done.code == 0, "\n".join([str(command), done.out, *done.lines])
        return done

    def git(self, *arguments):
        return self.good("git", *arguments).out.strip()

    def dvc(self, *arguments, env=None):
        return self.good("dvc", *arguments, env=env)

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def clone(self, path):
        """Clone what is in Git; the MLflow store is an empty one."""
        self.git("clone", "--quiet", str(self.path), str(path))
        shutil.copy(self.home / "mlflow.db", path)
        return replace(self, path=path)

    def copy(self, path):
        """Copy all but the MLflow store, which is an empty one."""
        skip = shutil.ignore_patterns("mlflow.db*", "mlartifacts", "__pycache__", "tmp")
        shutil.copytree(self.path, path, ignore=skip)
        shutil.copy(self.home / "mlflow.db", path)
        return replace(self, path=path)

    def change(self, **sections):
        """Change keys of `params.yaml`, as DVC does."""
        with modify_yaml(self.path / "params.yaml") as params:
            for section, values in sections.items():
                assert values.keys() <= params[section].keys()
                params[section] |= values

    def outputs(self, *stages):
        """Return the bytes of every file among the outputs of stages, all if none is named."""
        known = declared()
        roots = [self.path / path for name in stages or known for path in known[name]]
        files = [file for root in roots for file in (root, *root.rglob("*")) if file.is_file()]
        return {file.relative_to(self.path).as_posix(): file.read_bytes() for file in files}

    @property
    def mlflow(self):
        """A client of the checkout's own store."""
        return MlflowClient(f"sqlite+pysqlite:///{quote(str(self.path / 'mlflow.db'))}")

    def runs(self):
        """Return the runs of stages in that store, without those of single seeds."""
        experiment = self.mlflow.get_experiment_by_name("mnist-report").experiment_id
        return self.mlflow.search_runs([experiment], "tags.kind != 'seed'")


@functools.cache
def declared():
    """Return the outputs of every stage, in their order, as DVC reads `dvc.yaml`."""
    with Repo(str(ROOT)) as repo:
        return {stage.name: [out.def_path for out in stage.outs] for stage in repo.index.stages}


def own_name(stage):
    """Return the name of a stage's outputs: of a study, its own."""
    return stage.replace("frontier@", "frontier_").split("@")[-1]


def write_images(folder, parts):
    """Write IDX files of images and of their labels, part by part."""
    folder.mkdir(exist_ok=True)
    for part, (images, labels) in parts.items():
        encoded = idx.encode(images), idx.encode(labels.astype(np.uint8))
        for kind, content in zip(("images-idx3", "labels-idx1"), encoded, strict=True):
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(content, mtime=0))


def noisy(labels):
    """Return images whose ten classes differ clearly, each with noise of its own."""
    patterns = np.random.default_rng(7).random((10, 28, 28)) < 0.2
    noise = np.random.default_rng(len(labels)).normal(0, 40, (len(labels), 28, 28))
    return np.clip(200.0 * patterns[labels] + noise, 0, 255).astype(np.uint8)


def append(checkout, module, line):
    with (checkout.path / "src" / "mnist_report" / module).open("a", encoding="utf-8") as file:
        print(line, file=file)


def make_checkout(checkout, mirror):
    """Make a fresh checkout without data, lock or store that works on the images of `mirror`."""
    for folder in ("src", "stages", "benchmarks"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, checkout.path / folder, ignore=skip)
    (checkout.path / ".dvc").mkdir()
    files = ("dvc.yaml", "params.yaml", "CITATION.cff", ".dvc/config", ".dvc/.gitignore")
    for file in (*files, ".dvcignore", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / file, checkout.path / file)
    own = {"source": str(mirror), "title": "Tiny <digits>"}
    checkout.change(data={"dataset": "own", "own": own}, **SMALL)
    with modify_yaml(checkout.path / "params.yaml") as params:
        params["seed"] = 1  # one that the studies measure, too
        for study in params["studies"].values():
            # Copies: of one list in two places YAML would write the second as a reference.
            study |= copy.deepcopy({k: v for k, v in SMALL_STUDIES.items() if k in study})
    for name in ("svm_kernels", "svm_gridsearch", "scratch_nn", "keras_dense", "cnn"):
        update = f"SECTIONS[{name!r}].model_copy(update={SMALL[name]!r})"
        append(checkout, "studies/paper.py", f"{name.upper()} = SECTIONS[{name!r}] = {update}")
    # Small pictures, and small graphs, which take longer to draw up than the networks to train.
    quick = {"figure.dpi": 40, "figure.constrained_layout.use": False}
    append(checkout, "figures/style.py", f"SETTINGS |= {quick}")
    for line in (
        "dense_network.__defaults__, STEPS_PER_EXECUTION = ((20, 20), 0.4), 1",
        "convolutional_network.__defaults__ = ((3, 4), 3, (20, 10), 0.5)",
    ):
        append(checkout, "models/keras/networks.py", line)
    for name in ("keras_dense", "cnn"):
        append(checkout, f"studies/frontier_{name}.py", "SCHEDULE['epochs'] = 1")
    append(checkout, "studies/frontier_cnn.py", "MORE_FILTERS = NORMALISED")
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.commit("The project")
    return checkout
