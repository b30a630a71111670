"""The frame around a stage: how it ends, what it says then, and what MLflow is told."""

from unittest import mock

import pytest

from mnist_report.core import stage
from mnist_report.core.errors import UserError


def fails_with(error):
    def main(*_):
        raise error

    return main


def test_every_end_has_its_code_its_words_and_its_record(capsys, monkeypatch):
    run = mock.Mock()
    monkeypatch.setattr(stage.tracking, "Run", run)
    stopped = "pca: interrupted; run 'dvc repro' to start it again\n"
    for main, code, said, status, reason in (
        (lambda now: now.log_epoch(1, {"loss": 0.5}), 0, "", "FINISHED", ""),
        (fails_with(UserError("no\n data")), 1, "pca: error: no data\n", "FAILED", "no data"),
        (fails_with(KeyboardInterrupt()), 130, stopped, "KILLED", "interrupted"),
        # A fault of the code shows its traceback.
        (fails_with(RuntimeError("a bug")), 1, "Traceback", "FAILED", "RuntimeError: a bug"),
    ):
        with pytest.raises(SystemExit) as end:
            stage.run_stage("pca", main)
        err = capsys.readouterr().err
        assert (end.value.code, err[: len(said)], bool(err)) == (code, said, bool(said))
        run().end.assert_called_with(status, reason)
    run().log_step.assert_called_once_with(1, {"loss": 0.5})
