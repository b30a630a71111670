"""The table of faults, and README's share of it."""

import pytest

import faultstable

pytest_plugins = ["pytester"]


def test_a_table_is_read_as_it_was_written():
    tried = {("A", "one"): (3, 3), ("A", "two"): (2, 1), ("B", "one"): (5, 0)}
    assert faultstable.parse(faultstable.results(tried)) == tried


def test_the_short_table_counts_cases():
    tried = {("A", "one"): (3, 3), ("A", "two"): (2, 1), ("B", "one"): (5, 5)}
    lines = faultstable.short(tried).splitlines()
    assert lines[2:] == ["| A | 2 | 5 | 4 |", "| B | 1 | 5 | all |"]


def test_readme_shows_what_was_tried():
    tried = faultstable.parse(faultstable.RESULTS.read_text(encoding="utf-8"))
    readme = faultstable.README.read_text(encoding="utf-8")
    assert faultstable.with_short(readme, tried) == readme


def test_everything_that_was_tried_held():
    tried = faultstable.parse(faultstable.RESULTS.read_text(encoding="utf-8"))
    assert tried
    assert {case for case, (times, held) in tried.items() if held != times} == set()


TWO_CASES = """
import pytest

@pytest.fixture
def disk():
    {set_up}

def test_one(disk, record_property):
    record_property("tried", ["A", "one", 3])

def test_two(record_property):
    record_property("tried", ["A", "two", 2])
    {two}
"""


@pytest.fixture
def written(pytester, monkeypatch):
    """Return a function that runs two cases and returns the rows that it wrote, None for none."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # to start in no time

    def run(*options, set_up="pass", two="pass"):
        pytester.makepyfile(TWO_CASES.format(set_up=set_up, two=two))
        table, readme = pytester.path / "RESULTS.md", pytester.path / "README.md"
        table.write_text("as before\n")
        readme.write_text(f"above\n{faultstable.BEGIN}\nas before\n{faultstable.END}\nbelow\n")
        writer = faultstable.Writer(table, readme)
        pytester.inline_run(*options, plugins=[writer], no_reraise_ctrlc=True)
        if table.read_text() == "as before\n":
            assert "as before" in readme.read_text()
            return None
        tried = faultstable.parse(table.read_text())
        assert readme.read_text() == faultstable.with_short(readme.read_text(), tried)
        return tried

    return run


def test_a_run_of_all_cases_writes_the_table(written):
    assert written() == {("A", "one"): (3, 3), ("A", "two"): (2, 2)}


def test_a_case_that_failed_stands_in_the_table(written):
    assert written(two="assert False") == {("A", "one"): (3, 3), ("A", "two"): (2, 0)}


@pytest.mark.parametrize(
    ("options", "cases"),
    [
        (["--collect-only"], {}),
        (["-k", "one"], {}),
        (["-k", "neither"], {}),
        (["--deselect", "test_a_part_leaves_the_table_as_it_was.py::test_two"], {}),
        (["-x"], {"two": "assert False"}),
        (["test_a_part_leaves_the_table_as_it_was.py::test_one"], {}),
        ([], {"set_up": "assert False"}),
        ([], {"set_up": "pytest.skip('no such thing here')"}),
        ([], {"two": "raise KeyboardInterrupt"}),
    ],
)
def test_a_part_leaves_the_table_as_it_was(written, options, cases):
    assert written(*options, **cases) is None
