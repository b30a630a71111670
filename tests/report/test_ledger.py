"""The ledger of printed numbers, and the verdicts on them."""

import re
import runpy
from collections import Counter
from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from mnist_report.core import paths
from mnist_report.report.ledger import (
    DEVIATIONS,
    PAPER,
    VERDICTS,
    Entry,
    as_table,
    judge_all,
    load_ledger,
    printed_by_epoch,
    printed_seconds,
    tally,
    unexplained,
)

TEXT = paths.ROOT.parent / "shared" / "paper" / "an-approximation-to-the-mnist-dataset.txt"
LEDGER = load_ledger()
CHECKED = [entry for entry in LEDGER if entry.metric is not None]


def flat(tree, prefix=""):
    """Return the leaves of mappings and lists under dotted names; keys may hold dots themselves."""
    leaves = {}
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        inner = isinstance(value, dict | list)
        leaves |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return leaves


def judge(printed, metrics, check="digits", metric="stage.value", **fields):
    item = Entry("id", "what", "place", printed, metric, check=check, **fields)
    [judged] = judge_all([item], metrics)
    return judged


def verdict(printed, value, **fields):
    return judge(printed, {"stage": {"value": value}}, **fields).verdict


def spread_of(*values):
    """Return the result of a study, by the textbook's formulas."""
    n = len(values)
    mean = sum(values) / n
    sd = (sum((value - mean) ** 2 for value in values) / (n - 1)) ** 0.5
    return {"mean": mean, "sd": sd, "min": min(values), "max": max(values), "seeds": n}


def over_seeds(printed, value, spread, check="spread", **fields):
    return judge(
        printed, {"stage": {"value": value}, "spread_stage": {"value": spread}}, check, **fields
    )


# The file


def test_entries_are_complete_and_their_reasons_are_words():
    numbers = YAML(typ="safe", pure=True).load(PAPER.read_text("utf-8"))["numbers"]
    assert len({item["id"] for item in numbers}) == len(numbers) == len(LEDGER) > 200
    for item in LEDGER:
        assert "." in item.id
        assert item.what and item.place and item.allowed > 0, item.id
        # A tolerance of one's own needs a reason of one's own; so has what cannot be checked.
        own = item.tolerance is not None or item.check == "none"
        assert own == (item.reason != Entry.reason), item.id
        # What counts as near has a meaning.
        assert (item.near is None) == (item.near_means == ""), item.id
        # Results come by template; in a sentence here they would go out of date unseen.
        why = (item.why or "").replace("January 2019", "")
        assert not re.search(r"\d[.,]\d|\d{3}", why), item.id


def test_what_the_ledger_asks_for_is_computed_and_read(committed):
    leaves = flat(committed)
    read = runpy.run_path(str(paths.ROOT / "stages" / "judge.py"))["RESULTS"]
    for item in CHECKED:
        value = leaves[item.metric]
        assert isinstance(value, int | float) and not isinstance(value, bool), item.id
        assert item.metric.split(".")[0] in read, item.id
        if item.check in ("spread", "choice"):
            assert leaves[f"spread_{item.metric}.seeds"] >= 2, item.id
            assert f"spread_{item.metric}".split(".")[0] in read, item.id


def test_a_ledger_that_cannot_be_judged_is_refused(tmp_path):
    kinds = "kinds: {k: {near: 0.5, near_means: close}, none: {check: none, reason: r}}\n"
    item = "- {id: a.b, kind: k, what: w, place: p, printed: '1', metric: m}\n"

    def load(text):
        (tmp_path / "paper.yaml").write_text(f"{kinds}numbers:\n{text}", encoding="utf-8")
        return load_ledger(tmp_path / "paper.yaml")

    # An entry takes over what its kind says, unless it says so itself.
    first, second = load(item + item.replace("a.b", "a.c").replace("what", "near: 0.25, what"))
    assert (first.near, first.near_means) == (0.5, "close")
    assert (second.near, second.near_means) == (0.25, "close")
    for text, error, words in (
        (item * 2, ValueError, "twice"),
        ("- {id: a.b, kind: k}\n", TypeError, "missing"),
        (item.replace("metric", "surplus: 1, metric"), TypeError, "surplus"),
        (item.replace("kind: k", "kind: x"), ValueError, "kind x"),
        (item.replace("kind: k, ", ""), ValueError, "kind None"),
        (item.replace(", metric: m", ""), ValueError, r"a\.b.*metric"),
        (item.replace("kind: k", "kind: none"), ValueError, r"a\.b.*metric"),
    ):
        with pytest.raises(error, match=words):
            load(text)


# The paper


@pytest.fixture(scope="module")
def paper():
    if not TEXT.exists():
        pytest.skip("the paper's text is not here")
    return TEXT.read_text(encoding="utf-8")


def test_every_printed_number_is_in_the_paper_at_its_place(paper):
    # What stands before the first cell, and then every cell with what follows it.
    parts = re.split(r"^In \[\d+\]:", paper, flags=re.MULTILINE)
    assert len(parts) == 1 + 38
    for item in LEDGER:
        number, unit = item.printed, ""
        if item.id.endswith("_percent"):
            number, unit = f"{100 * float(number):.0f}", "%"
        places = [int(cell) for cell in re.findall(r"(?:cells?|and) (\d+)", item.place)]
        if item.place.startswith("above"):
            places = [cell - 1 for cell in places]
        for place in places or [0]:
            pattern = rf"(?<![\d.]){re.escape(number)}(?!\.?\d){unit}"
            assert re.search(pattern, parts[place]), item.id
        assert places or item.place.startswith("first page"), item.id


def test_tables_are_the_papers_row_by_row(paper):
    def printed(pattern):
        return [item.printed for item in LEDGER if re.fullmatch(pattern, item.id)]

    rows = re.findall(r"([\d.]+) \(\+/-([\d.]+)\) for \{'C': ([\d.]+), 'gamma': ([\d.]+),", paper)
    assert len(rows) == 42
    assert printed(r"svm_grid\..*\.mean") == [row[0] for row in rows]
    assert printed(r"svm_grid\..*\.two_sd") == [row[1] for row in rows]
    names = [item.id for item in LEDGER if re.fullmatch(r"svm_grid\..*\.mean", item.id)]
    asked = [f"svm_grid.C_{C}.gamma_{gamma}.mean" for _, _, C, gamma in rows]
    assert [name.replace("b.mean", ".mean") for name in names] == asked

    log = r"(\d+)s (\d+)us/step - loss: ([\d.]+) - acc: ([\d.]+)"
    validated = log.replace("us", "ms") + r"\s+- val_loss: ([\d.]+) - val_acc: ([\d.]+)"
    judged = judge_all(LEDGER, {})
    for network, count, epochs, line in (
        ("keras_dense", 60000, 10, log),
        ("cnn", 48000, 5, validated),
    ):
        rows = re.findall(rf"{count}/{count} \[=+\] - {line}", paper)
        assert len(rows) == epochs
        figures = [number for row in rows for number in row[2:]]
        assert printed(rf"{network}\.epoch_\d+\..*") == figures
        by_epoch = printed_by_epoch(judged, network)
        assert by_epoch["value"].tolist() == [float(figure) for figure in figures]
        assert by_epoch["epoch"].tolist() == sorted([*range(1, epochs + 1)] * len(rows[0][2:]))
        assert printed(rf"{network}_time\..*") == [number for row in rows for number in row[:2]]
        assert printed_seconds(LEDGER)[network] == [float(row[0]) for row in rows]


# Verdicts


def test_verdicts_at_the_edge_of_the_rounding_interval():
    # Half a unit of the last printed digit, both ends included.
    for printed, inside, outside in (
        ("0.16", [0.155, 0.16, 0.165], [0.1549999, 0.1650001]),
        ("0.10", [0.095, 0.105], [0.0949999, 0.1050001]),
        ("0.1", [0.05, 0.15], [0.0499999, 0.1500001]),
        ("6000", [6000, 5999.5, 6000.5], [5999, 6001, 60000]),
        ("0", [0, -0.5, 0.5], [0.51, -0.51]),
        ("-0.25", [-0.245, -0.255], [-0.2449, -0.2551, 0.25]),
        ("0.09704664", [0.097046635, 0.097046645], [0.0970466349, 0.0970466451]),
        # As a float, 2.675 is below 2.675: the verdict must not fall with it.
        ("2.67", [2.665, 2.675], [2.664, 2.676]),
    ):
        assert {verdict(printed, value) for value in inside} == {"reproduced"}, printed
        assert {verdict(printed, value) for value in outside} == {"not reproduced"}, printed
    # A tolerance takes the interval's place, be it wider or narrower.
    for value, tolerance, expected in (
        (0.93, 0.03, "reproduced"),
        (0.87, 0.03, "reproduced"),
        (0.9300001, 0.03, "not reproduced"),
        (0.92, 0.01, "not reproduced"),
    ):
        assert verdict("0.9", value, tolerance=tolerance) == expected


def test_near_is_between_reproduced_and_not():
    values = (0.165, 0.1650001, 0.185, 0.1850001, 0.135, 0.1349999)
    found = [verdict("0.16", value, near=0.025) for value in values]
    assert found == ["reproduced", "near", "near", "not reproduced", "near", "not reproduced"]
    # A bound within the rounding interval changes nothing.
    assert verdict("0.16", 0.165, near=0.001) == "reproduced"


def test_a_number_that_depends_on_a_draw_is_held_against_the_mean_over_seeds():
    # Three sd and half a unit of the last digit make 0.03005.
    spread = {"mean": 0.5, "sd": 0.01, "min": 0.49, "max": 0.51, "seeds": 3}
    for printed, expected in (
        ("0.5300", "reproduced"),
        ("0.5301", "near"),
        ("0.4700", "reproduced"),
        ("0.4699", "near"),
        ("0.5350", "near"),
        ("0.5351", "not reproduced"),
        ("0.4649", "not reproduced"),
    ):
        # What this one run gave is of no account.
        for value in (0.5, 0.53, 0.9):
            assert over_seeds(printed, value, spread, near=0.035).verdict == expected
    # Half a digit is added to three sd; a spread of nothing leaves that alone.
    nothing = spread_of(0.124, 0.124, 0.124)
    for printed, seeds, expected in (
        ("0.530", spread | {"mean": 0.4995}, "reproduced"),
        ("0.5300", spread | {"mean": 0.4995}, "not reproduced"),
        ("0.530", spread | {"mean": 0.4994}, "not reproduced"),
        ("0.124", nothing, "reproduced"),
        ("0.12", nothing, "reproduced"),
        ("0.125", nothing, "not reproduced"),
    ):
        assert over_seeds(printed, 0.5, seeds).verdict == expected
    # The mean of equal numbers can be off by rounding; that is no spread either.
    off = over_seeds("0.125", 0.124, nothing | {"mean": 0.12400000000000001, "sd": 1.4e-17})
    assert (off.spread.mean, off.spread.sd, off.z) == (0.124, 0.0, None)


def test_a_choice_is_reproduced_if_seeds_choose_it_or_both_sides_of_it():
    for printed, good in (("1", 0), ("10", 1), ("50", 1), ("100", 1), ("1000", 0)):
        judged = over_seeds(printed, 10, spread_of(10, 10, 100), "choice")
        assert judged.verdict == ("reproduced" if good else "not reproduced")
        assert judged.z is None


def test_without_a_number_or_its_spread_there_is_no_verdict():
    judged = judge("35", {"stage": {"value": 35}}, "none", None)
    assert (judged.verdict, judged.value, judged.difference) == ("cannot be checked", None, None)
    for check in ("digits", "spread", "choice"):
        for metrics in ({}, {"stage": {}}, {"stage": 3}, {"stage": {"value": None}}):
            judged = judge("0.5", metrics, check, near=1.0)
            found = (judged.verdict, judged.value, judged.difference)
            assert found == ("not computed", None, None)
        alone = judge("0.5", {"stage": {"value": 0.5}}, check)
        assert alone.verdict == ("reproduced" if check == "digits" else "not computed")


def test_on_other_data_no_verdict_speaks_of_the_paper():
    for check in ("digits", "spread", "choice", "none"):
        metrics = {"stage": {"value": 0.5}, "spread_stage": {"value": spread_of(0.4, 0.6)}}
        metric = None if check == "none" else "stage.value"
        for comparable in (True, False):
            metrics["fetch"] = {"comparable_with_paper": comparable}
            judged = judge("0.5", metrics, check, metric, why="so")
            assert (judged.verdict == "not comparable") == (not comparable)
        assert (judged.z, judged.why) == (None, None)


def test_names_lead_through_keys_with_dots_and_into_lists():
    metrics = {"grid": {"C=0.1": {"mean": 0.5}}, "list": {"of": [3, 4]}}
    metrics["spread_grid"] = {"C=0.1": {"mean": spread_of(0.4, 0.6)}}
    for printed, metric, expected in (
        ("0.5", "grid.C=0.1.mean", "reproduced"),
        ("4", "list.of.1", "reproduced"),
        ("4", "list.of.2", "not computed"),
    ):
        assert judge(printed, metrics, metric=metric).verdict == expected
    assert judge("0.5", metrics, "spread", "grid.C=0.1.mean").spread.seeds == 2


def test_value_difference_z_and_table():
    judged = over_seeds("0.75", 0.5, spread_of(0.25, 0.5, 0.75))
    assert (judged.spread.mean, judged.spread.sd, judged.z) == (0.5, 0.25, 1.0)
    assert judged.difference == -0.25
    text = as_table([judged, judge("35", {}, "none", None)]).to_csv(index=False)
    assert text.splitlines() == [
        "id,printed,recomputed,mean,sd,seeds,z,verdict",
        "id,0.75,0.5,0.5,0.25,3,1.0,reproduced",
        "id,35,,,,,,cannot be checked",
    ]


def test_the_reason_is_given_where_a_number_does_not_hold_only():
    judged = [judge("1", {"stage": {"value": v}}, near=0.6, why="so") for v in (1, 1.6, 2)]
    assert [row.why for row in judged] == [None, "so", "so"]
    assert unexplained(judged) == []
    silent = [replace(row, entry=replace(row.entry, id=row.verdict, why=None)) for row in judged]
    assert unexplained(silent) == ["near", "not reproduced"]
    counts = tally((row.verdict for row in judged), VERDICTS)
    assert list(counts.values()) == [1, 1, 1, 0, 0, 0]


def test_all_committed_numbers_are_judged_and_explained(committed):
    if committed["fetch"]["dataset"] != "mnist":
        pytest.skip("the results here are not of MNIST")
    judged = judge_all(LEDGER, committed)
    assert unexplained(judged) == []
    # And none is explained that needs no explanation.
    assert [row.entry.id for row in judged if row.entry.why and row.verdict not in DEVIATIONS] == []
    counts = Counter(row.verdict for row in judged)
    assert counts["not computed"] == counts["not comparable"] == 0
    assert committed["verdicts"]["numbers"] == {name: counts[name] for name in VERDICTS}
