"""Fetching, from folders and from a real server on this machine."""

import http.server
import re
import threading
from gzip import compress as gz

import numpy as np
import pytest

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import Data, Own
from mnist_report.sources import fetching, idx
from mnist_report.sources.datasets import DATASETS, NAMES, Dataset, sha256

MNIST = Data(dataset="mnist", own=Own(source=None, title=None))


def files(train, test, side=28):
    random = np.random.default_rng(train + test)
    return {
        name: idx.encode(random.integers(0, 256, (count, side, side), dtype=np.uint8))
        if "images" in name
        else idx.encode(random.integers(0, 10, count, dtype=np.uint8))
        for name, count in zip(NAMES, (train, train, test, test), strict=True)
    }


CONTENTS = files(30, 10)
PUBLISHED = {f"{name}.gz": gz(content, mtime=0) for name, content in CONTENTS.items()}
FIRST, RIGHT = next(iter(PUBLISHED.items()))


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; of a list of answers each once."""

    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.requests.append(name)
        answer = self.server.files.get(name, 404)
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if callable(answer):
            answer(self)
        elif isinstance(answer, int):
            self.answer(answer)
        else:
            self.answer(200, len(answer), answer)

    def answer(self, status, length=0, content=b""):
        self.send_response(status)
        self.send_header("Content-Length", length)
        self.send_header("Location", "file:///etc/hostname")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """Serve the published files; a data set like MNIST, only smaller, has this as its mirror."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(fetching, "TIMEOUT", (1, 0.3))
    monkeypatch.setattr(fetching, "PAUSES", (0, 0))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.files, running.requests, running.done = dict(PUBLISHED), [], threading.Event()
        running.handle_error = lambda *_: None  # some tests hang up
        running.base = f"http://127.0.0.1:{running.server_port}/"
        digests = [tuple(map(sha256, each.values())) for each in (PUBLISHED, CONTENTS)]
        small = Dataset("mnist", "Small", "", "", (running.base,), *digests)
        monkeypatch.setitem(DATASETS, "mnist", small)
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.done.set()
        running.shutdown()


def fetch(params, folder, mirror, call=fetching.fetch):
    """Fetch into a folder, with a place to look in first or None."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RAW", folder)
        patch.setenv(fetching.MIRROR_VARIABLE, mirror or "")
        return call(params)


def check_available(params, folder):
    fetch(params, folder, None, fetching.check_available)


def put(folder, contents):
    for name, raw in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def holds(folder, contents=CONTENTS):
    return {path.name: path.read_bytes() for path in folder.iterdir()} == contents


def refusal(params, folder, mirror):
    """Fetch, which must fail with one line and leave nothing behind; return the line."""
    with pytest.raises(UserError) as caught:
        fetch(params, folder, mirror)
    assert str(caught.value).isprintable()
    assert not folder.exists()
    return str(caught.value)


def test_sources_however_they_are_named_and_hold_the_files(server, tmp_path, monkeypatch):
    layouts = {
        "is it?": PUBLISHED,
        "decompressed": CONTENTS,
        "kaggle": {name.replace("-idx", ".idx"): raw for name, raw in CONTENTS.items()},
        "folders": {f"{name}/{name}": raw for name, raw in CONTENTS.items()},
    }
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(paths, "USER_ROOT", tmp_path / "kaggle")
    folders = [str(put(tmp_path / layout, contents)) for layout, contents in layouts.items()]
    server.files = layouts["kaggle"]
    addresses = [(tmp_path / "is it?").as_uri(), server.base]
    for number, place in enumerate((*folders, "~/is it?", "../is it?", *addresses)):
        fetch(MNIST, tmp_path / "raw" / str(number), place)
        assert holds(tmp_path / "raw" / str(number)), place
        assert place == server.base or server.requests == []


def test_a_dead_mirror_gives_way_to_a_good_one(server, tmp_path, capfd):
    fetch(MNIST, tmp_path / "raw", "http://127.0.0.1:1/")
    assert holds(tmp_path / "raw")
    assert server.requests == list(PUBLISHED)
    said, *more = capfd.readouterr().err.splitlines()
    assert said.startswith(f"Small comes from {server.base}, as http://127.0.0.1:1/: {NAMES[0]}: ")
    assert more == []  # no progress bar, for this is no terminal


def test_what_is_refused_and_how_often_it_is_asked_for(server, tmp_path):
    def hanging(handler):
        server.done.wait(5)

    def broken(handler):
        handler.answer(200, 20_000, RIGHT[:1000])

    for answer, reason, requests in (
        (404, "no such file", 6),  # under every name
        (403, "HTTP error 403", 1),
        (503, "HTTP error 503", 3),
        (broken, "ChunkedEncodingError", 3),
        (hanging, "ReadTimeout", 1),
        (302, "InvalidSchema", 1),  # a redirect to a file
        (RIGHT[:1000], "no whole gzip file", 1),
        (gz(b"something else"), "wrong SHA-256", 1),
    ):
        server.files[FIRST], server.requests[:] = answer, []
        message = refusal(MNIST, tmp_path / "raw", None)
        assert message.startswith(f"cannot get Small: {server.base}: {NAMES[0]}: ")
        assert reason in message
        assert message.endswith("or run 'make repro DATASET=digits', which needs no network")
        assert len(server.requests) == requests, reason
    server.files[FIRST] = [503, broken, RIGHT]
    fetch(MNIST, tmp_path / "raw", None)
    assert holds(tmp_path / "raw")


def test_places_that_are_none_are_named_with_their_reason_and_without_secrets(server, tmp_path):
    server.files = {FIRST: 403}
    for place, told in (
        ("/no\x1b\nwhere", r"/no\x1b where: train-images-idx3-ubyte: no such file"),
        ("ftp://me:hidden@a/b", "ftp://a/b: train-images-idx3-ubyte: no such file"),
        ("~nobody-here/", "home directory"),
        (server.base.replace("//", "//me:hidden@"), "HTTP error 403"),
    ):
        message = refusal(MNIST, tmp_path / "raw", place)
        assert told in message
        assert not {"me", "hidden"} & set(re.findall(r"\w+", message))


def test_own_files_must_belong_together(tmp_path):
    params = Data(dataset="own", own=Own(source=str(tmp_path / "mine"), title="Mine"))
    right = files(5, 3)
    for name, content, reason in (
        (NAMES[3], files(5, 4)[NAMES[3]], "4 labels for 3 images"),
        (NAMES[2], files(5, 3, side=32)[NAMES[2]], "images of 32 x 32 pixels, not 28 x 28"),
        (NAMES[3], idx.encode(np.array([1, 12, 3], np.uint8)), "label 12 is outside 0 to 9"),
    ):
        put(tmp_path / "mine", right | {name: content})
        message = refusal(params, tmp_path / "raw", "/elsewhere")
        assert f"mine: {name}: {reason}; mend data.own.source in params.yaml" in message
    put(tmp_path / "mine", right)
    assert fetch(params, tmp_path / "raw", "/elsewhere").title == "Mine"
    assert holds(tmp_path / "raw", right)


def test_only_what_is_needed_is_asked_for(server, tmp_path):
    check_available(MNIST, tmp_path)
    assert not list(tmp_path.iterdir())
    put(tmp_path, CONTENTS | {NAMES[3]: CONTENTS[NAMES[3]][:-1] + b"\x0a"})
    fetch(MNIST, tmp_path, None)
    assert holds(tmp_path)
    assert server.requests == [f"{NAMES[3]}.gz"] * 2
    server.files = {}
    fetch(MNIST, tmp_path, None)
    check_available(MNIST, tmp_path)
    with pytest.raises(UserError, match="no such file"):
        check_available(MNIST, tmp_path / "raw")
    digits = MNIST.model_copy(update={"dataset": "digits"})
    check_available(digits, tmp_path / "raw")
    assert fetch(digits, tmp_path / "raw", None).key == "digits"
    assert {path.name for path in (tmp_path / "raw").iterdir()} == set(NAMES)
