"""Long studies: what was measured stays, and nothing stale comes back."""

from functools import partial

import pytest

from mnist_report import paths
from mnist_report.dvcfiles import StageFiles
from mnist_report.params import Compute, load_params
from mnist_report.studies import checkpoint


class Bench:
    """A stage of two files and a parameter, and studies of it that count what they compute."""

    def __init__(self, folder):
        self.folder = folder
        self.code, self.data = folder / "code.py", folder / "data.npy"
        self.frame = folder / "frame.py"
        for path in (self.code, self.data, self.frame):
            path.write_text("1", encoding="utf-8")
        self.seeds = 3
        self.threads = 1
        self.computed = []

    def pipeline(self):
        deps = (self.code, self.data, self.frame)
        return {"study": StageFiles("study", deps, ("spread.seeds",), (), (), ())}

    def model_dump(self):
        return {
            "spread": {"seeds": self.seeds},
            "compute": {"threads": self.threads, "portable": True, "jobs": 1},
        }

    def run(self, fail_at=None):
        """Measure each seed; return the values."""
        with checkpoint.Study("study", self.seeds, self.folder / "kept") as study:
            return [
                study.measure("runs", partial(self.compute, fail_at=fail_at), seed=seed)
                for seed in range(self.seeds)
            ]

    def compute(self, *, seed, fail_at=None, **others):
        if seed == fail_at:
            raise KeyboardInterrupt
        self.computed.append(seed)
        return {"test": {"accuracy": seed + 1 / 3}}

    def kept(self):
        folder = self.folder / "kept" / "study"
        return sorted(path for path in folder.glob("*.json") if path.name != "finished.json")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(checkpoint, "pipeline", bench.pipeline)
    monkeypatch.setattr(checkpoint, "load_params", lambda: bench)
    monkeypatch.setattr(checkpoint, "FRAME", frozenset({bench.frame}))
    return bench


COMPUTE = load_params().compute.model_dump()
VALUES = [{"test": {"accuracy": seed + 1 / 3}} for seed in range(3)]


def interrupt(bench, at):
    with pytest.raises(KeyboardInterrupt):
        bench.run(fail_at=at)


def test_every_measurement_is_made_once_and_returned(bench):
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 2]
    assert len(bench.kept()) == 3


def test_an_interrupted_study_goes_on_where_it_was(bench):
    interrupt(bench, at=2)
    assert bench.computed == [0, 1]
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 2]


def test_a_study_that_stopped_twice_still_goes_on(bench):
    interrupt(bench, at=1)
    interrupt(bench, at=2)
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 2]


def test_a_study_that_had_ended_starts_anew(bench):
    bench.run()
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 2] * 2


def test_more_seeds_add_to_those_that_are_there(bench):
    bench.seeds = 2
    bench.run()
    bench.seeds = 3
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 2]


@pytest.mark.parametrize("file", ["code", "data"])
def test_other_code_or_data_is_measured_anew(bench, file):
    interrupt(bench, at=2)
    getattr(bench, file).write_text("2", encoding="utf-8")
    bench.run()
    assert bench.computed == [0, 1, 0, 1, 2]


def test_another_number_of_threads_is_measured_anew(bench):
    interrupt(bench, at=2)
    bench.threads = 2
    bench.run()
    assert bench.computed == [0, 1, 0, 1, 2]


def test_what_decides_no_measurement_may_change(bench):
    interrupt(bench, at=2)
    bench.frame.write_text("2", encoding="utf-8")
    bench.run()
    assert bench.computed == [0, 1, 2]


def test_the_old_values_come_back_with_the_old_code(bench):
    interrupt(bench, at=2)
    bench.code.write_text("2", encoding="utf-8")
    interrupt(bench, at=0)
    bench.code.write_text("1", encoding="utf-8")
    bench.run()
    assert bench.computed == [0, 1, 2]


def test_other_settings_are_another_measurement(bench):
    with checkpoint.Study("study", 4, bench.folder / "kept") as study:
        for what, rows in (("a", 1), ("a", 2), ("b", 1), ("a", 1)):
            study.measure(what, bench.compute, seed=0, rows=rows)
    assert bench.computed == [0, 0, 0]


def test_the_order_of_settings_does_not_matter(bench):
    with checkpoint.Study("study", 2, bench.folder / "kept") as study:
        study.measure("a", bench.compute, rows=1, seed=2)
        study.measure("a", bench.compute, seed=2, rows=1)
    assert bench.computed == [2]


def test_a_section_of_the_parameters_is_a_setting(bench):
    seen = []

    def compute(section):
        seen.append(section)
        return {"backend": section.jobs}

    with checkpoint.Study("study", 3, bench.folder / "kept") as study:
        for jobs in (1, 2, 1):
            study.measure("a", compute, section=Compute(**COMPUTE | {"jobs": jobs}))
    assert [section.jobs for section in seen] == [1, 2]


def test_other_releases_of_libraries_are_measured_anew(bench, monkeypatch):
    interrupt(bench, at=2)
    monkeypatch.setattr(checkpoint, "version", lambda library: f"another {library}")
    bench.run()
    assert bench.computed == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("content", [b"", b'{"values": {"test"', b"[]", b"{}", b"\xff\x00"])
def test_a_corrupt_file_is_measured_anew(bench, content):
    interrupt(bench, at=2)
    for path in bench.kept():
        path.write_bytes(content)
    assert bench.run() == VALUES
    assert bench.computed == [0, 1, 0, 1, 2]


def test_an_error_leaves_the_study_open(bench):
    interrupt(bench, at=1)
    assert not (bench.folder / "kept" / "study" / "finished.json").exists()
    bench.run()
    assert (bench.folder / "kept" / "study" / "finished.json").exists()


def test_the_frame_names_files_that_are_there():
    assert all(path.is_file() for path in checkpoint.FRAME)
