"""Fitted models as MLflow models: with a signature and an example, ready to be served."""

import importlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.models import infer_signature

from mnist_report import paths
from mnist_report.errors import UserError

# Whatever a stage computed by: what MLflow serves computes by TensorFlow.
os.environ["KERAS_BACKEND"] = "tensorflow"

#: What it takes to log a model, by the ending of its file. Keras comes first by way of our own
#: module, which is quiet; TensorFlow, met first through MLflow, is not.
LIBRARIES = {
    ".skops": ("skops.io", "mlflow.sklearn"),
    ".keras": ("mnist_report.models.keras_networks", "mlflow.tensorflow"),
}

#: How many test images the example holds.
EXAMPLE_ROWS = 3


def load_libraries(outputs: Iterable[Path]) -> None:
    """Load what `log_model` will need for these outputs: while a stage works there is time."""
    for path in outputs:
        for name in LIBRARIES.get(path.suffix, ()):
            importlib.import_module(name)


def log_model(run_id: str, path: Path) -> None:
    """Log the model in `path` to a run; a file that is no model is left alone.

    Parameters
    ----------
    path
        A ``.skops`` file (scikit-learn) or a ``.keras`` file. Neither is a pickle: loading one
        runs no code but what this project and its libraries hold.
    """
    log = {".skops": _log_sklearn, ".keras": _log_keras}.get(path.suffix)
    if log is None:
        return
    images = np.load(paths.SCALED / "test_images.npy", mmap_mode="r", allow_pickle=False)
    example = np.array(images[:EXAMPLE_ROWS])
    mlflow.start_run(run_id=run_id)
    try:
        log(path, example)
    finally:
        # As a block of MLflow's it would end finished, and its fingerprint is still to come.
        mlflow.end_run("RUNNING")


def _log_sklearn(path: Path, example: np.ndarray[Any, Any]) -> None:
    import mlflow.sklearn
    import skops.io

    unknown = skops.io.get_untrusted_types(file=path)
    ours = [name for name in unknown if name.startswith("mnist_report.")]
    if ours != unknown:
        raise UserError(f"{path.name} holds types that are not this project's: {unknown}")
    model = skops.io.load(path, trusted=ours)
    # A network answers with probabilities; a support vector machine has none to give.
    function = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    mlflow.sklearn.log_model(
        model,
        name=path.stem,
        serialization_format="skops",
        skops_trusted_types=ours,
        # What is not in any package index travels with the model.
        code_paths=[str(paths.ROOT / "src" / "mnist_report")] if ours else None,
        pyfunc_predict_fn=function,
        signature=infer_signature(example, getattr(model, function)(example)),
        input_example=example,
        pip_requirements=_pins("scikit-learn", "numpy", "skops", "threadpoolctl"),
    )


def _log_keras(path: Path, example: np.ndarray[Any, Any]) -> None:
    # This import is quiet; TensorFlow, met first through MLflow, is not.
    from mnist_report.models.keras_networks import load_keras, probabilities

    model = load_keras(path)
    answers = probabilities(model, example)

    import keras

    # Not mlflow.keras: in MLflow 3.17 it writes the example before it makes the folder for it.
    import mlflow.tensorflow

    keras.config.disable_interactive_logging()
    mlflow.tensorflow.log_model(
        model,
        name=path.stem,
        signature=infer_signature(example, answers),
        input_example=example,
        pip_requirements=_pins("keras", "tensorflow", "numpy"),
    )


def _pins(*packages: str) -> list[str]:
    return [f"{package}=={version(package)}" for package in packages]
