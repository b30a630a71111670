"""The frame around every stage: parameters checked first, errors in one line, one MLflow run.

What a stage left behind is recorded when it has ended: a server that is slow or gone costs a
warning, never a result.
"""

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn

from threadpoolctl import threadpool_limits

from mnist_report.core import tracking
from mnist_report.core.errors import UserError
from mnist_report.core.params import Params, load_params


class Stage(NamedTuple):
    """What a stage is given: its parameters, and what logs an epoch's measures to MLflow, live."""

    params: Params
    log_epoch: Callable[[int, Mapping[str, float]], None]


def run_stage(name: str, main: Callable[[Stage], None]) -> NoReturn:
    """Run a stage; exit with 0 if `main` returned, 1 if it raised, 130 if it was interrupted."""
    run = None
    status, reason, code = "FINISHED", "", 0
    try:
        params = load_params()
        run = tracking.Run(name, params)
        # OpenBLAS takes no more threads from its variable than there are cores; from here it does.
        with threadpool_limits(params.compute.threads):
            main(Stage(params, run.log_step))
    except KeyboardInterrupt:
        status, reason, code = "KILLED", "interrupted", 130
        print(f"{name}: interrupted; run 'dvc repro' to start it again", file=sys.stderr)
    except UserError as error:
        status, reason, code = "FAILED", str(error), 1
        print(f"{name}: error: {error}", file=sys.stderr)
    except Exception as error:
        status, reason, code = "FAILED", f"{type(error).__name__}: {error}", 1
        traceback.print_exc()
    if run is not None:
        run.end(status, reason)
    sys.exit(code)
