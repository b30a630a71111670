"""The frame around every stage: parameters checked first, errors in one line, the run tracked.

A stage script says ``run_stage("pca", main)``. Its `main` gets a `Stage` and does the work; it
never meets MLflow. MLflow is spoken to by a second process (`mnist_report.tracking`), which
starts before the stage loads its libraries, for it loads some itself; or by one that ``make
repro`` has started for all stages. It hears of steps through a pipe or a socket, and reads the
rest from the stage's outputs once they lie there. So the work does not wait for MLflow, cannot
fail because of it, and a stage that is killed closes the line, which marks its run.
"""

import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, NoReturn

from threadpoolctl import threadpool_limits

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.params import Params, load_params

#: The environment variable that names the socket of a tracker for all stages, if there is one.
TRACKER = "MNIST_REPORT_TRACKER"


@dataclass(frozen=True)
class Tracker:
    """The line to what records a stage.

    Attributes
    ----------
    lines
        Takes one JSON message a line.
    wait
        Called after the last message: returns once the stage is recorded.
    """

    lines: IO[str]
    wait: Callable[[], object]


#: Trackers that wait for their stages, by name.
_waiting: dict[str, Tracker] = {}

#: What the operating system says of a disk that is full or that may not be written.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@dataclass(frozen=True)
class Stage:
    """What a stage is given: its parameters, and a way to report steps while it works."""

    params: Params
    tracker: Tracker | None = None

    def log_step(self, step: int, values: Mapping[str, float]) -> None:
        """Send metrics of one step (an epoch, say) to the tracker, which logs them live."""
        self._tell({"step": step, "metrics": dict(values)})

    def _tell(self, message: Mapping[str, object]) -> None:
        if self.tracker is not None:
            _tell(self.tracker, message)

    def _end(self, status: str, reason: str) -> None:
        # Ctrl-C stops the waiting, not the tracker, which ends by itself.
        with contextlib.suppress(OSError, KeyboardInterrupt):
            self._tell({"end": status, "reason": reason})
            if self.tracker is not None:
                self.tracker.wait()


def run_stage(name: str, main: Callable[[Stage], None]) -> NoReturn:
    """Run a stage as a process of its own, and exit with its status.

    Exit code 0 if `main` returned, 1 if it raised, 130 if it was interrupted.
    """
    stage = None
    status, reason, code = "FINISHED", "", 0
    try:
        params = load_params()
        stage = Stage(params, _waiting.pop(name, None) or _start_tracker(name))
        # OpenBLAS takes no more threads from its variable than there are cores; from here it does.
        with threadpool_limits(params.compute.threads):
            main(stage)
    except KeyboardInterrupt:
        status, reason, code = "KILLED", "interrupted", 130
        print(f"{name}: interrupted; run 'dvc repro' to start it again", file=sys.stderr)
    except Exception as error:
        said = _what_a_user_can_mend(name, error)
        if said is None:
            traceback.print_exc()
        else:
            print(f"{name}: error: {said}", file=sys.stderr)
        status, reason, code = "FAILED", said or f"{type(error).__name__}: {error}", 1
    if stage is not None:
        stage._end(status, reason)
    sys.exit(code)


def start_tracker(name: str) -> None:
    """Start what records a stage; `run_stage` takes it from there.

    If the process ends before that, the run is marked as killed.
    """
    _waiting[name] = _start_tracker(name)


def _start_tracker(name: str) -> Tracker:
    tracker = _common_tracker() or _own_tracker()
    _tell(tracker, {"stage": name, "started": time.time()})
    return tracker


def _common_tracker() -> Tracker | None:
    """Return a line to the tracker for all stages; None if there is none."""
    address = os.environ.get(TRACKER)
    if address is None:
        return None
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(address)
    except OSError:  # it is gone
        line.close()
        return None

    lines = line.makefile("w", encoding="utf-8")

    def wait() -> None:
        # It tries once more what a tracker that gave up did not take.
        with contextlib.suppress(OSError):
            lines.close()
        line.shutdown(socket.SHUT_WR)
        line.recv(1)  # nothing, when it closes its end

    return Tracker(lines, wait)


def _own_tracker() -> Tracker:
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_report.tracking", "follow"],
        stdin=subprocess.PIPE,
        cwd=paths.ROOT,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101  (it is a pipe)
    return Tracker(process.stdin, process.communicate)


def _tell(tracker: Tracker, message: Mapping[str, object]) -> None:
    # A tracker that gave up has said so itself; the work goes on without it.
    with contextlib.suppress(OSError):
        tracker.lines.write(json.dumps(message) + "\n")
        tracker.lines.flush()


def _what_a_user_can_mend(name: str, error: Exception) -> str | None:
    """Say what is wrong with the disk or with the stage's inputs; None if the code is at fault."""
    if isinstance(error, OSError) and error.errno in _DISK:
        where = error.filename or "a temporary file"
        return (
            f"cannot write {where}: {error.strerror}; "
            "free some space or check the permissions, then run 'dvc repro'"
        )
    # One that sends the user to DVC already knows which file is at fault.
    known = str(error) if isinstance(error, UserError) else None
    if known and "dvc repro" in known:
        return known
    # A process of its own, for the reason that `locked` gives; it costs time only here.
    command = [sys.executable, "-m", "mnist_report.locked", name]
    asked = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    altered = asked.stdout.splitlines()
    if asked.returncode != 0 or not altered:
        return known
    reason = known or f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return (
        f"{', '.join(altered)}: not what the pipeline made ({reason}); "
        "run 'dvc repro', which brings it back"
    )
