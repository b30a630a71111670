"""What dvc.yaml says of every stage, held against the scripts, the templates and the schema."""

import ast
import typing
from pathlib import Path

import jinja2
import pytest
from ruamel.yaml import YAML

from imports import imported_modules
from mnist_report.params import Params
from mnist_report.run import environment

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "mnist_report"
TEMPLATES = PACKAGE / "report" / "templates"


def read_yaml(name):
    return YAML(typ="safe", pure=True).load((ROOT / name).read_text(encoding="utf-8"))


STAGES = read_yaml("dvc.yaml")["stages"]
PARAMS = read_yaml("params.yaml")

#: What starts every script, and the parameters that it reads for itself.
LAUNCHER = PACKAGE / "run.py"
PINNED = {("compute", "portable"), ("compute", "threads")}
every_stage = pytest.mark.parametrize("name", STAGES)


def items(name, kind):
    """Return path to options of what a stage lists under `kind`."""
    entries = STAGES[name].get(kind, [])
    return {
        path: options or {}
        for entry in entries
        for path, options in ({entry: {}} if isinstance(entry, str) else entry).items()
    }


def outputs(name):
    return items(name, "outs") | items(name, "metrics") | items(name, "plots")


def chain(node):
    """Return the names of `a.b.c` as a list, or None if it does not start with a name."""
    names = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else None


def parameters_read(code):
    """Return the parameters that a script takes from `stage.params`, as tuples of keys.

    The empty tuple stands for all of them at once.
    """
    tree = ast.parse(code)
    aliases = {"stage": ("stage",)}
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names = chain(node.value)
            if names and names[0] in aliases:
                full = (*aliases[names[0]], *names[1:])
                if full[:2] == ("stage", "params"):
                    aliases[node.targets[0].id] = full
                    skipped |= set(ast.walk(node.value))
    found = set()
    for node in ast.walk(tree):
        if node in skipped or not isinstance(node, ast.Attribute | ast.Name):
            continue
        names = chain(node)
        loaded = isinstance(node.ctx, ast.Load)
        if names is None or names[0] not in aliases or not loaded:
            continue
        full = (*aliases[names[0]], *names[1:])
        if full[:2] == ("stage", "params"):
            found.add(full[2:])
        skipped |= set(ast.walk(node)) - {node}
    return found


def test_parameters_are_found_in_code_of_every_shape():
    code = """
def main(stage):
    part = stage.params.pca
    everything = stage.params
    use(part.sums, stage.params.seed, everything.svm.c, fit(stage.params.data))
    stage.log_step(1, {})
    draw(part)
"""
    expected = {("pca", "sums"), ("seed",), ("svm", "c"), ("data",), ("pca",)}
    assert parameters_read(code) == expected
    assert parameters_read("def main(stage):\n    work(stage.params)") == {()}


def test_every_script_has_a_stage():
    assert {path.stem for path in (ROOT / "stages").glob("*.py")} == set(STAGES)


@every_stage
def test_command_runs_the_script_of_the_stage(name):
    assert STAGES[name]["cmd"] == f"PYTHONPATH=src python -m mnist_report.run stages/{name}.py"


@every_stage
def test_code_dependencies_are_the_modules_imported(name):
    listed = {dep for dep in items(name, "deps") if dep.endswith(".py")}
    scripts = {LAUNCHER, ROOT / "stages" / f"{name}.py"}
    own = {script.relative_to(ROOT).as_posix() for script in scripts}
    assert listed == own.union(*(imported_modules(script) for script in scripts))


def data_files_named(module):
    """Return the files that are no code and that a module names, itself or by their folder."""
    words = {
        node.value
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = [path for path in module.parent.iterdir() if path.name in words]
    packages = [path for path in named if (path / "__init__.py").exists()]
    files = [file for path in named if path not in packages for file in (path, *path.rglob("*"))]
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.is_file() and file.suffix != ".py"
    }


def test_data_files_named_in_code_are_found():
    report = "src/mnist_report/report"
    assert data_files_named(PACKAGE / "report" / "ledger.py") == {f"{report}/paper.yaml"}
    named = data_files_named(PACKAGE / "report" / "render.py")
    assert {f"{report}/templates/report.md.j2", f"{report}/templates/report.css"} <= named


@every_stage
def test_data_files_beside_the_code_are_dependencies(name):
    modules = imported_modules(ROOT / "stages" / f"{name}.py")
    named = set().union(*(data_files_named(ROOT / module) for module in modules))
    missing = {
        file
        for file in named
        if not any(file == dep or file.startswith(f"{dep}/") for dep in items(name, "deps"))
    }
    assert not missing


def test_the_launcher_reads_the_parameters_that_every_stage_declares():
    class Recorder:
        read: typing.ClassVar[set[tuple[str, str]]] = set()

        def __getattr__(self, key):
            self.read.add(("compute", key))
            return True

    environment(Recorder())
    assert Recorder.read == PINNED


@every_stage
def test_parameters_declared_are_those_read(name):
    read = parameters_read((ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")) | PINNED
    declared = {tuple(key.split(".")) for key in items(name, "params")}
    assert () not in read, "a stage that takes all parameters depends on all of them"
    undeclared = {keys for keys in read if not any(keys[: len(d)] == d for d in declared)}
    assert not undeclared
    unread = {d for d in declared if not any(k[: len(d)] == d or d[: len(k)] == k for k in read)}
    assert not unread


@every_stage
def test_parameters_declared_are_in_params_yaml(name):
    for key in items(name, "params"):
        value = PARAMS
        for part in key.split("."):
            assert part in value, key
            value = value[part]


def test_every_parameter_is_declared_by_a_stage():
    declared = {key.split(".")[0] for name in STAGES for key in items(name, "params")}
    # The seed is there for the stages that draw; while none does, none declares it.
    assert set(PARAMS) - {"seed"} <= declared <= set(PARAMS)


@every_stage
def test_metrics_and_plots_are_kept_in_git(name):
    kept = items(name, "metrics") | items(name, "plots")
    assert {path for path, options in kept.items() if options.get("cache", True)} == set()


@every_stage
def test_data_and_models_are_kept_in_the_cache(name):
    for path, options in items(name, "outs").items():
        assert options.get("cache", True) == path.startswith(("data/", "models/")), path


@every_stage
def test_metrics_and_plots_lie_under_the_name_of_their_stage(name):
    assert all(path == f"metrics/{name}.json" for path in items(name, "metrics"))
    assert all(path.startswith(f"plots/{name}/") for path in items(name, "plots"))


def test_no_file_is_the_output_of_two_stages():
    every = [path for name in STAGES for path in outputs(name)]
    assert len(every) == len(set(every))


@every_stage
def test_dependencies_are_in_git_or_the_output_of_another_stage(name):
    made = {path for other in STAGES if other != name for path in outputs(other)}
    for dep in items(name, "deps"):
        kept = dep.startswith(("src/", "stages/", "benchmarks/")) and (ROOT / dep).exists()
        assert dep in made or kept, dep


def figures_of_templates():
    """Return the plots that the report's templates place, as paths."""
    environment = jinja2.Environment()
    found = set()
    for path in TEMPLATES.glob("*.j2"):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(jinja2.nodes.Call):
            target = call.node
            if isinstance(target, jinja2.nodes.Getattr) and target.attr == "figure":
                stage, name = (argument.as_const() for argument in call.args[:2])
                found.add(f"plots/{stage}/{name}")
    return found


def test_figures_of_the_report_are_its_dependencies():
    listed = {dep for dep in items("report", "deps") if dep.startswith("plots/")}
    assert figures_of_templates() == {dep for dep in listed if not dep.endswith(".csv")}


@pytest.mark.parametrize("name", ["report", "verdicts"])
def test_metrics_that_a_stage_lists_are_its_dependencies(name):
    tree = ast.parse((ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8"))
    values = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STAGES"
    ]
    listed = {dep for dep in items(name, "deps") if dep.startswith("metrics/")}
    assert [{f"metrics/{stage}.json" for stage in names} for names in values] == [listed]


def test_every_metrics_file_reaches_the_report():
    made = {path for name in STAGES for path in items(name, "metrics")}
    assert made == {dep for dep in items("report", "deps") if dep.startswith("metrics/")}


def sections(model, prefix=""):
    """Return the dotted names of all sections and keys of a schema."""
    names = set()
    for key, field in model.model_fields.items():
        names.add(prefix + key)
        if hasattr(field.annotation, "model_fields"):
            names |= sections(field.annotation, f"{prefix}{key}.")
    return names


def keys(tree, prefix=""):
    names = set()
    for key, value in tree.items():
        names.add(prefix + key)
        if isinstance(value, dict):
            names |= keys(value, f"{prefix}{key}.")
    return names


def test_params_yaml_holds_the_keys_of_the_schema():
    assert keys(PARAMS) == sections(Params)


def test_every_value_stands_in_params_yaml_and_none_in_the_schema():
    def required(model):
        for field in model.model_fields.values():
            yield field.is_required()
            if hasattr(field.annotation, "model_fields"):
                yield from required(field.annotation)

    assert all(required(Params))
