"""A changed parameter: on a branch, as an experiment, and in the queue."""

import json

import pytest


@pytest.fixture(scope="module")
def tried(base, land):
    """Return a checkout with an experiment made in a copy, and one made here, on a branch."""
    checkout = base.copy(land / "experiments")
    rate = ("-S", "scratch_nn.learning_rate=0.5", "scratch_nn")
    checkout.dvc("exp", "run", "--queue", "--name", "queued", *rate)
    checkout.dvc("exp", "run", "--run-all")
    assert checkout.outputs() == base.outputs()
    assert checkout.git("status", "--porcelain") == ""
    checkout.git("checkout", "--quiet", "-b", "three")
    done = checkout.dvc("exp", "run", "--name", "here", "-S", "scratch_nn.epochs=3", "judge")
    assert done.stages == ["scratch_nn", "comparison", "judge"]
    return checkout


@pytest.fixture(scope="module")
def clone(tried, land):
    """Return a clone, without cache or data, in which a branch holds the last experiment."""
    tried.commit("Three epochs")
    tried.git("checkout", "--quiet", "main")
    return tried.clone(land / "clone of experiments")


def test_an_experiment_changes_what_depends_on_its_parameter(tried):
    assert tried.dvc("repro", "--dry").stages == ["explore", "report"]
    assert tried.git("diff", "--numstat", "main", "--", "params.yaml") == "1\t1\tparams.yaml"
    changed = tried.git("diff", "--name-only", "main", "--", "metrics").splitlines()
    assert set(changed) <= {"metrics/scratch_nn.json", "metrics/verdicts.json"}


def test_experiments_are_recorded_in_the_checkout_they_were_started_from(tried):
    assert [path.parent for path in tried.path.rglob("mlflow.db")] == [tried.path]
    found = {}
    for run in tried.runs():
        assert run.info.status == "FINISHED"
        tags = run.data.tags
        assert tags["mlflow.source.git.dirty"] == "true"  # the parameter is in no commit
        found.setdefault(tags["dvc.experiment"], {})[tags["dvc.stage"]] = run.data.params
    stages = {"queued": {"scratch_nn"}, "here": {"scratch_nn", "comparison", "judge"}}
    assert {name: set(runs) for name, runs in found.items()} == stages
    assert found["queued"]["scratch_nn"]["learning_rate"] == "0.5"
    assert found["here"]["scratch_nn"]["epochs"] == "3"


def test_branches_are_compared_without_a_cache(clone):
    assert not (clone.path / ".dvc" / "cache").exists()
    names, *rows = clone.dvc("metrics", "show").out.splitlines()
    assert any(row.startswith("metrics/cnn.json") for row in rows)
    assert len(rows) <= 10
    assert max(map(len, [names, *rows])) <= 160

    done = clone.dvc("metrics", "diff", "main", "origin/three", "--json")
    rows = [(file, key) for file, diff in json.loads(done.out).items() for key in diff]
    assert ("metrics/scratch_nn.json", "log_loss") in rows
    assert len(rows) <= 15

    compared = clone.path / "dvc_plots"
    clone.dvc("plots", "diff", "main", "origin/three")
    page = (compared / "index.html").read_text(encoding="utf-8")
    for rev in ("main", "origin/three"):
        assert f'"rev": "{rev}"' in page
        assert list(compared.rglob(f"{rev.replace('/', '_')}_plots_verdicts_numbers.png"))
