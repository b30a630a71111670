"""Scores against closed forms."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mnist_report.errors import UserError
from mnist_report.evaluation import scores

CLASSES = np.arange(4)


def pair_auc(positive, negative):
    """Count the pairs that the score puts the right way round, equal ones half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


@pytest.fixture
def sample():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    # Rounded, so that there are equal scores.
    table = (rng.normal(size=(300, 4)) + np.eye(4)[y]).round(1)
    return y, table


def test_accuracy_is_the_share_of_right_predictions():
    assert scores.accuracy(np.array([0, 1, 2, 3]), np.array([0, 1, 2, 0])) == 0.75


def test_auc_of_scores_counts_pairs(sample):
    y, table = sample
    expected = np.mean([pair_auc(table[y == c, c], table[y != c, c]) for c in CLASSES])
    assert scores.auc_scores(y, table, CLASSES) == pytest.approx(expected, abs=1e-12)


def test_auc_of_labels_is_the_mean_balanced_accuracy(sample):
    y, table = sample
    predicted = table.argmax(axis=1)
    expected = np.mean(
        [((predicted[y == c] == c).mean() + (predicted[y != c] != c).mean()) / 2 for c in CLASSES]
    )
    assert scores.auc_hard(y, predicted, CLASSES) == pytest.approx(expected, abs=1e-12)


def test_auc_of_labels_is_the_papers_expression(sample):
    y, table = sample
    predicted = table.argmax(axis=1)
    expected = roc_auc_score(np.eye(4)[y], np.eye(4)[predicted])
    assert scores.auc_hard(y, predicted, CLASSES) == expected


def test_auc_ignores_the_scale_of_a_column(sample):
    y, table = sample
    stretched = table * np.array([1.0, 2.0, 3.0, 4.0]) + 5
    assert scores.auc_scores(y, stretched, CLASSES) == scores.auc_scores(y, table, CLASSES)


def test_auc_is_1_for_the_truth_and_a_half_for_a_constant(sample):
    y, _ = sample
    assert scores.auc_hard(y, y, CLASSES) == 1
    assert scores.auc_hard(y, np.zeros_like(y), CLASSES) == 0.5


def test_auc_of_two_classes(sample):
    _, table = sample
    y = np.arange(300) % 2
    pair = np.column_stack((-table[:, 0], table[:, 0]))
    expected = pair_auc(table[y == 1, 0], table[y == 0, 0])
    assert scores.auc_scores(y, pair, np.array([0, 1])) == pytest.approx(expected, abs=1e-12)


def test_auc_leaves_out_a_class_without_rows(sample):
    y, table = sample
    there = y != 2
    expected = scores.auc_scores(y[there], table[there][:, [0, 1, 3]], np.array([0, 1, 3]))
    assert scores.auc_scores(y[there], table[there], CLASSES) == expected


def test_auc_takes_unknown_labels_for_negatives_of_every_class(sample):
    y, table = sample
    known = np.array([0, 1, 3])
    few = table[:, known]
    expected = np.mean([pair_auc(table[y == c, c], table[y != c, c]) for c in known])
    assert scores.auc_scores(y, few, known) == pytest.approx(expected, abs=1e-12)
    predicted = known[few.argmax(axis=1)]
    expected = np.mean(
        [((predicted[y == c] == c).mean() + (predicted[y != c] != c).mean()) / 2 for c in known]
    )
    assert scores.auc_hard(y, predicted, known) == pytest.approx(expected, abs=1e-12)


def test_auc_of_float32_scores_is_that_of_the_same_numbers_in_float64(sample):
    y, table = sample
    single = table.astype(np.float32)
    expected = scores.auc_scores(y, single.astype(np.float64), CLASSES)
    assert scores.auc_scores(y, single, CLASSES) == expected


def test_auc_needs_two_classes_known_predictions_and_fitting_shapes(sample):
    y, table = sample
    for label in (0, 9):
        with pytest.raises(UserError, match="two classes"):
            scores.auc_scores(np.full(300, label), table, CLASSES)
    with pytest.raises(ValueError, match="not one of the classes"):
        scores.auc_hard(y, np.full(300, 9), CLASSES)
    with pytest.raises(ValueError, match="shape"):
        scores.auc_scores(y, table[:, :3], CLASSES)


def test_confusion_counts_truth_by_prediction():
    counts = scores.confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), np.arange(4))
    assert counts.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_per_class_agrees_with_the_confusion_matrix(sample):
    y, table = sample
    predicted = table.argmax(axis=1)
    counts = scores.confusion(y, predicted, CLASSES)
    result = scores.per_class(y, predicted, CLASSES)
    assert result["class"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(result["precision"], np.diag(counts) / counts.sum(axis=0))
    np.testing.assert_allclose(result["recall"], np.diag(counts) / counts.sum(axis=1))
    assert result["support"].tolist() == counts.sum(axis=1).tolist()


@pytest.mark.filterwarnings("error")
def test_per_class_gives_0_where_nothing_is_predicted_or_true():
    result = scores.per_class(np.array([0, 0, 1]), np.array([0, 2, 0]), np.arange(4))
    assert result["precision"].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert result["recall"].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert result["support"].tolist() == [2, 1, 0, 0]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_most_certain_mistakes_come_by_margin_then_by_row(kind):
    classes = np.array([5, 3, 8])
    y = np.array([5, 5, 3, 3, 8])
    predicted = np.array([3, 5, 5, 8, 5])
    table = np.array(
        [
            [0.0, 0.5, 0.25],  # wrong by 0.5
            [0.9, 0.5, 0.25],  # right
            [1.0, 0.25, 0.5],  # wrong by 0.75
            [0.0, 0.0, 0.5],  # wrong by 0.5
            [0.5, 0.0, 0.5],  # wrong by 0
        ],
        dtype=kind,
    )

    def found(rows, k):
        rows = slice(*rows)
        return scores.most_confidently_wrong(
            y[rows], predicted[rows], table[rows], classes, k
        ).tolist()

    assert found((0, 5), 10) == [2, 0, 3, 4]
    assert found((0, 5), 2) == [2, 0]
    assert found((1, 2), 3) == []


def test_the_prediction_decides_what_is_wrong_not_the_highest_score():
    y = np.array([0, 0, 1])
    predicted = np.array([0, 1, 0])
    table = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.25]])
    # Row 0 is right against its scores; row 1 is wrong by -1.
    result = scores.most_confidently_wrong(y, predicted, table, np.array([0, 1]), 3)
    assert result.tolist() == [2, 1]


def test_a_mistake_about_a_class_without_a_column_is_held_against_the_smallest_score():
    y = np.array([7, 0])
    predicted = np.array([1, 1])
    table = np.array([[0.0, 1.0, -1.0], [-2.0, 1.0, 0.0]])
    # By 1 - (-1) = 2 and by 1 - (-2) = 3.
    result = scores.most_confidently_wrong(y, predicted, table, np.array([0, 1, 2]), 3)
    assert result.tolist() == [1, 0]
