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

import csv
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnist_report.core import files
from mnist_report.core.trees import flatten
from mnist_report.evaluation.agreement import ALPHA, hold_against
from mnist_report.evaluation.seeds import Values
from mnist_report.scores.uncertainty import holm, spread

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

    `value` is that of this run, if any; `draws`, where it depends on one, are our values over
    seeds. `p` says how often one of our draws lies as far off, `p_holm` corrects it for how many
    numbers there are; of a choice it is the share of our draws that make it.
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
    draws: NDArray[np.float64] = field(default_factory=partial(np.empty, 0))
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
    def spread(self) -> dict[str, Any] | None:
        """Our values over seeds, summed up, if there are any."""
        if len(self.draws) == 0:
            return None
        found = spread(self.draws)
        if np.ptp(self.draws) == 0:
            # The mean of equal values can be off by rounding, and then their sd is not quite 0.
            found |= {"mean": float(self.draws[0]), "sd": 0.0}
        return found

    @property
    def question(self) -> Hashable:
        """What is asked of a number that is held against draws, the same of equal ones; or None."""
        if self.check != "spread" or len(self.draws) == 0:
            return None
        return self.printed, self.rounding, self.margin, self.together, self.draws.tobytes()

    @property
    def z(self) -> float | None:
        """How many of our standard deviations the printed number lies above our mean, if any."""
        if self.check != "spread" or self.spread is None or self.spread["sd"] == 0:
            return None
        return float((float(self.printed) - self.spread["mean"]) / self.spread["sd"])

    @property
    def explained(self) -> str | None:
        """Why the printed number differs, or agrees within its margin but not to the last digit."""
        off = 0.0 if self.value is None else abs(self.value - float(self.printed))
        inexact = self.check == "digits" and off > self.rounding
        return self.why if self.verdict == "differs" or inexact else None


@cache
def load_ledger() -> list[Number]:
    """Read the ledger, table by table; each number takes over what its kind says."""
    content = files.read_yaml(PAPER)
    items = []
    for item in content["numbers"]:
        if "table" not in item:
            items.append(item)
            continue
        for line in csv.DictReader(item["table"].splitlines()):
            items += [{key: text.format(**line) for key, text in e.items()} for e in item["each"]]
    return [Number(**{**content["kinds"][item["kind"]], **item}) for item in items]


def judge_all(ledger: Sequence[Number], results: Mapping[str, Any], values: Values) -> list[Number]:
    """Set every printed number beside its metric, in `results` and in `values` over seeds.

    Numbers that a draw decides are judged at once, for the correction; those that ask the same
    question count as one.
    """
    leaves = _leaves(results)
    found = [_look_up(number, leaves, values) for number in ledger]
    if not leaves.get("fetch.comparable_with_paper", True):
        return [replace(number, verdict="not comparable") for number in found]
    answers = answer(_by_question(found))
    return [replace(number, **answers.get(number.question, {})) for number in found]


def _by_question(numbers: Sequence[Number]) -> dict[Hashable, Number]:
    return {number.question: number for number in numbers if number.question}


def answer(numbers: Mapping[Hashable, Number]) -> dict[Hashable, dict[str, Any]]:
    """Hold numbers against their draws: ``verdict``, ``p`` and ``p_holm`` of each.

    *differs*: one more draw of ours would lie so far off less often than `ALPHA` allows, over all
    the numbers together; or so does a number that belongs `together` with this one. *agrees*:
    closer than the margin, and its own p is `ALPHA` or more. *undecided*: the rest.
    """
    found = {
        key: hold_against(number.draws, float(number.printed), number.rounding, number.margin)
        for key, number in numbers.items()
    }
    corrected = dict(zip(found, holm([p for p, _ in found.values()]), strict=True))
    different = {key for key, p_holm in corrected.items() if p_holm < ALPHA}
    cells = {numbers[key].together for key in different} - {None}
    answers = {}
    for key, (p, close) in found.items():
        verdict = "agrees" if close and p >= ALPHA else "undecided"
        if key in different or numbers[key].together in cells:
            verdict = "differs"
        answers[key] = {"verdict": verdict, "p": p, "p_holm": corrected[key]}
    return answers


def judge_our_own(numbers: Mapping[Hashable, Number]) -> pd.DataFrame:
    """Judge each of our own draws by the others, printed with as many digits; seed by seed.

    The draws of one seed are judged together, as the printed numbers are. Numbers of fewer seeds
    begin again, so that there are always as many; a verdict is returned once only, with ``seed``
    and ``kind``. Those of fewer than 3 seeds are left out.
    """
    numbers = {key: number for key, number in numbers.items() if len(number.draws) >= 3}
    rows = []
    for seed in range(max((len(number.draws) for number in numbers.values()), default=0)):
        left_out = {}
        for key, number in numbers.items():
            place = seed % len(number.draws)
            printed = f"{number.draws[place]:.{number.decimals}f}"
            others = np.delete(number.draws, place)
            left_out[key] = replace(number, printed=printed, draws=others)
        rows += [
            (seed, numbers[key].kind, found["verdict"])
            for key, found in answer(left_out).items()
            if seed < len(numbers[key].draws)
        ]
    return pd.DataFrame(rows, columns=["seed", "kind", "verdict"])


def calibrate(judged: Sequence[Number]) -> dict[str, Any]:
    """Judge each of our own draws by the others, by the same rule, as if it had been printed.

    Of the ``tested`` numbers ``distinct`` ones are counted, and those ``far`` off by their own p;
    ``false_alarms`` are the ``seeds`` of which any draw is called different.
    """
    distinct = _by_question(judged)
    given = judge_our_own(distinct)
    return {
        "tested": sum(number.question is not None for number in judged),
        "distinct": len(distinct),
        "far": sum(number.p is not None and number.p < ALPHA for number in distinct.values()),
        "seeds": given["seed"].nunique(),
        "false_alarms": given.loc[given["verdict"] == "differs", "seed"].nunique(),
        "kinds": {
            kind: {"judged": len(verdicts)}
            | {
                name: float((verdicts == name).mean())
                for name in ("agrees", "undecided", "differs")
            }
            for kind, verdicts in given.groupby("kind", sort=False)["verdict"]
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
    given = list(verdicts)
    return {verdict: given.count(verdict) for verdict in possible}


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
    number = replace(number, draws=drawn, verdict="undecided")
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
