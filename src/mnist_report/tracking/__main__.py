"""The tracker's command line: ``python -m mnist_report.tracking COMMAND``.

``follow`` records the stage that started it, while it works. ``around COMMAND`` runs a command and
records all stages that run meanwhile, in one process that loads MLflow once; then it levels.
``level`` (``make track``) brings the store level with the outputs that lie in this checkout.
"""

import logging
import os
import signal
import sys

# MLflow reads these when it is imported. A server that cannot be reached must cost seconds.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
# What goes wrong is said here, in one line.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mnist_report.errors import UserError
from mnist_report.interrupts import interrupts_noted
from mnist_report.tracking.follow import first_line, follow, followed


def main(arguments: list[str]) -> int:
    """Run one of the commands; a store that cannot be used is a warning while stages run."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command, *rest = arguments
    # Ctrl-C reaches the whole process group; the stage decides what it means for its run.
    if command == "follow":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        follow(sys.stdin)
        return 0
    if command == "around":
        with interrupts_noted() as interrupted:
            code = followed(rest)
        if code != 0 or interrupted.is_set():
            return code or 130
    try:
        why = _why_not_level()
    except KeyboardInterrupt:
        print("track: interrupted; 'make track' takes it up again", file=sys.stderr)
        return 130
    if why is None:
        return 0
    if command == "around":  # the work is done, whatever becomes of its record
        print(
            f"track: warning: {why}; the results are not affected; 'make track' records them later",
            file=sys.stderr,
        )
        return 0
    print(f"track: error: {why}", file=sys.stderr)
    return 1


def _why_not_level() -> str | None:
    """Bring the store level; say what kept a stage out, or nothing."""
    try:
        from mnist_report.tracking.level import level

        return None if level() else "MLflow did not take every stage"
    except UserError as error:
        return str(error)
    except Exception as error:
        return f"MLflow cannot be used ({first_line(error)})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
