"""The frame around every stage: one MLflow run, however the stage ends.

What a stage left behind is recorded when it has ended: a server that is slow or gone costs a
warning, never a result.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from mnist_report.core import tracking
from mnist_report.core.errors import UserError
from mnist_report.core.params import Params


class Stage(NamedTuple):
    """What a stage is given: its parameters, and what logs an epoch's measures to MLflow, live."""

    params: Params
    log_epoch: Callable[[int, Mapping[str, float]], None]


def run_stage(name: str, params: Params, main: Callable[[Stage], None]) -> None:
    """Run a stage; what `main` raises is recorded and raised again."""
    run = tracking.Run(name, params)
    try:
        # OpenBLAS takes no more threads from its variable than there are cores; from here it does.
        with threadpool_limits(params.compute.threads):
            main(Stage(params, run.log_step))
    except KeyboardInterrupt:
        run.end("KILLED", "interrupted")
        raise
    except Exception as error:
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        run.end("FAILED", f"{kind}{error}")
        raise
    run.end("FINISHED")
