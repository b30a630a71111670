"""`make repro` runs two of DVC's processes side by side, in one checkout."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pytest
from ruamel.yaml import YAML

from miniature import wait_for
from mnist_report.dvcfiles import is_study, pipeline
from mnist_report.side_by_side import BESIDE, parts

ROOT = Path(__file__).resolve().parents[1]

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


@dataclass
class Project:
    path: Path

    def start(self, *command, **options):
        mine = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DVC_", "GIT_", "PYTHON"))
        }
        own = {"PYTHONPATH": "src", "DVC_NO_ANALYTICS": "1", "HOME": str(self.path.parent)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.path, env=mine | own, **pipes, **options)

    def run(self, *command):
        process = self.start(*command)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def side_by_side(self, *arguments):
        return self.run(sys.executable, "-m", "mnist_report.side_by_side", *arguments)

    def locked(self):
        lock = YAML(typ="safe", pure=True).load((self.path / "dvc.lock").read_text("utf-8"))
        return set(lock["stages"])


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "project")
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", made.path / "src", ignore=skip)
    made.run("git", "init", "--quiet")
    assert made.run(sys.executable, "-m", "dvc", "init", "--quiet").returncode == 0
    write(made, STAGES)
    return made


def write(project, stages):
    content = {
        name: {"cmd": cmd, "deps": deps, "outs": [{out: {"cache": False}}]}
        for name, (cmd, deps, out) in stages.items()
    }
    with (project.path / "dvc.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump({"stages": content}, stream)


def ran(done):
    return [
        line.removeprefix("beside: ").split("'")[1]
        for line in done.stdout.splitlines()
        if "Running stage" in line
    ]


def test_two_stages_run_at_once_and_everything_is_up_to_date_after(project):
    done = project.side_by_side()
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(ran(done)) == sorted(STAGES)
    assert ran(done)[0] == "first"
    assert ran(done)[-1] == "last"
    assert (project.path / "last").read_text() == "1\n1\n"
    # The lines of the one are told from those of the other.
    assert "\nbeside: trained\n" in done.stdout
    assert "up to date" in project.run(sys.executable, "-m", "dvc", "status").stdout
    assert ran(project.side_by_side()) == []
    # Forced without the studies: `is_study` goes by the name.
    assert is_study("spread_other")
    forced = project.side_by_side("--force", "models")
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert sorted(ran(forced)) == sorted(STAGES.keys() - {"spread_other"})


@pytest.mark.parametrize("failing", ["keras_dense", "other"])
def test_a_failure_of_either_keeps_what_the_other_made_and_stops_there(project, failing):
    cmd, deps, out = STAGES[failing]
    write(project, STAGES | {failing: (f"{cmd}; false", deps, out)})
    done = project.side_by_side()
    assert done.returncode != 0
    assert "ERROR: failed to reproduce" in done.stdout + done.stderr
    assert {"first"} | {"keras_dense", "other"} - {failing} <= project.locked()
    assert {failing, "last"} & project.locked() == set()
    assert not (project.path / "last").exists()


def test_a_first_stage_that_fails_is_the_end(project):
    write(project, STAGES | {"first": ("false", [], "first")})
    done = project.side_by_side()
    assert done.returncode != 0
    assert ran(done) == ["first"]


def test_ctrl_c_ends_both_and_leaves_a_project_to_work_with(project):
    sleeps = {
        name: (f"touch {name}.begun; exec sleep 60", *STAGES[name][1:])
        for name in ("keras_dense", "other")
    }
    write(project, STAGES | sleeps)
    process = project.start(
        sys.executable,
        "-m",
        "mnist_report.side_by_side",
        start_new_session=True,
        # Where the tests themselves run in the background, Ctrl-C is switched off and inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert wait_for(lambda: all((project.path / f"{name}.begun").exists() for name in sleeps))
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Traceback" not in out + err
    # DVC has said of both how they ended.
    assert {
        line.split("'")[1]
        for line in (out + err).splitlines()
        if "ERROR: failed to reproduce" in line
    } == sleeps.keys()
    assert project.locked() == {"first"}
    write(project, STAGES)
    again = project.side_by_side()
    assert again.returncode == 0, again.stdout + again.stderr
