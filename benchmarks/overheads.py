"""What is paid before any work is done: imports, MLflow's store, DVC with little to do.

    PYTHONPATH=src python benchmarks/overheads.py

Wall seconds, every measurement a process of its own, all in turn. ``dvc repro`` is timed in this
checkout, where it must have nothing to do, and in a clone where one parameter of the stage
`svm_intuition`, which needs no data, changes each time.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from timing import in_turn, print_measured

from mnist_report import paths
from mnist_report.report.reproduce_check import clone

IMPORTS = {
    "python": "pass",
    "numpy": "import numpy",
    "scikit_learn": "import sklearn.svm",
    "matplotlib": "import matplotlib.figure",
    "pandas": "import pandas",
    "skops": "import skops.io",
    "mlflow": "import mlflow",
    "tensorflow": "import tensorflow",
    "keras": "import keras",
}

#: Opens the store that the variable names, making it if it is not there.
CONNECT = "from mnist_report.tracking import store; store.connect()"


def run(command: Sequence[str], folder: Path = paths.ROOT, **variables: str) -> None:
    """Run a command; raise if it fails."""
    subprocess.run(
        command,
        cwd=folder,
        env=os.environ | variables,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def measure(rounds: int) -> dict[str, Any]:
    """Return the wall seconds of each start."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    checkout = clone(folder / "clone")
    params = checkout / "params.yaml"
    stores = iter(range(rounds))

    def python(code: str, **variables: str) -> None:
        run([sys.executable, "-c", code], **variables)

    def new_store() -> None:
        python(CONNECT, MLFLOW_TRACKING_URI=f"sqlite:///{folder}/{next(stores)}.db")

    def changed() -> None:
        text = params.read_text(encoding="utf-8")
        more = re.sub(r"(pairs: )(\d+)", lambda found: f"{found[1]}{int(found[2]) + 1}", text)
        params.write_text(more, encoding="utf-8")
        run([sys.executable, "-m", "dvc", "repro", "svm_intuition"], checkout)

    work: dict[str, Callable[[], None]] = {
        f"import_{name}": partial(python, code) for name, code in IMPORTS.items()
    }
    known = f"sqlite:///{folder}/known.db"
    python(CONNECT, MLFLOW_TRACKING_URI=known)
    changed()
    work |= {
        "mlflow_new_store": new_store,
        "mlflow_known_store": partial(python, CONNECT, MLFLOW_TRACKING_URI=known),
        "dvc_repro_nothing": partial(run, [sys.executable, "-m", "dvc", "repro"]),
        "dvc_repro_one_changed": changed,
    }
    times = in_turn(work, rounds)
    shutil.rmtree(folder)
    return {name: {"wall": seconds["wall"]} for name, seconds in times.items()}


if __name__ == "__main__":
    print_measured(measure, __doc__)
