"""What the pipeline costs, from seconds made up so that the answers are known."""

from mnist_report.evaluation.costs import summary


def clocks(*wall, peak):
    return {"wall": list(wall), "cpu": [2 * seconds for seconds in wall], "peak_gib": peak}


RESULTS = {
    "pipeline": {
        "date": "2026-01-02",
        "dataset": "mnist",
        "machine": {"cores": 2},
        "wall": [100.0, 130.0, 110.0],
        "outside_stages": [45.0, 54.0, 43.0],
        "port_wall": [200.0, 325.0, 275.0],
        "port_peak_gib": [1.9, 2.0, 2.1],
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
}


def test_the_whole_and_each_stage_are_held_against_the_port_round_by_round():
    assert summary(RESULTS) == {
        "date": "2026-01-02",
        "dataset": "mnist",
        "machine": {"cores": 2},
        "rounds": 3,
        "seconds": 110,
        "port_seconds": 275,
        "port_peak_gib": 2.0,
        # 0.5, 0.4, 0.4: not 110 / 275 alone
        "ratio": {"median": 0.4, "min": 0.4, "max": 0.5},
        "start_seconds": 6,
        "outside_seconds": 45,
        "stages": {
            "fetch": {"seconds": 6.0, "cpu_seconds": 12.0, "peak_gib": 0.2},
            "pca": {
                "seconds": 60.0,
                "cpu_seconds": 120.0,
                "peak_gib": 0.5,
                "port_seconds": 35.0,
                "port_cpu_seconds": 40.0,
                "ratio": 2.0,  # of 2.5, 2 and 1.5
            },
        },
        "studies_date": "2026-01-03",
        "studies": {"origins": {"seconds": 100.0, "cpu_seconds": 180.0, "peak_gib": 2.5}},
    }
