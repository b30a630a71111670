"""Models and costs side by side, against hand-made examples, SciPy and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnist_report.evaluation import comparison
from mnist_report.evaluation.costs import summary

LABELS = np.array([0, 1, 2, 2, 7, 7])
ANSWERS = {
    "one": np.array([0, 1, 2, 2, 1, 1]),
    "two": np.array([0, 1, 2, 7, 1, 2]),
    "three": np.array([0, 2, 2, 2, 1, 7]),
}


def test_pairs_are_tested_on_the_rows_that_tell_them_apart():
    right = {
        "a": np.array([True] * 9 + [False] + [True] * 10),
        "b": np.array([False] * 9 + [True] + [True] * 10),
        "c": np.array([True] * 20),
    }
    tests = comparison.paired_tests(right, [("a", "b"), ("a", "c"), ("b", "c")])
    found = pd.DataFrame({one + other: tests[one][other] for one in tests for other in tests[one]})
    expected = {
        # By Holm's rule the smallest of three p counts three times, the next one twice.
        "ab": [9, 1, -8 / 20, 2 * 11 / 2**10, 2 * 2 * 11 / 2**10],
        "ac": [0, 1, 1 / 20, 1, 1],
        "bc": [0, 9, 9 / 20, 2 / 2**9, 3 * 2 / 2**9],
    }
    index = ["only_one", "only_other", "difference", "p", "p_holm"]
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected, index))


def test_bins_hold_equal_counts_and_say_what_is_in_them():
    confidences = np.random.default_rng(0).permutation(np.linspace(0.2, 1, 400))
    right = confidences > 0.5
    curve = comparison.reliability(confidences, right)
    assert curve["images"].tolist() == [50] * 8
    expected = np.sort(confidences).reshape(8, 50)
    np.testing.assert_allclose(curve["confidence"], expected.mean(axis=1))
    np.testing.assert_allclose(curve["share_right"], (expected > 0.5).mean(axis=1))
    assert (curve["low"] <= curve["share_right"]).all()
    for n, bins in ((1, 1), (49, 1), (120, 2), (999, 19), (5000, 20)):
        curve = comparison.reliability(np.linspace(0.1, 1, n), np.ones(n, dtype=bool))
        assert len(curve) == bins
        assert curve["images"].sum() == n
        assert np.ptp(curve["images"]) <= 1


def test_one_confidence_is_in_one_bin():
    confidences = np.array([0.5] * 70 + [0.6] * 60 + [1.0] * 70, dtype=np.float32)
    mixed = np.random.default_rng(1).permutation(confidences)
    curve = comparison.reliability(mixed, np.arange(200) % 2 == 0)
    assert curve["images"].tolist() == [70, 60, 70]
    np.testing.assert_allclose(curve["confidence"], [0.5, 0.6, 1.0])


def test_the_gap_by_chance_is_the_mean_distance_of_a_binomial_share():
    hits = np.arange(61)
    for confidence in (0.3, 0.97, 0.9999, 1.0):
        curve = comparison.reliability(np.full(60, confidence), np.ones(60, dtype=bool))
        chances = stats.binom.pmf(hits, 60, confidence)
        expected = (chances * np.abs(hits / 60 - confidence)).sum()
        assert curve["gap_by_chance"].item() == pytest.approx(expected, abs=1e-12)


def test_the_calibration_error_weights_the_gaps_with_the_images():
    curve = pd.DataFrame(
        [(0.6, 0.5, 100, 0.04), (0.9, 0.95, 300, 0.02)],
        columns=["confidence", "share_right", "images", "gap_by_chance"],
    )
    assert comparison.calibration(curve) == pytest.approx(
        {
            "ece": 0.25 * 0.1 + 0.75 * 0.05,
            "ece_by_chance": 0.25 * 0.04 + 0.75 * 0.02,
            "mean_confidence": 0.825,
            "overconfidence": 0.825 - (0.125 + 0.7125),
        }
    )


def test_the_probability_of_the_truth_is_taken_from_its_column():
    probabilities = np.array([[0.7, 0.3], [0.25, 0.75], [0.5, 0.5]], dtype=np.float32)
    labels, trained_on = np.array([4, 9, 5]), np.array([9, 4, 9])
    found = comparison.probability_of_truth(labels, probabilities, trained_on)
    np.testing.assert_allclose(found, [0.7, 0.75, 0], rtol=1e-6)
    # Ten columns are the digits, whatever the network was trained on.
    found = comparison.probability_of_truth(labels, np.tile(np.arange(10), (3, 1)), trained_on)
    assert found.tolist() == [4, 9, 5]


def test_the_hardest_come_first():
    right = np.array([[0, 1, 0, 0, 1, 0], [0, 1, 1, 0, 1, 1], [0, 1, 1, 0, 0, 1]], dtype=bool)
    truth = np.array([0.3, 0.0, 0.5, 0.2, 0.9, 0.5])
    # Three models wrong: rows 3 (0.2) and 0 (0.3); one wrong: 2 and 5 (0.5), 4; none: 1.
    assert comparison.hardest(right, truth, 12).tolist() == [3, 0, 2, 5, 4]
    assert comparison.hardest(right, truth, 3).tolist() == [3, 0, 2]


def test_disagreement_by_hand():
    assert comparison.disagreement(LABELS, ANSWERS) == {
        "wrong_by": {"0": 2, "1": 2, "2": 1, "3": 1},
        "disputed": 3,
        "disputed_by_digit": {"0": 0, "1": 1, "2": 1, "7": 1},
        "wrong_alike": 1,
        "only_right": {"one": 0, "two": 0, "three": 1},
        "only_wrong": {"one": 0, "two": 1, "three": 1},
    }
    found = comparison.wrong_by_all(LABELS, ANSWERS)
    assert found.to_dict("list") == {
        "image": [4], "label": [7], "one": [1], "two": [1], "three": [1],
    }  # fmt: skip
    assert comparison.wrong_by_all(LABELS, {"right": LABELS}).empty
    found = comparison.errors_by_digit(LABELS, ANSWERS)
    assert found.columns.tolist() == [0, 1, 2, 7]
    expected = {"one": [0, 0, 0, 2], "two": [0, 0, 1, 2], "three": [0, 1, 0, 1]}
    assert found.T.to_dict("list") == expected


def test_seeds_and_images_together_make_the_intervals():
    rng = np.random.default_rng(1)
    right = {name: rng.random((8, 500)) < share for name, share in (("a", 0.7), ("b", 0.9))}
    right["twin"] = right["b"]
    found = comparison.by_seeds_and_images(right, [("a", "b"), ("b", "twin")], rng)
    for name, table in right.items():
        row = found["accuracy"][name]
        assert row["mean"] == pytest.approx(table.mean())
        # One run of its own moves more than a mean over eight.
        assert row["run_low"] < row["low"] < row["mean"] < row["high"] < row["run_high"]
    ahead, tied = found["difference"]["a"]["b"], found["difference"]["b"]["twin"]
    assert ahead["low"] > 0.1
    assert ahead["other_ahead"] == 1
    assert tied["mean"] == 0
    assert tied["low"] < 0 < tied["high"]
    assert tied["other_ahead"] == pytest.approx(0.5, abs=0.15)


def clocks(*wall, peak):
    return {"wall": list(wall), "cpu": [2 * seconds for seconds in wall], "peak_gib": peak}


RESULTS = {
    "pipeline": {
        "date": "2026-01-02", "dataset": "mnist", "machine": {"cores": 2},
        "wall": [100.0, 130.0, 110.0], "outside_stages": [45.0, 54.0, 43.0],
        "port_wall": [200.0, 325.0, 275.0], "port_peak_gib": [1.9, 2.0, 2.1],
        "stages": {
            "fetch": clocks(5.0, 6.0, 7.0, peak=[0.1, 0.2, 0.3]),
            "pca": clocks(50.0, 70.0, 60.0, peak=[0.5, 0.5, 0.6]),
        },
        "port_sections": {"pca": {"wall": [20.0, 35.0, 40.0], "cpu": [30.0, 40.0, 50.0]}},
    },
    "studies": {
        "date": "2026-01-03",
        "stages": {"origins": {"wall": 100.0, "cpu": 180.0, "peak_gib": 2.5}},
    },
}  # fmt: skip


def test_the_whole_and_each_stage_are_held_against_the_port_round_by_round():
    found = summary(RESULTS)
    stages = found.pop("stages")
    assert found == {
        "date": "2026-01-02", "dataset": "mnist", "machine": {"cores": 2}, "rounds": 3,
        "seconds": 110, "port_seconds": 275, "port_peak_gib": 2.0,
        "ratio": {"median": 0.4, "min": 0.4, "max": 0.5},  # 0.5, 0.4, 0.4: not 110 / 275 alone
        "start_seconds": 6, "outside_seconds": 45, "studies_date": "2026-01-03",
        "studies": {"origins": {"seconds": 100.0, "cpu_seconds": 180.0, "peak_gib": 2.5}},
    }  # fmt: skip
    assert stages["fetch"] == {"seconds": 6.0, "cpu_seconds": 12.0, "peak_gib": 0.2}
    port = {"port_seconds": 35.0, "port_cpu_seconds": 40.0, "ratio": 2.0}  # of 2.5, 2 and 1.5
    assert stages["pca"] == {"seconds": 60.0, "cpu_seconds": 120.0, "peak_gib": 0.5, **port}
