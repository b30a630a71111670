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

#: What programs find that `make` starts, of this process' environment.
PLAIN = {"PATH": os.defpath, "HOME": "/nowhere", "GIT_CONFIG_GLOBAL": os.devnull}


def run(folder, *command, **environment):
    """Run a command; return it with what it printed."""
    return subprocess.run(
        command,
        cwd=folder,
        env=PLAIN | environment,
        capture_output=True,
        text=True,
        check=False,
    )


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


# ---- the environment of a recipe


def test_every_target_runs_the_environments_own_python_in_a_cleared_environment(tmp_path):
    venv = tmp_path / "an environment"
    script(venv / "bin/python", 'echo "$*"; env')
    hostile = {
        "PYTHONPATH": "/elsewhere",
        "PYTHONHOME": "/elsewhere",
        "PYTHONWARNINGS": "error",
        "PYTHONIOENCODING": "ascii",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MLFLOW_RUN_ID": "0123",
        "GIT_DIR": "/elsewhere",
        "GIT_INDEX_FILE": "/elsewhere",
        "CDPATH": "/elsewhere",
    }
    rights = {
        "HTTPS_PROXY": "http://proxy:3128",
        "MLFLOW_TRACKING_URI": "http://server:5000",
        "DVC_SITE_CACHE_DIR": "/big/disk",
        "PYTHONPYCACHEPREFIX": "/big/disk",
        "GIT_AUTHOR_NAME": "A",
    }
    targets = {
        "test": "-m pytest",
        "faults": "-m pytest",
        "lint": "-m ruff",
        "verify": "-m mnist_report.report.verify",
        "bench": "benchmarks/bench.py",
        "track": "-m mnist_report.core.tracking",
        "ui": "-m mnist_report.core.tracking ui",
        "report": "-m dvc repro --force --single-item report",
    }
    for target, arguments in targets.items():
        # -o setup: as if the environment were made.
        command = ("make", "-o", "setup", target, f"VENV={venv}")
        done = run(ROOT, *command, **hostile, **rights)
        first, *lines = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (0, "")
        assert first.startswith(arguments)
        seen = dict(line.split("=", 1) for line in lines if "=" in line)
        changed = {name: seen.get(name) for name in hostile}
        own = {"PYTHONPATH": "src", "MPLBACKEND": "Agg"}
        assert changed == dict.fromkeys(hostile) | own
        assert {name: seen[name] for name in rights} == rights
        # DVC's stages call `python`.
        assert seen["PATH"].split(":")[0] == str(venv / "bin")


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:"))
    listed = run(ROOT, "make").stdout
    assert {line.split()[1] for line in listed.splitlines()} == set(phony.split()[1:])


# ---- the environment's own making


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a checkout whose lock files have nothing but a stand-in for uv, in a wheel beside it.

    The stand-in notes its arguments and environment in `calls`; it fails if STAND_IN says so.
    """
    folder = tmp_path_factory.mktemp("making") / "the checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    wheel = folder.parent / "wheels/uv-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "uv/__main__.py",
            "import json, os, sys\n"
            "with open('calls', 'a') as file:\n"
            "    print(json.dumps([sys.argv[1:], dict(os.environ)]), file=file)\n"
            "sys.exit(int(os.environ.get('STAND_IN', 0)))\n",
        )
        info = "uv-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = f"uv==1.0 \\\n    --hash=sha256:{digest}\n"
    for name in ("requirements.lock", "other.lock", "third.lock"):
        (folder / name).write_text(lock)
    return folder


def make_venv(checkout, *arguments, **environment):
    wheels = str(checkout.parent / "wheels")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PYTHON": sys.executable}
    command = ("sh", "tools/make_venv.sh", *(arguments or [".venv"]))
    return run(checkout, *command, **(settings | environment))


def calls(checkout):
    """Return the arguments and the environment of each call of uv since the last question."""
    file = checkout / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [json.loads(line) for line in lines]


def test_an_environment_is_made_once_and_mended_when_it_is_half_made_or_moved(checkout):
    made = make_venv(checkout)
    assert (made.returncode, made.stderr) == (0, "")
    assert "making .venv" in made.stdout
    sync, itself = (arguments for arguments, _ in calls(checkout))
    assert sync[:2] == ["pip", "sync"]
    assert sync[-2:] == ["--require-hashes", "requirements.lock"]
    assert itself[:2] == ["pip", "install"]
    assert itself[-2:] == ["-e", "."]

    again = make_venv(checkout)
    assert (again.stdout, again.stderr, calls(checkout)) == ("", "", [])

    # Other packages: the same environment, brought up to date.
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    changed = make_venv(checkout)
    assert "making" not in changed.stdout
    assert len(calls(checkout)) == 2

    # Ctrl-C while pip was installed.
    (checkout / ".venv/.ready").unlink()
    (checkout / ".venv/bin/pip").unlink()
    mended = make_venv(checkout)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "making .venv" in mended.stdout
    assert len(calls(checkout)) == 2
    assert run(checkout, ".venv/bin/pip", "--version").returncode == 0

    # A checkout that was moved: its scripts point to the old place. The stand-in makes nothing.
    stand_in = checkout.parent / "python"
    script(stand_in, 'case "$*" in "-m venv"*) exit 1 ;; esac')
    moved = shutil.copytree(checkout, checkout.with_name("moved"), symlinks=True)
    assert "making .venv" in make_venv(moved, PYTHON=str(stand_in)).stdout


def test_uv_fetches_from_where_the_users_settings_say_and_takes_nothing_else_from_them(checkout):
    config = checkout.parent / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://index.example/simple\ntarget = /elsewhere\n"
        "[install]\ntimeout = 99\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    )
    done = make_venv(
        checkout,
        ".venv",
        "other.lock",
        PIP_CONFIG_FILE=str(config),
        PIP_PREFIX="/elsewhere",
        PIP_CERT="/certificates",
        UV_NO_BINARY="1",
        UV_HTTP_TIMEOUT="7",
        UV_CACHE_DIR="/big/disk",
    )
    assert (done.returncode, done.stderr) == (0, "")
    ((arguments, seen),) = calls(checkout)
    # The project itself is installed with its own packages only.
    assert arguments[-1] == "other.lock"
    assert "--no-index" in arguments
    assert not [name for name in seen if name.startswith(("PIP_", "UV_NO_"))]
    expected = {
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_INDEX": "https://a.example https://b.example",
        "UV_FIND_LINKS": str(checkout.parent / "wheels"),
        "UV_HTTP_TIMEOUT": "7",
        "UV_CACHE_DIR": "/big/disk",
        "SSL_CERT_FILE": "/certificates",
    }
    assert {name: seen[name] for name in expected} == expected


def test_pip_installs_where_uv_cannot(checkout):
    done = make_venv(checkout, ".venv", "third.lock", STAND_IN="1")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "setup: uv could not install; pip does it now, which takes minutes"
    ]
    (checkout / "third.lock").write_text("missing==1.0 --hash=sha256:" + 64 * "0" + "\n")
    done = make_venv(checkout, ".venv", "third.lock", STAND_IN="1")
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
        done = make_venv(checkout, folder)
        assert done.returncode != 0
        assert reason in done.stderr
    assert (checkout / "mine/bin").read_text() == "precious"


# ---- make repro


PYTHON = """
echo "$*" >>"$LOG"
case "$*" in
*available*) exit $AVAILABLE ;;
*exp*) sed -i.bak "s/dataset: mnist/dataset: ${DATASET:-digits}/" params.yaml ;;
esac
"""


def test_repro_asks_for_the_data_first_and_takes_the_digits_only_if_nobody_insists(repository):
    log, venv = repository / "log", repository / "venv"
    script(venv / "bin/python", PYTHON)
    ask = "-m mnist_report.sources.available"
    experiment = "-m dvc exp run -S data.dataset="
    for dataset, force, available, status, expected in [
        ("", "", 0, 0, [ask, "-m dvc repro"]),
        ("", "1", 0, 0, [ask, "-m dvc repro --force"]),
        ("mnist", "", 0, 0, [f"{ask} mnist", "-m dvc repro"]),
        ("kmnist", "", 0, 0, [f"{ask} kmnist", f"{experiment}kmnist"]),
        ("", "", 1, 0, [ask, f"{experiment}digits"]),
        ("mnist", "", 1, 1, [f"{ask} mnist"]),
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


def test_repro_says_what_to_do_without_git(repository):
    shutil.rmtree(repository / ".git")
    script(repository / "venv/bin/python", "exit 1")
    done = run(repository, "sh", "tools/repro.sh", VENV="venv")
    assert done.returncode == 1
    assert "'git init && git add . && git commit -m start'" in done.stderr
    assert done.stderr.count("\n") == 1


# ---- make reproduce-check


def test_reproduce_check_runs_all_but_the_studies_in_a_clone_and_names_what_differs(
    repository, tmp_path
):
    log = tmp_path / "log"
    script(
        tmp_path / "venv/bin/python",
        """case "$*" in
        *list*) printf '%s\\n' fetch study@cnn report ;;
        *) echo "$*" >>"$LOG"; env | grep -E '^(TZ|HOME)=' >>"$LOG"; eval "$CHANGE" ;;
        esac""",
    )
    (tmp_path / "tmp").mkdir()
    for change, studies, status in [(":", "", 0), ("echo >>params.yaml", "1", 1)]:
        done = run(
            repository,
            "sh",
            "tools/reproduce_check.sh",
            LOG=str(log),
            CHANGE=change,
            STUDIES=studies,
            VENV=str(tmp_path / "venv"),
            TMPDIR=str(tmp_path / "tmp"),
        )
        assert done.returncode == status
        assert ("params.yaml" in done.stdout) == bool(status)
        # What differs can be looked at.
        assert len(list((tmp_path / "tmp").iterdir())) == status
    first, second = (line for line in log.read_text().splitlines() if line.startswith("-m"))
    assert first == "-m dvc repro --force --single-item fetch report"
    assert second == "-m dvc repro --force --single-item fetch study@cnn report"
    assert (repository / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()
