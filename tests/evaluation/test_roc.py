"""ROC curves against pair counting and against thresholds taken one by one."""

import numpy as np
import pytest
from sklearn.metrics import auc

from mnist_report.evaluation import roc


def pair_auc(positive, negative):
    """Count the pairs that the score puts the right way round, equal ones half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def sample(n=300, decimals=1, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    # Rounded, so that there are equal scores, within a class and across.
    return y, (rng.normal(size=(n, 4)) + np.eye(4)[y]).round(decimals)


def test_the_area_of_a_class_counts_pairs():
    y, scores = sample()
    curves = roc.roc_curves(y, scores)
    assert list(curves) == ["0", "1", "2", "3", "micro", "macro"]
    for c in range(4):
        expected = pair_auc(scores[y == c, c], scores[y != c, c])
        assert curves[str(c)].auc == pytest.approx(expected, abs=1e-12)


def test_every_point_of_a_curve_is_a_threshold():
    y, scores = sample()
    curve = roc.roc_curves(y, scores)["2"]
    points = set(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True))
    thresholds = [np.inf, *np.unique(scores[:, 2])]
    above = [scores[:, 2] >= threshold for threshold in thresholds]
    assert points <= {(a[y != 2].mean(), a[y == 2].mean()) for a in above}
    assert {(0.0, 0.0), (1.0, 1.0)} <= points


def test_the_micro_average_counts_pairs_over_all_columns():
    y, scores = sample()
    truth = np.eye(4, dtype=bool)[y]
    expected = pair_auc(scores[truth], scores[~truth])
    assert roc.roc_curves(y, scores)["micro"].auc == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_the_area_of_the_macro_average_is_the_mean_area(decimals):
    y, scores = sample(decimals=decimals)
    curves = roc.roc_curves(y, scores)
    mean = np.mean([curves[str(c)].auc for c in range(4)])
    assert curves["macro"].auc == pytest.approx(mean, abs=1e-12)
    assert (np.diff(curves["macro"].true_positive_rate) >= -1e-12).all()


def test_the_macro_average_by_hand():
    # Class 0 is found without a mistake; the scores of class 1 say nothing.
    y = np.array([0, 0, 1, 1])
    scores = np.array([[1.0, 0.5], [1.0, 0.5], [0.0, 0.5], [0.0, 0.5]])
    macro = roc.roc_curves(y, scores)["macro"]
    assert macro.false_positive_rate.tolist() == [0, 0, 1, 1]
    assert macro.true_positive_rate.tolist() == [0, 0.5, 1, 1]
    assert macro.auc == 0.75


def test_a_class_without_rows_has_no_curve():
    y, scores = sample()
    there = y != 1
    assert list(roc.roc_curves(y[there], scores[there])) == ["0", "2", "3", "micro", "macro"]


def test_the_table_holds_small_curves_whole():
    y, scores = sample(n=60)
    table = roc.roc_table(y, scores)
    for name, curve in roc.roc_curves(y, scores).items():
        part = table[table["curve"] == name]
        assert part["false_positive_rate"].tolist() == curve.false_positive_rate.tolist()
        assert part["true_positive_rate"].tolist() == curve.true_positive_rate.tolist()


def test_the_table_thins_large_curves_and_keeps_ends_and_area():
    y, scores = sample(n=8000, decimals=8)
    table = roc.roc_table(y, scores)
    for name, curve in roc.roc_curves(y, scores).items():
        x, height = table.loc[table["curve"] == name].to_numpy()[:, 1:].astype(float).T
        assert len(curve.false_positive_rate) > roc.POINTS >= len(x) > roc.POINTS / 2
        assert (x[0], height[0], x[-1], height[-1]) == pytest.approx((0, 0, 1, 1))
        assert auc(x, height) == pytest.approx(curve.auc, abs=0.001)


def test_odd_inputs_are_refused():
    y, scores = sample()
    with pytest.raises(ValueError, match="do not fit"):
        roc.roc_curves(y[:-1], scores)
    with pytest.raises(ValueError, match="no column"):
        roc.roc_curves(y, scores[:, :3])
    with pytest.raises(ValueError, match="two classes"):
        roc.roc_curves(np.zeros(300, dtype=int), scores)
    with pytest.raises(ValueError, match="NaN"):
        roc.roc_curves(y, np.where(scores > 2, np.nan, scores))
