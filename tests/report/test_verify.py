"""What ``make verify`` asks, what it lets pass, and what it stops at."""

import json
import os
import re
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.trees import flatten
from mnist_report.report import verify
from mnist_report.report.ledger import Number

#: What is committed.
FILES = {
    "params.yaml": "seed: 1",
    "results/fetch.json": '{"dataset": "mnist"}',
    "results/net.json": '{"accuracy": 0.92}',
    "results/spread_net.json": """
{"accuracy": {"mean": 0.92, "sd": 0.002, "seeds": 5}, "answers": {"3": "77177"}}""",
    "plots/verdicts/numbers.csv": "id,verdict\naccuracy,agrees\nrows,differs",
    "plots/statements/statements.csv": "id,verdict\nzeros,holds",
    "tolerances.yaml": """
- {metrics: ["*.seeds", fetch], tolerance: 0}
- {metrics: [net, spread_net], tolerance: 0.001, sds: 5}""",
}
LEDGER = [
    Number("accuracy", "w", "p", "0.921", "accuracy", "net.accuracy"),
    Number("rows", "w", "p", "6000", "count", "net.rows", why="a zero too few"),
]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a function that changes files and runs `make verify`: exit code, output, errors."""
    # A folder of a larger repository.
    root = tmp_path / "larger" / "project"
    monkeypatch.setattr(paths, "ROOT", root)
    for name, place in {"RESULTS": "results", "PLOTS": "plots", "PARAMS": "params.yaml"}.items():
        monkeypatch.setattr(paths, name, root / place)
    monkeypatch.setattr(verify, "TOLERANCES", root / "tolerances.yaml")
    monkeypatch.setattr(verify, "check_status", list)
    monkeypatch.setattr(verify, "load_ledger", lambda: LEDGER)

    def write(content):
        for name, text in content.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")

    write(FILES)
    # Whatever the developer's own Git does on a commit.
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@a.org commit -qm Results"):
        subprocess.run(["git", *command.split()], cwd=root.parent, check=True)

    def run(changed):
        write(FILES | changed)
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = verify.main()
        return code, out.getvalue(), err.getvalue().splitlines()

    return run


def test_results_within_tolerance_pass_though_a_number_of_the_paper_differs(checkout):
    # Five sd of 0.002 are allowed; single answers are not held to anything.
    spread = FILES["results/spread_net.json"].replace('"3": "77177"', '"4": "22212"')
    changed = {"results/net.json": '{"accuracy": 0.9299}', "results/spread_net.json": spread}
    code, out, failures = checkout(changed)
    assert (code, failures) == (0, [])
    assert "verify: 1 agrees, 1 differs" in out
    assert "verify: all holds" in out


def test_what_fails_is_named(checkout):
    net, spread, numbers, statements = list(FILES)[2:6]
    for name, old, new, *words in (
        (net, "0.92", "0.9302", "metric net.accuracy is 0.9302, committed 0.92, tolerance 0.01"),
        (spread, "0.92", "0.931", "metric spread_net.accuracy.mean is 0.931, committed 0.92, "),
        (spread, "5", "6", "metric spread_net.accuracy.seeds is 6, committed 5, tolerance 0"),
        ("results/fetch.json", "mnist", "own", "metric fetch.dataset is 'own', committed 'mnist'"),
        (net, '"acc', '"b": 1, "acc', "metric net.b is only on one side"),
        (numbers, "agrees", "undecided", "accuracy is now 'undecided', committed 'agrees'"),
        (numbers, "agrees", "differs", "accuracy is now", "accuracy differs, and paper.yaml lacks"),
        (statements, "holds", "is", "zeros is now 'is', committed 'holds'"),
    ):
        code, out, failures = checkout({name: FILES[name].replace(old, new)})
        assert code == 1
        assert "all holds" not in out
        for failure, start in zip(failures, words, strict=True):
            assert failure.startswith(f"verify: FAILED: {start}")


def test_under_other_parameters_the_committed_results_are_no_measure(checkout):
    changed = {"params.yaml": "seed: 2", "results/net.json": '{"accuracy": 0.5}'}
    numbers = "id,verdict\nrows,not comparable\n"
    code, out, _ = checkout(changed | {"plots/verdicts/numbers.csv": numbers})
    assert code == 0
    assert "params.yaml differs" in out
    assert "1 not comparable" in out
    assert "this is not MNIST" in out


def test_a_result_on_one_side_only_is_one_line(checkout, monkeypatch):
    code, _, [line] = checkout({"results/more.json": "{}"})
    assert code == 1
    assert re.search("more.*commit the results first", line)
    (paths.RESULTS / "more.json").unlink()
    (paths.RESULTS / "net.json").unlink()
    monkeypatch.delitem(FILES, "results/net.json")
    code, _, [line] = checkout({})
    assert code == 1
    assert "net.json is missing; run 'dvc repro'" in line


def test_dvc_says_which_stages_are_stale(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    stages = {
        "first": {"cmd": "true", "params": ["seed"], "outs": ["data"]},
        "second": {"cmd": "true", "deps": ["data"], "outs": [{"result": {"cache": False}}]},
    }
    files = {"params.yaml": "seed: 1", "data": "1", "result": "1"}
    for name, text in (files | {"dvc.yaml": json.dumps({"stages": stages})}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Repo.init(str(tmp_path), no_scm=True) as repo:
        repo.commit(force=True)
    # As in a clone without data: that is no fault, but hides none.
    (tmp_path / "data").unlink()
    (tmp_path / ".dvc" / "cache").rename(tmp_path / "elsewhere")
    assert verify.check_status() == []
    (tmp_path / "result").write_text("2", encoding="utf-8")
    assert verify.check_status() == ["stage second is not up to date; run 'dvc repro'"]
    (tmp_path / "params.yaml").write_text("seed: 2", encoding="utf-8")
    assert len(verify.check_status()) == 2
    (tmp_path / "dvc.yaml").write_text("stages: [", encoding="utf-8")
    with pytest.raises(UserError, match=r"DVC cannot tell .*dvc\.yaml"):
        verify.check_status()


def test_every_result_has_a_tolerance_and_every_tolerance_a_result(committed):
    rules = YAML(typ="safe", pure=True).load(verify.TOLERANCES.read_text(encoding="utf-8"))
    patterns = [metric for rule in rules for metric in rule["metrics"]]
    # Each pattern is known by a tolerance of its own.
    numbered = [{"metrics": [metric], "tolerance": k} for k, metric in enumerate(patterns)]
    leaves = dict(flatten({k: v for k, v in committed.items() if k != "costs"}))
    used = {verify.tolerance(numbered, key, leaves) for key in leaves}
    assert [patterns[k] for k in set(range(len(patterns))) - used] == []


def test_a_tolerance_holds_for_whole_names_and_every_metric_needs_one():
    rules = [{"metrics": ["a"], "tolerance": 0.5, "sds": 5}]
    assert verify.tolerance(rules, "a.b", {"spread_a.b.sd": 0.01}) == pytest.approx(0.5)
    with pytest.raises(UserError, match="no entry for metric ab; add one"):
        verify.tolerance(rules, "ab", {})
