"""The images that a stage learned from or was judged on, as MLflow's data sets."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from mlflow.data import sources
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from mnist_report import paths
from mnist_report.dvcfiles import StageFiles
from mnist_report.files import load_array

#: What MLflow calls the use of each part of the data.
CONTEXTS = {"train": "training", "test": "testing"}


def inputs(stage: StageFiles, name: str, digest: Callable[[Path], str]) -> list[DatasetInput]:
    """Return the parts of the scaled data that `stage` declares as its inputs.

    Parameters
    ----------
    name
        The key of the data set in `params.yaml`.
    digest
        Tells what a file holds.
    """
    found = []
    for part, context in CONTEXTS.items():
        images, labels = (paths.scaled_file(part, kind) for kind in ("images", "labels"))
        if images not in stage.deps or labels not in stage.deps:
            continue
        data = from_numpy(
            load_array(images),
            # MLflow makes this class when it is loaded, unseen by mypy.
            source=sources.LocalArtifactDatasetSource(  # type: ignore[attr-defined]
                images.relative_to(paths.ROOT).as_posix()
            ),
            targets=load_array(labels),
            name=name,
            # MLflow's own are as short.
            digest=hashlib.sha256((digest(images) + digest(labels)).encode()).hexdigest()[:8],
        )
        found.append(
            DatasetInput(Dataset(**data.to_dict()), [InputTag(MLFLOW_DATASET_CONTEXT, context)])
        )
    return found
