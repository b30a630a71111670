"""What `make` does with the environment it is called in, with stand-ins for the slow parts."""

import hashlib
import json
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


#: Stands in for uv: it notes its arguments and environment, and fails if STAND_IN says so.
UV = """
import json, os, sys
with open("calls", "a") as file:
    print(json.dumps([sys.argv[1:], dict(os.environ)]), file=file)
sys.exit(int(os.environ.get("STAND_IN", 0)))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a checkout whose lock files have nothing but the stand-in, in a wheel beside it."""
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
    for name in ("requirements.lock", "other.lock", "third.lock"):
        (folder / name).write_text(f"uv==1.0 \\\n    --hash=sha256:{digest}\n")
    return folder


def make_venv(checkout, folder=".venv", *lock, **environment):
    """Have an environment made; return the process, and the calls of uv."""
    wheels = str(checkout.parent / "wheels")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PYTHON": sys.executable}
    command = ("sh", "tools/make_venv.sh", folder, *lock)
    (checkout / "calls").write_text("")
    done = run(checkout, *command, **(settings | environment))
    return done, [json.loads(line) for line in (checkout / "calls").read_text().splitlines()]


def test_an_environment_is_made_once_and_again_when_it_was_moved(checkout):
    done, calls = make_venv(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "making .venv" in done.stdout
    sync, itself = (arguments for arguments, _ in calls)
    assert (sync[:2], sync[-2:]) == (["pip", "sync"], ["--require-hashes", "requirements.lock"])
    assert itself[-2:] == ["-e", "."]

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
    done, _ = make_venv(moved, PYTHON=str(checkout.parent / "python"))
    assert "making .venv" in done.stdout


def test_uv_fetches_from_where_the_users_settings_say_and_takes_nothing_else_from_them(checkout):
    config = checkout.parent / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://index.example/simple\ntarget = /elsewhere\n"
        "[install]\ntimeout = 99\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    )
    of_pip = {"PIP_CONFIG_FILE": str(config), "PIP_PREFIX": "/x", "PIP_CERT": "/certificates"}
    of_uv = {"UV_NO_BINARY": "1", "UV_HTTP_TIMEOUT": "7", "UV_CACHE_DIR": "/big/disk"}
    done, calls = make_venv(checkout, ".venv", "other.lock", **of_pip, **of_uv)
    assert (done.returncode, done.stderr) == (0, "")
    # The project itself is installed with its own packages only.
    ((arguments, seen),) = calls
    assert arguments[-1] == "other.lock"
    assert "--no-index" in arguments
    assert {name: seen[name] for name in seen if name.startswith(("PIP_", "UV_", "SSL_"))} == {
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_INDEX": "https://a.example https://b.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(checkout.parent / "wheels"),
        "UV_HTTP_TIMEOUT": "7",
        "UV_CACHE_DIR": "/big/disk",
        "SSL_CERT_FILE": "/certificates",
    }


def test_pip_installs_where_uv_cannot(checkout):
    done, _ = make_venv(checkout, ".venv", "third.lock", STAND_IN="1")
    said = "setup: uv could not install; pip does it now, which takes minutes\n"
    assert (done.returncode, done.stderr) == (0, said)
    (checkout / "third.lock").write_text("missing==1.0 --hash=sha256:" + 64 * "0" + "\n")
    done, _ = make_venv(checkout, ".venv", "third.lock", STAND_IN="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("setup: error: the packages could not be")


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


CHECKED = """
case "$*" in
*list*) printf '%s\\n' fetch study@cnn report ;;
*) echo "$*" >>"$LOG"; eval "$CHANGE" ;;
esac
"""


def test_reproduce_check_runs_a_clone_and_names_what_differs(repository, tmp_path):
    log, venv, clones = (tmp_path / name for name in ("log", "venv", "clones"))
    script(venv / "bin/python", CHECKED)
    clones.mkdir()
    settings = {"LOG": str(log), "VENV": str(venv), "TMPDIR": str(clones)}
    command = ("sh", "tools/reproduce_check.sh")
    for change, studies, status in [(":", "", 0), ("echo >>params.yaml", "1", 1)]:
        done = run(repository, *command, CHANGE=change, STUDIES=studies, **settings)
        assert done.returncode == status
        assert ("params.yaml" in done.stdout) == bool(status)
        assert len(list(clones.iterdir())) == status  # what differs can be looked at
    forced = "-m dvc repro --force --single-item"
    stages = ["fetch report", "fetch study@cnn report"]
    assert log.read_text().splitlines() == [f"{forced} {names}" for names in stages]
    assert (repository / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()
