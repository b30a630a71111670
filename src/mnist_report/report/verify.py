"""``make verify``: hold the results against the code, the committed results and the paper.

Six questions, one after the other:

1. Do the committed `dvc.lock`, metrics and plots belong to the committed code and parameters?
2. Is every output that lies here, byte for byte, the one that `dvc.lock` tells of?
3. Is every recomputed number that depends on a random draw one that our own seeds make likely?
4. Is every metric that lies here within its tolerance of the committed one?
5. Is every verdict on the paper the committed one, and does the ledger say why where a number
   does not hold?
6. What does the paper's table look like now?

A number of the paper that does not hold is a finding. A failure is a result that nobody can
trust: the exit code is then 1. The fourth and fifth question are asked under the committed
parameters only.
"""

import hashlib
import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from textwrap import wrap
from typing import Any

from ruamel.yaml import YAML
from scipy import stats

from mnist_report import files, git, paths
from mnist_report.dvcfiles import pipeline
from mnist_report.errors import UserError
from mnist_report.locked import altered
from mnist_report.report.claims import judge_claims
from mnist_report.report.ledger import (
    VERDICTS,
    Judged,
    Spread,
    judge_all,
    load_ledger,
    tally,
    unexplained,
)
from mnist_report.trees import at, flatten

TOLERANCES = Path(__file__).with_name("tolerances.yaml")

#: How often a good run may be called a bad one, for one number. There are more than a hundred
#: numbers, so all of them together raise a false alarm in about one of a hundred good runs. With
#: three seeds that makes a wide interval: three values know little of their own spread.
FALSE_ALARMS = 1e-4


def main() -> int:
    """Print the findings; return 0 if nothing failed."""
    ledger = load_ledger()
    try:
        failures = check_committed() + check_bytes()
        here = {name: files.read_json(path) for name, path in _metrics_files().items()}
        judged = judge_all(ledger, here)
        failures += check_own_spread(judged)
        if _committed("params.yaml") == paths.PARAMS.read_bytes():
            committed = {
                name: json.loads(_committed(path.relative_to(paths.ROOT).as_posix()))
                for name, path in _metrics_files().items()
            }
            failures += compare_metrics(here, committed)
            failures += compare_verdicts(
                _verdicts(judged, here), _verdicts(judge_all(ledger, committed), committed)
            )
            failures += check_explanations(judged)
        else:
            print("verify: params.yaml differs from the committed one: results not held to those")
    except UserError as error:
        print(f"verify: error: {error}", file=sys.stderr)
        return 1
    print_table(judged)
    for failure in failures:
        print(f"verify: FAILED: {failure}", file=sys.stderr)
    if not failures:
        print("verify: all holds")
    return 1 if failures else 0


def check_committed() -> list[str]:
    """Hold the committed `dvc.lock` against the committed code, parameters and results."""
    lock = _yaml(_committed("dvc.lock"))["stages"]
    params = _yaml(_committed("params.yaml"))
    tracked = set(git.lines(paths.ROOT, "ls-tree", "-r", "--name-only", "HEAD"))
    failures = []
    for name in pipeline():
        if name not in lock:
            failures.append(f"stage {name} is not in the committed dvc.lock")
            continue
        entry = lock[name]
        for item in entry.get("deps", []) + entry.get("outs", []):
            path = item["path"]
            if path in tracked and _md5(_committed(path)) != item["md5"]:
                failures.append(f"committed {path} is not what dvc.lock has for stage {name}")
        for section, value in entry.get("params", {}).get("params.yaml", {}).items():
            if at(params, section) != value:
                failures.append(f"committed params.yaml: {section} is not what {name} ran with")
    print(f"verify: committed dvc.lock against committed code and results: {_word(failures)}")
    return failures


def check_bytes() -> list[str]:
    """Hold the bytes of every output against `dvc.lock`; DVC trusts what came from its cache."""
    there = [path for stage in pipeline().values() for path in stage.outputs if path.is_file()]
    failures = []
    for file in altered(there):
        rotten = f", and neither is {file.cached}" if file.cached else ""
        command = shlex.join(filter(None, ["rm", "-f", file.name, file.cached]))
        failures.append(
            f"{file.name} is not what dvc.lock has{rotten}; '{command}', then 'dvc repro'"
        )
    print(f"verify: {len(there)} outputs here against dvc.lock: {_word(failures)}")
    return failures


def prediction_interval(spread: Spread, false_alarms: float) -> tuple[float, float]:
    """Return where one more run lies, but for a share of `false_alarms`.

    With n normal values of mean m and standard deviation s, one more value x has
    (x - m) / (s √(1 + 1/n)) after Student's t with n - 1 degrees of freedom (Student, 1908;
    Hahn and Meeker, *Statistical Intervals*, 1991, section 4.7).
    """
    t = stats.t.ppf(1 - false_alarms / 2, df=spread.seeds - 1)
    reach = float(t) * spread.sd * math.sqrt(1 + 1 / spread.seeds)
    return spread.mean - reach, spread.mean + reach


def check_own_spread(judged: Sequence[Judged]) -> list[str]:
    """Hold the run at the seed of `params.yaml` against the runs over seeds.

    Rounding as the paper rounds is let pass: a spread can be nothing at all. Choices from a list
    are no normal values and are left out.
    """
    failures, held = [], 0
    for row in judged:
        if row.value is None or row.spread is None or row.entry.check != "spread":
            continue
        low, high = prediction_interval(row.spread, FALSE_ALARMS)
        rounding = row.entry.allowed
        if not low - rounding <= row.value <= high + rounding:
            failures.append(
                f"{row.entry.id} came out as {row.value:.8g}, "
                f"but one more run after our seeds lies between {low:.8g} and {high:.8g}"
            )
        held += 1
    print(f"verify: {held} recomputed numbers against our own spread: {_word(failures)}")
    return failures


def compare_metrics(here: Mapping[str, Any], committed: Mapping[str, Any]) -> list[str]:
    """Hold every metric against the committed one, each within its stated tolerance."""
    rules = _yaml(TOLERANCES.read_bytes())
    old, new = dict(flatten(committed)), dict(flatten(here))
    failures = [f"metric {key} is only on one side" for key in sorted(old.keys() ^ new.keys())]
    compared = 0
    for key in sorted(old.keys() & new.keys()):
        if isinstance(old[key], int | float) and isinstance(new[key], int | float):
            allowed = tolerance(rules, key, old)
            if not abs(new[key] - old[key]) <= allowed:
                failures.append(
                    f"metric {key} is {new[key]}, committed {old[key]}, tolerance {allowed:g}"
                )
        elif old[key] != new[key]:
            failures.append(f"metric {key} is {new[key]!r}, committed {old[key]!r}")
        compared += 1
    print(f"verify: {compared} metrics against the committed ones: {_word(failures)}")
    return failures


def tolerance(rules: Sequence[Mapping[str, Any]], key: str, committed: Mapping[str, Any]) -> float:
    """Return how far a metric may be off the committed one, by the first rule that fits.

    Parameters
    ----------
    rules
        The content of `tolerances.yaml`, where they are explained.
    key
        The metric's dotted name.
    committed
        Dotted names to all committed metrics, the spreads over seeds among them.

    Raises
    ------
    UserError
        If no rule fits.
    """
    for rule in rules:
        if any(fnmatchcase(key, pattern) for pattern in (rule["metric"], rule["metric"] + ".*")):
            # A metric's own spread, or the one of which it is the mean or an extreme.
            for name in (f"spread_{key}.sd", f"{key.rpartition('.')[0]}.sd"):
                if name in committed:
                    return float(max(rule["tolerance"], rule.get("sds", 0) * committed[name]))
            return float(rule["tolerance"])
    raise UserError(f"{TOLERANCES.name} has no entry for metric {key}; add one")


def compare_verdicts(here: Mapping[str, str], committed: Mapping[str, str]) -> list[str]:
    """Hold every verdict on the paper against the one that the committed metrics give."""
    failures = [
        f"{name} is now '{verdict}', committed '{committed[name]}'"
        for name, verdict in here.items()
        if committed[name] != verdict
    ]
    print(f"verify: verdicts against the committed ones: {_word(failures)}")
    return failures


def _verdicts(judged: Sequence[Judged], metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return the verdict on every number and every statement."""
    numbers = {row.entry.id: row.verdict for row in judged}
    statements = {f"claim {row.claim.id}": row.finding.verdict for row in judge_claims(metrics)}
    return {**numbers, **statements}


def check_explanations(judged: Sequence[Judged]) -> list[str]:
    """Ask why of every number that does not hold."""
    failures = [
        f"{name} does not hold, and paper.yaml lacks its why" for name in unexplained(judged)
    ]
    print(f"verify: a reason for every number that does not hold: {_word(failures)}")
    return failures


def print_table(judged: Sequence[Judged]) -> None:
    """Print what the paper prints beside what was computed here, and why where they differ."""
    names = max(len(row.entry.id) for row in judged)
    print(
        f"\n{'number of the paper':<{names}} {'printed':>12} {'recomputed':>12} "
        f"{'mean over seeds ± sd':>24} {'z':>7}  verdict"
    )
    for row in judged:
        value = "–" if row.value is None else f"{row.value:.6g}"
        spread = f"{row.spread.mean:.6g} ± {row.spread.sd:.2g}" if row.spread else "–"
        z = "–" if row.z is None else f"{row.z:+.1f}"
        print(
            f"{row.entry.id:<{names}} {row.entry.printed[:12]:>12} {value:>12} "
            f"{spread:>24} {z:>7}  {row.verdict}"
        )
    reasons: dict[str, list[str]] = {}
    for row in judged:
        if row.why:
            reasons.setdefault(row.why, []).append(row.entry.id)
    for why, ids in reasons.items():
        print()
        print("\n".join(wrap(f"{', '.join(ids)}: {why}", width=100)))
    counts = tally((row.verdict for row in judged), VERDICTS)
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))
    if counts["not comparable"]:
        print("This is not MNIST: nothing here says anything about the paper.")
    print()


def _metrics_files() -> dict[str, Path]:
    return {
        stage.name: paths.metrics_file(stage.name)
        for stage in pipeline().values()
        if paths.metrics_file(stage.name) in stage.metrics
    }


def _committed(path: str) -> bytes:
    """Return a file as the last commit holds it."""
    try:
        return git.output(paths.ROOT, "show", f"HEAD:{path}")
    except UserError as error:
        raise UserError(f"{error}; commit the results first") from error


def _yaml(content: bytes) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(content.decode())


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _word(failures: list[str]) -> str:
    return "good" if not failures else f"{len(failures)} failed"


if __name__ == "__main__":
    sys.exit(main())
