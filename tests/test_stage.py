"""The frame around a stage: how it ends, and what it says then."""

import errno
import json
import os
import signal
import subprocess
import sys

import pytest

from mnist_report import stage
from mnist_report.errors import UserError
from mnist_report.stage import run_stage


class Tracker:
    """Takes what the frame tells the tracker."""

    def __init__(self, wait=lambda: None):
        self.lines, self.told, self.wait = self, [], wait

    def write(self, line):
        self.told.append(json.loads(line))

    def flush(self):
        pass


@pytest.fixture
def tracker(monkeypatch):
    made = Tracker()
    monkeypatch.setattr(stage, "_start_tracker", lambda name: made)
    return made


def ended(main, capsys):
    with pytest.raises(SystemExit) as end:
        run_stage("pca", main)
    return end.value.code, capsys.readouterr().err


def fails_with(error):
    def main(*_):
        raise error

    return main


@pytest.fixture
def asked(monkeypatch):
    """Return a function that decides which inputs are said to be altered."""

    def answer(out, code=0):
        done = subprocess.CompletedProcess((), code, out, "")
        monkeypatch.setattr(
            subprocess, "run", lambda command, **_: questions.append(command) or done
        )

    questions = []
    answer.questions = questions
    return answer


def test_a_stage_that_ends_well(tracker, capsys):
    assert ended(lambda stage: None, capsys) == (0, "")
    assert tracker.told == [{"end": "FINISHED", "reason": ""}]


def test_a_user_error_is_one_line(tracker, capsys, asked):
    asked("")
    said = "pca: error: no such data\n"
    assert ended(fails_with(UserError("no such data")), capsys) == (1, said)
    assert tracker.told == [{"end": "FAILED", "reason": "no such data"}]


@pytest.mark.parametrize("out, code", [("", 0), ("metrics/scale.json\n", 1)])
def test_a_fault_of_the_code_shows_its_traceback(out, code, tracker, capsys, asked):
    asked(out, code)
    status, said = ended(fails_with(RuntimeError("a bug")), capsys)
    assert status == 1
    assert said.startswith("Traceback")
    assert said.endswith("RuntimeError: a bug\n")
    assert tracker.told == [{"end": "FAILED", "reason": "RuntimeError: a bug"}]


def test_a_failure_on_altered_inputs_names_them_in_one_line(tracker, capsys, asked):
    asked("metrics/scale.json\ndata/scaled/train_images.npy\n")
    status, said = ended(fails_with(KeyError("rows")), capsys)
    assert status == 1
    assert said == (
        "pca: error: metrics/scale.json, data/scaled/train_images.npy: not what the pipeline made "
        "(KeyError: 'rows'); run 'dvc repro', which brings it back\n"
    )
    assert asked.questions == [[sys.executable, "-m", "mnist_report.locked", "pca"]]
    assert f"pca: error: {tracker.told[0]['reason']}\n" == said


def test_a_user_error_on_altered_inputs_names_them(tracker, capsys, asked):
    asked("metrics/svm_gridsearch.json\n")
    _, said = ended(fails_with(UserError("the SVM cannot have C = nan")), capsys)
    assert said == (
        "pca: error: metrics/svm_gridsearch.json: not what the pipeline made "
        "(the SVM cannot have C = nan); run 'dvc repro', which brings it back\n"
    )


def test_a_user_error_that_sends_the_user_to_dvc_stands_as_it_is(tracker, capsys, asked):
    asked("metrics/svm_gridsearch.json\n")
    said = "it is missing; run 'dvc repro' to make it"
    assert ended(fails_with(UserError(said)), capsys) == (1, f"pca: error: {said}\n")
    assert asked.questions == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_refuses_is_one_line_wherever_it_does(number, tracker, capsys):
    error = OSError(number, os.strerror(number), "half a model")
    status, said = ended(fails_with(error), capsys)
    assert status == 1
    assert said.startswith(f"pca: error: cannot write half a model: {os.strerror(number)}; ")
    assert len(said.splitlines()) == 1


def test_a_tracker_that_waits_is_taken_and_no_other_started(tracker, capsys, monkeypatch):
    stage.start_tracker("pca")
    monkeypatch.setattr(stage, "_start_tracker", fails_with(AssertionError("another one")))
    assert ended(lambda stage: stage.log_step(1, {"loss": 0.5}), capsys) == (0, "")
    assert tracker.told == [
        {"step": 1, "metrics": {"loss": 0.5}},
        {"end": "FINISHED", "reason": ""},
    ]


def test_ctrl_c_is_one_line(tracker, capsys):
    said = "pca: interrupted; run 'dvc repro' to start it again\n"
    assert ended(fails_with(KeyboardInterrupt()), capsys) == (130, said)
    assert tracker.told == [{"end": "KILLED", "reason": "interrupted"}]


def test_ctrl_c_before_the_work_begins_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(stage, "_start_tracker", fails_with(KeyboardInterrupt()))
    said = "pca: interrupted; run 'dvc repro' to start it again\n"
    assert ended(lambda stage: None, capsys) == (130, said)


def test_ctrl_c_stops_the_waiting_for_a_tracker(capsys, monkeypatch):
    tracker = Tracker(wait=lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(stage, "_start_tracker", lambda name: tracker)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert ended(lambda stage: None, capsys) == (0, "")
    finally:
        signal.signal(signal.SIGINT, before)
