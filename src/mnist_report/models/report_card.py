"""What every final model leaves behind: the same files and the same metrics for all of them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from mnist_report.core import files, paths
from mnist_report.data.scaled import ScaledData
from mnist_report.figures import classification as figures
from mnist_report.figures.style import plot
from mnist_report.scores import scores as evaluation

#: The digits, in the order of the columns of a network's output.
CLASSES = np.arange(10)

#: How many of the most confidently wrong images are shown.
SHOWN = 12


def write_report_card(
    stage: str,
    data: ScaledData,
    classes: NDArray[np.int64],
    predicted: NDArray[np.int64],
    scores: NDArray[np.floating[Any]],
    loss: float | None = None,
) -> dict[str, Any]:
    """Write a model's answers on the test images as files, and return how good they are.

    `scores` has a column for each of `classes`; `loss` is the cross-entropy, in nats, if they are
    probabilities. A test label that is not in `classes` counts as wrong, with precision and recall
    0. It has no AUC of its own: its rows are negatives for every other class.
    """
    labels = data.test_labels
    # A small draw of training rows can lack a digit that the test images have.
    everyone = np.union1d(classes, labels)
    per_class = evaluation.per_class(labels, predicted, everyone)
    # Between probabilities of nearly 1 and nearly 0 only logarithms tell degrees; 0 is one that
    # float32 cannot hold.
    margin, sureness = "margin", scores
    if loss is not None:
        margin, sureness = "log-odds", np.log(np.maximum(scores, np.finfo(np.float32).tiny))
    worst = evaluation.most_confidently_wrong(labels, predicted, sureness, classes, SHOWN)
    predictions = pd.DataFrame({"actual": labels, "predicted": predicted})
    wrong = predictions.loc[worst.index].assign(**{margin: worst})
    wrong = wrong.rename_axis("image").reset_index()
    counts = confusion_matrix(labels, predicted, labels=everyone)
    plot(stage, "confusion.png", figures.confusion_heat_map, counts, everyone.tolist())
    plot(stage, "wrong.png", figures.wrong_images, data.test_images[wrong["image"]], wrong, margin)
    files.save_array(paths.SCORES / f"{stage}.npy", scores)
    files.write_csv(paths.PLOTS / stage / "predictions.csv", predictions)
    files.write_csv(paths.PLOTS / stage / "per_class.csv", per_class)
    files.write_csv(paths.PLOTS / stage / "wrong.csv", wrong)
    correct = evaluation.accuracy(labels, predicted)
    card = {
        "rows": len(labels),
        "accuracy": correct,
        "error": 1 - correct,
        "wrong": int((labels != predicted).sum()),
        "auc_hard": evaluation.auc_hard(labels, predicted, classes),
        "auc_scores": evaluation.auc_scores(labels, scores, classes),
        "precision": dict(zip(map(str, everyone), per_class["precision"], strict=True)),
        "recall": dict(zip(map(str, everyone), per_class["recall"], strict=True)),
    }
    metrics = {
        "accuracy": correct,
        "wrong": card["wrong"],
        "auc": card["auc_scores"],
        "auc_labels": card["auc_hard"],
    }
    if loss is not None:
        card, metrics = {"loss": loss, **card}, {**metrics, "log_loss": loss}
    files.write_json(paths.METRICS / f"{stage}.json", metrics)
    return card
