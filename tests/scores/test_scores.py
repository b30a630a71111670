"""Scores and ROC curves against closed forms, pair counting and thresholds taken one by one."""

import numpy as np
import pytest
from sklearn.metrics import auc, balanced_accuracy_score, roc_auc_score

from mnist_report.core.errors import UserError
from mnist_report.scores import answers, roc, scores

CLASSES = np.arange(4)


def sample(n=300, decimals=1):
    """Return labels and scores, rounded so that there are equal ones."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, n)
    return y, (rng.normal(size=(n, 4)) + np.eye(4)[y]).round(decimals)


Y, SCORES = sample()


def pair_auc(positive, negative):
    """Count the pairs that the score puts the right way round, equal ones half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def pair_aucs(y, table, classes):
    return [
        pair_auc(column[y == c], column[y != c]) for column, c in zip(table.T, classes, strict=True)
    ]


def test_auc_of_scores_counts_pairs():
    found = scores.auc_scores(Y, SCORES, CLASSES)
    assert found == pytest.approx(np.mean(pair_aucs(Y, SCORES, CLASSES)), abs=1e-12)
    known = np.array([0, 1, 3])
    few = SCORES[:, known]
    # Unknown labels are negatives of every class.
    expected = np.mean(pair_aucs(Y, few, known))
    assert scores.auc_scores(Y, few, known) == pytest.approx(expected, abs=1e-12)
    # A class without rows is left out; with two classes there are two columns all the same.
    there = Y != 2
    without = scores.auc_scores(Y[there], few[there], known)
    assert scores.auc_scores(Y[there], SCORES[there], CLASSES) == without
    two, pair = Y % 2, np.column_stack((-SCORES[:, 0], SCORES[:, 0]))
    expected = pair_auc(SCORES[two == 1, 0], SCORES[two == 0, 0])
    assert scores.auc_scores(two, pair, np.array([0, 1])) == pytest.approx(expected, abs=1e-12)


def test_auc_of_labels_is_the_mean_balanced_accuracy_and_the_papers_expression():
    predicted = SCORES.argmax(axis=1)
    found = scores.auc_hard(Y, predicted, CLASSES)
    assert found == roc_auc_score(np.eye(4)[Y], np.eye(4)[predicted])
    assert scores.auc_hard(Y, Y, CLASSES) == 1
    assert scores.auc_hard(Y, np.zeros_like(Y), CLASSES) == 0.5
    for known in (CLASSES, np.array([0, 1, 3])):
        predicted = known[SCORES[:, known].argmax(axis=1)]
        each = [balanced_accuracy_score(label == Y, label == predicted) for label in known]
        assert scores.auc_hard(Y, predicted, known) == pytest.approx(np.mean(each), abs=1e-12)


def test_auc_and_curves_need_two_classes():
    for label in (0, 9):
        with pytest.raises(UserError, match="two classes"):
            scores.auc_scores(np.full(300, label), SCORES, CLASSES)
        with pytest.raises(UserError, match="two classes"):
            roc.roc_curves(np.full(300, label), SCORES)


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
    for rows, k, expected in ((7, 10, [6, 2, 0, 3, 4]), (7, 2, [6, 2]), (0, 3, [])):
        found = scores.most_confidently_wrong(
            y[:rows], predicted[:rows], table[:rows].astype(np.float32), classes, k
        )
        assert found.index.tolist() == expected
        assert found.isna().tolist() == [row == 6 for row in expected]


def test_areas_below_curves_count_pairs_by_class_and_over_all_columns():
    for decimals in (0, 1, 8):
        y, table = sample(decimals=decimals)
        curves = roc.roc_curves(y, table)
        assert list(curves) == ["0", "1", "2", "3", "micro", "macro"]
        truth = np.eye(4, dtype=bool)[y]
        areas = pair_aucs(y, table, CLASSES)
        expected = [*areas, pair_auc(table[truth], table[~truth]), np.mean(areas)]
        assert [roc.area(curve) for curve in curves.values()] == pytest.approx(expected, abs=1e-12)


def test_the_macro_average_by_hand_and_a_class_without_rows():
    # Class 0 is found without a mistake; the scores of class 1 say nothing; nobody is of class 2.
    y = np.array([0, 0, 1, 1])
    table = np.array([[1.0, 0.5, 0.1], [1.0, 0.5, 0.2], [0.0, 0.5, 0.3], [0.0, 0.5, 0.4]])
    curves = roc.roc_curves(y, table)
    assert list(curves) == ["0", "1", "micro", "macro"]
    assert curves["macro"].false_positive_rate.tolist() == [0, 0, 1, 1]
    assert curves["macro"].true_positive_rate.tolist() == [0, 0.5, 1, 1]
    assert roc.area(curves["macro"]) == 0.75


def test_the_table_holds_small_curves_whole_and_thins_large_ones():
    for n, decimals in ((60, 1), (8000, 8)):
        y, table = sample(n, decimals)
        found = roc.roc_table(y, table)
        for name, curve in roc.roc_curves(y, table).items():
            x, height = found.loc[found["curve"] == name].to_numpy()[:, 1:].astype(float).T
            if n == 60:
                assert x.tolist() == curve.false_positive_rate.tolist()
                assert height.tolist() == curve.true_positive_rate.tolist()
            else:
                assert len(curve.false_positive_rate) > roc.POINTS >= len(x) > roc.POINTS / 2
                assert (x[0], height[0], x[-1], height[-1]) == pytest.approx((0, 0, 1, 1))
                assert auc(x, height) == pytest.approx(roc.area(curve), abs=0.001)


def test_images_that_some_seed_misreads_are_kept_and_the_rest_follows():
    labels, read = np.array([7, 2, 1, 0]), [[7, 2, 1, 6], [7, 3, 1, 6], [7, 2, 1, 0]]
    table = answers.misread(read, labels)
    assert table == {"1": "232", "3": "660"}
    assert np.array_equal(answers.digits_read(table, labels, 3), read)
