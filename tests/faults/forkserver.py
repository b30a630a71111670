"""A process that has imported all that the stages need, and forks a child for each that is to run.

Imports cost a stage five seconds; a fork costs milliseconds. The child runs the stage's script as
Python would: the real frame, its real messages on real files, its real exit status.

usage, in a checkout: python forkserver.py SOCKET
"""

import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from pathlib import Path

import injection


def run(script, environment, *, tracked, plan, before):
    """Run the script of a stage to its end, and leave this process with its status.

    Parameters
    ----------
    tracked
        Whether MLflow follows.
    plan
        The faults at the files that the stage writes.
    before
        A function of `injection` that is called first, and its arguments; or None.
    """
    os.environ.update(environment)
    if not tracked:
        from mnist_report import stage

        stage._start_tracker = lambda name: None
    if before:
        getattr(injection, before[0])(*before[1:])
    if plan:
        injection.prepare(plan)
    sys.argv = [script]
    try:
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    injection.last_words()
    sys.stdout.flush()
    sys.stderr.flush()
    # What TensorFlow does at a proper end may wait for threads that did not come through the fork.
    os._exit(status)


def attend(connection):
    """Fork the stage that is asked for, wait for it, and tell how it ended."""
    content, (out, err), *_ = socket.recv_fds(connection, 1 << 20, 2)
    request = json.loads(content)
    child = os.fork()
    if child == 0:
        connection.close()
        os.dup2(out, 1)
        os.dup2(err, 2)
        run(
            request["script"],
            request["environment"],
            tracked=request["tracked"],
            plan=request.get("plan"),
            before=request.get("before"),
        )
    _, status = os.waitpid(child, 0)
    connection.sendall(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def serve(address):
    # Where the tests themselves run in the background, Ctrl-C is switched off and inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for script in sorted(Path("stages").glob("*.py")):
        runpy.run_path(str(script), run_name="imported")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    # Whoever started the server holds its input open: it ends when they do, however that is.
    while select.select([listener, sys.stdin], [], [])[0] == [listener]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            attend(connection)
            os._exit(0)
        connection.close()
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


if __name__ == "__main__":
    serve(sys.argv[1])
