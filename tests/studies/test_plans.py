"""Every study on a few images: it gives what its results hold, and what the stages compute."""

import importlib.util
import json
import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from mnist_report.core import files, paths
from mnist_report.core.params import Studies, load_params
from mnist_report.core.repeat import Group, Study
from mnist_report.core.stage import Stage
from mnist_report.core.trees import flatten
from mnist_report.data.randomness import generator
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.models import report_card
from mnist_report.models.keras import networks
from mnist_report.scores.uncertainty import spread
from samples import digits

ROOT = Path(__file__).resolve().parents[2]

#: What makes the studies quick that have more to say than the number of seeds.
SMALL = {
    "origins": {"kernel_rows": 100, "final_rows": [60, 100]},
    "slips_svm": {"rows": 100, "search_rows": 120},
    "ablations_svm": {"rows": 100, "components": [5, 64], "growth_rows": [50, 100]},
    "ablations_network": {"epochs": 2, "learning_rates": [0.1]},
    "ablations_keras": {
        "dense_epochs": 1,
        "cnn_epochs": 1,
        "unscaled_epochs": 1,
        "optimizer_epochs": 1,
        "adam_rates": [0.001],
        "descent_rates": [0.1],
    },
}
SEED = 1


@pytest.fixture(autouse=True)
def few_steps_into_a_folder_of_its_own(tmp_path, monkeypatch):
    for name in ("METRICS", "MODELS", "PLOTS", "RESULTS", "SCORES", "STUDIES"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    # Once TensorFlow has computed something it takes no other number of threads.
    threads = networks.tf.config.threading
    monkeypatch.setattr(threads, "set_intra_op_parallelism_threads", lambda number: None)
    monkeypatch.setattr(threads, "set_inter_op_parallelism_threads", lambda number: None)
    # For so few steps its graphs do not pay.
    networks.tf.config.run_functions_eagerly(True)
    yield
    networks.tf.config.run_functions_eagerly(False)


def few_images(name):
    """Return a data set; the Keras networks need images of 28 × 28 pixels."""
    keras = "keras" in name or "cnn" in name
    return digits(80 if keras else 200, 80, enlarged=keras)


def plan(name, monkeypatch, **changes):
    """Plan a study on few images, `changes` made to the paper's parameters of its stage."""
    params = getattr(load_params().studies, name).model_copy(update=SMALL.get(name, {}))
    module = import_module(f"mnist_report.studies.{name}")
    if changes:
        monkeypatch.setattr(module, "PAPER", module.PAPER.model_copy(update=changes))
    return module.plan(few_images(name), params, load_params().compute)


def names(tree):
    """Return the names in a tree without the spread at their ends, numbers in them as #."""
    dotted = {name.removesuffix(".mean") for name, _ in flatten(tree)}
    dotted = {name for name in dotted if not name.endswith((".sd", ".min", ".max", ".seeds"))}
    return {re.sub(r"(?<=[._])\d+(\.\d+)?(?=\.|$)", "#", name) for name in dotted}


def script(name, monkeypatch, data=None):
    """Load the script of a stage; it reads `data` and draws nothing."""
    source = importlib.util.spec_from_file_location(name, ROOT / "stages" / f"{name}.py")
    module = importlib.util.module_from_spec(source)
    source.loader.exec_module(module)
    monkeypatch.setattr(module, "load_scaled", lambda: data)
    for place in (module, report_card):
        monkeypatch.setattr(place, "draw", lambda *_, **__: b"", raising=False)
    return module


def run_stage(name, monkeypatch, **changes):
    """Run a stage on few images under the seed; return its results."""
    params = load_params()
    section = getattr(params, name).model_copy(update=changes)
    params = params.model_copy(update={"seed": SEED, name: section})
    script(name, monkeypatch, few_images(name)).main(Stage(params))
    return files.read_json(paths.results_file(name))


@pytest.mark.parametrize("name", Studies.model_fields)
def test_a_study_gives_what_its_results_hold_and_its_stage_computes(name, monkeypatch):
    few = {"epochs": 2} if name in ("spread_keras_dense", "spread_cnn") else {}
    study = plan(name, monkeypatch, **few)
    # As `repeat` keeps it.
    found = {
        group: json.loads(json.dumps(measure(SEED))) for group, (measure, _) in study.groups.items()
    }
    results = files.read_json(ROOT / "results" / f"{name}.json")
    assert names(found.get("", found) | dict(study.facts)) == names(results)
    seeds = getattr(load_params().studies, name)
    expected = {"search": getattr(seeds, "search_seeds", None)}
    for group, (_, count) in study.groups.items():
        assert count == (expected.get(group) or seeds.seeds)
    if name.startswith("spread_"):
        stage = name.removeprefix("spread_")
        if stage == "svm_final":  # it reads what the search has found
            files.write_json(paths.results_file("svm_gridsearch"), found[""])
        computed = dict(flatten(run_stage(stage, monkeypatch, **few)))
        measured = dict(flatten(found[""]))
        assert measured == {name: computed.get(name) for name in measured}


def test_every_value_and_its_spread_are_written(monkeypatch):
    runs = [{"test": {"accuracy": a, "loss": 2 * a}} for a in (0.5, 0.25, 1 / 3)]
    groups = {"with": Group(lambda seed: runs[seed], 3), "without": Group(lambda seed: runs[1], 2)}
    module = script("study", monkeypatch)
    for given, prefix in ((groups, "with."), ({"": groups["with"]}, "")):
        study = Study(given, {"candidates": 35})
        monkeypatch.setattr(
            "mnist_report.studies.slips_network.plan", lambda *_, study=study: study
        )
        monkeypatch.setattr(sys, "argv", ["study.py", "slips_network"])
        module.main(Stage(load_params()))
        results = files.read_json(paths.results_file("slips_network"))
        assert results["candidates"] == 35
        summary = results["with"] if prefix else results
        assert summary["test"]["accuracy"] == spread([0.5, 0.25, 1 / 3])
        table = files.read_csv(paths.values_file("slips_network"))
        assert len(table) == sum(2 * group.seeds for group in given.values())
        of_loss = table[table["metric"] == f"{prefix}test.loss"]
        assert of_loss[["seed", "value"]].to_numpy().tolist() == [[0, 1], [1, 0.5], [2, 2 / 3]]


def test_an_svm_on_components_is_kept_as_one_model_that_takes_images(monkeypatch):
    data, pinned = few_images("svm_final"), {"C": 10.0, "gamma": 0.02}
    files.write_json(paths.results_file("svm_gridsearch"), pinned)
    results = run_stage("svm_final", monkeypatch, pca_components=12)
    drawn = draw_with_replacement(200, 200, generator(SEED, "svm_final"))
    pca = PCA(12).fit(data.train_images)
    expected = SVC(**pinned).fit(pca.transform(data.train_images[drawn]), data.train_labels[drawn])
    answers = expected.predict(pca.transform(data.test_images))
    assert results["test"]["accuracy"] == (answers == data.test_labels).mean()
    model = skops.io.load(paths.MODELS / "svm_final.skops", trusted=[])
    assert np.array_equal(model.predict(data.test_images), answers)
