"""What the studies of the miniature write, against the stages and the standard library."""

import csv
import json
import re
import statistics

import numpy as np
import pytest

from miniature import ROOT
from mnist_report.core.params import Studies
from mnist_report.core.trees import flatten

#: What a study measures once: what it chooses before all else, and what draws nothing.
ONCE = {name: ("choice",) for name in Studies.model_fields if name.startswith("frontier_")}
ONCE["frontier_svm"] += ("all_rows", "deskewed", "gamma")


@pytest.fixture(scope="module")
def written(base):
    """Return, by study, its results and its values: metric to values by seed."""
    found = {}
    for name in Studies.model_fields:
        folder, values = base.path / "results", {}
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                values.setdefault(row["metric"], {})[int(row["seed"])] = float(row["value"])
        found[name] = json.loads((folder / f"{name}.json").read_text("utf-8")), values
    return found


def names(tree):
    """Return the names in a tree, numbers in them as #; a study may misread nothing."""
    kept = {key: value for key, value in tree.items() if key != "answers"}
    return {re.sub(r"(?<=[._])\d+(\.\d+)?(?=\.|$)", "#", name) for name, _ in flatten(kept)}


def test_a_study_measures_every_seed_and_sums_up_under_the_committed_names(written):
    for name, (results, values) in written.items():
        committed = json.loads((ROOT / "results" / f"{name}.json").read_text("utf-8"))
        assert names(results) == names(committed), name
        found = dict(flatten(results))
        for metric, by_seed in values.items():
            once = metric.split(".")[0] in ONCE.get(name, ())
            seeds = 1 if once else 3 if metric.startswith("search.") else 2
            assert list(by_seed) == list(range(seeds)), metric
            drawn = list(by_seed.values())
            expected = {"mean": statistics.mean(drawn), "min": min(drawn), "max": max(drawn)}
            assert found[f"{metric}.seeds"] == seeds
            if seeds > 1:
                expected["sd"] = statistics.stdev(drawn)
            for key, value in expected.items():
                assert found[f"{metric}.{key}"] == pytest.approx(value), (metric, key)


def test_a_spread_measures_what_its_stage_computes(written, base):
    for name, (_, values) in written.items():
        if name.startswith("spread_"):
            stage = name.removeprefix("spread_")
            text = (base.path / "results" / f"{stage}.json").read_text("utf-8")
            computed = dict(flatten(json.loads(text)))
            # The miniature's own seed is one of the study's.
            measured = {metric: by_seed[1] for metric, by_seed in values.items()}
            assert measured == {metric: computed.get(metric) for metric in measured}, name


def test_what_a_seed_misreads_is_what_its_accuracy_lacks(written, base):
    labels = np.load(base.path / "data" / "scaled" / "test_labels.npy")
    for model in ("svm_final", "scratch_nn", "keras_dense", "cnn"):
        results, values = written[f"spread_{model}"]
        for seed, accuracy in values["test.accuracy"].items():
            table = results["answers"].items()
            wrong = sum(int(digits[seed]) != labels[int(image)] for image, digits in table)
            assert accuracy == pytest.approx(1 - wrong / len(labels)), (model, seed)
