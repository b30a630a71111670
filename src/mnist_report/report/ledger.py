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

from collections import Counter
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
class Number:
    """A printed number, as `paper.yaml` explains it, and what `judge_all` finds.

    `value` is that of this run, if any; `spread`, where it depends on a draw, is over seeds. `p`
    says how often one of our draws lies as far off, `p_holm` corrects it for how many numbers there
    are; of a choice it is the share of our draws that make it.
    """

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
    value: float | None = None
    verdict: Verdict = "cannot be checked"
    spread: Mapping[str, float] | None = None
    p: float | None = None
    p_holm: float | None = None

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

    @property
    def z(self) -> float | None:
        """How many of our standard deviations the printed number lies above our mean, if any."""
        if self.check != "spread" or self.spread is None or self.spread["sd"] == 0:
            return None
        return (float(self.printed) - self.spread["mean"]) / self.spread["sd"]

    @property
    def explained(self) -> str | None:
        """Why the printed number differs, or agrees within its margin but not to the last digit."""
        off = 0.0 if self.value is None else abs(self.value - float(self.printed))
        inexact = self.check == "digits" and off > self.rounding
        return self.why if self.verdict == "differs" or inexact else None


@cache
def load_ledger() -> list[Number]:
    """Read the ledger; each number takes over what its kind says."""
    content = files.read_yaml(PAPER)
    return [Number(**{**content["kinds"][item["kind"]], **item}) for item in content["numbers"]]


def judge_all(ledger: Sequence[Number], results: Mapping[str, Any], values: Values) -> list[Number]:
    """Set every printed number beside its metric, in `results` and in `values` over seeds.

    Numbers that a draw decides are judged at once, for the correction; those that ask the same
    question count as one.
    """
    leaves = _leaves(results)
    found = [_look_up(number, leaves, values) for number in ledger]
    if not leaves.get("fetch.comparable_with_paper", True):
        return [replace(number, verdict="not comparable") for number in found]
    asked = _questions(found, values)
    answers = answer(dict(asked.values()))
    return [
        replace(number, **answers[asked[number.id][0]]._asdict()) if number.id in asked else number
        for number in found
    ]


def _questions(judged: Sequence[Number], values: Values) -> dict[str, tuple[Hashable, Question]]:
    """Return what is asked of each number that is held against a spread, by its id.

    Equal numbers with equal draws have the same key.
    """
    asked: dict[str, tuple[Hashable, Question]] = {}
    for number in judged:
        if number.check == "spread" and number.spread is not None:
            draws, terms = values[number.over_seeds], (number.margin, number.together)
            question = Question(
                float(number.printed), number.decimals, number.rounding, draws, *terms
            )
            key = (number.printed, number.rounding, *terms, draws.tobytes())
            asked[number.id] = key, question
    return asked


def calibrate(judged: Sequence[Number], values: Values) -> dict[str, Any]:
    """Judge each of our own draws by the others, by the same rule, as if it had been printed.

    Of the ``tested`` numbers ``distinct`` ones are counted, and those ``far`` off by their own p;
    ``false_alarms`` are the ``seeds`` of which any draw is called different.
    """
    asked = _questions(judged, values)
    distinct = {asked[number.id][0]: number for number in judged if number.id in asked}
    by_seed = calibration(dict(asked.values()))
    given: dict[str, Counter[str]] = {}
    for verdicts in by_seed:
        for key, verdict in verdicts.items():
            given.setdefault(distinct[key].kind, Counter())[verdict] += 1
    return {
        "tested": len(asked),
        "distinct": len(distinct),
        "far": sum(number.p is not None and number.p < ALPHA for number in distinct.values()),
        "seeds": len(by_seed),
        "false_alarms": sum("differs" in verdicts.values() for verdicts in by_seed),
        "kinds": {
            kind: {"judged": counts.total()}
            | {name: counts[name] / counts.total() for name in get_args(Agreement)}
            for kind, counts in given.items()
        },
    }


def folds_of_the_search(ledger: Sequence[Number], values: Values) -> dict[str, float]:
    """Count the cells with a printed ± 0.004, and how often, over draws, rules of folds give it."""
    cells = {str(e.metric) for e in ledger if e.kind == "grid spread" and e.printed == "0.004"}
    found: dict[str, float] = {"printed": len(cells)}
    for name, part in (("then", "folds_2019."), ("today", "")):
        metrics = (f"spread_{cell.replace('folds_2019.', part)}" for cell in cells)
        drawn = [values[metric] for metric in metrics if metric in values]
        found[name] = float(np.mean(np.round(drawn, 3) == 0.004)) if drawn else 0.0
    return found


def as_table(judged: Sequence[Number]) -> pd.DataFrame:
    """Return a row for each printed number; a cell is empty where there is nothing to say."""
    columns = ["id", "kind", "check", "printed", "value", "mean", "sd", "seeds", "z", "margin"]
    rows = [vars(number) | {"z": number.z} | dict(number.spread or {}) for number in judged]
    table = pd.DataFrame(rows, columns=[*columns, "p", "p_holm", "verdict"])
    names = {"check": "rule", "value": "recomputed"}
    return table.astype({"seeds": "Int64"}).rename(columns=names)


def printed_aucs(ledger: Sequence[Number]) -> dict[str, float]:
    """Return the printed AUC of each kernel."""
    start = "svm_kernels.auc."
    return {e.id.removeprefix(start): float(e.printed) for e in ledger if e.id.startswith(start)}


def printed_by_epoch(ledger: Sequence[Number], network: str) -> pd.DataFrame:
    """Return what the paper prints of a network's training: ``epoch``, ``measure``, ``value``."""
    ids = pd.Series([number.id for number in ledger])
    names = ids.str.extract(rf"^{network}\.epoch_(?P<epoch>\d+)\.(?P<measure>\w+)$")
    values = [float(number.printed) for number in ledger]
    return names.assign(value=values).dropna().astype({"epoch": int})


def printed_seconds(ledger: Sequence[Number]) -> dict[str, list[float]]:
    """Return network to the seconds that the paper's log gives of each epoch, in their order."""
    logs = {name: printed_by_epoch(ledger, f"{name}_time") for name in ("keras_dense", "cnn")}
    return {name: log.query("measure == 'seconds'")["value"].tolist() for name, log in logs.items()}


def tally(verdicts: Iterable[str], possible: Sequence[str]) -> dict[str, int]:
    """Count verdicts; one that is possible and was not given counts 0."""
    given = Counter(verdicts)
    return {verdict: given[verdict] for verdict in possible}


def _look_up(number: Number, leaves: Mapping[str, Any], values: Values) -> Number:
    """Find a number's value and spread, and judge it unless that takes all the others."""
    if number.metric is None:
        return number
    found = leaves.get(number.metric)
    value = None if found is None else float(found)
    number = replace(number, value=value, verdict="not computed")
    if number.check == "digits":
        return number if value is None else replace(number, verdict=_by_digits(number, value))
    drawn = values.get(number.over_seeds)
    # A number of a study alone has no value of this run.
    if drawn is None or (value is None and number.over_seeds != number.metric):
        return number
    found_spread = spread(drawn)
    if np.ptp(drawn) == 0:
        # The mean of equal values can be off by rounding, and then their sd is not quite 0.
        found_spread |= {"mean": float(drawn[0]), "sd": 0.0}
    number = replace(number, spread=found_spread, verdict="undecided")
    if number.check == "spread":
        return number
    share = float(np.isclose(drawn, float(number.printed)).mean())
    verdict: Verdict = "agrees" if share >= 1 / 2 else "undecided"
    if share == 0 and len(drawn) >= ENOUGH_DRAWS:
        verdict = "differs"
    return replace(number, verdict=verdict, p=share)


def _by_digits(number: Number, value: float) -> Verdict:
    # Decimals: a printed 0.16 stands for 0.155 to 0.165, both ends included.
    distance = abs(Decimal(str(value)) - Decimal(number.printed))
    return "agrees" if distance <= Decimal(str(max(number.rounding, number.margin))) else "differs"


def _leaves(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaves under dotted names; the items of a list under the name and their index."""
    leaves = dict(flatten(results))
    for name, value in list(leaves.items()):
        if isinstance(value, list):
            leaves |= {f"{name}.{index}": item for index, item in enumerate(value)}
    return leaves
