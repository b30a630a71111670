"""The tracker's command line.

``python -m mnist_report.tracking follow STAGE`` records a stage while it works: it is started by
the stage itself and reads one JSON message a line. ``python -m mnist_report.tracking level``
(``make track``) brings the store level with the outputs that lie in this checkout.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterable

# MLflow reads these when it is imported. A server that cannot be reached must cost seconds.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
# What goes wrong is said here, in one line.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def follow(name: str, lines: Iterable[str]) -> None:
    """Record one stage from its messages: steps, then its end. No end: it was killed."""
    from mlflow.entities import Metric

    from mnist_report.dvcfiles import pipeline
    from mnist_report.params import load_params
    from mnist_report.tracking import models, record, store

    stage, params = pipeline()[name], load_params()
    client, experiment = store.connect()
    run_id = record.start_run(client, experiment, stage, params, "executed")
    logged: set[tuple[str, int]] = set()
    status, reason = "KILLED", "the stage's process ended without a word"
    try:
        models.load_libraries(stage.outs)
        for line in lines:
            message = json.loads(line)
            if "end" in message:
                status, reason = message["end"], message["reason"]
                break
            step, now = message["step"], int(time.time() * 1000)
            metrics = [Metric(k, v, now, step) for k, v in message["metrics"].items()]
            client.log_batch(run_id, metrics=metrics)
            logged |= {(metric.key, metric.step) for metric in metrics}
        if status == "FINISHED":
            record.record_outputs(client, run_id, stage, params, logged)
    except BaseException:
        record.end_run(client, run_id, "FAILED", "the tracker could not record the outputs")
        raise
    record.end_run(client, run_id, status, reason)


def main(arguments: list[str]) -> int:
    """Run one of the two commands; a store that cannot be used is a warning for `follow`."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if arguments[0] == "follow":
        # Ctrl-C reaches the whole process group; the stage decides what it means for the run.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            follow(arguments[1], sys.stdin)
        except Exception as error:
            print(
                f"{arguments[1]}: warning: MLflow did not record this run "
                f"({_first_line(error)}); the results are not affected; "
                "'make track' records it later",
                file=sys.stderr,
            )
        return 0
    from mnist_report.tracking.level import level

    try:
        return 0 if level() else 1
    except Exception as error:
        print(f"track: error: MLflow cannot be used ({_first_line(error)})", file=sys.stderr)
        return 1


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
