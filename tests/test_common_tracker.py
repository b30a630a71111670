"""One tracker for all stages: the line between it and a stage, without MLflow at its end."""

import os
import socket
import subprocess
import sys
import tempfile
import threading

import pytest

from mnist_report import stage
from mnist_report.tracking import follow

#: A stage with a step, long enough after which a tracker that gives up has gone.
STAGE = """
import time
from mnist_report.stage import run_stage

def main(stage):
    time.sleep(0.5)
    for step in range(3):
        stage.log_step(step, {"loss": 0.5})

run_stage("pca", main)
"""


def python(code, **variables):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": "src"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def listener(tmp_path):
    """Return a listening socket; its address is short enough for one."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        made.listen()
        yield made


def test_the_messages_of_a_stage_come_in_order_and_its_end_waits_for_the_tracker(listener):
    said, done = [], []

    def tracker():
        line, _ = listener.accept()
        with line, line.makefile("r") as lines:
            said.extend(lines)
            done.append(True)

    thread = threading.Thread(target=tracker)
    thread.start()
    ended = python(STAGE, **{stage.TRACKER: listener.getsockname()})
    thread.join(10)
    assert (ended.returncode, ended.stderr, done) == (0, "", [True])
    assert said[0].startswith('{"stage": "pca", "started": 1')
    assert said[1:] == [
        *(f'{{"step": {step}, "metrics": {{"loss": 0.5}}}}\n' for step in range(3)),
        '{"end": "FINISHED", "reason": ""}\n',
    ]


def test_a_tracker_that_gives_up_costs_a_stage_nothing(listener):
    thread = threading.Thread(target=lambda: listener.accept()[0].close())
    thread.start()
    ended = python(STAGE, **{stage.TRACKER: listener.getsockname()})
    thread.join(10)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_where_the_common_tracker_is_gone_a_stage_starts_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv(stage.TRACKER, str(tmp_path / "gone"))
    assert stage._common_tracker() is None
    monkeypatch.delenv(stage.TRACKER)
    assert stage._common_tracker() is None


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_that_of_the_command(code):
    asks = f"import os, sys; sys.exit({code} if '{stage.TRACKER}' in os.environ else 9)"
    assert follow.followed([sys.executable, "-c", asks]) == code


def test_where_no_socket_can_be_made_the_command_runs_without(monkeypatch, tmp_path, capsys):
    deep = tmp_path / ("a" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    asks = f"import os, sys; sys.exit('{stage.TRACKER}' in os.environ)"
    assert follow.followed([sys.executable, "-c", asks]) == 0
    assert capsys.readouterr().err.startswith("track: warning: no tracker for all stages (")


def test_where_no_folder_can_be_made_the_command_runs_without(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert follow.followed([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert capsys.readouterr().err.startswith("track: warning: no tracker for all stages (")


def test_a_stage_that_ended_before_it_began_is_no_run(capsys):
    follow.follow([])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("line", ["half of a li", '{"stage": "pca"', "[]", "\n"])
def test_a_first_line_that_says_nothing_is_one_warning(capsys, line):
    follow.follow([line])
    err = capsys.readouterr().err
    assert err.startswith("track: warning: MLflow did not record this run (")
    assert len(err.splitlines()) == 1
