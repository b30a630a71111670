"""The table of faults, and README's share of it."""

import faultstable


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
