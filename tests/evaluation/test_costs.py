"""What the pipeline costs, from seconds made up so that the answers are known."""

import pytest

from mnist_report.evaluation import costs


def clocks(*wall):
    return {"wall": list(wall), "cpu": [2 * seconds for seconds in wall]}


def spread(value):
    return {"median": value, "min": value - 0.1, "max": value + 0.1}


def by_rows(power, scale, **more):
    return {f"rows_{n}": clocks(scale * n**power) | more for n in (1000, 2000, 4000)}


@pytest.fixture
def results():
    machines = {
        "ours": by_rows(2, 1e-6, ratio=spread(1.0)),
        "scikit_learn": by_rows(2.5, 1e-7, ratio=spread(0.5)),
    }
    return {
        "dataset": "mnist",
        "machine": {"processor": "a processor", "cores": 2},
        "whole": {
            "rounds": 3,
            "make_wall": [70.0, 90.0, 80.0],
            "make_cpu": [130.0, 150.0, 140.0],
            "dvc_wall": [100.0, 130.0, 110.0],
            "port_wall": [300.0, 310.0, 280.0],
            "port_peak_gib": [1.9, 2.0, 2.1],
            "make_ratio": spread(0.27),
            "dvc_ratio": spread(0.37),
            "stages": {
                "fetch": clocks(5.0, 6.0, 7.0) | {"peak_gib": [0.1, 0.2, 0.3]},
                "pca": clocks(50.0, 70.0, 60.0) | {"peak_gib": [0.5, 0.5, 0.6]},
            },
            "port_sections": {"pca": clocks(20.0, 30.0, 40.0)},
            "stage_ratios": {"pca": spread(2.0)},
        },
        "bounds": {"gflops": {"float32": 100.0, "float64": 50.0}, "seconds": {"pca": 12.0}},
        "networks": {
            "rows": 60000,
            "threads_1": {"scratch": clocks(0.5, 0.4, 0.6) | {"ratio": spread(1.0)}},
        },
        "svm": {
            "fit": machines,
            "predict": machines,
            "test_rows": 10000,
            "accuracy": {"rows_1000": {"exact": 0.95, "nystroem": 0.94}},
        },
        "growth": {
            "seconds": {
                name: by_rows(power, 1e-4)
                for name, power in zip(costs.METHODS, (0.7, 1.1, 1.2, 1.3), strict=True)
            },
            "pca_memory_gib": {"rows_60000": 0.25},
        },
        "dense_profile": {"epoch": clocks(7.0, 8.0, 6.5), "products": clocks(3.0)},
        "overheads": {"import_numpy": {"wall": [0.2, 0.1, 0.3]}},
    }


def test_a_stage_has_medians_its_port_and_its_bound(results):
    stages = costs.summary(results)["stages"]
    assert stages["pca"] == {
        "seconds": 60.0,
        "cpu_seconds": 120.0,
        "peak_gib": 0.5,
        "port_seconds": 30.0,
        "port_cpu_seconds": 60.0,
        "ratio": 2.0,
        "bound_seconds": 12.0,
    }
    assert stages["fetch"] == {"seconds": 6.0, "cpu_seconds": 12.0, "peak_gib": 0.2}


def test_the_whole_is_compared_and_what_passes_between_stages_is_what_is_left(results):
    whole = costs.summary(results)["whole"]
    assert whole["make_seconds"] == 80
    assert whole["make_cpu_seconds"] == 140
    assert whole["dvc_seconds"] == 110
    assert whole["port_seconds"] == 300
    # 100 - 55, 130 - 76, 110 - 67
    assert whole["between_stages_seconds"] == 45
    for name in ("make_ratio", "dvc_ratio"):
        assert whole[name] == results["whole"][name]
    # The quickest stage is all start.
    assert whole["start_seconds"] == 6


def test_exponents_are_those_of_the_powers(results):
    found = costs.summary(results)
    assert [found["growth"][name]["exponent"] for name in costs.METHODS] == pytest.approx(
        [0.7, 1.1, 1.2, 1.3]
    )
    fits = found["svm"]["fit"]
    assert fits["ours"]["exponent"] == pytest.approx(2)
    assert fits["scikit_learn"]["exponent"] == pytest.approx(2.5)
    assert fits["scikit_learn"]["ours_over_it"] == dict.fromkeys(
        ("rows_1000", "rows_2000", "rows_4000"), 0.5
    )
    assert "ours_over_it" not in found["growth"]["pca"]


def test_costs_are_carried_on_from_the_largest_that_was_measured(results):
    projected = costs.summary(results)["projected"]
    assert list(projected) == [*costs.METHODS, "svm_fit"]
    # Plain scikit-learn, at 1e-7 n^2.5: the path of libsvm, which has no limit of memory.
    assert projected["svm_fit"]["rows_1000000"] == pytest.approx(1e8)
    # In proportion at least.
    assert projected["pca"]["rows_100000000"] == pytest.approx(1e-4 * 4000**0.7 * 25_000)
    assert projected["cnn"]["rows_100000000"] == pytest.approx(1e-4 * 1e8**1.3)


def test_the_rest_are_medians(results):
    found = costs.summary(results)
    assert found["networks"] == {
        "threads_1": {"scratch": {"seconds": 0.5, "ours_over_it": spread(1.0)}}
    }
    assert found["pca_memory_gib"] == {"rows_60000": 0.25}
    assert found["svm"]["test_rows"] == 10000
    assert found["svm"]["accuracy"] == {"rows_1000": {"exact": 0.95, "nystroem": 0.94}}
    assert found["overheads"] == {"import_numpy": 0.2}
    assert found["dense_profile"] == {"epoch": 7.0, "products": 3.0}


def test_studies_are_there_if_they_were_measured(results):
    assert costs.summary(results)["studies"] == {}
    record = {"wall": 100.0, "cpu": 180.0, "peak_gib": 2.5}
    measured = costs.summary(results | {"studies": {"origins": record}})["studies"]
    assert measured == {"origins": {"seconds": 100.0, "cpu_seconds": 180.0, "peak_gib": 2.5}}
