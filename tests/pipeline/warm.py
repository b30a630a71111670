"""A Python that has imported what the stages need, and forks a child for every command.

Imports cost a stage three to eight seconds, and these tests start a hundred. The server has paid
for them; the client, which stands on the PATH as `python` and `dvc`, hands it arguments, folder,
environment and streams. The project's own code a child imports from the checkout it works in.

usage: python -m mnist_report.run warm.py serve SOCKET PID    in a checkout: its sums are pinned
       python -IS warm.py SOCKET -m MODULE [ARGUMENTS]
"""

import json
import os
import socket
import sys

#: What is imported where it is used.
LATE = (
    "mlflow.sklearn", "mlflow.store.model_registry.sqlalchemy_store", "mlflow.tensorflow",
    "mlflow.store.tracking.sqlalchemy_store", "matplotlib.backends.backend_agg", "scipy.stats",
    "dvc.cli.parser", "dvc.repo",
)  # fmt: skip


def ask(address, arguments):
    """Have a command run, and end with its status."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        request = json.dumps([arguments, os.getcwd(), dict(os.environ)])  # noqa: PTH109
        socket.send_fds(server, [request.encode()], [0, 1, 2])
        sys.exit(int(server.recv(16)))


def run(arguments, folder, environment, streams):
    """Do here what ``python -m MODULE ARGUMENTS`` does in a new process, and end this one."""
    import runpy
    import signal
    import traceback
    from pathlib import Path

    # Where the tests run in the background, Ctrl-C is switched off, and inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.path[:0] = [folder, os.environ.get("PYTHONPATH", folder)]
    sys.argv = arguments[1:]
    status = 0
    try:
        if Path("src/sitecustomize.py").exists():
            runpy.run_path("src/sitecustomize.py")
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        status = traceback.format_exc()
    if isinstance(status, str):
        print(status, file=sys.stderr)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # At a proper end TensorFlow may wait for threads that did not come through the fork.
    os._exit(status)


def serve(address, pid):
    """Import everything, say so, and fork a child for every command while a process lives."""
    import gc
    import runpy
    import select
    import shutil
    import warnings
    from importlib import import_module
    from pathlib import Path

    import psutil

    warnings.simplefilter("ignore")
    import_module("skops.io")  # it looks through all that is loaded, so before TensorFlow is
    for folder in ("stages", "src/mnist_report/studies"):
        for script in Path(folder).glob("*.py"):
            runpy.run_path(str(script), run_name="imported")
    for library in LATE:
        import_module(library)
    for name in [name for name in sys.modules if name.startswith("mnist_report")]:
        del sys.modules[name]
    import_module("sqlalchemy.orm").configure_mappers()
    # Graphs take longer to draw up than the small networks that use them take to train.
    import_module("tensorflow").config.run_functions_eagerly(True)
    gc.freeze()  # so that the children share the memory

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while psutil.pid_exists(int(pid)):
            if not select.select([listener], [], [], 1)[0]:
                continue
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                request, streams, *_ = socket.recv_fds(connection, 1 << 20, 3)
                child = os.fork()
                if child == 0:
                    run(*json.loads(request), streams)
                _, status = os.waitpid(child, 0)
                connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                os._exit(0)
            connection.close()
    shutil.rmtree(Path(address).parent, ignore_errors=True)
    # At a proper end TensorFlow takes seconds.
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        ask(sys.argv[1], sys.argv[2:])
