"""The table of faults that were tried: what `make faults` writes, and what README shows of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

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


class Writer:
    """A plugin of pytest that writes the table at the end of a run of all cases.

    A run that tried a part (a choice of tests, one skipped, one whose set-up failed, an interrupted
    run, a mere listing) leaves both files as they are, and says so.
    """

    def __init__(self, results: Path, readme: Path) -> None:
        self._results, self._readme = results, readme
        self._tried: dict[tuple[str, str], tuple[int, int]] = {}
        self._part = False

    def pytest_deselected(self) -> None:
        """Note that tests were left out by choice."""
        self._part = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test tried and whether it held."""
        if report.skipped or (report.when != "call" and report.failed):
            self._part = True
        if report.when == "call":
            for name, note in report.user_properties:
                if name == "tried":
                    kind, case, times = note
                    before, held = self._tried.get((kind, case), (0, 0))
                    self._tried[kind, case] = (before + times, held + times * report.passed)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
    ) -> None:
        """Write the table, unless it would be one of a part of the cases."""
        # Of a choice made in several workers `pytest_deselected` is not told here.
        options = ("collectonly", "deselect", "keyword", "markexpr", "maxfail")
        chosen = any(getattr(config.option, name) for name in options) or not all(
            Path(name).is_dir() for name in config.args
        )
        if chosen or self._part or not self._tried or exitstatus not in (0, 1):
            terminalreporter.write_line("The table of faults is left as it is: not all cases ran.")
            return
        self._results.write_text(results(self._tried), encoding="utf-8")
        readme = self._readme.read_text(encoding="utf-8")
        self._readme.write_text(with_short(readme, self._tried), encoding="utf-8")


def _share(times: int, held: int) -> str:
    return "all" if held == times else str(held)
