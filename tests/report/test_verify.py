"""What ``make verify`` lets pass, and what it stops at."""

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy import stats

from mnist_report import git, paths
from mnist_report.dvcfiles import StageFiles
from mnist_report.errors import UserError
from mnist_report.report import verify
from mnist_report.report.ledger import Entry, Spread, judge_all
from mnist_report.report.verify import FALSE_ALARMS, prediction_interval

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("fetch", "net", "spread_net", "claims")
RULES = """
- {metric: "*.seeds", tolerance: 0, reason: a count}
- {metric: fetch, tolerance: 0, reason: facts}
- {metric: claims, tolerance: .inf, reason: held by their verdicts}
- {metric: net.rows, tolerance: 0, reason: a count}
- {metric: net, tolerance: 0.001, sds: 5, reason: another processor}
- {metric: spread_net, tolerance: 0.001, sds: 5, reason: another processor}
"""


def results(accuracy=0.92, rows=60000, two_components=0.161, **spread):
    return {
        "claims": {"claims": {"two_components": {"share": two_components}}},
        "fetch": {"dataset": "mnist", "comparable_with_paper": True},
        "net": {"rows": rows, "test": {"accuracy": accuracy}},
        "spread_net": {
            "test": {
                "accuracy": {"mean": 0.92, "sd": 0.002, "min": 0.918, "max": 0.922, "seeds": 5}
                | spread
            }
        },
    }


def ledger(printed="0.921", why="chance", rows="60000"):
    accuracy = Entry("net.accuracy", "w", "p", printed, "net.test.accuracy", check="spread")
    count = Entry("net.rows", "w", "p", rows, "net.rows")
    return [replace(entry, near=0.01, near_means="close", why=why) for entry in (accuracy, count)]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a function that puts results, committed ones and a ledger into the place of ours."""
    stages = {
        name: StageFiles(name, (), ("seed",), (), (tmp_path / "metrics" / f"{name}.json",), ())
        for name in STAGES
    }

    def put(here=None, committed=None, entries=None, params="seed: 1\n", old_params="seed: 1\n"):
        here, committed = here or results(), committed or results()
        (tmp_path / "metrics").mkdir(exist_ok=True)
        head = {"params.yaml": old_params.encode()}
        lock, lock_here = {}, {}
        for name in STAGES:
            content = json.dumps(here[name])
            (tmp_path / "metrics" / f"{name}.json").write_text(content, encoding="utf-8")
            path = f"metrics/{name}.json"
            head[path] = json.dumps(committed[name]).encode()
            md5 = hashlib.md5(head[path], usedforsecurity=False).hexdigest()
            md5_here = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
            lock_here[name] = {"outs": [{"path": path, "md5": md5_here}]}
            seed = int(old_params.split()[1])
            lock[name] = {
                "outs": [{"path": path, "md5": md5}],
                "params": {"params.yaml": {"seed": seed}},
            }
        head["dvc.lock"] = json.dumps({"stages": lock}).encode()
        (tmp_path / "dvc.lock").write_text(json.dumps({"stages": lock_here}), encoding="utf-8")
        (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
        (tmp_path / "tolerances.yaml").write_text(RULES, encoding="utf-8")

        def output(checkout, *arguments):
            assert checkout == tmp_path
            if arguments[0] == "ls-tree":
                return "\n".join(head).encode()
            return head[arguments[1].removeprefix("HEAD:")]

        monkeypatch.setattr(paths, "ROOT", tmp_path)
        monkeypatch.setattr(paths, "METRICS", tmp_path / "metrics")
        monkeypatch.setattr(paths, "PARAMS", tmp_path / "params.yaml")
        monkeypatch.setattr(verify, "TOLERANCES", tmp_path / "tolerances.yaml")
        monkeypatch.setattr(verify, "pipeline", lambda: stages)
        monkeypatch.setattr(verify, "load_ledger", lambda: entries or ledger())
        monkeypatch.setattr(git, "output", output)
        return head

    return put


def failures(capsys):
    prefix = "verify: FAILED: "
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


# The exit code


def test_results_as_committed_pass(checkout, capsys):
    checkout()
    assert verify.main() == 0
    assert "verify: all holds" in capsys.readouterr().out


def test_a_number_of_the_paper_that_does_not_hold_is_no_failure(checkout, capsys):
    checkout(entries=ledger("0.80", rows="6000"))
    assert verify.main() == 0
    assert "2 not reproduced" in capsys.readouterr().out


@pytest.mark.parametrize("printed, word", [("0.930", "near"), ("0.800", "not reproduced")])
@pytest.mark.parametrize("why", [None, ""])
def test_a_number_that_does_not_hold_needs_a_reason(checkout, capsys, printed, word, why):
    checkout(entries=ledger(printed, why=why))
    assert verify.main() == 1
    assert failures(capsys) == ["net.accuracy does not hold, and paper.yaml lacks its why"]


def test_a_recomputed_number_beyond_our_own_spread_fails(checkout, capsys):
    # Committed as well, so that the spread alone objects: it lies 40 sd off.
    checkout(results(0.84), results(0.84))
    assert verify.main() == 1
    [failure] = failures(capsys)
    assert failure.startswith("net.accuracy came out as 0.84,")


@pytest.mark.parametrize(
    "new, passes",
    [
        (results(0.9299), True),  # five sd of 0.002
        (results(0.9302), False),
        (results(mean=0.9265), True),
        (results(mean=0.931), False),
        (results(seeds=6), False),
        (results(rows=60001), False),
    ],
)
def test_a_metric_off_the_committed_one_fails_beyond_its_tolerance(checkout, capsys, new, passes):
    checkout(new)
    assert verify.main() == (0 if passes else 1)
    assert all(line.startswith("metric ") for line in failures(capsys) if "is now" not in line)


def test_a_verdict_that_differs_fails(checkout, capsys):
    # Within all tolerances: 0.9265 is inside mean ± 3 sd for one mean, outside for the other.
    checkout(results(mean=0.919), results(), ledger("0.926"))
    assert verify.main() == 1
    assert failures(capsys) == ["net.accuracy is now 'near', committed 'reproduced'"]


def test_a_verdict_on_a_statement_that_differs_fails(checkout, capsys):
    checkout(results(two_components=0.168), results())
    assert verify.main() == 1
    assert failures(capsys) == ["claim two_components is now 'holds in part', committed 'holds'"]


def test_under_other_parameters_the_committed_results_are_no_measure(checkout, capsys):
    entries = ledger("0.800", why=None)
    checkout(results(0.93, mean=0.93), results(), entries, params="seed: 2\n")
    assert verify.main() == 0
    assert "params.yaml differs" in capsys.readouterr().out
    # Our own spread still is.
    checkout(results(0.84), results(), entries, params="seed: 2\n")
    assert verify.main() == 1


def test_other_data_have_no_verdicts(checkout, capsys):
    here = results()
    here["fetch"]["comparable_with_paper"] = False
    checkout(here, here, ledger("0.80", why=None))
    assert verify.main() == 0
    out = capsys.readouterr().out
    assert "2 not comparable" in out
    assert "This is not MNIST" in out
    assert "reproduced" not in out


def test_committed_results_that_are_not_what_the_lock_says_fail(checkout, capsys):
    head = checkout()
    head["metrics/net.json"] = json.dumps(results(0.9201)["net"]).encode()
    assert verify.main() == 1
    assert failures(capsys) == ["committed metrics/net.json is not what dvc.lock has for stage net"]


def test_parameters_that_are_not_what_the_lock_says_fail(checkout, capsys):
    head = checkout()
    head["params.yaml"] = b"seed: 3\n"
    assert verify.main() == 1
    assert len(failures(capsys)) == len(STAGES)


def test_an_output_that_is_not_what_the_lock_here_says_fails(checkout, capsys):
    checkout()
    path = paths.metrics_file("net")
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    assert verify.main() == 1
    assert failures(capsys) == [
        "metrics/net.json is not what dvc.lock has; 'rm -f metrics/net.json', then 'dvc repro'"
    ]


def test_a_corrupt_object_in_the_cache_is_named_with_the_file_made_of_it(checkout, capsys):
    checkout()
    path = paths.metrics_file("net")
    right = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    cached = f".dvc/cache/files/md5/{right[:2]}/{right[2:]}"
    (paths.ROOT / cached).parent.mkdir(parents=True)
    (paths.ROOT / cached).write_bytes(b"")
    assert verify.main() == 1
    assert failures(capsys) == [
        f"metrics/net.json is not what dvc.lock has, and neither is {cached}; "
        f"'rm -f metrics/net.json {cached}', then 'dvc repro'"
    ]


def test_a_metric_that_is_missing_is_one_line_on_stderr(checkout, capsys):
    checkout()
    paths.metrics_file("net").unlink()
    assert verify.main() == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("verify: error: ")
    assert "dvc repro" in line


# The intervals


@pytest.mark.parametrize("seeds", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("rare", [FALSE_ALARMS, 0.05])
def test_the_prediction_interval_is_the_one_of_a_regression_on_a_constant(seeds, rare):
    values = np.random.default_rng(seeds).normal(3.0, 0.1, seeds)
    spread = Spread(values.mean(), values.std(ddof=1), values.min(), values.max(), seeds)
    low, high = prediction_interval(spread, rare)
    # The least-squares fit of a constant: its residual variance, and the variance of a forecast.
    residual = np.sum((values - values.mean()) ** 2) / (seeds - 1)
    forecast = stats.t(
        df=seeds - 1, loc=values.mean(), scale=math.sqrt(residual + residual / seeds)
    )
    assert [low, high] == pytest.approx(forecast.interval(1 - rare))


def test_one_more_run_falls_out_of_the_interval_as_often_as_it_says():
    outside = []
    for sample in np.random.default_rng(0).normal(size=(2000, 3)):
        spread = Spread(sample.mean(), sample.std(ddof=1), sample.min(), sample.max(), 3)
        low, high = prediction_interval(spread, 0.05)
        # The exact chance of another normal value beyond this sample's interval.
        outside.append(stats.norm.cdf(low) + stats.norm.sf(high))
    # The standard error of the mean chance is about 0.002.
    assert np.mean(outside) == pytest.approx(0.05, abs=0.01)


def judged(value, spread, printed="0.500", check="spread"):
    metrics = {"net": {"x": value}, "spread_net": {"x": spread}}
    return judge_all([Entry("net.x", "w", "p", printed, "net.x", check=check)], metrics)


def test_a_spread_of_nothing_lets_rounding_pass():
    equal = {"mean": 0.5, "sd": 0.0, "min": 0.5, "max": 0.5, "seeds": 10}
    assert verify.check_own_spread(judged(0.5005, equal)) == []
    assert len(verify.check_own_spread(judged(0.5006, equal))) == 1


def test_choices_are_not_held_against_an_interval():
    equal = {"mean": 10.0, "sd": 0.0, "min": 10, "max": 10, "seeds": 10}
    assert verify.check_own_spread(judged(1000.0, equal, "10", check="choice")) == []


# The tolerances

WAYS = [
    {"metric": "a.*.n", "tolerance": 20},
    {"metric": "a.b", "tolerance": 0.5, "sds": 5},
    {"metric": "a", "tolerance": 0.001},
]


@pytest.mark.parametrize(
    "key, sd, expected",
    [
        ("a.x.n", 9.0, 20),
        ("a.x.n.mean", 9.0, 20),
        ("a.x.y", 9.0, 0.001),
        ("a.bc", 9.0, 0.001),
        ("a.b.c", 0.2, 1.0),
        ("a.b.c", 0.01, 0.5),
        ("a.b.c", None, 0.5),
    ],
)
def test_the_first_rule_that_fits_counts(key, sd, expected):
    committed = {} if sd is None else {f"spread_{key}.sd": sd}
    assert verify.tolerance(WAYS, key, committed) == pytest.approx(expected)


@pytest.mark.parametrize("leaf", ["mean", "min", "max", "sd"])
def test_the_figures_of_a_spread_move_with_its_sd(leaf):
    assert verify.tolerance(WAYS, f"a.b.c.{leaf}", {"a.b.c.sd": 0.2}) == pytest.approx(1.0)


def test_a_metric_without_a_rule_is_an_error():
    with pytest.raises(UserError, match=r"b\.c"):
        verify.tolerance(WAYS, "b.c", {})


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_there_is_a_tolerance_with_a_reason_for_every_committed_metric():
    rules = YAML(typ="safe", pure=True).load(verify.TOLERANCES.read_text(encoding="utf-8"))
    assert all(rule["reason"] for rule in rules)
    files = sorted((ROOT / "metrics").glob("*.json"))
    metrics = dict(leaves({path.stem: json.loads(path.read_text("utf-8")) for path in files}))
    assert all(verify.tolerance(rules, key, metrics) >= 0 for key in metrics)


def test_committed_results_pass_their_own_tolerances():
    files = sorted((ROOT / "metrics").glob("*.json"))
    metrics = {path.stem: json.loads(path.read_text("utf-8")) for path in files}
    assert verify.compare_metrics(metrics, metrics) == []


# The table


def test_the_table_shows_printed_recomputed_spread_and_reason(capsys):
    verify.print_table(judge_all(ledger("0.950"), results()))
    lines = capsys.readouterr().out.splitlines()
    [row] = [line for line in lines if line.startswith("net.accuracy ")]
    words = " ".join(row.split())
    assert words == "net.accuracy 0.950 0.92 0.92 ± 0.002 +15.0 not reproduced"
    assert "net.accuracy: chance" in lines
    assert "1 reproduced, 1 not reproduced" in lines
    assert max(len(line) for line in lines) <= 120
