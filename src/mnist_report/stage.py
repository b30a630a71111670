"""The frame around every stage: parameters checked first, errors in one line, the run tracked.

A stage script says ``run_stage("pca", main)``. Its `main` gets a `Stage` and does the work; it
never meets MLflow. MLflow is spoken to by a second process (`mnist_report.tracking`), which
starts beside the stage, hears of steps through a pipe, and reads the rest from the stage's
outputs once they lie there. So the work does not wait for MLflow, cannot fail because of it,
and a stage that is killed closes the pipe, which marks its run.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from threadpoolctl import threadpool_limits

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.params import Params, load_params


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

    def _end(self, status: str, reason: str = "") -> None:
        self._tell({"end": status, "reason": reason})
        if self.tracker is not None:
            with contextlib.suppress(OSError):
                self.tracker.communicate()


def run_stage(name: str, main: Callable[[Stage], None]) -> NoReturn:
    """Run a stage as a process of its own, and exit with its status.

    Exit code 0 if `main` returned, 1 if it raised, 130 if it was interrupted.
    """
    try:
        params = load_params()
    except UserError as error:
        _fail(name, error)
    stage = Stage(params, _start_tracker(name))
    try:
        # OpenBLAS takes no more threads from its variable than there are cores; from here it does.
        with threadpool_limits(params.compute.threads):
            main(stage)
    except UserError as error:
        stage._end("FAILED", str(error))
        _fail(name, error)
    except KeyboardInterrupt:
        stage._end("KILLED", "interrupted")
        print(f"{name}: interrupted; run 'dvc repro' to start it again", file=sys.stderr)
        sys.exit(130)
    except BaseException as error:
        stage._end("FAILED", f"{type(error).__name__}: {error}")
        raise
    stage._end("FINISHED")
    sys.exit(0)


def _start_tracker(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "mnist_report.tracking", "follow", name],
        stdin=subprocess.PIPE,
        cwd=paths.ROOT,
        text=True,
    )


def _fail(name: str, error: UserError) -> NoReturn:
    print(f"{name}: error: {error}", file=sys.stderr)
    sys.exit(1)
