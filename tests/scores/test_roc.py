"""ROC curves against pair counting and against thresholds taken one by one."""

import numpy as np
import pytest
from sklearn.metrics import auc

from mnist_report.scores import roc


def pair_auc(positive, negative):
    """Count the pairs that the score puts the right way round, equal ones half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def sample(n=300, decimals=1):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, n)
    # Rounded, so that there are equal scores, within a class and across.
    return y, (rng.normal(size=(n, 4)) + np.eye(4)[y]).round(decimals)


def test_areas_count_pairs_by_class_and_over_all_columns():
    for decimals in (0, 1, 8):
        y, scores = sample(decimals=decimals)
        curves = roc.roc_curves(y, scores)
        assert list(curves) == ["0", "1", "2", "3", "micro", "macro"]
        truth = np.eye(4, dtype=bool)[y]
        areas = [pair_auc(scores[y == c, c], scores[y != c, c]) for c in range(4)]
        expected = [*areas, pair_auc(scores[truth], scores[~truth]), np.mean(areas)]
        assert [curve.auc for curve in curves.values()] == pytest.approx(expected, abs=1e-12)
        for curve in curves.values():
            assert (np.diff(curve.false_positive_rate) >= 0).all()
            assert (np.diff(curve.true_positive_rate) >= -1e-12).all()


def test_every_point_of_a_curve_is_a_threshold():
    y, scores = sample()
    curve = roc.roc_curves(y, scores)["2"]
    points = set(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True))
    above = [scores[:, 2] >= threshold for threshold in (np.inf, *np.unique(scores[:, 2]))]
    assert points <= {(a[y != 2].mean(), a[y == 2].mean()) for a in above}
    assert {(0.0, 0.0), (1.0, 1.0)} <= points


def test_the_macro_average_by_hand_and_a_class_without_rows():
    # Class 0 is found without a mistake; the scores of class 1 say nothing; nobody is of class 2.
    y = np.array([0, 0, 1, 1])
    scores = np.array([[1.0, 0.5, 0.1], [1.0, 0.5, 0.2], [0.0, 0.5, 0.3], [0.0, 0.5, 0.4]])
    curves = roc.roc_curves(y, scores)
    assert list(curves) == ["0", "1", "micro", "macro"]
    assert curves["macro"].false_positive_rate.tolist() == [0, 0, 1, 1]
    assert curves["macro"].true_positive_rate.tolist() == [0, 0.5, 1, 1]
    assert curves["macro"].auc == 0.75


def test_the_table_holds_small_curves_whole_and_thins_large_ones():
    for n, decimals in ((60, 1), (8000, 8)):
        y, scores = sample(n, decimals)
        table = roc.roc_table(y, scores)
        for name, curve in roc.roc_curves(y, scores).items():
            x, height = table.loc[table["curve"] == name].to_numpy()[:, 1:].astype(float).T
            if n == 60:
                assert x.tolist() == curve.false_positive_rate.tolist()
                assert height.tolist() == curve.true_positive_rate.tolist()
            else:
                assert len(curve.false_positive_rate) > roc.POINTS >= len(x) > roc.POINTS / 2
                assert (x[0], height[0], x[-1], height[-1]) == pytest.approx((0, 0, 1, 1))
                assert auc(x, height) == pytest.approx(curve.auc, abs=0.001)


def test_odd_inputs_are_refused():
    y, scores = sample()
    for labels, values, message in (
        (y[:-1], scores, "do not fit"),
        (y, scores[:, :3], "no column"),
        (np.zeros(300, dtype=int), scores, "two classes"),
        (y, np.where(scores > 2, np.nan, scores), "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            roc.roc_curves(labels, values)
