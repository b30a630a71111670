"""What `dvc.yaml` says of a stage: the part of it that tracking and verification need."""

from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mnist_report import paths

#: The long studies, whose results are in Git: patterns of stage names.
STUDIES = ("spread_*", "origins", "errata_*", "ablations_*")


@dataclass(frozen=True)
class StageFiles:
    """The declared inputs and outputs of one stage; paths are absolute."""

    name: str
    deps: tuple[Path, ...]
    params: tuple[str, ...]
    outs: tuple[Path, ...]
    metrics: tuple[Path, ...]
    plots: tuple[Path, ...]

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Everything that the stage writes."""
        return self.outs + self.metrics + self.plots


@cache
def pipeline(root: Path = paths.ROOT) -> dict[str, StageFiles]:
    """Read the stages of ``dvc.yaml``, in its order."""
    content = YAML(typ="safe", pure=True).load((root / "dvc.yaml").read_text(encoding="utf-8"))
    return {name: _stage(root, name, entry) for name, entry in content["stages"].items()}


def is_study(stage: str) -> bool:
    """Tell whether a stage is one of the long studies, by its name."""
    return any(fnmatch(stage, pattern) for pattern in STUDIES)


def _stage(root: Path, name: str, entry: dict[str, Any]) -> StageFiles:
    def listed(kind: str) -> tuple[str, ...]:
        # An item is a path, or a mapping of one path to its options.
        items = entry.get(kind, [])
        return tuple(item if isinstance(item, str) else next(iter(item)) for item in items)

    def files(kind: str) -> tuple[Path, ...]:
        return tuple(root / item for item in listed(kind))

    return StageFiles(
        name=name,
        deps=files("deps"),
        params=listed("params"),
        outs=files("outs"),
        metrics=files("metrics"),
        plots=files("plots"),
    )
