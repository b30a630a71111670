"""The ledger: each number the paper prints, the metric that answers it, and the verdict.

`paper.yaml` holds the numbers. A verdict is one of

- *agrees*: no draw decides the number, and ours is the printed one up to the margin of its kind;
  or a draw does, the two are shown to be closer than that margin, and nothing speaks against it
  (`mnist_report.evaluation.agreement`); or it is a choice, and half of our draws or more make it;
- *undecided*: it could be a draw of ours, but so could numbers farther off than the margin; or it
  lies oddly far off, yet not beyond what so many numbers allow;
- *differs*: further off than one of our draws would lie; or a choice that no draw of ours makes;
- *cannot be checked*: nothing that is computed today answers it;
- *not computed*: these parameters do not ask for it;
- *not comparable*: the data are not the paper's, so no verdict says anything of the paper.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from mnist_report.core import files
from mnist_report.core.trees import flatten
from mnist_report.evaluation.agreement import ALPHA, Agreement, Question, answer, calibration
from mnist_report.evaluation.seeds import Values
from mnist_report.scores.uncertainty import spread

Verdict = Literal[
    "agrees", "undecided", "differs", "cannot be checked", "not computed", "not comparable"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

#: A choice that none of so many draws makes is not ours: one that is made one time in seven would
#: be missing from fewer than one series in twenty.
ENOUGH_DRAWS = 20

#: Kinds of numbers that say how good something is; the rest are shares, cells of one table,
#: settings and facts.
SCORES = ("accuracy", "loss", "AUC")

PAPER = Path(__file__).with_name("paper.yaml")


@dataclass(frozen=True)
class Entry:
    """One printed number, as `paper.yaml` states it; the fields are explained there."""

    id: str
    what: str
    place: str
    printed: str
    kind: str
    metric: str | None = None
    tolerance: float | None = None
    reason: str = "half a unit of the last printed digit"
    check: Literal["digits", "spread", "choice", "none"] = "digits"
    margin: float = 0.0
    margin_means: str = ""
    together: str | None = None
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
    def decimals(self) -> int:
        """How many digits are printed after the point."""
        return -int(Decimal(self.printed).as_tuple().exponent)

    @property
    def rounding(self) -> float:
        """How far off the number was, at most, before it was printed."""
        return 0.5 * 10.0**-self.decimals if self.tolerance is None else self.tolerance

    @property
    def over_seeds(self) -> str:
        """The name of the values over seeds: of a study itself, or of the stage's study."""
        metric = str(self.metric)
        return metric if metric.startswith(("slips_", "origins")) else f"spread_{metric}"

    def question(self, values: Values) -> tuple[Hashable, Question]:
        """Return what is asked of a number; equal numbers with equal draws have the same key."""
        draws = values[self.over_seeds]
        key = (self.printed, self.rounding, self.margin, self.together, draws.tobytes())
        return key, Question(
            float(self.printed), self.decimals, self.rounding, draws, self.margin, self.together
        )


@dataclass(frozen=True)
class Judged:
    """A printed number beside the recomputed one.

    `value` is that of this run, if any; `spread`, where it depends on a draw, is over seeds. `p`
    says how often one of our draws lies as far off, `p_holm` corrects it for how many numbers there
    are; of a choice it is the share of our draws that make it.
    """

    entry: Entry
    value: float | None
    verdict: Verdict
    spread: Mapping[str, float] | None = None
    p: float | None = None
    p_holm: float | None = None

    @property
    def tested(self) -> bool:
        """Whether it is held against a spread."""
        return self.entry.check == "spread" and self.spread is not None

    @property
    def difference(self) -> float | None:
        """Recomputed minus printed."""
        return None if self.value is None else self.value - float(self.entry.printed)

    @property
    def z(self) -> float | None:
        """How many of our standard deviations the printed number lies above our mean, if any."""
        if self.entry.check != "spread" or self.spread is None or self.spread["sd"] == 0:
            return None
        return (float(self.entry.printed) - self.spread["mean"]) / self.spread["sd"]

    @property
    def why(self) -> str | None:
        """Why the printed number differs, or agrees within its margin but not to the last digit."""
        off = self.entry.check == "digits" and abs(self.difference or 0) > self.entry.rounding
        return self.entry.why if self.verdict == "differs" or off else None


@cache
def load_ledger(path: Path = PAPER) -> list[Entry]:
    """Read the ledger; each entry takes over what its kind says."""
    content = files.read_yaml(path)
    kinds = content["kinds"]
    unknown = sorted({str(item.get("kind")) for item in content["numbers"]} - kinds.keys())
    if unknown:
        raise ValueError(f"{path.name} does not explain the kind {unknown[0]}")
    entries = [Entry(**{**kinds[item["kind"]], **item}) for item in content["numbers"]]
    if len({entry.id for entry in entries}) != len(entries):
        raise ValueError(f"an id stands twice in {path.name}")
    return entries


def judge_all(ledger: Sequence[Entry], results: Mapping[str, Any], values: Values) -> list[Judged]:
    """Set every printed number beside its metric, in `results` and in `values` over seeds.

    Numbers that a draw decides are judged at once, for the correction; entries that ask the same
    question count as one.
    """
    leaves = _leaves(results)
    found = [_look_up(entry, leaves, values) for entry in ledger]
    if not leaves.get("fetch.comparable_with_paper", True):
        return [replace(row, verdict="not comparable") for row in found]
    asked = [row.entry.question(values) if row.tested else None for row in found]
    answers = answer(dict(filter(None, asked)))
    return [
        replace(row, **answers[question[0]]._asdict()) if question else row
        for row, question in zip(found, asked, strict=True)
    ]


def calibrate(judged: Sequence[Judged], values: Values) -> dict[str, Any]:
    """Judge each of our own draws by the others, by the same rule, as if it had been printed.

    Of the ``tested`` numbers ``distinct`` ones are counted, and those ``far`` off by their own p;
    ``false_alarms`` are the ``seeds`` of which any draw is called different.
    """
    tested = [row for row in judged if row.tested]
    asked = [row.entry.question(values) for row in tested]
    distinct = {key: row for (key, _), row in zip(asked, tested, strict=True)}
    by_seed = calibration(dict(asked))
    given: dict[str, list[str]] = {}
    for verdicts in by_seed:
        for key, verdict in verdicts.items():
            given.setdefault(distinct[key].entry.kind, []).append(verdict)
    shares = {
        kind: {name: verdicts.count(name) / len(verdicts) for name in get_args(Agreement)}
        for kind, verdicts in given.items()
    }
    return {
        "tested": len(tested),
        "distinct": len(distinct),
        "far": sum(row.p is not None and row.p < ALPHA for row in distinct.values()),
        "seeds": len(by_seed),
        "false_alarms": sum("differs" in verdicts.values() for verdicts in by_seed),
        "kinds": {kind: {"judged": len(given[kind]), **shares[kind]} for kind in given},
    }


def folds_of_the_search(ledger: Sequence[Entry], values: Values) -> dict[str, float]:
    """Count the cells with a printed ± 0.004, and how often, over draws, rules of folds give it."""
    cells = {str(e.metric) for e in ledger if e.kind == "grid spread" and e.printed == "0.004"}
    found: dict[str, float] = {"printed": len(cells)}
    for name, part in (("then", "folds_2019."), ("today", "")):
        metrics = (f"spread_{cell.replace('folds_2019.', part)}" for cell in cells)
        drawn = [values[metric] for metric in metrics if metric in values]
        found[name] = float(np.mean(np.round(drawn, 3) == 0.004)) if drawn else 0.0
    return found


def as_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return a row for each printed number; a cell is empty where there is nothing to say."""
    rows = [
        {
            "id": row.entry.id,
            "kind": row.entry.kind,
            "rule": row.entry.check,
            "printed": row.entry.printed,
            "recomputed": row.value,
            **{name: (row.spread or {}).get(name) for name in ("mean", "sd", "seeds")},
            "z": row.z,
            "margin": row.entry.margin,
            "p": row.p,
            "p_holm": row.p_holm,
            "verdict": row.verdict,
        }
        for row in judged
    ]
    return pd.DataFrame(rows).astype({"seeds": "Int64"})


def printed_aucs(ledger: Sequence[Entry]) -> dict[str, float]:
    """Return the printed AUC of each kernel."""
    start = "svm_kernels.auc."
    return {e.id.removeprefix(start): float(e.printed) for e in ledger if e.id.startswith(start)}


def printed_by_epoch(ledger: Sequence[Entry], network: str) -> pd.DataFrame:
    """Return what the paper prints of a network's training: ``epoch``, ``measure``, ``value``."""
    ids = pd.Series([entry.id for entry in ledger])
    names = ids.str.extract(rf"^{network}\.epoch_(?P<epoch>\d+)\.(?P<measure>\w+)$")
    values = [float(entry.printed) for entry in ledger]
    return names.assign(value=values).dropna().astype({"epoch": int})


def printed_seconds(ledger: Sequence[Entry]) -> dict[str, list[float]]:
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


def _look_up(entry: Entry, leaves: Mapping[str, Any], values: Values) -> Judged:
    """Find a number's value and spread, and judge it unless that takes all the others."""
    if entry.metric is None:
        return Judged(entry, None, "cannot be checked")
    found = leaves.get(entry.metric)
    value = None if found is None else float(found)
    if entry.check == "digits":
        return Judged(entry, value, "not computed" if value is None else _by_digits(entry, value))
    drawn = values.get(entry.over_seeds)
    # A number of a study alone has no value of this run.
    if drawn is None or (value is None and entry.over_seeds != entry.metric):
        return Judged(entry, value, "not computed")
    found_spread = spread(drawn)
    if np.ptp(drawn) == 0:
        # The mean of equal values can be off by rounding, and then their sd is not quite 0.
        found_spread |= {"mean": float(drawn[0]), "sd": 0.0}
    if entry.check == "spread":
        return Judged(entry, value, "undecided", found_spread)
    share = float(np.isclose(drawn, float(entry.printed)).mean())
    verdict: Verdict = "agrees" if share >= 1 / 2 else "undecided"
    if share == 0 and len(drawn) >= ENOUGH_DRAWS:
        verdict = "differs"
    return Judged(entry, value, verdict, found_spread, p=share)


def _by_digits(entry: Entry, value: float) -> Verdict:
    # Decimals: a printed 0.16 stands for 0.155 to 0.165, both ends included.
    distance = abs(Decimal(str(value)) - Decimal(entry.printed))
    return "agrees" if distance <= Decimal(str(max(entry.rounding, entry.margin))) else "differs"


def _leaves(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaves under dotted names; the items of a list under the name and their index."""
    leaves = dict(flatten(results))
    for name, value in list(leaves.items()):
        if isinstance(value, list):
            leaves |= {f"{name}.{index}": item for index, item in enumerate(value)}
    return leaves
