"""The ledger of printed numbers, and the verdicts on them."""

import ast
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mnist_report.report.ledger import (
    DEVIATIONS,
    PAPER,
    VERDICTS,
    Entry,
    as_table,
    judge_all,
    load_ledger,
    printed_seconds,
    tally,
    unexplained,
)

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT.parent / "shared" / "paper" / "an-approximation-to-the-mnist-dataset.txt"
STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
LEDGER = load_ledger()
CHECKED = [entry for entry in LEDGER if entry.metric is not None]
every_entry = pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry.id)
every_checked = pytest.mark.parametrize("entry", CHECKED, ids=lambda entry: entry.id)


def committed_metrics():
    files = sorted((ROOT / "metrics").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def flat(tree, prefix=""):
    """Return the leaves of mappings and lists under dotted names; keys may hold dots themselves."""
    leaves = {}
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        inner = isinstance(value, dict | list)
        leaves |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return leaves


METRICS = committed_metrics()
LEAVES = flat(METRICS)
on_mnist = pytest.mark.skipif(
    METRICS["fetch"]["dataset"] != "mnist", reason="the committed metrics are not of MNIST"
)


def entry(printed, metric="stage.value", **fields):
    return Entry("id", "what", "place", printed, metric, **fields)


def judge(entry, metrics):
    [judged] = judge_all([entry], metrics)
    return judged


def verdict(printed, value, **fields):
    return judge(entry(printed, **fields), {"stage": {"value": value}}).verdict


def spread_of(*values):
    """Return the metrics of a study, by the textbook's formulas."""
    n = len(values)
    mean = sum(values) / n
    sd = (sum((value - mean) ** 2 for value in values) / (n - 1)) ** 0.5
    return {"mean": mean, "sd": sd, "min": min(values), "max": max(values), "seeds": n}


def over_seeds(printed, value, spread, check="spread", **fields):
    metrics = {"stage": {"value": value}, "spread_stage": {"value": spread}}
    return judge(entry(printed, check=check, **fields), metrics)


# The file


def test_ids_are_unique_and_name_a_section():
    numbers = YAML(typ="safe", pure=True).load(PAPER.read_text("utf-8"))["numbers"]
    ids = [item["id"] for item in numbers]
    assert len(ids) == len(set(ids)) == len(LEDGER)
    assert all("." in name for name in ids)


@every_entry
def test_entries_are_complete(entry):
    assert float(entry.printed) == float(entry.printed.strip())
    assert entry.what and entry.place
    assert entry.allowed > 0
    # A tolerance of one's own needs a reason of one's own; so has what cannot be checked.
    own = entry.tolerance is not None or entry.check == "none"
    assert own == (entry.reason != Entry.reason)
    # What counts as near has a meaning.
    assert (entry.near is None) == (entry.near_means == "")


@every_entry
def test_reasons_are_words(entry):
    # Results come by template; in a sentence here they would go out of date unseen.
    assert not re.search(r"\d[.,]\d|\d{3}", (entry.why or "").replace("January 2019", ""))


@every_checked
@on_mnist
def test_metrics_of_the_ledger_are_in_the_committed_files(entry):
    value = LEAVES[entry.metric]
    assert isinstance(value, int | float)
    assert not isinstance(value, bool)
    if entry.check in ("spread", "choice"):
        assert LEAVES[f"spread_{entry.metric}.seeds"] >= 2


@every_checked
def test_metrics_of_the_ledger_are_of_stages_that_declare_them(entry):
    stage = entry.metric.split(".")[0]
    listed = [path for item in STAGES[stage]["metrics"] for path in item]
    assert listed == [f"metrics/{stage}.json"]


def test_the_stage_reads_what_the_ledger_asks_for():
    tree = ast.parse((ROOT / "stages" / "verdicts.py").read_text(encoding="utf-8"))
    [read] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STAGES"
    ]
    asked = {entry.metric.split(".")[0] for entry in CHECKED}
    repeated = {f"spread_{e.metric.split('.')[0]}" for e in CHECKED if e.check != "digits"}
    assert asked | repeated | {"fetch"} <= set(read)


KIND = "kinds: {k: {near: 0.5, near_means: close}, none: {check: none, reason: r}}\nnumbers:\n"
ITEM = "- {id: a.b, kind: k, what: w, place: p, printed: '1', metric: m}\n"


def load(tmp_path, text):
    (tmp_path / "paper.yaml").write_text(KIND + text, encoding="utf-8")
    return load_ledger(tmp_path / "paper.yaml")


def test_an_entry_takes_over_what_its_kind_says(tmp_path):
    own = "- {id: a.c, kind: k, near: 0.25, what: w, place: p, printed: '1', metric: m}\n"
    first, second = load(tmp_path, ITEM + own)
    assert (first.near, first.near_means) == (0.5, "close")
    assert (second.near, second.near_means) == (0.25, "close")


@pytest.mark.parametrize(
    "text, error, words",
    [
        (ITEM * 2, ValueError, "twice"),
        ("- {id: a.b, kind: k}\n", TypeError, "missing"),
        (ITEM.replace("metric", "surplus: 1, metric"), TypeError, "surplus"),
        (ITEM.replace("kind: k", "kind: x"), ValueError, "kind x"),
        (ITEM.replace("kind: k, ", ""), ValueError, "kind None"),
        (ITEM.replace(", metric: m", ""), ValueError, r"a\.b.*metric"),
        (ITEM.replace("kind: k", "kind: none"), ValueError, r"a\.b.*metric"),
    ],
    ids=["twice", "incomplete", "surplus", "unknown kind", "no kind", "no metric", "no check"],
)
def test_a_ledger_that_cannot_be_judged_is_refused(tmp_path, text, error, words):
    assert len(load(tmp_path, ITEM)) == 1
    with pytest.raises(error, match=words):
        load(tmp_path, text)


# The paper


def printed(pattern):
    return [entry.printed for entry in LEDGER if re.fullmatch(pattern, entry.id)]


@pytest.fixture(scope="module")
def paper():
    if not TEXT.exists():
        pytest.skip("the paper's text is not here")
    return TEXT.read_text(encoding="utf-8")


@every_entry
def test_printed_numbers_are_in_the_paper(paper, entry):
    number, unit = entry.printed, ""
    if entry.id.endswith("_percent"):
        number, unit = f"{100 * float(number):.0f}", "%"
    assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\.?\d){unit}", paper)


def test_the_grid_is_the_papers_row_by_row(paper):
    rows = re.findall(r"([\d.]+) \(\+/-([\d.]+)\) for \{'C': ([\d.]+), 'gamma': ([\d.]+),", paper)
    assert len(rows) == 42
    assert printed(r"svm_grid\..*\.mean") == [row[0] for row in rows]
    assert printed(r"svm_grid\..*\.two_sd") == [row[1] for row in rows]
    names = [entry.id for entry in LEDGER if re.fullmatch(r"svm_grid\..*\.mean", entry.id)]
    asked = [f"svm_grid.C_{C}.gamma_{gamma}.mean" for _, _, C, gamma in rows]
    assert [name.replace("b.mean", ".mean") for name in names] == asked


@pytest.mark.parametrize(
    "network, count, epochs, log",
    [
        ("keras_dense", 60000, 10, r"(\d+)s (\d+)us/step - loss: ([\d.]+) - acc: ([\d.]+)"),
        (
            "cnn",
            48000,
            5,
            r"(\d+)s (\d+)ms/step - loss: ([\d.]+) - acc: ([\d.]+)"
            r"\s+- val_loss: ([\d.]+) - val_acc: ([\d.]+)",
        ),
    ],
)
def test_the_training_logs_are_the_papers_epoch_by_epoch(paper, network, count, epochs, log):
    rows = re.findall(rf"{count}/{count} \[=+\] - {log}", paper)
    assert len(rows) == epochs
    figures = [number for row in rows for number in row[2:]]
    assert printed(rf"{network}\.epoch_\d+\..*") == figures
    assert printed(rf"{network}_time\..*") == [number for row in rows for number in row[:2]]


# Verdicts


@pytest.mark.parametrize(
    "printed, inside, outside",
    [
        # Half a unit of the last printed digit, both ends included.
        ("0.16", [0.155, 0.16, 0.165], [0.1549999, 0.1650001]),
        ("0.10", [0.095, 0.105], [0.0949999, 0.1050001]),
        ("0.1", [0.05, 0.15], [0.0499999, 0.1500001]),
        ("6000", [6000, 5999.5, 6000.5], [5999, 6001, 60000]),
        ("0", [0, -0.5, 0.5], [0.51, -0.51]),
        ("-0.25", [-0.245, -0.255], [-0.2449, -0.2551, 0.25]),
        ("0.09704664", [0.097046635, 0.097046645], [0.0970466349, 0.0970466451]),
        # As a float, 2.675 is below 2.675: the verdict must not fall with it.
        ("2.67", [2.665, 2.675], [2.664, 2.676]),
    ],
)
def test_verdicts_at_the_edge_of_the_rounding_interval(printed, inside, outside):
    assert {value: verdict(printed, value) for value in inside} == dict.fromkeys(
        inside, "reproduced"
    )
    assert {value: verdict(printed, value) for value in outside} == dict.fromkeys(
        outside, "not reproduced"
    )


def test_a_tolerance_takes_the_place_of_the_rounding_interval():
    assert verdict("0.9", 0.93, tolerance=0.03) == "reproduced"
    assert verdict("0.9", 0.87, tolerance=0.03) == "reproduced"
    assert verdict("0.9", 0.9300001, tolerance=0.03) == "not reproduced"
    # It may be narrower than the interval, too.
    assert verdict("0.9", 0.92, tolerance=0.01) == "not reproduced"


def test_near_is_between_reproduced_and_not():
    values = (0.165, 0.1650001, 0.185, 0.1850001, 0.135, 0.1349999)
    found = [verdict("0.16", value, near=0.025) for value in values]
    assert found == ["reproduced", "near", "near", "not reproduced", "near", "not reproduced"]
    # A bound within the rounding interval changes nothing.
    assert verdict("0.16", 0.165, near=0.001) == "reproduced"


def test_a_number_that_depends_on_a_draw_is_held_against_the_mean_over_seeds():
    # Three sd and half a unit of the last digit make 0.03005.
    spread = {"mean": 0.5, "sd": 0.01, "min": 0.49, "max": 0.51, "seeds": 3}
    expected = {
        "0.5300": "reproduced",
        "0.5301": "near",
        "0.4700": "reproduced",
        "0.4699": "near",
        "0.5350": "near",
        "0.5351": "not reproduced",
        "0.4649": "not reproduced",
    }
    # What this one run gave is of no account.
    for value in (0.5, 0.53, 0.9):
        found = {n: over_seeds(n, value, spread, near=0.035).verdict for n in expected}
        assert found == expected


def test_half_a_digit_is_added_to_three_sd():
    spread = {"mean": 0.4995, "sd": 0.01, "min": 0.49, "max": 0.51, "seeds": 3}
    assert over_seeds("0.530", 0.5, spread).verdict == "reproduced"
    assert over_seeds("0.5300", 0.5, spread).verdict == "not reproduced"
    assert over_seeds("0.530", 0.5, spread | {"mean": 0.4994}).verdict == "not reproduced"


def test_a_spread_of_nothing_leaves_rounding():
    spread = spread_of(0.124, 0.124, 0.124)
    assert over_seeds("0.124", 0.124, spread).verdict == "reproduced"
    assert over_seeds("0.12", 0.124, spread).verdict == "reproduced"
    assert over_seeds("0.125", 0.124, spread).verdict == "not reproduced"
    assert over_seeds("0.125", 0.124, spread, near=0.001).verdict == "near"
    assert over_seeds("0.125", 0.124, spread).z is None
    # The mean of equal numbers can be off by rounding; that is no spread either.
    off = over_seeds("0.125", 0.124, spread | {"mean": 0.12400000000000001, "sd": 1.4e-17})
    assert (off.spread.mean, off.spread.sd, off.z) == (0.124, 0.0, None)


def test_a_choice_is_reproduced_if_seeds_choose_it_or_both_sides_of_it():
    spread = spread_of(10, 10, 100)
    found = {
        number: over_seeds(number, 10, spread, "choice").verdict
        for number in ("1", "10", "50", "100", "1000")
    }
    assert [number for number, word in found.items() if word == "reproduced"] == ["10", "50", "100"]
    assert set(found.values()) == {"reproduced", "not reproduced"}
    assert over_seeds("10", 10, spread, "choice").z is None


def test_what_nothing_answers_cannot_be_checked():
    judged = judge(entry("35", metric=None, check="none"), {"stage": {"value": 35}})
    assert (judged.verdict, judged.value, judged.difference) == ("cannot be checked", None, None)


@pytest.mark.parametrize(
    "metrics",
    [{}, {"stage": {}}, {"stage": {"other": 1}}, {"stage": 3}, {"stage": {"value": None}}],
    ids=["no stage", "nothing", "another key", "no mapping", "null"],
)
@pytest.mark.parametrize("check", ["digits", "spread", "choice"])
def test_a_metric_that_is_not_there_is_not_computed(metrics, check):
    judged = judge(entry("0.5", check=check, near=1.0), metrics)
    assert judged.verdict == "not computed"
    assert judged.value is None
    assert judged.difference is None


@pytest.mark.parametrize("check", ["spread", "choice"])
def test_without_its_spread_a_number_gets_no_verdict(check):
    judged = judge(entry("0.5", check=check), {"stage": {"value": 0.5}})
    assert (judged.verdict, judged.value, judged.z) == ("not computed", 0.5, None)


@pytest.mark.parametrize("check", ["digits", "spread", "choice", "none"])
def test_on_other_data_no_verdict_speaks_of_the_paper(check):
    metrics = {
        "fetch": {"comparable_with_paper": False},
        "stage": {"value": 0.5},
        "spread_stage": {"value": spread_of(0.4, 0.6)},
    }
    item = entry("0.5", None if check == "none" else "stage.value", check=check, why="so")
    judged = judge(item, metrics)
    assert (judged.verdict, judged.z, judged.why) == ("not comparable", None, None)
    metrics["fetch"]["comparable_with_paper"] = True
    assert judge(item, metrics).verdict != "not comparable"


def test_names_lead_through_keys_with_dots_and_into_lists():
    metrics = {"grid": {"C=0.1": {"mean": 0.5}}, "list": {"of": [3, 4]}}
    metrics["spread_grid"] = {"C=0.1": {"mean": spread_of(0.4, 0.6)}}
    assert judge(entry("0.5", "grid.C=0.1.mean"), metrics).verdict == "reproduced"
    assert judge(entry("4", "list.of.1"), metrics).verdict == "reproduced"
    assert judge(entry("4", "list.of.2"), metrics).verdict == "not computed"
    judged = judge(entry("0.5", "grid.C=0.1.mean", check="spread"), metrics)
    assert judged.spread.seeds == 2


def test_value_difference_and_z():
    judged = judge(entry("0.75", "a.b.50"), {"a": {"b": {"50": 0.5}}})
    assert (judged.value, judged.difference, judged.z) == (0.5, -0.25, None)
    judged = over_seeds("0.75", 0.5, spread_of(0.25, 0.5, 0.75))
    assert (judged.spread.mean, judged.spread.sd, judged.z) == (0.5, 0.25, 1.0)
    assert judged.difference == -0.25


def test_the_reason_is_given_where_a_number_does_not_hold_only():
    item = entry("1", near=0.6, why="so")
    judged = [judge(item, {"stage": {"value": value}}) for value in (1, 1.6, 2)]
    assert [row.why for row in judged] == [None, "so", "so"]
    assert unexplained(judged) == []
    silent = [replace(row, entry=replace(item, id=row.verdict, why=None)) for row in judged]
    assert unexplained(silent) == ["near", "not reproduced"]


# All of them


def test_tally_counts_what_did_not_come_up():
    assert tally(["b", "b"], ("a", "b")) == {"a": 0, "b": 2}
    assert list(tally([], VERDICTS)) == list(VERDICTS)


def test_the_table_has_a_row_for_each_number_and_empty_cells():
    ledger = [entry("0.50", check="spread"), replace(entry("35", None, check="none"), id="time")]
    metrics = {"stage": {"value": 0.25}, "spread_stage": {"value": spread_of(0.25, 0.5, 0.75)}}
    table = as_table(judge_all(ledger, metrics))
    text = table.to_csv(index=False, lineterminator="\n")
    assert text.splitlines() == [
        "id,printed,recomputed,mean,sd,seeds,z,verdict",
        "id,0.50,0.25,0.5,0.25,3,0.0,reproduced",
        "time,35,,,,,,cannot be checked",
    ]


@on_mnist
def test_no_number_is_unexplained():
    judged = judge_all(LEDGER, METRICS)
    assert unexplained(judged) == []
    # And none is explained that needs no explanation.
    assert [row.entry.id for row in judged if row.entry.why and row.verdict not in DEVIATIONS] == []


@on_mnist
def test_all_numbers_are_judged_on_the_committed_results():
    counts = Counter(row.verdict for row in judge_all(LEDGER, METRICS))
    assert counts["not computed"] == counts["not comparable"] == 0
    assert sum(counts.values()) == len(LEDGER) > 200


def test_the_logs_seconds_come_in_the_order_of_epochs():
    seconds = printed_seconds(LEDGER)
    assert {name: len(found) for name, found in seconds.items()} == {"keras_dense": 10, "cnn": 5}
    assert seconds["cnn"] == [232, 198, 173, 191, 186]
