"""Measurements over seeds as files, and that they measure what the stages do."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from mnist_report import files, paths, report_card
from mnist_report.data.sampling import draw_with_replacement
from mnist_report.data.scaled import ScaledData
from mnist_report.params import load_params
from mnist_report.randomness import generator
from mnist_report.stage import Stage
from mnist_report.studies import machines, spread
from mnist_report.studies.scratch_network import score_on_test

ROOT = Path(__file__).resolve().parents[2]

RUNS = [{"test": {"accuracy": a, "loss": 2 * a}, "rows": 7} for a in (0.5, 0.25, 1 / 3)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("METRICS", "MODELS", "PLOTS", "SCORES"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    return tmp_path


class Study:
    """A study that keeps nothing and notes what it is asked for."""

    asked: list

    def __init__(self, stage, measurements):
        Study.asked = [(stage, measurements)]

    def measure(self, what, function, **settings):
        self.asked.append((what, settings))
        return function(**settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def written(folder, stage):
    metrics = json.loads((folder / "metrics" / f"{stage}.json").read_text(encoding="utf-8"))
    values = folder / "plots" / stage / "values.csv"
    return metrics, pd.read_csv(values)


def test_every_value_and_its_spread_are_written(folder, monkeypatch):
    monkeypatch.setattr(spread, "Study", Study)
    spread.write_spread("spread_x", 3, lambda seed, rows: RUNS[seed], rows=7)
    metrics, values = written(folder, "spread_x")

    accuracy = [run["test"]["accuracy"] for run in RUNS]
    assert metrics["test"]["accuracy"] == pytest.approx(
        {
            "mean": np.mean(accuracy),
            "sd": np.std(accuracy, ddof=1),
            "min": 0.25,
            "max": 0.5,
            "seeds": 3,
        }
    )
    assert metrics["rows"]["sd"] == 0
    table = values.pivot(index="seed", columns="metric", values="value")
    # Pandas may read the last bit of a number otherwise than it was written.
    assert table["test.accuracy"].tolist() == pytest.approx(accuracy, rel=1e-15)
    assert table["test.loss"].tolist() == pytest.approx([2 * a for a in accuracy], rel=1e-15)
    assert list(values.columns) == ["metric", "seed", "value"]
    assert len(values) == 9


def test_all_that_a_measurement_depends_on_is_given_to_the_study(folder, monkeypatch):
    monkeypatch.setattr(spread, "Study", Study)
    spread.write_spread("spread_x", 2, lambda seed, rows: RUNS[seed], rows=7)
    assert Study.asked == [
        ("spread_x", 2),
        ("spread_x", {"seed": 0, "rows": 7}),
        ("spread_x", {"seed": 1, "rows": 7}),
    ]


def test_groups_of_runs_are_written_under_their_names(folder):
    groups = {"with": RUNS, "without": RUNS[:2]}
    spread.write_runs("errata_x", groups, {"candidates": 35, "sizes": {"small": 500}})
    metrics, values = written(folder, "errata_x")
    assert list(metrics) == ["with", "without", "candidates", "sizes"]
    assert metrics["sizes"] == {"small": 500}
    assert metrics["without"]["test"]["accuracy"]["mean"] == pytest.approx(0.375)
    assert metrics["without"]["test"]["accuracy"]["seeds"] == 2
    assert values.groupby("metric").size().to_dict() == {
        f"{group}.{name}": len(runs)
        for group, runs in groups.items()
        for name in ("test.accuracy", "test.loss", "rows")
    }


# What the studies measure at a seed is what the stage writes when that seed is the project's.


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16).astype(np.float32), y.astype(np.int64)
    return ScaledData(X[:200], y[:200], X[200:300], y[200:300])


@pytest.fixture
def run_stage(folder, digits, monkeypatch):
    """Return a function that runs a stage on the digits, without its pictures."""

    def run(name, seed, **changes):
        source = importlib.util.spec_from_file_location(name, ROOT / "stages" / f"{name}.py")
        script = importlib.util.module_from_spec(source)
        source.loader.exec_module(script)
        monkeypatch.setattr(script, "load_scaled", lambda: digits)
        for module in (script, report_card):
            monkeypatch.setattr(module, "draw", lambda *_, **__: b"", raising=False)
        params = load_params()
        section = getattr(params, name).model_copy(update=changes)
        params = params.model_copy(update={"seed": seed, name: section})
        script.main(Stage(params))
        path = folder / "metrics" / f"{name}.json"
        return params, json.loads(path.read_text(encoding="utf-8"))

    return run


def test_the_study_of_the_network_measures_what_the_stage_does(run_stage, digits):
    params, metrics = run_stage("scratch_nn", seed=1)
    settings = params.scratch_nn.model_dump(exclude={"validation_share"})
    scores = score_on_test(digits, 1, **settings)
    assert scores == {name: metrics["test"][name] for name in scores}
    assert scores != score_on_test(digits, 2, **settings)


def test_the_study_of_the_kernels_measures_what_the_stage_does(run_stage, digits):
    params, metrics = run_stage("svm_kernels", seed=1)
    measured = machines.kernels(digits, params.svm_kernels, 1)
    assert measured["kernels"] == metrics["kernels"]
    assert measured != machines.kernels(digits, params.svm_kernels, 2)


@pytest.mark.parametrize("components", [None, 12])
def test_the_study_of_the_final_machine_measures_what_the_stage_does(run_stage, digits, components):
    found = {"C": 10.0, "gamma": 0.02}
    files.write_json(paths.metrics_file("svm_gridsearch"), found)
    params, metrics = run_stage("svm_final", seed=1, pca_components=components)
    measured = machines.final(digits, params.svm_final, found, 1)
    assert measured["test"] == {name: metrics["test"][name] for name in measured["test"]}
    assert measured["support_vectors"] == metrics["support_vectors"]


def test_a_machine_on_components_is_kept_as_one_model_that_takes_images(run_stage, digits):
    found = {"C": 10.0, "gamma": 0.02}
    files.write_json(paths.metrics_file("svm_gridsearch"), found)
    _, metrics = run_stage("svm_final", seed=1, pca_components=12)
    drawn = draw_with_replacement(200, 200, generator(1, "svm_final"))
    X, y = digits.train_images, digits.train_labels
    pca = PCA(12).fit(X)
    expected = SVC(**found).fit(pca.transform(X[drawn]), y[drawn])
    answers = expected.predict(pca.transform(digits.test_images))
    assert metrics["test"]["accuracy"] == (answers == digits.test_labels).mean()
    model = skops.io.load(paths.MODELS / "svm_final.skops", trusted=[])
    assert np.array_equal(model.predict(digits.test_images), answers)
