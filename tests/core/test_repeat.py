"""One measurement a seed: taken up after an interruption, begun anew when anything else changed."""

import json
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mnist_report.core import paths, repeat
from mnist_report.core.params import load_params
from mnist_report.core.repeat import Group, Study

EXPECTED = {
    "": [{"test": {"loss": 0.1 + seed}, "rows": 7} for seed in range(3)],
    "Übung": [{"pair": [seed, None]} for seed in range(2)],
}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "STUDIES", tmp_path / "studies")
    return tmp_path / "studies" / "x.jsonl"


def study(asked, stop_at=None):
    """Return a study that notes what it measures, and may be interrupted at one measurement."""

    def group(name):
        def measure(seed):
            if len(asked) == stop_at:
                raise KeyboardInterrupt
            asked.append((name, seed))
            # Tuples become lists, as they would in the file.
            return {k: tuple(v) if k == "pair" else v for k, v in EXPECTED[name][seed].items()}

        return Group(measure, len(EXPECTED[name]))

    return Study({name: group(name) for name in EXPECTED})


ALL = [("", 0), ("", 1), ("", 2), ("Übung", 0), ("Übung", 1)]


def interrupted(at, done=0):
    """Interrupt a study before its measurement `at`, when so many were done before."""
    asked = []
    with pytest.raises(KeyboardInterrupt):
        repeat.repeat("x", study(asked, stop_at=at - done), "same")
    assert asked == ALL[done:at]


def resumed(identity="same"):
    """Run the study to its end; return what it had to measure."""
    asked = []
    found = repeat.repeat("x", study(asked), identity)
    assert found == EXPECTED
    assert json.dumps(found) == json.dumps(EXPECTED)  # the same types, in the same order
    return asked


def test_nothing_is_measured_twice_and_no_file_is_left(file):
    assert resumed() == ALL
    interrupted(2)
    interrupted(3, done=2)
    assert resumed() == ALL[3:]
    assert not file.exists()
    # Under another identity it begins anew.
    interrupted(3)
    assert resumed("another") == ALL


def test_a_file_cut_off_anywhere_costs_the_line_that_was_cut(file):
    interrupted(4)
    whole = file.read_bytes()
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    # In the middle of every line, and around its end.
    for length in sorted({0, *(end + off for end in ends for off in (-9, -1, 0, 1))}):
        file.write_bytes(whole[:length])
        # The first line is the identity; a line that lacks only its end is whole.
        assert resumed() == ALL[max(0, whole[: length + 1].count(b"\n") - 1) :]


def test_measurements_side_by_side_come_in_order_and_those_that_follow_know_them(file):
    def slow_at_first(seed):
        time.sleep(0.3 * (seed == 0))
        return {"seed": seed}

    def sum_of(seed, runs):
        assert runs == {"drawn": [{"seed": 0}, {"seed": 1}, {"seed": 2}, {"seed": 3}]}
        return {"sum": seed + sum(run["seed"] for run in runs["drawn"])}

    groups = {"sum": Group(sum_of, 2, informed=True), "drawn": Group(slow_at_first, 4)}
    found = repeat.repeat("x", Study(groups), "same", jobs=2)
    assert found == {
        "sum": [{"sum": 6}, {"sum": 7}],
        "drawn": [{"seed": 0}, {"seed": 1}, {"seed": 2}, {"seed": 3}],
    }
    assert list(found) == ["sum", "drawn"]


def test_one_thread_is_one_with_and_without_workers(file):
    def threads(seed):
        np.ones((2, 2)) @ np.ones((2, 2))
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        return {"threads": max(pool["num_threads"] for pool in blas)}

    study = Study({"": Group(threads, 2)}, one_thread=True)
    with threadpool_limits(2):
        for jobs in (1, 2):
            assert repeat.repeat("x", study, "same", jobs) == {"": [{"threads": 1}] * 2}


def test_an_experiment_that_measures_at_the_same_time_changes_nothing(file):
    def measure(seed):
        if seed == 2:
            assert resumed("another") == ALL
        return EXPECTED[""][seed]

    study = Study({"": Group(measure, 3)})
    assert repeat.repeat("x", study, "same") == {"": EXPECTED[""]}


def test_the_identity_is_all_that_decides_a_measurement_and_nothing_else(tmp_path, monkeypatch):
    package, scaled = tmp_path / "package", tmp_path / "scaled"
    for room in (*repeat.ROOMS, "core"):
        (package / room).mkdir(parents=True)
        (package / room / "code.py").write_text("1")
    scaled.mkdir()
    (scaled / "train_images.npy").write_text("1")
    monkeypatch.setattr(repeat, "_PACKAGE", package)
    monkeypatch.setattr(paths, "SCALED", scaled)
    params = load_params()

    def identity(**sections):
        changed = {k: getattr(params, k).model_copy(update=v) for k, v in sections.items()}
        return repeat.identity("origins", params.model_copy(update=changed))

    first = identity()
    other = params.studies.origins.model_copy(update={"kernel_rows": 1})
    assert identity(studies={"origins": other}) != first
    assert identity(compute={"threads": 7}) != first
    assert identity(compute={"portable": not params.compute.portable}) != first
    assert identity(compute={"jobs": 7, "backend": "dask"}, cnn={"epochs": 99}) == first
    assert identity(studies={"spread_cnn": other}) == first
    (package / "core" / "code.py").write_text("2")
    assert identity() == first
    seen = {first}
    for path in (*(package / room / "code.py" for room in repeat.ROOMS), *scaled.iterdir()):
        path.write_text("2")
        seen.add(identity())
    monkeypatch.setattr(repeat, "version", lambda library: "0")
    seen.add(identity())
    assert len(seen) == 1 + len(repeat.ROOMS) + 2
