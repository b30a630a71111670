"""The launcher: what a stage computes does not depend on the environment that it meets."""

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
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params

ROOT = Path(__file__).resolve().parents[1]

#: Files of a user who has settings of other work in the home folder.
HOME = {
    ".keras/keras.json": '{"floatx": "float64", "epsilon": 0.1, "image_data_format": '
    '"channels_first", "backend": "jax"}',
    ".config/matplotlib/matplotlibrc": "backend: module://nope\nfont.size: 31\nsavefig.dpi: 33\n",
}

#: What the environment of another machine, or of another user, may hold.
HOSTILE = {
    "OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    "ONEDNN_MAX_CPU_ISA": "SSE41", "TF_ENABLE_ONEDNN_OPTS": "0",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "16",
    "KERAS_BACKEND": "jax", "KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "MPLBACKEND": "module://nope", "PYTHONHASHSEED": "7", "PYTHONWARNINGS": "error",
}  # fmt: skip

#: Sums of the kinds that the stages take, as a digest by the library that takes them; and, if
#: asked for, a small network, its archive, and a picture of how it learns.
WORK = """
import hashlib, json, sys
import numpy as np
import threadpoolctl
from scipy import linalg
from mnist_report.core.tracking import Stage

rng = np.random.default_rng(0)
A = rng.normal(size=(200, 300))
x = A.astype(np.float32)

def digest(*arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

def sums():
    yield "threads", sorted({pool["num_threads"] for pool in threadpoolctl.threadpool_info()})
    yield "numpy", digest(np.exp(x), np.tanh(x), np.log1p(x * x), x.sum(axis=0), A.var(axis=1))
    yield "openblas", digest(A @ A.T, x @ x.T, x.T @ x[:, :10], *np.linalg.eigh(A.T @ A))
    yield "scipy", digest(*linalg.qr(A, mode="economic"))

def network():
    from mnist_report.figures.networks import learning_curves
    from mnist_report.figures.style import draw
    from mnist_report.models.keras import networks

    networks.prepare(0, 2)
    pixels, labels = rng.random((500, 784), dtype=np.float32), rng.integers(0, 10, 500)
    model = networks.convolutional_network()
    history = networks.train(
        model, pixels, labels, epochs=2, batch_size=62, on_epoch=lambda *_: None
    )
    archive = hashlib.sha256(networks.save_keras_bytes(model)).hexdigest()
    scores = digest(networks.probabilities(model, pixels))
    yield "network", [str(history["loss"].tolist()), scores, archive]
    yield "picture", hashlib.sha256(draw(learning_curves, history)).hexdigest()

def main(_):
    print(json.dumps(dict(sums()) | (dict(network()) if NETWORK else {})))

Stage.end = lambda *_: None  # without MLflow
"""
SUMS, ALL = f"NETWORK = False\n{WORK}", f"NETWORK = True\n{WORK}"


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a script by the launcher, in a checkout of its own."""

    def begin(code, elsewhere=None, compute=None, **options):
        folder = tmp_path / f"checkout {len(list(tmp_path.iterdir()))}"
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src", folder / "src", ignore=skip)
        yaml = YAML(typ="safe", pure=True)
        params = yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params["compute"] |= compute or {}
        with (folder / "params.yaml").open("w", encoding="utf-8") as stream:
            yaml.dump(params, stream)
        (folder / "work.py").write_text(code, encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key not in HOSTILE}
        return subprocess.Popen(
            [sys.executable, "-m", "mnist_report.run", "work.py"],
            cwd=folder,
            env=environment | {"PYTHONPATH": "src"} | (elsewhere or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return begin


def found(process):
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    return json.loads(out)


def test_a_hostile_environment_changes_no_byte(start, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for name, content in HOME.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(content, encoding="utf-8")

    def on_one_core():
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    places = {"HOME": str(home), "KERAS_HOME": str(home / ".keras")}
    undisturbed = start(ALL)
    disturbed = start(ALL, HOSTILE | places, preexec_fn=on_one_core)
    expected = found(undisturbed)
    assert len(expected) == 6
    assert expected["threads"] == [load_params().compute.threads]
    assert found(disturbed) == expected

    # Other parameters give other sums, so this test could tell.
    free = found(start(SUMS, HOSTILE, compute={"threads": 3, "portable": False}))
    assert free["threads"] == [3]
    if platform.machine() in run.X86_64:
        assert not [name for name in free if free[name] == expected[name]]


def test_portable_is_a_matter_of_x86_64_with_the_instructions(monkeypatch, tmp_path):
    compute = load_params().compute.model_copy(update={"threads": 4})
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    threads = {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}
    assert run.environment(compute) == threads
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(run, "CPUINFO", tmp_path / "cpuinfo")
    run.CPUINFO.write_text("flags\t\t: fpu sse4_2 avx\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"^compute\.portable = true needs .* AVX2"):
        run.environment(compute)
    assert run.environment(compute.model_copy(update={"portable": False})) == threads
    run.CPUINFO.write_text("flags\t\t: fpu sse4_2 avx fma avx2\n", encoding="utf-8")
    assert run.environment(compute) == threads | run.PORTABLE


def test_the_end_of_the_script_is_the_end_of_the_launcher(start):
    bad = start("print('ran')", compute={"threads": 0})
    exits = start("import sys\nprint(sys.argv)\nsys.exit(3)")
    interrupted = start(
        f"import os\nos.kill(os.getpid(), {int(signal.SIGINT)})\nimport numpy",
        # Where the tests themselves run in the background, Ctrl-C is switched off and inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    out, err = bad.communicate(timeout=180)
    assert (bad.returncode, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("work: error: params.yaml: compute.threads = 0: ")
    assert exits.communicate(timeout=180) == ("['work.py']\n", "")
    said = "work: interrupted; run 'dvc repro' to start it again\n"
    assert interrupted.communicate(timeout=180) == ("", said)
    assert (exits.returncode, interrupted.returncode) == (3, 130)
