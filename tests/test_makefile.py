"""What `make` does with the environment it is called in, with stand-ins for the slow parts."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(folder, *command, **environment):
    """Run a command in a plain environment; return it with what it printed."""
    plain = {"PATH": os.defpath, "HOME": "/nowhere", "GIT_CONFIG_GLOBAL": os.devnull}
    options = {"cwd": folder, "env": plain | environment, "capture_output": True, "text": True}
    return subprocess.run(command, check=False, **options)


def script(path, text):
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def repository(tmp_path):
    """Return a Git repository with the tools, a parameter file and nothing else."""
    folder = tmp_path / "the checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copy(ROOT / "params.yaml", folder)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "start"]):
        assert run(folder, "git", *command).returncode == 0
    return folder


def test_every_target_runs_the_environments_own_python_in_a_cleared_environment(tmp_path):
    venv = tmp_path / "an environment"
    script(venv / "bin/python", "env")
    names = ("PYTHONPATH", "PYTHONHOME", "MPLBACKEND", "MLFLOW_RUN_ID", "GIT_DIR", "CDPATH")
    hostile = dict.fromkeys(names, "/elsewhere")
    names = ("HTTPS_PROXY", "MLFLOW_TRACKING_URI", "PYTHONPYCACHEPREFIX", "GIT_AUTHOR_NAME")
    rights = dict.fromkeys(names, "the user's")
    for target in ("test", "faults", "lint", "verify", "bench", "track", "ui", "report"):
        # -o setup: as if the environment were made.
        done = run(ROOT, "make", "-o", "setup", target, f"VENV={venv}", **hostile, **rights)
        assert (done.returncode, done.stderr) == (0, "")
        seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        own = {"PYTHONPATH": "src", "MPLBACKEND": "Agg"}
        assert {name: seen.get(name) for name in hostile} == dict.fromkeys(hostile) | own
        assert rights.items() <= seen.items()
        # DVC's stages call `python`.
        assert seen["PATH"].split(":")[0] == str(venv / "bin")


#: Stands in for uv: it notes its arguments.
UV = 'import sys; print(*sys.argv[1:], file=open("calls", "a"))'


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a checkout whose lock file has nothing but the stand-in, in a wheel beside it."""
    folder = tmp_path_factory.mktemp("making") / "the checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    wheel, info = folder.parent / "wheels/uv-1.0-py3-none-any.whl", "uv-1.0.dist-info"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv/__main__.py", UV)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.lock").write_text(f"uv==1.0 \\\n    --hash=sha256:{digest}\n")
    return folder


def make_venv(checkout, folder=".venv", python=sys.executable):
    """Have an environment made; return the process, and the calls of uv."""
    wheels = str(checkout.parent / "wheels")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PYTHON": python}
    (checkout / "calls").write_text("")
    done = run(checkout, "sh", "tools/make_venv.sh", folder, **settings)
    return done, (checkout / "calls").read_text().splitlines()


def test_an_environment_is_made_once_and_again_when_it_was_moved(checkout):
    done, calls = make_venv(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "making .venv" in done.stdout
    sync, itself = calls
    assert sync.startswith("pip sync") and sync.endswith("--require-hashes requirements.lock")
    assert itself.endswith("-e .")

    done, calls = make_venv(checkout)
    assert (done.stdout, done.stderr, calls) == ("", "", [])

    # Other packages: the same environment, brought up to date.
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    done, calls = make_venv(checkout)
    assert "making" not in done.stdout
    assert len(calls) == 2

    # Its scripts point to the old place. The stand-in makes nothing.
    script(checkout.parent / "python", 'case "$*" in "-m venv"*) exit 1 ;; esac')
    moved = shutil.copytree(checkout, checkout.with_name("moved"), symlinks=True)
    done, _ = make_venv(moved, python=str(checkout.parent / "python"))
    assert "making .venv" in done.stdout


def test_a_folder_that_is_no_environment_is_left_alone(checkout):
    (checkout / "mine").mkdir()
    (checkout / "mine/bin").write_text("precious")
    (checkout / "link").symlink_to("nothing")
    for folder, reason in {
        "mine": "mine holds files and is no virtual environment",
        "link": "link is a link to a folder that is not there",
        "": "the folder of the environment has no name",
    }.items():
        done, _ = make_venv(checkout, folder)
        assert done.returncode != 0
        assert reason in done.stderr
    assert (checkout / "mine/bin").read_text() == "precious"


PYTHON = """
echo "$*" >>"$LOG"
case "$*" in
*available*) exit $AVAILABLE ;;
*exp*) sed -i.bak "s/dataset: mnist/dataset: ${DATASET:-digits}/" params.yaml ;;
esac
"""


def test_repro_asks_for_the_data_first_and_takes_the_digits_only_if_nobody_insists(repository):
    log = repository / "log"
    script(repository / "venv/bin/python", PYTHON)
    ask = "-m mnist_report.sources.available"
    experiment = "-m dvc exp run -S data.dataset="
    for dataset, force, available, status, expected in [
        ("", "", 0, 0, [ask, "-m dvc repro"]),
        ("", "1", 0, 0, [ask, "-m dvc repro --force"]),
        ("mnist", "", 0, 0, [f"{ask} mnist", "-m dvc repro"]),
        ("kmnist", "", 0, 0, [f"{ask} kmnist", f"{experiment}kmnist"]),
        ("", "", 3, 0, [ask, f"{experiment}digits"]),
        ("mnist", "", 3, 1, [f"{ask} mnist"]),
        ("", "", 1, 1, [ask]),  # it crashed
        ("", "", 2, 1, [ask]),
    ]:
        log.unlink(missing_ok=True)
        shutil.copy(ROOT / "params.yaml", repository)
        said = {"DATASET": dataset, "FORCE": force, "AVAILABLE": str(available)}
        done = run(repository, "sh", "tools/repro.sh", LOG=str(log), VENV="venv", **said)
        assert (done.returncode, done.stderr) == (status, "")
        assert log.read_text().splitlines() == expected
        # Said before the pipeline and after it.
        assert done.stdout.count("NOT MNIST") == (2 if expected[-1].endswith("digits") else 0)

    shutil.rmtree(repository / ".git")
    script(repository / "venv/bin/python", "exit 1")
    done = run(repository, "sh", "tools/repro.sh", VENV="venv")
    assert done.returncode == 1
    assert "'git init && git add . && git commit -m start'" in done.stderr
    assert done.stderr.count("\n") == 1
