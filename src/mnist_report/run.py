"""Run a stage with its arithmetic pinned: ``python -m mnist_report.run stages/pca.py``.

The last bits of a sum depend on how many threads share it and on the instructions that take it.
NumPy, OpenBLAS and TensorFlow choose both by the machine, unless environment variables that they
read when they are loaded say otherwise: so these are set here, before any of them is. What a user
has set for Keras and Matplotlib, for other work, is kept out in the same way.
"""

import os
import platform
import runpy
import sys
import warnings
from pathlib import Path

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import Compute, load_params

#: What makes every x86-64 processor since 2013 (AVX2 and FMA, "x86-64-v3") take the same way.
PORTABLE = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # Left alone, TensorFlow uses oneDNN on some processors only.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}

X86_64 = ("x86_64", "AMD64")
#: Where Linux lists what the processor can do.
CPUINFO = Path("/proc/cpuinfo")

#: What decides a result or a picture and is not left to the user's own settings. Keras reads
#: keras.json from its home: this one has none.
SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": str(paths.ROOT / ".dvc" / "tmp" / "keras"),
    "MPLBACKEND": "Agg",
}

#: What would cut training short, have TensorFlow compile it to other sums, or end a stage with a
#: warning of some library.
CLEARED = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "TF_XLA_FLAGS", "PYTHONWARNINGS")
#: The warnings that Python passes over by itself.
PASSED_OVER = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def environment(compute: Compute) -> dict[str, str]:
    """Return the variables that pin the arithmetic; UserError if the processor cannot follow them.

    Other processors than x86-64 have no instruction set that all of them share with it: there
    `portable` changes nothing.
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


def main(arguments: list[str]) -> int:
    """Run ``main`` of the script named first; return the exit code.

    The last argument names the stage: it is the script itself, or one of the studies.
    """
    name = Path(arguments[-1]).stem
    try:
        params = load_params()
        os.environ |= environment(params.compute) | SETTINGS
        if os.environ.get("PYTHONWARNINGS"):
            # Python read it when it started.
            warnings.resetwarnings()
            for category in PASSED_OVER:
                warnings.simplefilter("ignore", category)
        for variable in CLEARED:
            os.environ.pop(variable, None)
        sys.argv = arguments
        # Not above: they load NumPy.
        from threadpoolctl import threadpool_limits

        from mnist_report.core.tracking import Stage

        work = runpy.run_path(arguments[0], run_name="__main__")["main"]
        stage = Stage(name, params)
        # OpenBLAS takes no more threads from its variable than there are cores; from here it does.
        with stage.recorded(), threadpool_limits(params.compute.threads):
            work(stage)
    except UserError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted; run 'dvc repro' to start it again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
