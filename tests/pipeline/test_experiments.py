"""A changed parameter: on a branch, as an experiment, in a temporary copy and in the queue."""

import json

import pytest

#: What depends on a parameter of the network from scratch.
DOWNSTREAM = {"scratch_nn", "comparison", "explore", "judge", "report"}


@pytest.fixture(scope="module")
def queued(base, land):
    """Return a checkout whose queue is at work on two experiments, and the process that waits."""
    checkout = base.copy(land / "queue")
    sweep = ("-S", "scratch_nn.learning_rate=0.5,2.0", "scratch_nn")
    checkout.dvc("exp", "run", "--queue", "--name", "queued", *sweep)
    return checkout, checkout.start("dvc", "exp", "run", "--run-all", "--jobs", "2")


@pytest.fixture(scope="module")
def tried(base, land, queued):
    """Return a checkout with an experiment made in a copy, and one made here, on a branch."""
    checkout = base.copy(land / "experiments")
    checkout.dvc("exp", "run", "--temp", "--name", "away", "-S", "pca.sums=[7]", "pca")
    check_untouched(checkout, base)
    checkout.git("checkout", "--quiet", "-b", "three")
    done = checkout.dvc("exp", "run", "--name", "here", "-S", "scratch_nn.epochs=3")
    assert set(done.stages) == DOWNSTREAM
    return checkout


def check_untouched(checkout, base):
    assert checkout.outputs() == base.outputs()
    assert checkout.git("status", "--porcelain") == ""


def names(checkout):
    return set(checkout.dvc("exp", "list", "--name-only").out.split())


@pytest.fixture(scope="module")
def clone(tried, land):
    """Return a clone, without cache or data, in which a branch holds the last experiment."""
    tried.commit("Three epochs")
    tried.git("checkout", "--quiet", "main")
    return tried.clone(land / "clone of experiments")


def test_an_experiment_changes_what_depends_on_its_parameter(tried):
    assert "up to date" in tried.dvc("status").out
    assert tried.git("diff", "--numstat", "main", "--", "params.yaml") == "1\t1\tparams.yaml"
    changed = tried.git("diff", "--name-only", "main", "--", "metrics").splitlines()
    assert set(changed) <= {"metrics/scratch_nn.json", "metrics/verdicts.json"}


def test_experiments_are_listed_and_their_table_is_small(tried):
    assert names(tried) == {"away", "here"}
    assert len(tried.dvc("exp", "show", "--json").out) <= 40_000 * 4  # rows
    drop = "agree|differ|hold|data|src|stages|benchmarks|results|plots|models"  # as in README
    table = tried.dvc("exp", "show", "--only-changed", "--drop", drop, "--csv").out
    columns = table.splitlines()[0].split(",")
    assert {"scratch_nn.epochs", "metrics/scratch_nn.json:accuracy"} <= set(columns)


def recorded(checkout):
    """Return stage and parameters of every run in a checkout's own store, by experiment."""
    assert [path.parent for path in checkout.path.rglob("mlflow.db")] == [checkout.path]
    found = {}
    for run in checkout.runs():
        assert run.info.status == "FINISHED"
        tags = run.data.tags
        found.setdefault(tags["dvc.experiment"], {})[tags["dvc.stage"]] = run.data.params
    return found


def test_experiments_are_recorded_in_the_checkout_they_were_started_from(tried):
    found = recorded(tried)
    assert found.keys() == {"away", "here"}
    assert list(found["away"]) == ["pca"]
    assert found["away"]["pca"]["sums"] == "[7]"
    assert sorted(found["here"]) == sorted(DOWNSTREAM)


def test_the_queue_makes_its_experiments_in_copies(queued, base):
    checkout, process = queued
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert names(checkout) == {"queued-1", "queued-2"}
    rates = {runs["scratch_nn"]["learning_rate"] for runs in recorded(checkout).values()}
    assert rates == {"0.5", "2.0"}
    check_untouched(checkout, base)


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
