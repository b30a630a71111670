"""What dvc.yaml says of every stage, held against the scripts, the package and the parameters."""

import functools
import json
import re
from modulefinder import ModuleFinder
from pathlib import Path

import pytest
from dvc.repo import Repo
from dvc.utils.serialize import load_yaml

from mnist_report.core.params import load_params
from mnist_report.studies.paper import changed

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "src/mnist_report"


@pytest.fixture(scope="module")
def stages():
    """Return the stages as DVC sees them, by their names."""
    with Repo(str(ROOT)) as repo:
        return {stage.addressing: stage for stage in repo.index.stages}


def parts(stage):
    """Return the paths that a stage depends on, the parameters it declares, and its outputs."""
    deps = [dep.def_path for dep in stage.deps if not dep.def_path.endswith("params.yaml")]
    params = [name for dep in stage.params for name in dep.params]
    return deps, params, stage.outs


def covers(deps, path):
    return any(path == dep or path.startswith(f"{dep}/") for dep in deps)


@functools.cache
def imported(script):
    """Return a script and the package's files that it may import.

    The frame, `core`, decides no result, nor does what it loads to log a model.
    """
    finder = ModuleFinder([str(ROOT / "src")], excludes=["mnist_report.core"])
    finder.run_script(str(script))
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return {file.relative_to(ROOT).as_posix() for file in files}


def modules_of(stage):
    """Return what a stage runs and imports: its script, and a study's module that this loads."""
    script = re.search(r"stages/(\w+)\.py", stage.cmd)
    files = [ROOT / script[0], ROOT / PACKAGE / "run.py"]
    if script[1] == "study":
        files.append(ROOT / PACKAGE / "studies" / f"{stage.cmd.split()[-1]}.py")
    return set().union(*map(imported, files))


def test_the_code_and_data_files_of_a_stage_lie_under_its_dependencies(stages):
    templates = (ROOT / PACKAGE / "report" / "templates").glob("*.j2")
    quoted = {p for t in templates for p in re.findall(r'"(src/[\w/]+\.py)"', t.read_text("utf-8"))}
    beside = [path.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*.yaml")]
    for name, stage in stages.items():
        deps, _, _ = parts(stage)
        modules = modules_of(stage) | (quoted if name == "report" else set())
        needed = {module for module in modules if not module.endswith("__init__.py")}
        # And what data files lie beside the code that names them.
        for module in map(Path, modules):
            there = [path for path in beside if path.parent == module.parent]
            text = (ROOT / module).read_text(encoding="utf-8") if there else ""
            needed |= {path.as_posix() for path in there if f'"{path.name}"' in text}
        assert not {path for path in needed if not covers(deps, path)}, name
        # Nor does a stage depend on code that it does not import.
        code = [dep for dep in deps if dep.startswith(("src/", "stages/")) and "report/" not in dep]
        assert not {dep for dep in code if not any(covers([dep], m) for m in modules)}, name


def parameters_read(script):
    """Return the sections and keys that a script takes from ``stage.params``, as dotted names."""
    text = script.read_text(encoding="utf-8")
    aliases = dict(re.findall(r"(\w+) = stage\.params\.?(\w*)\n", text))
    read = set(re.findall(r"stage\.params\.(\w+(?:\.\w+)?)", text))
    for alias, section in aliases.items():
        read |= {f"{section}.{key}".strip(".") for key in re.findall(rf"\b{alias}\.(\w+)", text)}
    return {name for name in read if not name.startswith("compute.thr")}


def test_every_parameter_that_a_stage_reads_is_declared(stages):
    for name, stage in stages.items():
        deps, params, _ = parts(stage)
        # What mnist_report.run pins; downloading takes no sums.
        if name != "fetch":
            assert covers([p.replace(".", "/") for p in params], "compute/portable"), name
            assert covers([p.replace(".", "/") for p in params], "compute/threads"), name
        study = stage.cmd.split()[-1]
        if "stages/study.py" in stage.cmd:
            # Neither a model's parameter nor its output: no experiment runs a study.
            assert params == ["compute.portable", "compute.threads", f"studies.{study}"]
            assert [d for d in deps if not d.startswith(("src/", "stages/"))] == ["data/scaled"]
            continue
        for read in parameters_read(ROOT / f"stages/{name}.py") - {"studies", "compute"}:
            assert {read, read.split(".")[0]} & set(params), (name, read)
    declared = {p.split(".")[0] for stage in stages.values() for p in parts(stage)[1]}
    assert declared == set(load_yaml(ROOT / "params.yaml"))


def test_text_and_pictures_are_kept_in_git_and_arrays_and_models_in_the_cache(stages):
    for stage in stages.values():
        for out in stage.outs:
            pages = ("report/explore.html", "report/report.html", "report/report.pdf")
            cached = out.def_path.startswith(("data/", "models/", *pages))
            cached &= not out.def_path.startswith("models/best/")
            assert out.use_cache == cached, out.def_path
            # DVC takes a metric with the key "error" for a failure.
            assert not out.metric or "error" not in json.loads((ROOT / out.def_path).read_text())


def test_the_parameters_as_committed_are_the_papers():
    assert changed(load_params(ROOT / "params.yaml")) == {}
