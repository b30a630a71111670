"""A changed parameter: on a branch, as an experiment, in a temporary copy and in the queue."""

import json

import pytest

#: What depends on a parameter of the network from scratch.
DOWNSTREAM = ["scratch_nn", "comparison", "judge", "report"]


@pytest.fixture(scope="module")
def tried(base, land):
    """Return a checkout with an experiment made in a copy, two from the queue, and one here."""
    checkout = base.copy(land / "experiments")
    before = checkout.outputs()
    checkout.dvc("exp", "run", "--temp", "--name", "away", "-S", "pca.sums=[7]", "pca")
    sweep = ("-S", "scratch_nn.learning_rate=0.5,2.0", "scratch_nn")
    checkout.dvc("exp", "run", "--queue", "--name", "queued", *sweep)
    checkout.dvc("exp", "run", "--run-all", "--jobs", "2")
    assert checkout.outputs() == before
    assert checkout.git("status", "--porcelain") == ""

    checkout.git("checkout", "--quiet", "-b", "three")
    done = checkout.dvc("exp", "run", "--name", "here", "-S", "scratch_nn.epochs=3")
    assert done.stages == DOWNSTREAM
    return checkout


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
    listed = set(tried.dvc("exp", "list", "--name-only").out.split())
    assert listed == {"away", "queued-1", "queued-2", "here"}
    assert len(tried.dvc("exp", "show", "--json").out) <= 200_000
    drop = "agree|differ|hold|data|src|stages|benchmarks|results|plots|models"  # as in README
    table = tried.dvc("exp", "show", "--only-changed", "--drop", drop, "--csv").out
    names = table.splitlines()[0].split(",")
    assert {"scratch_nn.epochs", "metrics/scratch_nn.json:accuracy"} <= set(names)


def test_experiments_are_recorded_in_the_checkout_they_were_started_from(tried):
    assert [path.parent for path in tried.path.rglob("mlflow.db")] == [tried.path]
    runs = {}
    for run in tried.runs():
        assert run.info.status == "FINISHED"
        runs.setdefault(run.data.tags["dvc.experiment"], []).append(run)
    assert sorted(run.data.tags["dvc.stage"] for run in runs.pop("here")) == sorted(DOWNSTREAM)
    params = {name: run.data.params for name, [run] in runs.items()}
    assert params["away"]["sums"] == "[7]"
    assert {params[f"queued-{n}"]["learning_rate"] for n in (1, 2)} == {"0.5", "2.0"}


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
