"""The frame around a stage: how it ends, what it says then, and what MLflow is told."""

import os
import sys
from unittest import mock

import pytest

from mnist_report import run
from mnist_report.core.errors import UserError
from mnist_report.core.tracking import Stage


def fails_with(error):
    def main(_):
        raise error

    return main


def test_every_end_has_its_code_its_words_and_its_record(capsys, monkeypatch):
    end = mock.Mock()
    monkeypatch.setattr(Stage, "end", end)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(sys, "argv", [])
    stopped = "pca: interrupted; run 'dvc repro' to start it again\n"
    for main, code, said, status in (
        (lambda stage: None, 0, "", ("FINISHED",)),
        (fails_with(UserError("no\n data")), 1, "pca: error: no data\n", ("FAILED", "no data")),
        (fails_with(KeyboardInterrupt()), 130, stopped, ("KILLED", "interrupted")),
    ):
        monkeypatch.setattr(run.runpy, "run_path", lambda *_, main=main, **__: {"main": main})
        assert run.main(["stages/pca.py"]) == code
        assert capsys.readouterr().err == said
        end.assert_called_with(*status)
    # A fault of the code shows its traceback.
    monkeypatch.setattr(run.runpy, "run_path", lambda *_, **__: {"main": fails_with(OSError("a"))})
    with pytest.raises(OSError, match="a"):
        run.main(["stages/pca.py"])
    end.assert_called_with("FAILED", "OSError: a")
