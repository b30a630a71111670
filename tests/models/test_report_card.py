"""What a final model leaves behind, against scikit-learn."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from mnist_report.core import files, paths
from mnist_report.data.scaled import ScaledData
from mnist_report.models.report_card import write_report_card

EVERYONE = np.arange(10)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("METRICS", "PLOTS", "SCORES"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    return tmp_path


def sample(n=200):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, n)
    scores = (rng.normal(size=(n, 10)) + 2 * np.eye(10)[labels]).astype(np.float32)
    images = rng.uniform(size=(n, 784)).astype(np.float32)
    return ScaledData(images[:1], labels[:1], images, labels), scores


def test_a_card_holds_the_scores_of_scikit_learn_and_every_answer(folder):
    data, scores = sample()
    scores = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels, predicted = data.test_labels, scores.argmax(axis=1)
    card = write_report_card("cnn", data, EVERYONE, predicted, scores, loss=0.5)
    accuracy, wrong = sk.accuracy_score(labels, predicted), (labels != predicted).sum()
    one_hot, named = np.eye(10)[labels], {"labels": EVERYONE, "average": None}
    assert card == {
        "loss": 0.5,
        "rows": 200,
        "accuracy": accuracy,
        "error": pytest.approx(1 - accuracy),
        "wrong": wrong,
        "auc_hard": sk.roc_auc_score(one_hot, np.eye(10)[predicted]),
        "auc_scores": sk.roc_auc_score(one_hot, scores),
        "precision": dict(
            zip("0123456789", sk.precision_score(labels, predicted, **named), strict=True)
        ),
        "recall": dict(zip("0123456789", sk.recall_score(labels, predicted, **named), strict=True)),
    }
    # The few numbers that a person compares.
    assert json.loads((paths.METRICS / "cnn.json").read_text()) == {
        "accuracy": accuracy,
        "wrong": wrong,
        "auc": card["auc_scores"],
        "auc_labels": card["auc_hard"],
        "log_loss": 0.5,
    }
    table = pd.read_csv(paths.PLOTS / "cnn" / "predictions.csv")
    np.testing.assert_array_equal(table["actual"], labels)
    np.testing.assert_array_equal(table["predicted"], predicted)
    per_class = pd.read_csv(paths.PLOTS / "cnn" / "per_class.csv")
    assert per_class["support"].tolist() == np.bincount(labels).tolist()
    np.testing.assert_array_equal(files.load_array(paths.SCORES / "cnn.npy"), scores)
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 7
    # The mistakes are those of the most extreme odds.
    rows = np.arange(200)
    odds = scores[rows, predicted] / scores[rows, labels]
    worst = pd.read_csv(paths.PLOTS / "cnn" / "wrong.csv")
    assert worst["image"].tolist() == np.argsort(-odds)[:12].tolist()
    np.testing.assert_allclose(np.exp(worst["log-odds"]), odds[worst["image"]], rtol=1e-5)
    np.testing.assert_array_equal(worst["actual"], labels[worst["image"]])


def test_a_label_that_the_model_never_met_counts_as_wrong():
    data, scores = sample()
    known = np.delete(EVERYONE, 3)
    scores = scores[:, known]
    labels, predicted = data.test_labels, known[scores.argmax(axis=1)]
    card = write_report_card("svm_final", data, known, predicted, scores)
    assert card["accuracy"] == (labels == predicted).mean()
    assert card["recall"]["3"] == card["precision"]["3"] == 0
    expected = [sk.roc_auc_score(labels == c, scores[:, k]) for k, c in enumerate(known)]
    assert card["auc_scores"] == pytest.approx(np.mean(expected), abs=1e-12)
    worst = pd.read_csv(paths.PLOTS / "svm_final" / "wrong.csv")
    np.testing.assert_array_equal(worst["margin"].isna(), worst["actual"] == 3)
