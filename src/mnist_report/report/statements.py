"""The paper's statements: `statements.yaml` lists them, with the rules that judge each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mnist_report.core import files
from mnist_report.evaluation.rules import RULES, Verdict, explain, judge, parts
from mnist_report.figures.names import KERNELS
from mnist_report.report import words
from mnist_report.report.ledger import load_ledger

STATEMENTS = Path(__file__).with_name("statements.yaml")


@dataclass(frozen=True)
class Finding:
    """A verdict, the sentence that gives its reason in numbers, and the rest of the evidence."""

    verdict: Verdict
    sentence: str
    more: str = ""


@dataclass(frozen=True)
class Statement:
    """A statement of the paper; the fields are explained in `statements.yaml`."""

    id: str
    topic: str
    place: str
    statement: str
    evidence: Mapping[str, Any]
    rules: Sequence[Mapping[str, Any]]
    sentence: str
    quote: str
    own_why: str
    own_run: Mapping[str, Any] | None = None
    objection: Mapping[str, Any] | None = None
    more: str = ""

    def finding(self, evidence: Mapping[str, Any]) -> Finding:
        """Judge the statement by its evidence."""
        told = []
        for template in (self.sentence, self.more):
            names = {"e": evidence, "given": self.evidence, "rules": self.rules}
            written = words.environment().from_string(template)
            text = written.render(evidence, **names, kernels=KERNELS)
            # One line, with no space that a macro leaves before a mark; no-break spaces stay.
            told.append(re.sub(r" ([;.,])", r"\1", re.sub(r"[ \n]+", " ", text)).strip())
        return Finding(judge(self.rules, self.objection, evidence), *told)

    def in_its_own_run(self, printed: Mapping[str, float]) -> str:
        """Judge the statement by what the paper prints: a verdict, or *not shown*."""
        if self.own_run is None:
            return "not shown"
        names, thresholds = parts(self.own_run)
        return RULES[self.own_run["rule"]](*(printed[name] for name in names), **thresholds)


@dataclass(frozen=True)
class JudgedStatement:
    """A statement with its finding, and what the paper's own numbers say of it."""

    statement: Statement
    finding: Finding
    own: str


NOT_TESTED = Finding("not tested", "These data or these parameters give no evidence for it.")


@cache
def load_statements() -> list[Statement]:
    """Read the statements, in the paper's order; each sentence knows the phrases they share."""
    content = files.read_yaml(STATEMENTS)
    return [
        Statement(
            **item | {key: content["phrases"] + item.get(key, "") for key in ("sentence", "more")}
        )
        for item in content["statements"]
    ]


def judge_statements(metrics: Mapping[str, Any]) -> list[JudgedStatement]:
    """Judge every statement, in the paper's order, by ``statements`` of the results."""
    evidence = metrics["statements"]["statements"]
    printed = {entry.id: float(entry.printed) for entry in load_ledger()}
    return [
        JudgedStatement(
            known,
            known.finding(evidence[known.id]) if known.id in evidence else NOT_TESTED,
            known.in_its_own_run(printed),
        )
        for known in load_statements()
    ]


def load_not_judged() -> list[dict[str, str]]:
    """Return what the paper says and no rule judges: ``quote``, ``place`` and ``why`` of each."""
    found: list[dict[str, str]] = files.read_yaml(STATEMENTS)["not_judged"]
    return found


def as_table(judged: Sequence[JudgedStatement]) -> pd.DataFrame:
    """Return a row for each statement: id, place, statement, own_run, verdict, sentence, more."""
    return pd.DataFrame(
        {
            **{name: getattr(row.statement, name) for name in ("id", "place", "statement")},
            "own_run": row.own,
            **vars(row.finding),
        }
        for row in judged
    )


def rules_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each rule of each statement: what it judges, by what, with what outcome."""
    rows = []
    for known in load_statements():
        evidence = metrics["statements"]["statements"].get(known.id)
        for rule in [*known.rules, *([known.objection] if known.objection else [])]:
            rows += [{"id": known.id, **part} for part in explain(rule, evidence or {})]
    return pd.DataFrame(rows).astype({"n": "Int64"})
