"""The ledger of printed numbers, and the verdicts on them."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mnist_report.report.ledger import PAPER, Entry, judge, load_ledger

ROOT = Path(__file__).resolve().parents[2]
LEDGER = load_ledger()
every_entry = pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry.id)


def committed_metrics():
    files = sorted((ROOT / "metrics").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def flat(tree, prefix=""):
    """Return the leaves of nested mappings under dotted names; keys may hold dots themselves."""
    leaves = {}
    for key, value in tree.items():
        leaves |= (
            flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return leaves


def entry(printed, tolerance=None, metric="stage.value"):
    return Entry("id", "what", "place", printed, metric, tolerance)


def verdict(printed, value, tolerance=None):
    return judge(entry(printed, tolerance), {"stage": {"value": value}}).verdict


def test_ids_are_unique_and_name_a_section():
    ids = [item["id"] for item in YAML(typ="safe", pure=True).load(PAPER.read_text("utf-8"))]
    assert len(ids) == len(set(ids)) == len(LEDGER)
    assert all("." in name for name in ids)


@every_entry
def test_entries_are_complete(entry):
    assert float(entry.printed) == float(entry.printed.strip())
    assert entry.what and entry.place
    assert entry.allowed > 0
    # A tolerance of one's own needs a reason of one's own.
    assert entry.tolerance is None or entry.reason != Entry.reason


@every_entry
def test_metrics_of_the_ledger_are_in_the_committed_files(entry):
    metrics = committed_metrics()
    if metrics["fetch"]["dataset"] != "mnist":
        pytest.skip("the committed metrics are not of MNIST")
    value = flat(metrics)[entry.metric]
    assert isinstance(value, int | float)
    assert not isinstance(value, bool)


@every_entry
def test_metrics_of_the_ledger_are_of_stages_that_declare_them(entry):
    stages = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    stage = entry.metric.split(".")[0]
    listed = [path for item in stages[stage]["metrics"] for path in item]
    assert listed == [f"metrics/{stage}.json"]


def test_an_id_that_stands_twice_is_refused(tmp_path):
    item = "- {id: a.b, what: w, place: p, printed: '1', metric: m}\n"
    (tmp_path / "paper.yaml").write_text(item, encoding="utf-8")
    assert len(load_ledger(tmp_path / "paper.yaml")) == 1
    (tmp_path / "paper.yaml").write_text(item * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="twice"):
        load_ledger(tmp_path / "paper.yaml")


@pytest.mark.parametrize("text", ["- {id: a.b}\n", "- {id: a, surplus: 1}\n"])
def test_an_incomplete_entry_is_refused(tmp_path, text):
    (tmp_path / "paper.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(TypeError):
        load_ledger(tmp_path / "paper.yaml")


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
    assert verdict("0.9", 0.93, tolerance="0.03") == "reproduced"
    assert verdict("0.9", 0.87, tolerance="0.03") == "reproduced"
    assert verdict("0.9", 0.9300001, tolerance="0.03") == "not reproduced"
    # It may be narrower than the interval, too.
    assert verdict("0.9", 0.92, tolerance="0.01") == "not reproduced"


@pytest.mark.parametrize(
    "metrics",
    [{}, {"stage": {}}, {"stage": {"other": 1}}, {"stage": 3}, {"stage": {"value": None}}],
    ids=["no stage", "nothing", "another key", "no mapping", "null"],
)
def test_a_metric_that_is_not_there_is_not_computed(metrics):
    judged = judge(entry("0.5"), metrics)
    assert judged.verdict == "not computed"
    assert judged.value is None
    assert judged.difference is None


def test_a_key_of_a_metric_may_hold_a_dot():
    metrics = {"grid": {"C=0.1": {"mean": 0.5}}}
    assert judge(entry("0.5", metric="grid.C=0.1.mean"), metrics).verdict == "reproduced"


def test_value_and_difference():
    judged = judge(entry("0.75", metric="a.b.50"), {"a": {"b": {"50": 0.5}}})
    assert judged.value == 0.5
    assert judged.difference == -0.25
