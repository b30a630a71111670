"""`make repro` runs two of DVC's processes side by side, in one checkout."""

import os
import shutil
import signal
import sys

import networkx as nx
import psutil
import pytest

from miniature import OWN_GROUP, ROOT, Checkout, finish, wait_for, yaml
from mnist_report.dvcfiles import is_study, pipeline
from mnist_report.side_by_side import BESIDE, parts

#: A pipeline with two stages that can run at once: either waits until the other one has begun.
STAGES = {
    "first": ("echo 1 > first", [], "first"),
    "keras_dense": (
        "touch dense.begun; timeout 60 sh -c 'until [ -e other.begun ]; do sleep .1; done'"
        " && echo trained && cp first dense",
        ["first"],
        "dense",
    ),
    "other": (
        "touch other.begun; timeout 60 sh -c 'until [ -e dense.begun ]; do sleep .1; done'"
        " && cp first other",
        ["first"],
        "other",
    ),
    "spread_other": ("cp other study", ["other"], "study"),
    "last": ("cat dense other > last", ["dense", "other"], "last"),
}


def test_the_parts_are_what_the_graph_says():
    stages = pipeline()
    graph = nx.DiGraph()
    graph.add_nodes_from(stages)
    for name, stage in stages.items():
        for other, maker in stages.items():
            if set(maker.outputs) & set(stage.deps):
                graph.add_edge(other, name)
    before, others, after = parts(stages, BESIDE)
    assert set(before) == set().union(*(nx.ancestors(graph, name) for name in BESIDE))
    assert set(after) == set().union(*(nx.descendants(graph, name) for name in BESIDE))
    assert sorted([*before, *BESIDE, *others, *after]) == sorted(stages)
    # DVC takes what it is told by name in that order.
    order = [*before, *BESIDE, *others, *after]
    for one, other in graph.edges:
        assert order.index(one) < order.index(other)


class Project(Checkout):
    """A checkout of the code with a pipeline of its own."""

    def side_by_side(self, *arguments):
        return self.python("-m", "mnist_report.side_by_side", *arguments)

    def locked(self):
        return set(self.read("dvc.lock")["stages"])


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "project", tmp_path)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", made.path / "src", ignore=skip)
    made.git("init", "--quiet")
    made.dvc("init", "--quiet")
    write(made, STAGES)
    return made


def write(project, stages):
    content = {
        name: {"cmd": cmd, "deps": deps, "metrics": [{out: {"cache": False}}]}
        for name, (cmd, deps, out) in stages.items()
    }
    with (project.path / "dvc.yaml").open("w", encoding="utf-8") as stream:
        yaml().dump({"stages": content}, stream)


def ran(done):
    return [
        line.removeprefix("beside: ").split("'")[1]
        for line in done.out.splitlines()
        if "Running stage" in line
    ]


def test_two_stages_run_at_once_and_everything_is_up_to_date_after(project):
    done = project.side_by_side()
    assert done.code == 0, done.out + done.err
    assert sorted(ran(done)) == sorted(STAGES)
    assert ran(done)[0] == "first"
    assert ran(done)[-1] == "last"
    assert (project.path / "last").read_text() == "1\n1\n"
    # The lines of the one are told from those of the other.
    assert "\nbeside: trained\n" in done.out
    assert "up to date" in project.dvc("status").out
    assert ran(project.side_by_side()) == []
    # Forced without the studies: `is_study` goes by the name.
    assert is_study("spread_other")
    forced = project.side_by_side("--force", "models")
    assert forced.code == 0, forced.out + forced.err
    assert sorted(ran(forced)) == sorted(STAGES.keys() - {"spread_other"})


def test_a_lock_that_was_cut_off_costs_no_stage_a_run(project):
    quick = {name: (f"cp first {name}", ["first"], name) for name in STAGES}
    quick["first"] = STAGES["first"]
    write(project, quick)
    project.dvc("repro")
    project.commit("All stages")
    # Since then `last` has run once more, and DVC was stopped while it wrote that down.
    write(project, quick | {"last": ("cat first first > last", ["first"], "last")})
    project.dvc("repro", "last")
    (project.path / "dvc.lock").write_bytes(b"")
    done = project.side_by_side()
    assert done.code == 0, done.out + done.err
    assert done.out.startswith("repro: dvc.lock was cut off ")
    assert ran(done) == []
    assert "up to date" in project.dvc("status").out


@pytest.mark.parametrize("failing", ["keras_dense", "other"])
def test_a_failure_of_either_keeps_what_the_other_made_and_stops_there(project, failing):
    cmd, deps, out = STAGES[failing]
    write(project, STAGES | {failing: (f"{cmd}; false", deps, out)})
    done = project.side_by_side()
    assert done.code != 0
    assert "ERROR: failed to reproduce" in done.out + done.err
    assert {"first"} | {"keras_dense", "other"} - {failing} <= project.locked()
    assert {failing, "last"} & project.locked() == set()
    assert not (project.path / "last").exists()


def test_a_first_stage_that_fails_is_the_end(project):
    write(project, STAGES | {"first": ("false", [], "first")})
    done = project.side_by_side()
    assert done.code != 0
    assert ran(done) == ["first"]


def interrupt(process):
    os.killpg(process.pid, signal.SIGINT)


def terminate(process):
    process.terminate()


@pytest.mark.parametrize("end", [interrupt, terminate])
def test_ctrl_c_or_sigterm_ends_both_and_leaves_a_project_to_work_with(project, end):
    sleeps = {
        name: (f"touch {name}.begun; exec sleep 60", *STAGES[name][1:])
        for name in ("keras_dense", "other")
    }
    write(project, STAGES | sleeps)
    process = project.start(
        sys.executable,
        "-m",
        "mnist_report.side_by_side",
        env={"PYTHONPATH": "src"},
        **OWN_GROUP,
    )
    assert wait_for(lambda: all((project.path / f"{name}.begun").exists() for name in sleeps))
    children = psutil.Process(process.pid).children(recursive=True)
    end(process)
    done = finish(process, 30)
    assert done.code != 0
    assert "Traceback" not in done.out + done.err
    assert psutil.wait_procs(children, 0)[1] == []
    # DVC has said of both how they ended.
    assert {
        line.split("'")[1]
        for line in (done.out + done.err).splitlines()
        if "ERROR: failed to reproduce" in line
    } == sleeps.keys()
    assert project.locked() == {"first"}
    write(project, STAGES)
    again = project.side_by_side()
    assert again.code == 0, again.out + again.err
