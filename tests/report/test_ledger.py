"""The ledger of printed numbers, and the verdicts on them."""

import re
import runpy
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mnist_report.core import paths
from mnist_report.evaluation.seeds import read_values
from mnist_report.report import ledger
from mnist_report.report.ledger import Number, judge_all, load_ledger

TEXT = paths.ROOT.parent / "shared" / "paper" / "an-approximation-to-the-mnist-dataset.txt"
LEDGER = load_ledger()
#: Mean 0.5, sd 0.01, n = 5.
DRAWN = 0.5 + 0.01 * np.array([-1, -1, 0, 1, 1])


def entry(printed, check="digits", metric="stage.value", **fields):
    return Number("a.b", "what", "place", printed, "kind", metric, check=check, **fields)


def judge(item, value=None, drawn=None):
    """Judge one number, given what the run made of it and what the study did."""
    results = {} if value is None else {"stage": {"value": value}}
    values = {} if drawn is None else {"spread_stage.value": np.array(drawn, dtype=np.float64)}
    [judged] = judge_all([item], results, values)
    return judged


def test_entries_are_complete_and_their_reasons_are_words():
    assert len({item.id for item in LEDGER}) == len(LEDGER) > 200
    for item in LEDGER:
        assert "." in item.id
        # What can be judged has a metric.
        assert (item.metric is None) == (item.check == "none"), item.id
        assert item.what and item.place and item.rounding > 0, item.id
        # A tolerance of one's own needs a reason of one's own; so has what cannot be checked.
        own = item.tolerance is not None or item.check == "none"
        assert own == (item.reason != Number.reason), item.id
        # A margin has a meaning, and what is held against a spread has a margin.
        assert (item.margin == 0) == (item.margin_means == ""), item.id
        assert item.check != "spread" or item.margin > 0, item.id
        # Results come by template; in a sentence here they would go out of date unseen.
        why = (item.why or "").replace("January 2019", "")
        assert not re.search(r"\d[.,]\d|\d{3}", why), item.id


def test_what_the_ledger_asks_for_is_computed_and_read(committed):
    judged = judge_all(LEDGER, committed, read_values())
    read = runpy.run_path(str(paths.ROOT / "stages" / "judge.py"))["RESULTS"]
    for row in judged:
        if row.metric is not None:
            assert row.metric.split(".")[0] in read, row.id
            assert row.value is not None or row.spread is not None, row.id
            assert (row.spread is not None) == (row.check in ("spread", "choice"))


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
    for network, count, epochs, line in (
        ("keras_dense", 60000, 10, log),
        ("cnn", 48000, 5, validated),
    ):
        rows = re.findall(rf"{count}/{count} \[=+\] - {line}", paper)
        assert len(rows) == epochs
        figures = [number for row in rows for number in row[2:]]
        assert printed(rf"{network}\.epoch_\d+\..*") == figures
        by_epoch = ledger.printed_by_epoch(LEDGER, network)
        assert by_epoch["value"].tolist() == [float(figure) for figure in figures]
        assert by_epoch["epoch"].tolist() == sorted([*range(1, epochs + 1)] * len(rows[0][2:]))
        assert printed(rf"{network}_time\..*") == [number for row in rows for number in row[:2]]
        assert ledger.printed_seconds(LEDGER)[network] == [float(row[0]) for row in rows]


def test_without_a_draw_the_rounding_interval_or_the_margin_decides():
    # Half a unit of the last printed digit, both ends included.
    for printed, inside, outside in (
        ("0.16", [0.155, 0.16, 0.165], [0.1549999, 0.1650001]),
        ("6000", [6000, 5999.5, 6000.5], [5999, 6001, 60000]),
        ("-0.25", [-0.245, -0.255], [-0.2449, -0.2551, 0.25]),
        # As a float, 2.675 is below 2.675: the verdict must not fall with it.
        ("2.67", [2.665, 2.675], [2.664, 2.676]),
    ):
        assert {judge(entry(printed), value).verdict for value in inside} == {"agrees"}, printed
        assert {judge(entry(printed), value).verdict for value in outside} == {"differs"}, printed
    # A tolerance takes the interval's place, be it wider or narrower; a margin can only widen it.
    for value, fields, expected in (
        (0.93, {"tolerance": 0.03}, "agrees"), (0.9300001, {"tolerance": 0.03}, "differs"),
        (0.92, {"tolerance": 0.01}, "differs"), (0.95, {"margin": 0.01}, "agrees"),
        (1.0, {"margin": 0.1}, "agrees"), (1.01, {"margin": 0.1}, "differs"),
    ):  # fmt: skip
        assert judge(entry("0.9", **fields), value).verdict == expected


def test_a_number_that_depends_on_a_draw_is_held_against_ours():
    # Student's t with 4 degrees of freedom is 2.776 at 5 %, 2.132 at 10 %; an error of prediction
    # is 0.010954, half a unit of the last digit 0.00005.
    for printed, margin, expected in (
        ("0.5304", 0.5, "agrees"),  # 2.776 errors and the rounding are 0.03046
        ("0.5305", 0.5, "differs"),
        ("0.5100", 0.0335, "agrees"),  # 0.01 and 2.132 errors and the rounding are 0.03340
        ("0.5100", 0.0333, "undecided"),
    ):
        # What this one run gave, 0.9, is of no account.
        judged = judge(entry(printed, "spread", margin=margin), 0.9, DRAWN)
        assert (judged.verdict, judged.spread["seeds"]) == (expected, 5), (printed, margin)


def test_numbers_are_corrected_for_how_many_there_are_and_count_once():
    # b has the draws of a in another order, c the same draws: no other question.
    values = {"spread_stage.a": DRAWN, "spread_stage.b": DRAWN[::-1], "spread_stage.c": DRAWN}
    results = {"stage": dict.fromkeys("abc", 0.5)}

    def verdicts(*names):
        entries = [
            replace(entry("0.5305", "spread", f"stage.{name}", margin=0.5), id=f"n.{place}")
            for place, name in enumerate(names)
        ]
        judged = judge_all(entries, results, values)
        return {row.verdict for row in judged}, {round(row.p_holm / row.p) for row in judged}

    assert verdicts("a") == ({"differs"}, {1})
    # The same number twice is one number; two numbers are two.
    assert verdicts("a", "a") == ({"differs"}, {1})
    assert verdicts("a", "c") == ({"differs"}, {1})
    assert verdicts("a", "b") == ({"undecided"}, {2})


def test_numbers_of_one_cell_differ_together():
    draws = np.array([-1.0, 0.0, 1.0])
    near, far = (entry(printed, margin=9, together="cell", draws=draws) for printed in ("0", "99"))
    alone = entry("0", margin=9, draws=draws)
    answers = ledger.answer({"near": near, "far": far, "alone": alone})
    assert [each["verdict"] for each in answers.values()] == ["differs", "differs", "agrees"]


def test_our_own_draws_are_rarely_called_different():
    rng = np.random.default_rng(1)
    # Half of them have twenty seeds, half ten: in the later seeds these begin again, uncounted.
    numbers = {
        k: entry("0.9000", margin=0.01, draws=rng.normal(0.9, 0.001, 10 + 10 * (k % 2)))
        for k in range(40)
    }
    few = entry("0.9000", margin=0.01, draws=np.array([0.8, 0.9]))
    given = ledger.judge_our_own(numbers | {"few": few})
    assert given["seed"].value_counts(sort=False).tolist() == [40] * 10 + [20] * 10
    # Over 20 families at 5 % one false alarm is expected; five are rarer than 1 in 300.
    assert given.loc[given["verdict"] == "differs", "seed"].nunique() < 5
    # One in twenty has an own p below 5 %.
    assert (given["verdict"] == "agrees").mean() == pytest.approx(0.95, abs=0.03)


def test_a_choice_is_counted():
    for printed, drawn, share, verdict in (
        ("10", [10, 10, 100], 2 / 3, "agrees"),
        ("100", [10, 10, 100, 10], 1 / 4, "undecided"),
        ("1", [10] * 19, 0, "undecided"),
        ("1", [10] * 20, 0, "differs"),
    ):
        judged = judge(entry(printed, "choice"), 10, drawn)
        assert (judged.p, judged.verdict, judged.z) == (share, verdict, None)


def test_without_a_number_or_its_spread_there_is_no_verdict():
    judged = judge(entry("35", "none", None), 35)
    assert (judged.verdict, judged.value, judged.explained) == ("cannot be checked", None, None)
    for check in ("digits", "spread", "choice"):
        assert judge(entry("0.5", check)).verdict == "not computed"
        alone = judge(entry("0.5", check), 0.5)
        assert alone.verdict == ("agrees" if check == "digits" else "not computed")
    # A study's own number needs no run beside it.
    [judged] = judge_all(
        [entry("0.5", "spread", "slips_x.value", margin=1)], {}, {"slips_x.value": np.ones(3) / 2}
    )
    assert (judged.verdict, judged.value) == ("agrees", None)

    # On other data no verdict speaks of the paper.
    results = {"fetch": {"comparable_with_paper": False}, "stage": {"value": 0.5}}
    values = {"spread_stage.value": np.array([0.4, 0.6])}
    for check in ("digits", "spread", "choice", "none"):
        item = entry("0.5", check, None if check == "none" else "stage.value")
        [judged] = judge_all([item], results, values)
        assert (judged.verdict, judged.p_holm) == ("not comparable", None)


def test_the_table_holds_rule_margin_and_p():
    judged = judge(entry("0.75", "spread", margin=1.0), 0.5, [0.25, 0.5, 0.75])
    assert (judged.spread["mean"], judged.spread["sd"], judged.z) == (0.5, 0.25, 1.0)
    table = ledger.as_table([judged, judge(entry("35", "none", None))])
    first, second = table.to_dict("records")
    assert (first["rule"], first["margin"], first["seeds"]) == ("spread", 1.0, 3)
    assert first["p"] == first["p_holm"] == judged.p > 0.05
    assert (second["rule"], second["verdict"]) == ("none", "cannot be checked")
    # The reason is given where a number is not ours to the digit.
    rows = [judge(entry("1", margin=0.6, why="so"), value) for value in (1, 1.6, 2)]
    assert [row.explained for row in rows] == [None, "so", "so"]


def test_all_committed_numbers_are_judged_and_explained(committed):
    if committed["fetch"]["dataset"] != "mnist":
        pytest.skip("the results here are not of MNIST")
    values = read_values()
    judged = judge_all(LEDGER, committed, values)
    differing = [row for row in judged if row.verdict == "differs"]
    assert [row.id for row in differing if not row.explained] == []
    counts = Counter(row.verdict for row in judged)
    assert counts["not computed"] == counts["not comparable"] == 0
    assert committed["verdicts"]["numbers"] == {name: counts[name] for name in ledger.VERDICTS}
    calibration = committed["verdicts"]["calibration"]
    assert calibration == ledger.calibrate(judged)
    # Of 20 seeds at 5 % each, five with a false alarm are rarer than 1 in 300.
    assert calibration["false_alarms"] < 5
    # The folds of 2019 give what today's cannot: a range of 0.004 in a row of constant answers.
    folds = ledger.folds_of_the_search(LEDGER, values)
    assert folds["then"] > 0.05 > folds["today"]
