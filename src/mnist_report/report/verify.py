"""``make verify``: hold the results against the code, the committed results and the paper.

1. Are all stages up to date with the code and the parameters, as DVC sees it?
2. Is every result that lies here within its tolerance of the committed one?
3. Is every verdict on the paper the committed one, and does the ledger say why where a number
   does not hold?
4. Is every recomputed number that depends on a random draw one that our own seeds make likely?
5. What does the paper's table look like now?

A number of the paper that does not hold is a finding. A failure is a result that nobody can
trust: the exit code is then 1. Questions 2 to 4 are asked under the committed parameters only.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from textwrap import wrap
from typing import Any

from ruamel.yaml import YAML
from scipy import stats

from mnist_report.core import files, git, paths
from mnist_report.core.errors import UserError
from mnist_report.core.trees import flatten
from mnist_report.report.ledger import (
    VERDICTS,
    Judged,
    Spread,
    judge_all,
    load_ledger,
    tally,
    unexplained,
)
from mnist_report.report.statements import judge_statements

TOLERANCES = Path(__file__).with_name("tolerances.yaml")

#: How often a good run may be called a bad one, for one number. There are more than a hundred
#: numbers, so all of them together raise a false alarm in about one of a hundred good runs. With
#: three seeds that makes a wide interval: three values know little of their own spread.
FALSE_ALARMS = 1e-4

#: How DVC calls a file that is not there.
ABSENT = ("deleted", "not in cache")


def main() -> int:
    """Print the findings; return 0 if nothing failed."""
    ledger = load_ledger()
    try:
        failures = check_status()
        # The committed ones too, so that one that is missing here is noticed.
        kept = _git("ls-tree", "--name-only", "HEAD", "results/").decode().splitlines()
        found = (path.name for path in paths.RESULTS.glob("*.json"))
        names = sorted({Path(name).stem for name in (*kept, *found) if name.endswith(".json")})
        here = {name: files.read_json(paths.results_file(name)) for name in names}
        judged = judge_all(ledger, here)
        if _committed("params.yaml") == paths.PARAMS.read_bytes():
            committed = {name: json.loads(_committed(f"results/{name}.json")) for name in names}
            failures += compare_results(here, committed)
            failures += compare_verdicts(
                _verdicts(judged, here), _verdicts(judge_all(ledger, committed), committed)
            )
            failures += check_explanations(judged)
            failures += check_own_spread(judged)
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


def check_status() -> list[str]:
    """Ask DVC which stages are not up to date; what a clone without data lacks is no fault."""
    from dvc.exceptions import DvcException  # here, since it takes a second to load
    from dvc.repo import Repo

    try:
        with Repo(str(paths.ROOT)) as repo:
            status = repo.status()
    except DvcException as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"DVC cannot tell what is up to date: {reason}; see 'dvc status'"
        ) from error
    stale = [stage for stage, changes in status.items() if any(map(_is_stale, changes))]
    failures = [f"stage {stage} is not up to date; run 'dvc repro'" for stage in stale]
    print(f"verify: stages up to date, as DVC sees it: {_word(failures)}")
    return failures


def _is_stale(change: str | Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether DVC found more than files that do not lie here, neither they nor the cache."""
    if isinstance(change, str):
        return True  # the stage's command, not a file
    return any(state not in ABSENT for files in change.values() for state in files.values())


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


def compare_results(here: Mapping[str, Any], committed: Mapping[str, Any]) -> list[str]:
    """Hold every result against the committed one, each within its stated tolerance."""
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
    print(f"verify: {compared} results against the committed ones: {_word(failures)}")
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
    statements = {
        f"statement {row.statement.id}": row.finding.verdict for row in judge_statements(metrics)
    }
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


def _committed(path: str) -> bytes:
    """Return a file as the last commit holds it."""
    # From here, not from the top: the project may be a folder of a larger repository.
    return _git("show", f"HEAD:./{path}")


def _git(*arguments: str) -> bytes:
    """Return what Git says of the last commit."""
    try:
        return git.output(paths.ROOT, *arguments)
    except UserError as error:
        raise UserError(f"{error}; commit the results first") from error


def _yaml(content: bytes) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(content.decode())


def _word(failures: list[str]) -> str:
    return "good" if not failures else f"{len(failures)} failed"


if __name__ == "__main__":
    sys.exit(main())
