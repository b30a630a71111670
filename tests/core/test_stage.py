"""The frame around a stage: how it ends, what it says then, and what MLflow is told."""

import pytest

from mnist_report.core import stage
from mnist_report.core.errors import UserError


class Recorder:
    """Stands for the run in MLflow and keeps what it is told."""

    def __init__(self, name, params):
        Recorder.told = [name]

    def log_step(self, step, values):
        self.told.append((step, values))

    def end(self, status, reason=""):
        self.told.append((status, reason))


def ended(main, capsys, monkeypatch):
    """Run a stage; return its exit code, what it said, and what was recorded."""
    monkeypatch.setattr(stage.tracking, "Run", Recorder)
    Recorder.told = []
    with pytest.raises(SystemExit) as end:
        stage.run_stage("pca", main)
    return end.value.code, capsys.readouterr().err, Recorder.told


def fails_with(error):
    def main(*_):
        raise error

    return main


def test_every_end_has_its_code_its_words_and_its_record(capsys, monkeypatch):
    stopped = "pca: interrupted; run 'dvc repro' to start it again\n"
    for main, code, said, told in (
        (
            lambda now: now.log_epoch(1, {"loss": 0.5}),
            0,
            "",
            [(1, {"loss": 0.5}), ("FINISHED", "")],
        ),
        (fails_with(UserError("no\n data")), 1, "pca: error: no data\n", [("FAILED", "no data")]),
        (fails_with(KeyboardInterrupt()), 130, stopped, [("KILLED", "interrupted")]),
    ):
        assert ended(main, capsys, monkeypatch) == (code, said, ["pca", *told])
    # A fault of the code shows its traceback.
    code, said, told = ended(fails_with(RuntimeError("a bug")), capsys, monkeypatch)
    assert (code, told[-1]) == (1, ("FAILED", "RuntimeError: a bug"))
    assert said.startswith("Traceback")
