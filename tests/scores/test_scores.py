"""Scores against closed forms."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mnist_report.core.errors import UserError
from mnist_report.scores import scores

CLASSES = np.arange(4)


def pair_auc(positive, negative):
    """Count the pairs that the score puts the right way round, equal ones half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def balanced(y, predicted, classes):
    """Return the mean balanced accuracy of the classes, each against the rest."""
    return np.mean(
        [((predicted[y == c] == c).mean() + (predicted[y != c] != c).mean()) / 2 for c in classes]
    )


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    # Rounded, so that there are equal scores.
    return y, (rng.normal(size=(300, 4)) + np.eye(4)[y]).round(1)


def test_auc_of_scores_counts_pairs(sample):
    y, table = sample
    expected = np.mean([pair_auc(table[y == c, c], table[y != c, c]) for c in CLASSES])
    found = scores.auc_scores(y, table, CLASSES)
    assert found == pytest.approx(expected, abs=1e-12)
    # The scale of a column does not count.
    assert scores.auc_scores(y, table * np.array([1.0, 2.0, 3.0, 4.0]) + 5, CLASSES) == found
    # A class without rows is left out; with two classes there are two columns all the same.
    there = y != 2
    without = scores.auc_scores(y[there], table[there][:, [0, 1, 3]], np.array([0, 1, 3]))
    assert scores.auc_scores(y[there], table[there], CLASSES) == without
    two = y % 2
    pair = np.column_stack((-table[:, 0], table[:, 0]))
    expected = pair_auc(table[two == 1, 0], table[two == 0, 0])
    assert scores.auc_scores(two, pair, np.array([0, 1])) == pytest.approx(expected, abs=1e-12)


def test_auc_of_labels_is_the_mean_balanced_accuracy_and_the_papers_expression(sample):
    y, table = sample
    predicted = table.argmax(axis=1)
    found = scores.auc_hard(y, predicted, CLASSES)
    assert found == roc_auc_score(np.eye(4)[y], np.eye(4)[predicted])
    assert found == pytest.approx(balanced(y, predicted, CLASSES), abs=1e-12)
    assert scores.auc_hard(y, y, CLASSES) == 1
    assert scores.auc_hard(y, np.zeros_like(y), CLASSES) == 0.5


def test_auc_takes_unknown_labels_for_negatives_of_every_class(sample):
    y, table = sample
    known = np.array([0, 1, 3])
    few = table[:, known]
    expected = np.mean([pair_auc(table[y == c, c], table[y != c, c]) for c in known])
    assert scores.auc_scores(y, few, known) == pytest.approx(expected, abs=1e-12)
    predicted = known[few.argmax(axis=1)]
    expected = balanced(y, predicted, known)
    assert scores.auc_hard(y, predicted, known) == pytest.approx(expected, abs=1e-12)


def test_auc_needs_two_classes_known_predictions_and_fitting_shapes(sample):
    y, table = sample
    for label in (0, 9):
        with pytest.raises(UserError, match="two classes"):
            scores.auc_scores(np.full(300, label), table, CLASSES)
    with pytest.raises(ValueError, match="not one of the classes"):
        scores.auc_hard(y, np.full(300, 9), CLASSES)
    with pytest.raises(ValueError, match="shape"):
        scores.auc_scores(y, table[:, :3], CLASSES)


@pytest.mark.filterwarnings("error")
def test_counts_precision_and_recall_by_hand():
    # Nothing is of class 3, and nothing is taken for class 1: 0 / 0 counts as 0.
    y, predicted = np.array([0, 0, 0, 1, 2]), np.array([0, 0, 2, 0, 2])
    assert scores.accuracy(y, predicted) == 0.6
    assert scores.confusion(y, predicted, CLASSES).tolist() == [
        [2, 0, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]
    result = scores.per_class(y, predicted, CLASSES)
    assert result["class"].tolist() == [0, 1, 2, 3]
    assert result["precision"].tolist() == pytest.approx([2 / 3, 0, 1 / 2, 0])
    assert result["recall"].tolist() == pytest.approx([2 / 3, 0, 1, 0])
    assert result["support"].tolist() == [3, 1, 1, 0]


def test_the_most_certain_mistakes_come_by_margin_then_by_row():
    classes = np.array([5, 3, 8])
    y = np.array([5, 5, 3, 3, 8, 5, 7])
    predicted = np.array([3, 5, 5, 8, 5, 5, 3])
    table = np.array(
        [
            [0.0, 0.5, 0.25],  # wrong by 0.5
            [0.9, 0.5, 0.25],  # right
            [1.0, 0.25, 0.5],  # wrong by 0.75
            [0.0, 0.0, 0.5],  # wrong by 0.5
            [0.5, 0.75, 0.75],  # wrong by -0.25: the prediction counts, not the highest score
            [0.0, 1.0, 0.0],  # right against its scores
            [0.5, 1.0, -1.0],  # of a class without a column: held against the smallest score
        ]
    )
    for kind in (np.float64, np.float32):
        for rows, k, expected in ((7, 10, [6, 2, 0, 3, 4]), (7, 2, [6, 2]), (0, 3, [])):
            found = scores.most_confidently_wrong(
                y[:rows], predicted[:rows], table[:rows].astype(kind), classes, k
            )
            assert found.tolist() == expected
