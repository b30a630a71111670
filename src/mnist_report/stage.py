"""The frame around every stage: parameters checked first, errors in one line, the run tracked.

A stage script says ``run_stage("pca", main)``. Its `main` gets a `Stage` and does the work; it
never meets MLflow. MLflow is spoken to by a second process (`mnist_report.tracking`), which
starts before the stage loads its libraries, for it loads some itself. It hears of steps through a
pipe, and reads the rest from the stage's outputs once they lie there. So the work does not wait
for MLflow, cannot fail because of it, and a stage that is killed closes the pipe, which marks its
run.
"""

import contextlib
import errno
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from threadpoolctl import threadpool_limits

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.params import Params, load_params

#: Trackers that were started and wait for their stages, by name.
_waiting: "dict[str, subprocess.Popen[str]]" = {}

#: What the operating system says of a disk that is full or that may not be written.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@dataclass(frozen=True)
class Stage:
    """What a stage is given: its parameters, and a way to report steps while it works."""

    params: Params
    tracker: "subprocess.Popen[str] | None" = None

    def log_step(self, step: int, values: Mapping[str, float]) -> None:
        """Send metrics of one step (an epoch, say) to the tracker, which logs them live."""
        self._tell({"step": step, "metrics": dict(values)})

    def _tell(self, message: Mapping[str, object]) -> None:
        if self.tracker is None or self.tracker.stdin is None:
            return
        # A tracker that gave up has said so itself; the work goes on without it.
        with contextlib.suppress(OSError):
            self.tracker.stdin.write(json.dumps(message) + "\n")
            self.tracker.stdin.flush()

    def _end(self, status: str, reason: str) -> None:
        # Ctrl-C stops the waiting, not the tracker, which ends by itself.
        with contextlib.suppress(OSError, KeyboardInterrupt):
            self._tell({"end": status, "reason": reason})
            if self.tracker is not None:
                self.tracker.communicate()


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


def _start_tracker(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "mnist_report.tracking", "follow", name],
        stdin=subprocess.PIPE,
        cwd=paths.ROOT,
        text=True,
    )


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
