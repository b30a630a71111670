"""The launcher: threads and instructions are pinned before any library is loaded."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mnist_report import run
from mnist_report.errors import UserError
from mnist_report.params import load_params

ROOT = Path(__file__).resolve().parents[1]

x86_64_only = pytest.mark.skipif(
    platform.machine() not in run.X86_64, reason="the pinned instructions are x86-64's"
)

#: What another machine, or another user's profile, may bring along.
ELSEWHERE = {
    "an old processor": {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    },
    "one thread": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "sixteen threads": {"OMP_NUM_THREADS": "16", "OPENBLAS_NUM_THREADS": "16"},
}

#: Sums of the kinds that the stages take, as a digest by the library that takes them.
SUMS = """
import hashlib
import numpy as np
from scipy import linalg

rng = np.random.default_rng(0)
A = rng.normal(size=(200, 300))
x = A.astype(np.float32)

def digest(*arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

def work():
    return {
        "numpy": digest(np.exp(x), np.tanh(x), np.log1p(x * x), x.sum(axis=0), A.var(axis=1)),
        "openblas": digest(A @ A.T, x @ x.T, x.T @ x[:, :10], *np.linalg.eigh(A.T @ A)),
        "scipy": digest(*linalg.qr(A, mode="economic")),
    }
"""
NETWORKS = """
from mnist_report.models import keras_networks as networks

sums = work

def work():
    found = sums()
    networks.prepare(0, 2)
    pixels = rng.random((1000, 784), dtype=np.float32)
    labels = rng.integers(0, 10, 1000)
    for build in (networks.dense_network, networks.convolutional_network):
        model = build()
        networks.train(
            model, pixels, labels, epochs=1, batch_size=62, steps_per_execution=1,
            on_epoch=lambda epoch, values: None,
        )
        found[build.__name__] = digest(networks.probabilities(model, pixels))
    return found
"""
#: Does the work as a stage does, without MLflow.
AS_STAGE = """
import json
from mnist_report import stage

stage._start_tracker = lambda name: None
stage.run_stage("work", lambda stage: print(json.dumps(work())))
"""


def copy_checkout(folder):
    """Copy what the launcher reads."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


@pytest.fixture
def checkout(tmp_path):
    return copy_checkout(tmp_path)


def set_compute(checkout, **values):
    path = checkout / "params.yaml"
    params = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    params["compute"] |= values
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump(params, stream)


def launch(checkout, code, elsewhere=None, **options):
    (checkout / "work.py").write_text(code, encoding="utf-8")
    taken = set().union(*ELSEWHERE.values())
    environment = {key: value for key, value in os.environ.items() if key not in taken}
    return subprocess.run(
        [sys.executable, "-m", "mnist_report.run", "work.py"],
        cwd=checkout,
        env=environment | {"PYTHONPATH": "src"} | (elsewhere or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def found(checkout, code, elsewhere=None, **options):
    done = launch(checkout, code + AS_STAGE, elsewhere, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def sums(tmp_path_factory):
    """Return the sums as a stage of this checkout takes them here."""
    return found(copy_checkout(tmp_path_factory.mktemp("here")), SUMS)


def compute(**values):
    return load_params().compute.model_copy(update=values)


def test_no_library_is_loaded_before_its_variables_are_set():
    code = "import sys, mnist_report.run; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"numpy", "scipy", "sklearn", "tensorflow", "pandas"} & set(done.stdout.split())


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_same_sums_whatever_the_machine_brings_along(checkout, sums, name):
    assert found(checkout, SUMS, ELSEWHERE[name]) == sums


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away")
def test_the_same_sums_on_one_core(checkout, sums):
    alone = found(checkout, SUMS, preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    assert alone == sums


def test_another_number_of_threads_gives_other_sums(checkout, sums):
    set_compute(checkout, threads=3)
    assert found(checkout, SUMS) != sums


@x86_64_only
@pytest.mark.slow
def test_the_same_networks_on_an_old_processor(checkout):
    mine, theirs = (
        found(checkout, SUMS + NETWORKS, there) for there in (None, ELSEWHERE["an old processor"])
    )
    assert mine == theirs
    # Where nothing is pinned they differ, so the tests here can tell.
    set_compute(checkout, portable=False)
    free = found(checkout, SUMS + NETWORKS, ELSEWHERE["an old processor"])
    assert {name for name in mine if free[name] == mine[name]} == set()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_those_of_the_parameter(checkout, threads):
    set_compute(checkout, threads=threads)
    code = (
        "import numpy, scipy.linalg, sklearn, threadpoolctl\n"
        "def work():\n"
        "    return [pool['num_threads'] for pool in threadpoolctl.threadpool_info()]\n"
    )
    counted = found(checkout, code)
    assert len(counted) >= 2
    assert set(counted) == {threads}


def test_portable_is_a_matter_of_x86_64_alone(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert run.environment(compute(threads=4)) == {
        "OMP_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
    }


def test_a_processor_without_the_instructions_is_refused_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(run, "CPUINFO", tmp_path / "cpuinfo")
    run.CPUINFO.write_text("flags\t\t: fpu sse4_2 avx\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"compute\.portable = true needs .* AVX2") as error:
        run.environment(compute(portable=True))
    assert "\n" not in str(error.value)
    assert "OPENBLAS_CORETYPE" not in run.environment(compute(portable=False))
    run.CPUINFO.write_text("flags\t\t: fpu sse4_2 avx fma avx2\n", encoding="utf-8")
    assert run.environment(compute(portable=True))["OPENBLAS_CORETYPE"] == "Haswell"


def test_jax_that_is_not_installed_is_refused_in_one_line(monkeypatch):
    keras = load_params().keras.model_copy(update={"backend": "jax", "threads": 3})
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"keras\.backend = 'jax' needs JAX.*or use 'tensorflow'"):
        run.backend(keras)
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: "there")
    assert run.backend(keras) == {"KERAS_BACKEND": "jax", "NPROC": "3"}


def test_a_bad_parameter_is_one_line_and_the_script_is_not_run(checkout):
    set_compute(checkout, threads=0)
    done = launch(checkout, "print('ran')")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("work: error: params.yaml: compute.threads = 0 is not allowed")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("code, status", [("pass", 0), ("raise SystemExit(3)", 3)])
def test_the_exit_code_is_the_scripts(checkout, code, status):
    assert launch(checkout, code).returncode == status


@pytest.mark.parametrize("folder, started", [("stages", True), (".", False)])
def test_the_tracker_of_a_stage_starts_before_its_libraries(checkout, folder, started):
    (checkout / "stages").mkdir()
    script = checkout / folder / "pca.py"
    script.write_text("print(sorted(stage._waiting))\n", encoding="utf-8")
    code = (
        "import sys\nfrom mnist_report import run, stage\n"
        "stage._start_tracker = lambda name: name\n"
        "import builtins; builtins.stage = stage\n"
        f"sys.exit(run.main(['{folder}/pca.py']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("['pca']\n" if started else "[]\n")


def test_an_interrupt_while_libraries_load_is_one_line(checkout):
    done = launch(
        checkout,
        f"import os\nos.kill(os.getpid(), {int(signal.SIGINT)})\nimport numpy",
        # Where the tests themselves run in the background, Ctrl-C is switched off and inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 130
    assert done.stderr == "work: interrupted; run 'dvc repro' to start it again\n"
