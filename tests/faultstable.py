"""The table of faults that were tried: what `make faults` writes, and what README shows of it."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "faults" / "RESULTS.md"
README = ROOT / "README.md"

#: Where the short table stands in README.
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"

#: What was tried, kind and case, to how often and how often it held.
Tried = Mapping[tuple[str, str], tuple[int, int]]

_HEAD = """# Faults that were tried

Written by `make faults`. *Held* means all that was asked of the case: every output is whole; what a
user can cause is said in one line and without a traceback; the next run gives the bytes of an
undisturbed one; no committed file is damaged; MLflow holds no run that nobody ends, and none twice.
"""


def results(tried: Tried) -> str:
    """Return the whole table as Markdown."""
    text = _HEAD
    for kind in dict.fromkeys(kind for kind, _ in sorted(tried)):
        text += f"\n## {kind}\n\n| what was done | times | held |\n|:--|--:|--:|\n"
        for (of, case), (times, held) in sorted(tried.items()):
            if of == kind:
                text += f"| {case} | {times} | {_share(times, held)} |\n"
    return text


def short(tried: Tried) -> str:
    """Return a line for each kind of fault as Markdown."""
    text = "| kind of fault | cases | times | held |\n|:--|--:|--:|--:|\n"
    for kind in dict.fromkeys(kind for kind, _ in sorted(tried)):
        of = [counts for (name, _), counts in tried.items() if name == kind]
        times, held = (sum(column) for column in zip(*of, strict=True))
        text += f"| {kind} | {len(of)} | {times} | {_share(times, held)} |\n"
    return text


def parse(text: str) -> Tried:
    """Read what `results` wrote."""
    tried, kind = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            kind = line[3:]
        elif line.startswith("| ") and not line.startswith("| what"):
            case, times, held = (cell.strip() for cell in line.strip("|").split("|"))
            tried[kind, case] = (int(times), int(times) if held == "all" else int(held))
    return tried


def with_short(readme: str, tried: Tried) -> str:
    """Return README with the short table put in place."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{short(tried)}{rest[rest.index(END) :]}"


def _share(times: int, held: int) -> str:
    return "all" if held == times else str(held)
