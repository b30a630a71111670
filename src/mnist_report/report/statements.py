"""The paper's statements: `statements.yaml` lists them, with the rules that judge each."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mnist_report.core import files
from mnist_report.evaluation.rules import apply, explain, judge, together
from mnist_report.figures.names import KERNELS
from mnist_report.report import words
from mnist_report.report.ledger import load_ledger

STATEMENTS = Path(__file__).with_name("statements.yaml")

#: One of them, with the fields that `statements.yaml` explains.
Statement = Mapping[str, Any]

NOT_TESTED = {
    "verdict": "not tested",
    "sentence": "These data or these parameters give no evidence for it.",
    "more": "",
}


@cache
def load_statements() -> dict[str, Any]:
    """Read ``statements``, in the paper's order, their ``phrases``, and what is ``not_judged``."""
    content: dict[str, Any] = files.read_yaml(STATEMENTS)
    return content


def judge_statements(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every statement with its ``verdict``, and its ``sentence`` and ``more`` written out.

    ``own_run`` is the verdict by what the paper itself prints, or *not shown*.
    """
    evidence = results["statements"]["statements"]
    printed = {entry.id: float(entry.printed) for entry in load_ledger()}
    return [
        {
            **known,
            **(find(known, evidence[known["id"]]) if known["id"] in evidence else NOT_TESTED),
            "own_run": in_its_own_run(known, printed),
        }
        for known in load_statements()["statements"]
    ]


def find(known: Statement, evidence: Mapping[str, Any]) -> dict[str, str]:
    """Judge a statement by its evidence, and tell the reason in numbers."""
    found: dict[str, str] = {"verdict": judge(known["rules"], known.get("objection"), evidence)}
    names = {"e": evidence, "given": known["evidence"], "rules": known["rules"], "kernels": KERNELS}
    for part in ("sentence", "more"):
        template = load_statements()["phrases"] + known.get(part, "")
        text = words.ENVIRONMENT.from_string(template).render(evidence, **names)
        # One line, with no space that a macro leaves before a mark; no-break spaces stay.
        found[part] = re.sub(r" ([;.,])", r"\1", re.sub(r"[ \n]+", " ", text)).strip()
    return found


def in_its_own_run(known: Statement, printed: Mapping[str, float]) -> str:
    """Judge a statement by what the paper prints: a verdict, or *not shown*."""
    own_run = known.get("own_run")
    if own_run is None:
        return "not shown"
    return together([apply(rule, printed.__getitem__) for rule in own_run])


def as_table(judged: Sequence[Statement]) -> pd.DataFrame:
    """Return a row for each statement, judged."""
    columns = ["id", "place", "statement", "own_run", "verdict", "sentence", "more"]
    return pd.DataFrame(judged)[columns]


def rules_table(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each rule of each statement: what it judges, by what, with what outcome."""
    rows = []
    for known in load_statements()["statements"]:
        evidence = results["statements"]["statements"].get(known["id"], {})
        parts = [("rule", rule) for rule in known["rules"]]
        parts += [("objection", known["objection"])] if "objection" in known else []
        for part, rule in parts:
            rows += [{"id": known["id"], "part": part, **row} for row in explain(rule, evidence)]
    return pd.DataFrame(rows).astype({"n": "Int64"})
