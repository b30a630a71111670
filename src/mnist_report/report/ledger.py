"""The ledger: each number the paper prints, the metric that answers it, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from mnist_report.trees import flatten

Verdict = Literal["reproduced", "not reproduced", "not judged yet", "not computed"]

PAPER = Path(__file__).with_name("paper.yaml")


@dataclass(frozen=True)
class Entry:
    """One printed number, as `paper.yaml` states it."""

    id: str
    what: str
    place: str
    printed: str
    metric: str
    tolerance: str | None = None
    reason: str = "half a unit of the last printed digit"
    check: Literal["digits", "spread"] = "digits"

    @property
    def allowed(self) -> float:
        """How far a recomputed number may be off."""
        if self.tolerance is not None:
            return float(self.tolerance)
        exponent = Decimal(self.printed).as_tuple().exponent
        return 0.5 * 10.0 ** int(exponent)


@dataclass(frozen=True)
class Judged:
    """A printed number beside the recomputed one."""

    entry: Entry
    value: float | None
    verdict: Verdict

    @property
    def difference(self) -> float | None:
        """Recomputed minus printed."""
        return None if self.value is None else self.value - float(self.entry.printed)


def load_ledger(path: Path = PAPER) -> list[Entry]:
    """Read the ledger; ids are unique.

    Raises
    ------
    ValueError
        If an id stands twice.
    TypeError
        If an entry lacks a field or has one too many.
    """
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    entries = [Entry(**item) for item in content]
    if len({entry.id for entry in entries}) != len(entries):
        raise ValueError(f"an id stands twice in {path.name}")
    return entries


def judge(entry: Entry, metrics: Mapping[str, Any]) -> Judged:
    """Set one printed number beside its metric.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file.
    """
    value = dict(flatten(metrics)).get(entry.metric)
    if value is None:
        return Judged(entry, None, "not computed")
    if entry.check == "spread":
        return Judged(entry, float(value), "not judged yet")
    off = abs(Decimal(str(value)) - Decimal(entry.printed))
    # A printed 0.16 stands for 0.155 to 0.165, both ends included.
    good = off <= Decimal(str(entry.allowed))
    return Judged(entry, float(value), "reproduced" if good else "not reproduced")
