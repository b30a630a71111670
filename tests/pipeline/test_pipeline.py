"""The whole pipeline in miniature: one run, another place, another machine, another environment."""

import csv
import json
import shutil
import statistics

from miniature import OWN_CODE, declared

#: The name of a folder that addresses and shells take for syntax.
ODD_NAME = "ein Ordner mit Ümläuten, # 'n' $HOME? und 100%20"


def test_one_run_makes_everything_and_a_second_one_nothing(whole_run):
    checkout, done = whole_run
    assert len(declared()) == 32
    assert sorted(done.stages) == sorted(declared())
    assert done.stages[-1] == "report"
    assert done.lines == []
    for name, paths in declared().items():
        assert all((checkout.path / path).exists() for path in paths), name
    assert all(checkout.outputs().values())
    text = (checkout.path / "report" / "report.md").read_text(encoding="utf-8")
    assert "Tiny \\<digits\\>: 120 training and 60 test" in text
    assert checkout.git("status", "--porcelain") == ""
    assert checkout.dvc("repro").stages == []
    assert checkout.git("status", "--porcelain") == ""


def test_models_are_compared_by_what_each_of_them_predicts(base):
    found = json.loads((base.path / "results/comparison.json").read_text("utf-8"))
    for name in ("svm_final", "scratch_nn", "keras_dense", "cnn"):
        text = (base.path / f"plots/{name}/predictions.csv").read_text(encoding="utf-8")
        rows = [(row["actual"], row["predicted"]) for row in csv.DictReader(text.splitlines())]
        for digit, share in found["error_by_digit"][name].items():
            assert share == statistics.mean(a != p for a, p in rows if a == digit), (name, digit)


def test_a_clone_makes_the_report_and_gets_the_rest_by_a_pull(base, land):
    source = base.copy(land / "pushed")
    remote = ("remote", "add", "--local", "--default", "backup", str(land / "a remote"))
    source.dvc(*remote)
    source.dvc("push")
    clone, expected = source.clone(land / "pulled"), base.outputs()
    missing = expected.keys() - clone.outputs().keys()
    assert {path.split("/")[0] for path in missing} == {"data", "models", "report"}

    assert clone.dvc("repro", "--single-item", "report").stages == ["report"]
    assert clone.outputs("report") == base.outputs("report")
    assert clone.git("status", "--porcelain") == ""

    clone.dvc(*remote)
    clone.dvc("pull")
    assert clone.dvc("repro").stages == []
    assert clone.outputs() == expected
    assert clone.git("status", "--porcelain") == ""


#: Settings of other work; tests/test_run.py has more.
GIT_CONFIG = "[core]\n\tautocrlf = true\n\tquotepath = true\n[color]\n\tui = always\n"
HOSTILE = {
    "MLFLOW_RUN_ID": "0" * 32, "MLFLOW_EXPERIMENT_NAME": "another",
    "LC_ALL": "C", "TZ": "Asia/Kathmandu",
}  # fmt: skip


def test_another_place_and_a_hostile_environment_give_the_same_bytes(base, land):
    """Run a stage at an odd place, in a Python of its own, as in a hook of another repository."""
    checkout, victim, config = base.copy(land / ODD_NAME), land / "victim", land / "gitconfig"
    config.write_text(GIT_CONFIG, encoding="utf-8")
    checkout.git("init", "--quiet", str(victim))
    before = [path.read_bytes() for path in victim.rglob("*") if path.is_file()]
    for folder in ("metrics", "models", "plots", "results"):
        shutil.rmtree(checkout.path / folder)

    hook = {"GIT_DIR": f"{victim}/.git", "GIT_INDEX_FILE": f"{victim}/.git/index"}
    hook |= {"GIT_WORK_TREE": str(victim), "GIT_CONFIG_GLOBAL": str(config)}
    command = ("python", "-m", "mnist_report.run", "stages/pca.py")
    done = checkout.cold.run(*command, env=HOSTILE | hook | OWN_CODE)
    assert (done.code, done.lines) == (0, [])
    assert checkout.outputs("pca") == base.outputs("pca")
    assert [path.read_bytes() for path in victim.rglob("*") if path.is_file()] == before
    [run] = checkout.runs()
    assert run.data.tags["mlflow.source.git.commit"] == checkout.git("rev-parse", "HEAD")
    # MLflow's store has gone nowhere else.
    assert {path.parent for path in checkout.path.rglob("mlflow.db")} == {checkout.path}
    assert list((checkout.path / "mlartifacts").rglob("pca.json"))
