"""Run a stage with its arithmetic pinned: ``python -m mnist_report.run stages/pca.py``.

The last bits of a sum depend on how many threads share it and on the instructions that take it.
NumPy, OpenBLAS and TensorFlow choose both by the machine they meet, from environment variables
that they read when they are loaded. So the variables are set here, before any of them is, the
stage's tracker is started, and then the script runs in this process.
"""

import importlib.util
import os
import platform
import runpy
import sys
from pathlib import Path

from mnist_report import paths, stage
from mnist_report.errors import UserError
from mnist_report.params import Compute, Keras, load_params

#: What makes every x86-64 processor since 2013 (AVX2 and FMA, "x86-64-v3") take the same way.
PORTABLE = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # Left alone, TensorFlow uses oneDNN on some processors only.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}

#: How Python names the processors that `PORTABLE` is about.
X86_64 = ("x86_64", "AMD64")

#: Where Linux lists what the processor can do.
CPUINFO = Path("/proc/cpuinfo")


def environment(compute: Compute) -> dict[str, str]:
    """Return the environment variables that pin the arithmetic of a process.

    Other processors than x86-64 have no instruction set that all of them share with it: there
    `portable` changes nothing.

    Raises
    ------
    UserError
        If the code path that is wanted needs instructions that this processor lacks.
    """
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(compute.threads))
    if compute.portable and platform.machine() in X86_64:
        if CPUINFO.exists() and not {"avx2", "fma"} <= set(CPUINFO.read_text().split()):
            raise UserError(
                "compute.portable = true needs a processor with AVX2 and FMA, and this one lacks "
                "them; set it to false in params.yaml, and expect other last digits"
            )
        pinned |= PORTABLE
    return pinned


def backend(keras: Keras) -> dict[str, str]:
    """Return the environment variables that name what computes beneath Keras.

    Raises
    ------
    UserError
        If it is not installed.
    """
    if keras.backend == "tensorflow":
        return {"KERAS_BACKEND": "tensorflow"}
    if importlib.util.find_spec("jax") is None:
        raise UserError(
            "keras.backend = 'jax' needs JAX, which is not installed; "
            "run \"pip install '.[jax]'\" or use 'tensorflow'"
        )
    # XLA takes this for the number of cores.
    return {"KERAS_BACKEND": "jax", "NPROC": str(keras.threads)}


def main(arguments: list[str]) -> int:
    """Run the script named in `arguments`; it ends the process with its own exit code."""
    script = Path(arguments[0])
    try:
        params = load_params()
        os.environ |= environment(params.compute) | backend(params.keras)
    except UserError as error:
        print(f"{script.stem}: error: {error}", file=sys.stderr)
        return 1
    sys.argv = arguments
    try:
        if script.resolve().parent == paths.ROOT / "stages":
            stage.start_tracker(script.stem)
        runpy.run_path(str(script), run_name="__main__")
    except KeyboardInterrupt:
        # While libraries are imported; once the stage works, its frame says the same.
        print(f"{script.stem}: interrupted; run 'dvc repro' to start it again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
