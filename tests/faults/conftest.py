"""A workshop for faults: an undisturbed run of the miniature, and a copy of it to be disturbed."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

import client
import faultstable
import injection
from miniature import BIN, Checkout, Done, copy_checkout, make_checkout, write_mirror

HERE = Path(__file__).resolve().parent

#: Seconds after which a stage, or a whole run, is taken to hang; a busy machine may take its time.
PATIENCE = 900


class Workshop:
    """A checkout whose stages are forked from a server that has imported everything.

    Parameters
    ----------
    reference
        The bytes of every output of an undisturbed run; None while there is none.
    """

    def __init__(self, checkout, folder, reference=None):
        self.checkout, self.reference = checkout, reference
        self.declared = {
            kind: checkout.declared(kind) for kind in ("deps", "outs", "metrics", "plots")
        }
        self.socket = str(folder / "socket")
        (folder / "bin").mkdir()
        shim = folder / "bin" / "python"
        shim.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {HERE / "client.py"} "$@"\n'
        )
        shim.chmod(0o755)
        self.forking = {
            "PATH": os.pathsep.join([str(shim.parent), str(BIN), os.environ["PATH"]]),
            client.ADDRESS: self.socket,
        }
        # Whatever DVC puts before the script of a stage stands before the server, too.
        line = next(iter(checkout.read("dvc.yaml")["stages"].values()))["cmd"]
        words = [word for word in shlex.split(line) if "=" not in word]
        self.server = subprocess.Popen(
            [sys.executable, *words[1:-1], str(HERE / "forkserver.py"), self.socket],
            cwd=checkout.path,
            env=checkout.environment({"PYTHONPATH": f"src{os.pathsep}{HERE}"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout.readline() == "ready\n"

    def close(self):
        self.server.communicate()

    def stage(self, name, *, plan=None, environment=None, before=None):
        """Run a stage; MLflow follows it if `environment` is given."""
        request = {
            "script": f"stages/{name}.py",
            "environment": environment or {},
            "tracked": environment is not None,
            "plan": plan,
            "before": before,
        }
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = client.ask(self.socket, request, out.fileno(), err.fileno(), PATIENCE)
            said = []
            for stream in (out, err):
                stream.seek(0)
                said.append(stream.read())
        return Done(code, *said)

    def dvc(self, *arguments):
        return self.checkout.run("dvc", *arguments, env=self.forking, timeout=PATIENCE)

    def outputs_of(self, stage):
        return [
            path for kind in ("outs", "metrics", "plots") for path in self.declared[kind][stage]
        ]

    def put_back(self):
        """Make every output that of the undisturbed run; what is right is not touched."""
        for name, content in self.reference.items():
            path = self.checkout.path / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def wrong(self):
        """Return the outputs that are not those of the undisturbed run."""
        files = {name: self.checkout.path / name for name in self.reference}
        return [
            name
            for name, path in files.items()
            if not path.is_file() or path.read_bytes() != self.reference[name]
        ]

    def leftovers(self):
        return [
            str(path.relative_to(self.checkout.path))
            for folder in ("data", "models", "metrics", "plots", "report")
            for path in (self.checkout.path / folder).rglob(f".*{injection.PART}")
        ]

    def unclean(self):
        """Return what Git sees that the last commit does not hold."""
        return self.checkout.git("status", "--porcelain")


@pytest.fixture(scope="session")
def land(tmp_path_factory):
    """Make the folder that all workers share."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return folder


@pytest.fixture(scope="session")
def undisturbed(land):
    """Run the miniature once, with nothing in its way, and commit the results."""
    checkout = Checkout(land / "undisturbed", land / "home")
    with FileLock(land / "undisturbed.lock"):
        if not (land / "ready").exists():
            checkout.home.mkdir()
            write_mirror(land / "mirror")
            make_checkout(checkout.path, checkout.home, land / "mirror")
            with _workshop(checkout) as shop:
                done = shop.dvc("repro")
            assert done.code == 0, done.err
            checkout.commit("The results")
            (land / "ready").touch()
    return checkout


@contextlib.contextmanager
def _workshop(checkout, reference=None):
    # Not below `land`: a socket's path has to be short.
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(checkout, Path(folder), reference)
        try:
            yield shop
        finally:
            shop.close()


@pytest.fixture(scope="module")
def shop(undisturbed, tmp_path_factory):
    """Return a workshop whose checkout holds the results of the undisturbed run."""
    copy = copy_checkout(undisturbed, tmp_path_factory.mktemp("shop") / "checkout")
    with _workshop(copy, undisturbed.outputs()) as shop:
        yield shop
    shutil.rmtree(copy.path)


@pytest.fixture
def tried(request):
    """Return a function that notes a case for the table: its kind, what was done, how often."""

    def note(kind, case, times=1):
        request.node.user_properties.append(("tried", [kind, case, times]))

    return note


@pytest.fixture(scope="session")
def may_mount():
    return injection.may_mount()


def pytest_addoption(parser):
    parser.addoption(
        "--table",
        action="store_true",
        help="write tests/faults/RESULTS.md and README's share of it when all cases have run",
    )


def pytest_configure(config):
    # With several workers, reports come together in the process that started them.
    if config.getoption("--table", default=False) and not hasattr(config, "workerinput"):
        writer = faultstable.Writer(faultstable.RESULTS, faultstable.README)
        config.pluginmanager.register(writer)
