"""``make verify``: hold the results against the code, the committed results and the paper.

Three questions, one after the other:

1. Do the committed `dvc.lock`, metrics and plots belong to the committed code and parameters?
2. Is every metric that lies here within its tolerance of the committed one, and each verdict
   on the paper the same?
3. What does the paper's table look like now?

A number of the paper that does not hold is a finding. A failure is a result that nobody can
trust: the exit code is then 1.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mnist_report import files, paths
from mnist_report.dvcfiles import pipeline
from mnist_report.errors import UserError
from mnist_report.report.ledger import judge, load_ledger
from mnist_report.trees import flatten

TOLERANCES = Path(__file__).with_name("tolerances.yaml")


def main() -> int:
    """Print the findings; return 0 if nothing failed."""
    try:
        failures = check_committed()
        here = {name: files.read_json(path) for name, path in _metrics_files().items()}
        if _committed("params.yaml") == paths.PARAMS.read_bytes():
            committed = {
                name: json.loads(_committed(path.relative_to(paths.ROOT).as_posix()))
                for name, path in _metrics_files().items()
            }
            failures += compare_metrics(here, committed) + compare_verdicts(here, committed)
        else:
            print("verify: params.yaml differs from the committed one: results not held to those")
    except UserError as error:
        print(f"verify: error: {error}", file=sys.stderr)
        return 1
    print_table(here)
    for failure in failures:
        print(f"verify: FAILED: {failure}", file=sys.stderr)
    if not failures:
        print("verify: all holds")
    return 1 if failures else 0


def check_committed() -> list[str]:
    """Hold the committed `dvc.lock` against the committed code, parameters and results."""
    lock = _yaml(_committed("dvc.lock"))["stages"]
    params = _yaml(_committed("params.yaml"))
    tracked = set(_git("ls-tree", "-r", "--name-only", "HEAD").decode().splitlines())
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
            if _at(params, section) != value:
                failures.append(f"committed params.yaml: {section} is not what {name} ran with")
    print(f"verify: committed dvc.lock against committed code and results: {_word(failures)}")
    return failures


def compare_metrics(here: Mapping[str, Any], committed: Mapping[str, Any]) -> list[str]:
    """Hold every metric against the committed one, each within its stated tolerance."""
    rules = _yaml(TOLERANCES.read_bytes())
    old, new = dict(flatten(committed)), dict(flatten(here))
    failures = [f"metric {key} is only on one side" for key in sorted(old.keys() ^ new.keys())]
    compared = 0
    for key in sorted(old.keys() & new.keys()):
        if isinstance(old[key], int | float) and isinstance(new[key], int | float):
            allowed = _tolerance(rules, key)
            if not abs(new[key] - old[key]) <= allowed:
                failures.append(
                    f"metric {key} is {new[key]}, committed {old[key]}, tolerance {allowed:g}"
                )
        elif old[key] != new[key]:
            failures.append(f"metric {key} is {new[key]!r}, committed {old[key]!r}")
        compared += 1
    print(f"verify: {compared} metrics against the committed ones: {_word(failures)}")
    return failures


def compare_verdicts(here: Mapping[str, Any], committed: Mapping[str, Any]) -> list[str]:
    """Hold every verdict on the paper against the one that the committed metrics give."""
    failures = []
    for entry in load_ledger():
        old, new = judge(entry, committed), judge(entry, here)
        if old.verdict != new.verdict:
            failures.append(f"{entry.id} is now '{new.verdict}', committed '{old.verdict}'")
    print(f"verify: verdicts against the committed ones: {_word(failures)}")
    return failures


def print_table(metrics: Mapping[str, Any]) -> None:
    """Print what the paper prints beside what was computed here."""
    print(f"\n{'number of the paper':<34}{'printed':>22}{'recomputed':>22}  verdict")
    for entry in load_ledger():
        judged = judge(entry, metrics)
        value = "–" if judged.value is None else f"{judged.value:.10g}"
        print(f"{entry.id:<34}{entry.printed:>22}{value:>22}  {judged.verdict}")
    if not metrics["fetch"]["comparable_with_paper"]:
        print("This is not MNIST: the verdicts say nothing about the paper.")
    print()


def _metrics_files() -> dict[str, Path]:
    return {
        stage.name: paths.metrics_file(stage.name)
        for stage in pipeline().values()
        if paths.metrics_file(stage.name) in stage.metrics
    }


def _tolerance(rules: list[dict[str, Any]], key: str) -> float:
    for rule in rules:
        if key == rule["metric"] or key.startswith(rule["metric"] + "."):
            return float(rule["tolerance"])
    raise UserError(f"{TOLERANCES.name} has no entry for metric {key}; add one")


def _committed(path: str) -> bytes:
    """Return a file as the last commit holds it."""
    return _git("show", f"HEAD:{path}")


def _git(*arguments: str) -> bytes:
    result = subprocess.run(
        ["git", "-C", str(paths.ROOT), *arguments], capture_output=True, check=False
    )
    if result.returncode != 0:
        reason = result.stderr.decode(errors="replace").strip()
        raise UserError(f"git {arguments[0]} failed: {reason}; commit the results first")
    return result.stdout


def _yaml(content: bytes) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(content.decode())


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _at(tree: Any, name: str) -> Any:  # noqa: ANN401
    for part in name.split("."):
        tree = tree[part]
    return tree


def _word(failures: list[str]) -> str:
    return "good" if not failures else f"{len(failures)} failed"


if __name__ == "__main__":
    sys.exit(main())
