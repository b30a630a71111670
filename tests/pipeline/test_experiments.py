"""A changed parameter: on a branch, as an experiment, and in the queue."""

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
        found.setdefault(tags["dvc.experiment"], {})[tags["dvc.stage"]] = run.data.params
    stages = {"queued": {"scratch_nn"}, "here": {"scratch_nn", "comparison", "judge"}}
    assert {name: set(runs) for name, runs in found.items()} == stages
    assert found["queued"]["scratch_nn"]["learning_rate"] == "0.5"
    assert found["here"]["scratch_nn"]["epochs"] == "3"
