"""The ledger: each number the paper prints, the metric that answers it, and the verdict.

A verdict is one of

- *reproduced*: the printed digits agree; or, where a number depends on a random draw, it lies
  within three standard deviations of the mean over our own seeds;
- *near*: outside of that, but by so little that a reader would conclude the same (how little, and
  why, stands in `paper.yaml` by kind of number);
- *not reproduced*: further off;
- *cannot be checked*: nothing that is computed today answers it;
- *not computed*: these parameters do not ask for it;
- *not comparable*: the data are not the paper's, so no verdict says anything of the paper.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
from ruamel.yaml import YAML

from mnist_report.core.trees import flatten

Verdict = Literal[
    "reproduced",
    "near",
    "not reproduced",
    "cannot be checked",
    "not computed",
    "not comparable",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

#: Verdicts that call for an explanation.
DEVIATIONS = ("near", "not reproduced")

#: How many standard deviations from the mean over seeds a printed number may lie.
REACH = 3

PAPER = Path(__file__).with_name("paper.yaml")


@dataclass(frozen=True)
class Entry:
    """One printed number, as `paper.yaml` states it; the fields are explained there."""

    id: str
    what: str
    place: str
    printed: str
    metric: str | None = None
    tolerance: float | None = None
    reason: str = "half a unit of the last printed digit"
    check: Literal["digits", "spread", "choice", "none"] = "digits"
    kind: str = ""
    near: float | None = None
    near_means: str = ""
    why: str | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that could not be judged."""
        if (self.metric is None) != (self.check == "none"):
            raise ValueError(f"{self.id}: an entry has a metric, or 'none' as its check")

    @property
    def again(self) -> bool:
        """Whether the paper prints the same result a second time."""
        return self.what.endswith("(again)")

    @property
    def allowed(self) -> float:
        """How far off counts as rounding."""
        if self.tolerance is not None:
            return self.tolerance
        exponent = Decimal(self.printed).as_tuple().exponent
        return 0.5 * 10.0 ** int(exponent)


@dataclass(frozen=True)
class Spread:
    """A number over seeds: mean, standard deviation (divisor n - 1), extremes, how many seeds."""

    mean: float
    sd: float
    min: float
    max: float
    seeds: int


@dataclass(frozen=True)
class Judged:
    """A printed number beside the recomputed one.

    Attributes
    ----------
    value
        Recomputed by the run at the seed of `params.yaml`; None if it was not.
    spread
        The same number over seeds, where it depends on a draw and the study has it.
    """

    entry: Entry
    value: float | None
    verdict: Verdict
    spread: Spread | None = None

    @property
    def difference(self) -> float | None:
        """Recomputed minus printed."""
        return None if self.value is None else self.value - float(self.entry.printed)

    @property
    def z(self) -> float | None:
        """How many of our standard deviations the printed number lies above our mean.

        None where that says nothing: for choices from a list, where all seeds agree, and on data
        that are not the paper's.
        """
        spread = self.spread
        if self.verdict == "not comparable" or self.entry.check != "spread" or spread is None:
            return None
        if spread.sd == 0:
            return None
        return (float(self.entry.printed) - spread.mean) / spread.sd

    @property
    def far(self) -> bool:
        """Whether the printed number lies where one draw in twenty would, or fewer."""
        return self.z is not None and abs(self.z) > 2

    @property
    def why(self) -> str | None:
        """Why the printed number does not hold, or holds just nearly."""
        return self.entry.why if self.verdict in DEVIATIONS else None


def load_ledger(path: Path = PAPER) -> list[Entry]:
    """Read the ledger; ids are unique, and each entry takes over what its kind says.

    Raises
    ------
    ValueError
        If an id stands twice, a kind is unknown, or an entry cannot be judged.
    TypeError
        If an entry lacks a field or has one too many.
    """
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    kinds = content["kinds"]
    unknown = sorted({str(item.get("kind")) for item in content["numbers"]} - kinds.keys())
    if unknown:
        raise ValueError(f"{path.name} does not explain the kind {unknown[0]}")
    entries = [Entry(**{**kinds[item["kind"]], **item}) for item in content["numbers"]]
    if len({entry.id for entry in entries}) != len(entries):
        raise ValueError(f"an id stands twice in {path.name}")
    return entries


def judge_all(ledger: Sequence[Entry], metrics: Mapping[str, Any]) -> list[Judged]:
    """Set every printed number beside its metric.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file. The spread of ``<stage>.<key>`` over seeds
        is looked up as ``spread_<stage>.<key>``, an item of a list as ``<name>.<index>``.
    """
    leaves = dict(_leaves(metrics))
    comparable = leaves.get("fetch.comparable_with_paper", True)
    return [_judge(entry, leaves, comparable=comparable) for entry in ledger]


def as_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return a row for each printed number; a cell is empty where there is nothing to say.

    Columns are ``id``, ``printed`` (text, all its digits), ``recomputed``, ``mean``, ``sd``,
    ``seeds``, ``z`` and ``verdict``.
    """
    columns = ["id", "printed", "recomputed", "mean", "sd", "seeds", "z", "verdict"]
    rows = []
    for row in judged:
        spread = row.spread
        over_seeds = (spread.mean, spread.sd, spread.seeds) if spread else (None, None, None)
        rows.append((row.entry.id, row.entry.printed, row.value, *over_seeds, row.z, row.verdict))
    return pd.DataFrame(rows, columns=columns).astype({"seeds": "Int64"})


def printed_aucs(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the printed AUC of each kernel."""
    start = "svm_kernels.auc."
    return {
        row.entry.id.removeprefix(start): float(row.entry.printed)
        for row in judged
        if row.entry.id.startswith(start)
    }


def printed_by_epoch(judged: Sequence[Judged], network: str) -> pd.DataFrame:
    """Return what the paper prints of a network's training.

    Columns are ``epoch`` (int), ``measure`` and ``value``.
    """
    pattern = re.compile(rf"{network}\.epoch_(\d+)\.(\w+)")
    found = ((pattern.fullmatch(row.entry.id), row.entry.printed) for row in judged)
    rows = [(int(name[1]), name[2], float(value)) for name, value in found if name]
    return pd.DataFrame(rows, columns=["epoch", "measure", "value"])


def printed_seconds(ledger: Iterable[Entry]) -> dict[str, list[float]]:
    """Return network to the seconds that the paper's log gives of each epoch, in their order."""
    result: dict[str, list[float]] = {}
    for entry in ledger:
        if found := re.fullmatch(r"(\w+)_time\.epoch_\d+\.seconds", entry.id):
            result.setdefault(found[1], []).append(float(entry.printed))
    return result


def tally(verdicts: Iterable[str], possible: Sequence[str]) -> dict[str, int]:
    """Count verdicts; one that is possible and was not given counts 0."""
    given = list(verdicts)
    return {verdict: given.count(verdict) for verdict in possible}


def unexplained(judged: Iterable[Judged]) -> list[str]:
    """Return the ids of numbers that do not hold and of which the ledger does not say why."""
    return [row.entry.id for row in judged if row.verdict in DEVIATIONS and not row.why]


def _judge(entry: Entry, leaves: Mapping[str, Any], *, comparable: bool) -> Judged:
    found = leaves.get(entry.metric) if entry.metric else None
    value = None if found is None else float(found)
    spread = _spread(entry, leaves)
    if not comparable:
        return Judged(entry, value, "not comparable", spread)
    if entry.check == "none":
        return Judged(entry, None, "cannot be checked")
    if value is None or (entry.check != "digits" and spread is None):
        return Judged(entry, value, "not computed", spread)
    distance, reach = _distance(entry, value, spread)
    verdict: Verdict = "not reproduced"
    if distance <= reach:
        verdict = "reproduced"
    elif entry.near is not None and distance <= _exact(entry.near):
        verdict = "near"
    return Judged(entry, value, verdict, spread)


def _distance(entry: Entry, value: float, spread: Spread | None) -> tuple[Decimal, Decimal]:
    """Return how far off the printed number is, and how far off it may be.

    Decimals, since a printed 0.16 stands for 0.155 to 0.165 with both ends included, whatever
    floats make of these.
    """
    printed, rounding = Decimal(entry.printed), _exact(entry.allowed)
    if spread is None or entry.check == "digits":
        return abs(_exact(value) - printed), rounding
    if entry.check == "spread":
        return abs(printed - _exact(spread.mean)), rounding + REACH * _exact(spread.sd)
    # A choice from a list: one that was made over seeds, or lies between two that were.
    low, high = _exact(spread.min), _exact(spread.max)
    return max(low - printed, printed - high, Decimal(0)), rounding


def _exact(value: float) -> Decimal:
    """Return the decimal number that a float is written as."""
    return Decimal(str(value))


def _spread(entry: Entry, leaves: Mapping[str, Any]) -> Spread | None:
    name = f"spread_{entry.metric}"
    if entry.check not in ("spread", "choice") or f"{name}.seeds" not in leaves:
        return None
    spread = Spread(**{field.name: leaves[f"{name}.{field.name}"] for field in fields(Spread)})
    if spread.min == spread.max:
        # The mean of equal values can be off by rounding, and then their sd is not quite 0.
        return replace(spread, mean=spread.min, sd=0.0)
    return spread


def _leaves(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the leaves under dotted names; the items of a list under the name and their index."""
    for name, value in flatten(metrics):
        if isinstance(value, list):
            yield from ((f"{name}.{index}", item) for index, item in enumerate(value))
        else:
            yield name, value
