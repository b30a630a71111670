"""Record stages while they work, from the messages that their frames send."""

import contextlib
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mnist_report.dvcfiles import pipeline
from mnist_report.params import load_params
from mnist_report.stage import TRACKER

#: Held while libraries are loaded, which half made are of no use to another thread; while
#: TensorFlow is, nothing can be said, either.
_loading = threading.Lock()


def follow(lines: Iterable[str]) -> None:
    """Record one stage from its messages, one a line: who it is, its steps, its end.

    Without an end it was killed. What goes wrong is one line on stderr: the stage goes on.
    """
    name = "track"
    try:
        messages = map(json.loads, lines)
        stage = next(messages, None)
        if stage is None:  # it ended before it began
            return
        name = stage["stage"]
        _record(name, stage["started"], messages)
    except Exception as error:
        with _loading:
            print(
                f"{name}: warning: MLflow did not record this run "
                f"({first_line(error)}); the results are not affected; "
                "'make track' records it later",
                file=sys.stderr,
            )


def followed(command: Sequence[str]) -> int:
    """Run a command and record every stage that it starts; return its exit code.

    MLflow, which takes a stage's own tracker seconds to load, is loaded once for all of them.
    """
    with contextlib.ExitStack() as stack:
        environment = os.environ.copy()
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            environment[TRACKER] = str(Path(folder) / "tracker")
            server = stack.enter_context(_Server(environment[TRACKER], _Line))
        except OSError as error:
            print(
                f"track: warning: no tracker for all stages ({first_line(error)}); "
                "each starts its own",
                file=sys.stderr,
            )
            environment.pop(TRACKER, None)
        else:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        return subprocess.run(command, env=environment, check=False).returncode


def first_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


class _Line(socketserver.StreamRequestHandler):
    """Follows the stage at the other end of a connection."""

    def handle(self) -> None:
        follow(line.decode() for line in self.rfile)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Takes connections from stages, several at a time."""


def _record(name: str, started: float, messages: Iterator[dict[str, Any]]) -> None:
    stage, params = pipeline()[name], load_params()
    with _loading:
        # Here, so that a stage does not wait for these imports.
        from mlflow.entities import Metric

        from mnist_report.tracking import models, record, store

        client, experiment = store.connect()
    run_id = record.start_run(client, experiment, stage, params, started)
    logged: set[tuple[str, int]] = set()
    status, reason = "KILLED", "the stage's process ended without a word"
    with record.failed_unless_recorded(client, run_id):
        with _loading:
            models.load_libraries(stage.outs)
        for message in messages:
            if "end" in message:
                status, reason = message["end"], message["reason"]
                break
            step, now = message["step"], int(time.time() * 1000)
            metrics = [Metric(k, v, now, step) for k, v in message["metrics"].items()]
            client.log_batch(run_id, metrics=metrics)
            logged |= {(metric.key, metric.step) for metric in metrics}
        if status == "FINISHED":
            record.record_outputs(client, run_id, stage, params, logged)
    record.end_run(client, run_id, status, reason)
