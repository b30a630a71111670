"""``make verify``: hold the results against the code, the committed results and the paper.

A number of the paper that differs is a finding; a result that nobody can trust is a failure, with
exit code 1. Only under the committed parameters are results and verdicts held to the committed.
"""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from mnist_report.core import files, git, paths
from mnist_report.core.errors import UserError
from mnist_report.core.trees import flatten
from mnist_report.report.ledger import load_ledger

TOLERANCES = Path(__file__).with_name("tolerances.yaml")


def main() -> int:
    """Print the findings; return 0 if nothing failed."""
    try:
        checks = {"stages up to date, as DVC sees it": check_status()}
        numbers = files.read_csv(paths.PLOTS / "verdicts" / "numbers.csv")
        if _committed("params.yaml") == paths.PARAMS.read_bytes():
            checks["results against the committed ones"] = compare_results()
            checks["verdicts against the committed ones"] = compare_verdicts()
            checks["a reason for every number that differs"] = check_explanations(numbers)
        else:
            print("verify: params.yaml differs from the committed one: results not held to those")
    except UserError as error:
        print(f"verify: error: {error}", file=sys.stderr)
        return 1
    verdicts = numbers["verdict"].value_counts()
    print("verify: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()))
    if "not comparable" in verdicts:
        print("verify: this is not MNIST: nothing here says anything about the paper")
    for question, failures in checks.items():
        print(f"verify: {question}: {f'{len(failures)} failed' if failures else 'good'}")
        for failure in failures:
            print(f"verify: FAILED: {failure}", file=sys.stderr)
    failed = any(checks.values())
    print("verify: some of it fails" if failed else "verify: all holds")
    return int(failed)


def check_status() -> list[str]:
    """Ask DVC which stages are not up to date; what a clone without data lacks is no fault."""
    from dvc.exceptions import DvcException  # here, since it takes a second to load
    from dvc.repo import Repo

    try:
        with Repo(str(paths.ROOT)) as repo:
            status = repo.status()
    except DvcException as error:
        reason = " ".join(str(error).split())
        raise UserError(f"DVC cannot tell what is stale: {reason}; see 'dvc status'") from error
    stale = [stage for stage, changes in status.items() if any(map(_is_stale, changes))]
    return [f"stage {stage} is not up to date; run 'dvc repro'" for stage in stale]


def _is_stale(change: str | Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether DVC found more than files that lie neither here nor in the cache."""
    if isinstance(change, str):
        return True  # the stage's command, not a file
    # Of parameters, the state is a mapping.
    states = (state for files in change.values() for state in files.values())
    return any(state not in ("deleted", "not in cache") for state in states)


def compare_results() -> list[str]:
    """Hold every result against the committed one, each within its stated tolerance."""
    rules = files.read_yaml(TOLERANCES)
    # The committed ones too, so that one that is missing here is noticed.
    committed = git.output(paths.ROOT, "ls-files", "results/*.json").decode().splitlines()
    names = {path.stem for path in (*map(Path, committed), *paths.RESULTS.glob("*.json"))}
    sides = (
        {name: json.loads(_committed(f"results/{name}.json")) for name in names},
        {name: files.read_json(paths.RESULTS / f"{name}.json") for name in names},
    )
    # A digit that one seed reads in one image has no tolerance; the accuracies made of them have.
    old, new = (
        {key: leaf for key, leaf in flatten(side) if ".answers." not in key} for side in sides
    )
    failures = [f"metric {key} is only on one side" for key in sorted(old.keys() ^ new.keys())]
    for key in sorted(old.keys() & new.keys()):
        was, now = old[key], new[key]
        if isinstance(was, int | float) and isinstance(now, int | float):
            allowed = tolerance(rules, key, old)
            if not abs(now - was) <= allowed:
                failures.append(f"metric {key} is {now}, committed {was}, tolerance {allowed:g}")
        elif was != now:
            failures.append(f"metric {key} is {now!r}, committed {was!r}")
    return failures


def tolerance(rules: Sequence[Mapping[str, Any]], key: str, committed: Mapping[str, Any]) -> float:
    """Return how far a metric may be off one of all the committed, by the first rule that fits."""
    for rule in rules:
        if any(fnmatchcase(f"{key}.", f"{metric}.*") for metric in rule["metrics"]):
            # A metric's own spread, or the one of which it is the mean or an extreme.
            for name in (f"spread_{key}.sd", f"{key.rpartition('.')[0]}.sd"):
                if committed.get(name) is not None:
                    return float(max(rule["tolerance"], rule.get("sds", 0) * committed[name]))
            return float(rule["tolerance"])
    raise UserError(f"{TOLERANCES.name} has no entry for metric {key}; add one")


def compare_verdicts() -> list[str]:
    """Hold every verdict on numbers and statements against the committed one."""
    failures = []
    for table in ("verdicts/numbers.csv", "statements/statements.csv"):
        here = files.read_csv(paths.PLOTS / table).set_index("id")["verdict"]
        committed = pd.read_csv(io.BytesIO(_committed(f"plots/{table}"))).set_index("id")["verdict"]
        failures += [
            f"{name} is now '{verdict}', committed '{committed.get(name)}'"
            for name, verdict in here.items()
            if committed.get(name) != verdict
        ]
    return failures


def check_explanations(numbers: pd.DataFrame) -> list[str]:
    """Ask why of every number of the paper that differs."""
    explained = {entry.id for entry in load_ledger() if entry.why}
    differing = set(numbers.loc[numbers["verdict"] == "differs", "id"])
    return [
        f"{name} differs, and paper.yaml lacks its why" for name in sorted(differing - explained)
    ]


def _committed(path: str) -> bytes:
    """Return a file as the last commit holds it."""
    try:
        # ./ since the project may be a folder of a larger repository.
        return git.output(paths.ROOT, "show", f"HEAD:./{path}")
    except UserError as error:
        raise UserError(f"{error}; commit the results first") from error


if __name__ == "__main__":
    sys.exit(main())
