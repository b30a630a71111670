"""What ``make verify`` asks, what it lets pass, and what it stops at."""

import json
import math
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML
from scipy import stats

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.trees import flatten
from mnist_report.report import verify
from mnist_report.report.ledger import Entry, Spread, judge_all

RULES = """
- {metric: "*.seeds", tolerance: 0}
- {metric: fetch, tolerance: 0}
- {metric: statements, tolerance: .inf}
- {metric: net.rows, tolerance: 0}
- {metric: net, tolerance: 0.001, sds: 5}
- {metric: spread_net, tolerance: 0.001, sds: 5}
"""


def results(accuracy=0.92, rows=60000, two_components=0.161, **spread):
    over_seeds = {"mean": 0.92, "sd": 0.002, "min": 0.918, "max": 0.922, "seeds": 5} | spread
    return {
        "statements": {"statements": {"two_components": {"share": two_components}}},
        "fetch": {"dataset": "mnist", "comparable_with_paper": True},
        "net": {"rows": rows, "test": {"accuracy": accuracy}},
        "spread_net": {"test": {"accuracy": over_seeds}},
    }


def ledger(printed="0.921", why="chance", rows="60000"):
    accuracy = Entry("net.accuracy", "w", "p", printed, "net.test.accuracy", check="spread")
    count = Entry("net.rows", "w", "p", rows, "net.rows")
    return [replace(entry, near=0.01, near_means="close", why=why) for entry in (accuracy, count)]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a function that puts results, committed ones and a ledger into the place of ours."""
    # A folder of a larger repository.
    root = tmp_path / "larger" / "project"
    (root / "results").mkdir(parents=True)
    (root / "tolerances.yaml").write_text(RULES, encoding="utf-8")
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "RESULTS", root / "results")
    monkeypatch.setattr(paths, "PARAMS", root / "params.yaml")
    monkeypatch.setattr(verify, "TOLERANCES", root / "tolerances.yaml")
    monkeypatch.setattr(verify, "check_status", list)

    def write(content):
        for name, value in content.items():
            paths.results_file(name).write_text(json.dumps(value), encoding="utf-8")

    # Whatever the developer's own Git does on a commit.
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def git(*arguments):
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *arguments], cwd=root.parent, check=True)

    def put(here=None, committed=None, entries=None, seed=1):
        monkeypatch.setattr(verify, "load_ledger", lambda: entries or ledger())
        (root / "params.yaml").write_text("seed: 1\n", encoding="utf-8")
        write(committed or results())
        git("init", "-q")
        git("add", ".")
        git("commit", "-q", "--allow-empty", "-m", "Results")
        write(here or results())
        (root / "params.yaml").write_text(f"seed: {seed}\n", encoding="utf-8")

    return put


def verified(capsys):
    """Run `make verify`; return its exit code, what it prints and the failures."""
    prefix = "verify: FAILED: "
    code = verify.main()
    out, err = capsys.readouterr()
    assert all(line.startswith(prefix) for line in err.splitlines())
    return code, out, [line.removeprefix(prefix) for line in err.splitlines()]


def test_results_as_committed_pass_though_a_number_of_the_paper_does_not_hold(checkout, capsys):
    checkout(entries=ledger("0.80", rows="6000"))
    code, out, failures = verified(capsys)
    assert (code, failures) == (0, [])
    assert "2 not reproduced" in out
    assert "verify: all holds" in out


def test_what_fails_is_named(checkout, capsys):
    cases = [
        (
            {"entries": ledger("0.930", why=None)},
            "net.accuracy does not hold, and paper.yaml lacks its why",
        ),
        # Committed as well, so that our own spread alone objects: it lies 40 sd off.
        ({"here": results(0.84), "committed": results(0.84)}, "net.accuracy came out as 0.84, "),
        # Five sd of 0.002 are allowed.
        ({"here": results(0.9302)}, "metric net.test.accuracy is 0.9302, committed 0.92, "),
        (
            {"here": results(mean=0.931), "entries": ledger("0.9255")},
            "metric spread_net.test.accuracy.mean is 0.931, ",
        ),
        ({"here": results(seeds=6)}, "metric spread_net.test.accuracy.seeds is 6, "),
        # Within all tolerances: 0.9265 is inside mean ± 3 sd for one mean, outside for the other.
        (
            {"here": results(mean=0.919), "entries": ledger("0.926")},
            "net.accuracy is now 'near', committed 'reproduced'",
        ),
        (
            {"here": results(two_components=0.168)},
            "statement two_components is now 'holds in part', committed 'holds'",
        ),
    ]
    for given, words in cases:
        checkout(**given)
        code, _, [failure] = verified(capsys)
        assert code == 1
        assert failure.startswith(words)
    checkout(here=results(0.9299, mean=0.9265))
    assert verified(capsys)[0] == 0


def test_under_other_parameters_the_committed_results_are_no_measure(checkout, capsys):
    checkout(results(0.93, mean=0.931), entries=ledger("0.800", why=None), seed=2)
    code, out, _ = verified(capsys)
    assert code == 0
    assert "params.yaml differs" in out


def test_other_data_have_no_verdicts(checkout, capsys):
    here = results()
    here["fetch"]["comparable_with_paper"] = False
    checkout(here, here, ledger("0.80", why=None))
    code, out, _ = verified(capsys)
    assert code == 0
    assert "2 not comparable" in out
    assert "This is not MNIST" in out
    assert "reproduced" not in out


def test_a_result_on_one_side_only_is_one_line(checkout, capsys):
    for make, words in (
        (lambda net: net.unlink(), "net.json is missing; run 'dvc repro'"),
        (
            lambda net: net.with_name("more.json").write_bytes(net.read_bytes()),
            "commit the results",
        ),
    ):
        checkout()
        make(paths.results_file("net"))
        assert verify.main() == 1
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("verify: error: ")
        assert words in line


def test_dvc_says_which_stages_are_stale(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    source, data, result = (tmp_path / name for name in ("source", "data", "result"))
    for path in (source, data, result):
        path.write_text("1", encoding="utf-8")
    stages = {
        "first": {"cmd": "true", "deps": ["source"], "outs": ["data"]},
        "second": {"cmd": "true", "deps": ["data"], "outs": [{"result": {"cache": False}}]},
    }
    pipeline = tmp_path / "dvc.yaml"
    pipeline.write_text(json.dumps({"stages": stages}), encoding="utf-8")
    with Repo.init(str(tmp_path), no_scm=True) as repo:
        repo.commit(force=True)
        cache = tmp_path / ".dvc" / "cache"
    assert verify.check_status() == []

    result.write_text("2", encoding="utf-8")
    assert verify.check_status() == ["stage second is not up to date; run 'dvc repro'"]
    result.write_text("1", encoding="utf-8")
    # As in a clone without data: these are no fault, but hide none.
    data.unlink()
    cache.rename(tmp_path / "elsewhere")
    assert verify.check_status() == []
    source.write_text("2", encoding="utf-8")
    assert verify.check_status() == ["stage first is not up to date; run 'dvc repro'"]
    stages["second"] |= {"cmd": "echo", "deps": ["data", "source"]}
    pipeline.write_text(json.dumps({"stages": stages}), encoding="utf-8")
    assert len(verify.check_status()) == 2
    pipeline.write_text("stages: [", encoding="utf-8")
    with pytest.raises(UserError, match=r"DVC cannot tell .*dvc\.yaml"):
        verify.check_status()


# The intervals


def test_the_prediction_interval_is_the_one_of_a_regression_on_a_constant():
    for seeds in (2, 3, 10):
        values = np.random.default_rng(seeds).normal(3.0, 0.1, seeds)
        spread = Spread(values.mean(), values.std(ddof=1), values.min(), values.max(), seeds)
        # The least-squares fit of a constant: its residual variance, the variance of a forecast.
        residual = np.sum((values - values.mean()) ** 2) / (seeds - 1)
        scale = math.sqrt(residual + residual / seeds)
        forecast = stats.t(df=seeds - 1, loc=values.mean(), scale=scale)
        for rare in (verify.FALSE_ALARMS, 0.05):
            found = verify.prediction_interval(spread, rare)
            assert found == pytest.approx(forecast.interval(1 - rare))


def test_a_spread_of_nothing_lets_rounding_pass_and_choices_have_no_interval():
    def failures(value, mean, printed, check):
        spread = {"mean": mean, "sd": 0.0, "min": mean, "max": mean, "seeds": 10}
        entry = Entry("net.x", "w", "p", printed, "net.x", check=check)
        metrics = {"net": {"x": value}, "spread_net": {"x": spread}}
        return len(verify.check_own_spread(judge_all([entry], metrics)))

    assert failures(0.5005, 0.5, "0.500", "spread") == 0
    assert failures(0.5006, 0.5, "0.500", "spread") == 1
    assert failures(1000.0, 10.0, "10", "choice") == 0


# The tolerances


def test_the_first_rule_that_fits_counts():
    rules = [
        {"metric": "a.*.n", "tolerance": 20},
        {"metric": "a.b", "tolerance": 0.5, "sds": 5},
        {"metric": "a", "tolerance": 0.001},
    ]
    cases = [
        ("a.x.n", {}, 20),
        ("a.x.n.mean", {}, 20),
        ("a.x.y", {"spread_a.x.y.sd": 9.0}, 0.001),
        ("a.bc", {}, 0.001),
        ("a.b.c", {}, 0.5),
        ("a.b.c", {"spread_a.b.c.sd": 0.2}, 1.0),
        ("a.b.c", {"spread_a.b.c.sd": 0.01}, 0.5),
        # The figures of a spread move with its sd.
        *((f"a.b.c.{leaf}", {"a.b.c.sd": 0.2}, 1.0) for leaf in ("mean", "min", "max", "sd")),
    ]
    for key, committed, expected in cases:
        assert verify.tolerance(rules, key, committed) == pytest.approx(expected), key
    with pytest.raises(UserError, match=r"b\.c"):
        verify.tolerance(rules, "b.c", {})


def test_every_result_has_a_tolerance_and_every_tolerance_a_reason_and_a_result(committed):
    del committed["costs"]
    rules = YAML(typ="safe", pure=True).load(verify.TOLERANCES.read_text(encoding="utf-8"))
    assert all(rule["reason"] for rule in rules)
    leaves = dict(flatten(committed))
    # Each rule is known by a tolerance of its own.
    numbered = [{"metric": rule["metric"], "tolerance": k} for k, rule in enumerate(rules)]
    used = {verify.tolerance(numbered, key, leaves) for key in leaves}
    assert [rules[k]["metric"] for k in set(range(len(rules))) - used] == []
    assert verify.compare_results(committed, committed) == []


def test_the_table_shows_printed_recomputed_spread_and_reason(capsys):
    verify.print_table(judge_all(ledger("0.950"), results()))
    lines = capsys.readouterr().out.splitlines()
    [row] = [line for line in lines if line.startswith("net.accuracy ")]
    words = " ".join(row.split())
    assert words == "net.accuracy 0.950 0.92 0.92 ± 0.002 +15.0 not reproduced"
    assert "net.accuracy: chance" in lines
    assert "1 reproduced, 1 not reproduced" in lines
    assert max(len(line) for line in lines) <= 120
