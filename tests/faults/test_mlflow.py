"""MLflow in trouble: a server that is gone, hangs or answers 500; a full or barred store."""

import http.client
import shlex
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import injection
from miniature import UNREACHABLE, lines_said, wait_for

SERVER = "The MLflow server fails a stage"
STORE = "The MLflow store in the checkout cannot be written"

#: A stage that reports steps while it works, and leaves a model.
STAGE = "scratch_nn"

#: Seconds for which MLflow's client waits for an answer, and how often it tries again.
QUICK = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}

#: From which request on the server fails: a part of its path, and of its body.
MOMENTS = {
    "before it starts": ("", b""),
    "while it works": ("/runs/log-batch", b'"epoch'),
    "when it logs its outputs": ("/artifacts/", b""),
    "when its run is to be closed": ("/runs/update", b""),
}


class Gate(ThreadingHTTPServer):
    """A server that hands every request on to a real one, until it is told to fail."""

    daemon_threads = True

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), _Hand)
        self.upstream, self.fault, self.moment = upstream, None, ("", b"")
        self.fails, self.over = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, fault, moment):
        self.fault, self.moment = fault, moment
        self.fails.clear()

    def handle_error(self, request, client_address):
        """Say nothing of a client that did not wait."""


class _Hand(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        gate = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            # MLflow's client sends so what it takes from a file.
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        path, content = gate.moment
        if gate.fault and path in self.path and content in body:
            gate.fails.set()
        if gate.fails.is_set():
            self.close_connection = True
            if gate.fault == "hangs":
                gate.over.wait()
            elif gate.fault == "answers 500":
                self.send_error(500)
            return
        upstream = http.client.HTTPConnection(*gate.upstream, timeout=60)
        dropped = ("host", "transfer-encoding", "content-length")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in dropped}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        content = response.read()
        self.send_response(response.status)
        for key, value in response.getheaders():
            if key.lower() not in ("transfer-encoding", "content-length", "date", "server"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer


@pytest.fixture(scope="module")
def bench(shop):
    """Keep just the stages up to `STAGE`: the others are not to be levelled."""
    kept = {path for name in ("fetch", "scale", STAGE) for path in shop.outputs_of(name)}
    for name in list(shop.reference):
        if name not in kept:
            (shop.checkout.path / name).unlink()
            del shop.reference[name]
    return shop


class Mlflow:
    """A real MLflow server on a database of its own, behind a gate."""

    def __init__(self, checkout, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.database = folder / "server.db"
        command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.database}"]
        command += ["--artifacts-destination", str(folder / "artifacts")]
        # It has children of its own, which would outlive tests that are killed: the shell waits
        # for the end of its input, and ends them all.
        guarded = f"{shlex.join(command)} </dev/null & read _; kill -9 0"
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", guarded],
                cwd=folder,
                env=checkout.environment({}),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.gate = Gate(("127.0.0.1", port))
        self.environment = QUICK | {"MLFLOW_TRACKING_URI": self.gate.uri}
        assert wait_for(lambda: _answers(port)), (folder / "log").read_text()

    def runs(self):
        """Return the status of every run of `STAGE`, with its fingerprint."""
        query = f"""select r.status, t.value from runs r
            left join tags t on t.run_uuid = r.run_uuid and t.key = 'fingerprint'
            where r.name = '{STAGE}' order by r.start_time"""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()

    def forget(self):
        """Delete the runs there are, so that the next case starts with none of `STAGE`."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("update runs set lifecycle_stage = 'deleted', name = 'forgotten'")

    def close(self):
        self.gate.over.set()
        self.gate.shutdown()
        self.gate.server_close()
        self.process.communicate()


def _answers(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def mlflow(bench, tmp_path_factory):
    server = Mlflow(bench.checkout, tmp_path_factory.mktemp("mlflow"))
    yield server
    server.close()


def level(shop, environment):
    done = shop.checkout.python("-m", "mnist_report.tracking", "level", env=environment)
    assert done.code == 0, done.err
    assert f"track: {STAGE}: " in done.out
    assert "NOT recorded" not in done.out


def warned(done):
    """Return the lines that a stage said, without its progress bars."""
    assert "Traceback" not in done.err, done.err
    return lines_said(done.err)


def is_a_warning(lines):
    return len(lines) == 1 and lines[0].startswith(f"{STAGE}: warning: MLflow did not record")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("fault", ["is gone", "hangs", "answers 500"])
def test_a_server_that_fails_costs_a_warning(fault, moment, bench, mlflow, tried):
    tried(SERVER, f"it {fault} {moment}")
    mlflow.forget()
    mlflow.gate.fail(fault, MOMENTS[moment])
    for output in bench.outputs_of(STAGE):
        (bench.checkout.path / output).unlink(missing_ok=True)
    done = bench.stage(STAGE, environment=mlflow.environment)
    assert done.code == 0, done.err
    assert is_a_warning(warned(done)), done.err
    assert mlflow.gate.fails.is_set()
    assert bench.wrong() == []

    # The server is back.
    mlflow.gate.fail(None, ("", b""))
    level(bench, mlflow.environment)
    runs = mlflow.runs()
    assert [status for status, _ in runs].count("FINISHED") == 1, runs
    assert {status for status, _ in runs} <= {"FINISHED", "FAILED", "KILLED"}, runs
    level(bench, mlflow.environment)
    assert mlflow.runs() == runs


def test_a_port_that_nobody_listens_on_costs_a_warning(bench, tried):
    tried(SERVER, "nobody listens on its port")
    done = bench.stage(STAGE, environment=QUICK | UNREACHABLE)
    assert done.code == 0
    assert is_a_warning(warned(done)), done.err
    assert bench.wrong() == []


def test_nothing_fails_while_nothing_is_wrong(bench, mlflow):
    mlflow.forget()
    mlflow.gate.fail(None, ("", b""))
    done = bench.stage(STAGE, environment=mlflow.environment)
    assert done.code == 0
    assert warned(done) == []
    assert [status for status, _ in mlflow.runs()] == ["FINISHED"]


# The store in the checkout


@pytest.fixture
def store(bench, tmp_path):
    """Return a folder that takes the place of the checkout as the home of the store."""
    return tmp_path, {"DVC_ROOT": str(tmp_path)}


@pytest.mark.parametrize("kilobytes", [8, 256, 2048])
def test_a_full_disk_under_the_store_costs_a_warning(kilobytes, bench, store, may_mount, tried):
    if not may_mount:
        pytest.skip("nothing can be mounted here")
    folder, environment = store
    tried(STORE, f"a disk of {kilobytes} kB")
    pages = kilobytes * 1024 // injection.PAGE
    done = bench.stage(STAGE, environment=environment, before=["spoil_store", str(folder), pages])
    assert done.code == 0, done.err
    assert is_a_warning(warned(done)), done.err
    assert bench.wrong() == []


def test_a_read_only_store_costs_a_warning(bench, store, may_mount, tried):
    if not may_mount:
        pytest.skip("nothing can be mounted here")
    folder, environment = store
    tried(STORE, "a read-only file system")
    assert warned(bench.stage(STAGE, environment=environment)) == []
    before = (folder / "mlflow.db").read_bytes()
    done = bench.stage(STAGE, environment=environment, before=["spoil_store", str(folder), 0])
    assert done.code == 0, done.err
    assert is_a_warning(warned(done)), done.err
    assert bench.wrong() == []
    assert (folder / "mlflow.db").read_bytes() == before


def test_a_store_that_cannot_grow_is_levelled_when_it_can(bench, store, tried):
    folder, environment = store
    tried(STORE, "a limit on file size that the database reaches")
    assert warned(bench.stage("fetch", environment=environment)) == []
    size = (folder / "mlflow.db").stat().st_size
    done = bench.stage(STAGE, environment=environment, before=["limit_files", size // 2])
    assert done.code == 0, done.err
    assert is_a_warning(warned(done)), done.err
    assert bench.wrong() == []
    level(bench, environment)
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        runs = connection.execute("select name, status from runs").fetchall()
    assert runs.count((STAGE, "FINISHED")) == 1, runs
    assert "RUNNING" not in dict(runs).values(), runs
