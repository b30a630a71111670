"""The table of faults, and README's share of it."""

import faultstable


def test_a_table_is_read_as_it_was_written():
    tried = {("A", "one"): (3, 3), ("A", "two"): (2, 1), ("B", "one"): (5, 0)}
    assert faultstable.parse(faultstable.results(tried)) == tried


def test_the_short_table_counts_cases():
    tried = {("A", "one"): (3, 3), ("A", "two"): (2, 1), ("B", "one"): (5, 5)}
    lines = faultstable.short(tried).splitlines()
    assert lines[2:] == ["| A | 2 | 5 | 4 |", "| B | 1 | 5 | all |"]
