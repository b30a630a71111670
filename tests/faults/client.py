"""Ask the fork server to run a stage; as a script, the `python` that DVC then finds for a stage.

It imports next to nothing, so that a stage starts in milliseconds.
"""

import json
import os
import signal
import socket
import sys

#: The environment variable that holds the path of the server's socket.
ADDRESS = "FAULTS_SERVER"


def ask(address, request, out, err, timeout=None):
    """Run a stage on open files for its output and its errors; return its exit status.

    A status below zero is the number of the signal that killed it, as with `subprocess`.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(address)
        socket.send_fds(connection, [json.dumps(request).encode()], [out, err])
        answer = connection.recv(64)
    return json.loads(answer)


def main(arguments):
    script = arguments[-1] if arguments else ""
    if ADDRESS not in os.environ or not script.startswith("stages/"):
        os.execv(sys.executable, [sys.executable, *arguments])
    environment = {key: value for key, value in os.environ.items() if key.startswith("MLFLOW_")}
    request = {"script": script, "environment": environment, "tracked": bool(environment)}
    status = ask(os.environ[ADDRESS], request, 1, 2)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
