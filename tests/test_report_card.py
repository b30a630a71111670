"""What a final model leaves behind, against scikit-learn."""

import json

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from sklearn import metrics as sk

from mnist_report import files, paths
from mnist_report.data.scaled import ScaledData
from mnist_report.report_card import write_report_card

PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PLOTS", tmp_path / "plots")
    monkeypatch.setattr(paths, "SCORES", tmp_path / "data" / "scores")
    return tmp_path


def sample(n=200):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, n)
    scores = (rng.normal(size=(n, 10)) + 2 * np.eye(10)[labels]).astype(np.float32)
    images = rng.uniform(size=(n, 784)).astype(np.float32)
    return ScaledData(images[:1], labels[:1], images, labels), scores


def test_the_files_are_those_that_the_pipeline_declares(folder):
    data, scores = sample()
    write_report_card("svm_final", data, np.arange(10), scores.argmax(axis=1), scores, "score")
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    stages = YAML(typ="safe").load((paths.ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    declared = {next(iter(plot)) for plot in stages["svm_final"]["plots"]}
    assert written == declared | {"data/scores/svm_final.npy"}
    for path in folder.rglob("*.png"):
        assert path.read_bytes().startswith(PNG)


def test_the_metrics_are_those_of_scikit_learn(folder):
    data, scores = sample()
    labels, predicted = data.test_labels, scores.argmax(axis=1)
    card = write_report_card("svm_final", data, np.arange(10), predicted, scores, "score")
    assert card["rows"] == 200
    assert card["accuracy"] == sk.accuracy_score(labels, predicted)
    assert card["error"] == pytest.approx(1 - card["accuracy"])
    assert card["wrong"] == (labels != predicted).sum()
    one_hot = np.eye(10)[labels]
    assert card["auc_hard"] == sk.roc_auc_score(one_hot, np.eye(10)[predicted])
    assert card["auc_scores"] == sk.roc_auc_score(one_hot, scores)
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score)):
        expected = score(labels, predicted, average=None)
        assert card[name] == dict(zip("0123456789", expected, strict=True))
    files.write_json(folder / "metrics.json", card)
    assert json.loads((folder / "metrics.json").read_text())["recall"].keys() == set("0123456789")


def test_the_tables_hold_every_answer():
    data, scores = sample()
    predicted = scores.argmax(axis=1)
    write_report_card("svm_final", data, np.arange(10), predicted, scores, "score")
    table = pd.read_csv(paths.plot_file("svm_final", "predictions.csv"))
    np.testing.assert_array_equal(table["actual"], data.test_labels)
    np.testing.assert_array_equal(table["predicted"], predicted)
    per_class = pd.read_csv(paths.plot_file("svm_final", "per_class.csv"))
    assert per_class["class"].tolist() == list(range(10))
    assert per_class["support"].sum() == 200
    np.testing.assert_array_equal(files.load_array(paths.SCORES / "svm_final.npy"), scores)


def test_a_label_that_the_model_never_met_counts_as_wrong():
    data, scores = sample()
    known = np.array([0, 1, 2, 4, 5, 6, 7, 8, 9])
    scores = scores[:, known]
    labels, predicted = data.test_labels, known[scores.argmax(axis=1)]
    card = write_report_card("svm_final", data, known, predicted, scores, "score")
    assert card["accuracy"] == (labels == predicted).mean()
    assert card["recall"]["3"] == card["precision"]["3"] == 0
    expected = np.mean(
        [sk.roc_auc_score(labels == c, scores[:, column]) for column, c in enumerate(known)]
    )
    assert card["auc_scores"] == pytest.approx(expected, abs=1e-12)


def test_a_model_without_mistakes_gets_its_card():
    data, _ = sample()
    truth = np.eye(10)[data.test_labels]
    card = write_report_card("svm_final", data, np.arange(10), data.test_labels, truth, "score")
    assert card["wrong"] == 0
    assert card["auc_hard"] == card["auc_scores"] == 1
