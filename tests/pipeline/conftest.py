"""What the tests of the pipeline share: a warm Python, and one run of the whole miniature."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from mlflow import MlflowClient

from miniature import BIN, OWN_CODE, Checkout, Done, make_checkout, noisy, write_images

WARM = Path(__file__).with_name("warm.py")


@pytest.fixture(scope="session")
def land(tmp_path_factory):
    """Return the folder of all checkouts and of what they need, the same for every worker."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / "lock"):
        if not (folder / "mirror").exists():
            (folder / "home").mkdir()
            person = "[user]\n\tname = Tester\n\temail = tester@example.org\n"
            (folder / "home" / ".gitconfig").write_text(person, encoding="utf-8")
            # Odd, but allowed: no 4, no 5 to test on, copies to learn from, and a black image.
            train = np.resize([0, 1, 2, 3, 5, 6, 7, 8, 9], 120)
            test = np.resize([0, 1, 2, 3, 6, 7, 8, 9], 60)
            parts = {"train": (noisy(np.arange(10))[train], train), "t10k": (noisy(test), test)}
            parts["t10k"][0][0] = 0
            # An empty MLflow store, which takes seconds to make.
            MlflowClient(f"sqlite+pysqlite:///{folder}/home/mlflow.db").search_experiments()
            write_images(folder / "mirror", parts)
    return folder


@pytest.fixture(scope="session")
def warm(land):
    """Start a warm Python, once for all workers; return the folder of its `python` and `dvc`."""
    with FileLock(land / "warm.lock"):
        if not (land / "warm").exists():
            # Not on the land: the path of a socket has to be short.
            folder = Path(tempfile.mkdtemp())
            address = f"{folder}/socket"
            client = shlex.join([sys.executable, "-IS", str(WARM), address])
            for program, module in (("python", ""), ("dvc", "-m dvc")):
                (folder / program).write_text(f'#!/bin/sh\nexec {client} {module} "$@"\n')
                (folder / program).chmod(0o755)
            pinned = make_checkout(Checkout(folder / "pinned", land / "home", BIN), land / "mirror")
            # It lives as long as the process that has started the workers, or is the only one.
            pid = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            server = subprocess.Popen(
                [sys.executable, "-m", "mnist_report.run", str(WARM), "serve", address, str(pid)],
                cwd=pinned.path,
                env=pinned.environment(OWN_CODE),
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            assert server.stdout.readline() == "ready\n"
            (land / "warm").write_text(str(folder))
    return Path((land / "warm").read_text())


@pytest.fixture(scope="session")
def whole_run(land, warm):
    """Run the whole pipeline, once for all workers; return the checkout and what DVC said.

    No test changes this checkout.
    """
    checkout, said = Checkout(land / "base", land / "home", warm), land / "base.json"
    with FileLock(land / "base.lock"):
        if not said.exists():
            make_checkout(checkout, land / "mirror")
            done = checkout.dvc("repro")
            checkout.commit("The results")
            said.write_text(json.dumps(asdict(done)), encoding="utf-8")
    return checkout, Done(**json.loads(said.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def base(whole_run):
    return whole_run[0]
