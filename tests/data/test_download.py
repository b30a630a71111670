"""Fetching, against a real server on this machine."""

import datetime
import errno
import gzip
import hashlib
import http.server
import io
import ipaddress
import os
import socket
import ssl
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from mnist_report.data import download, idx
from mnist_report.data.datasets import DATASETS, NAMES, Dataset, own_dataset
from mnist_report.errors import UserError

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES
RANDOM = np.random.default_rng(0)


def images(count, side=28):
    return idx.encode_images(RANDOM.integers(0, 256, (count, side, side), dtype=np.uint8))


def labels(count):
    return idx.encode_labels(RANDOM.integers(0, 10, count, dtype=np.uint8))


CONTENTS = {
    TRAIN_IMAGES: images(30),
    TRAIN_LABELS: labels(30),
    TEST_IMAGES: images(10),
    TEST_LABELS: labels(10),
}
PUBLISHED = {name: gzip.compress(content, 9, mtime=0) for name, content in CONTENTS.items()}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def small_dataset(*mirrors, content_digest=True):
    """A data set like MNIST, only smaller."""
    return Dataset(
        key="small",
        title="Small",
        licence="none",
        source="this test",
        files=tuple(
            replace(
                file,
                gz_sha256=sha256(PUBLISHED[file.name]),
                sha256=sha256(CONTENTS[file.name]) if content_digest else None,
                gz_size=len(PUBLISHED[file.name]),
                size=len(CONTENTS[file.name]),
            )
            for file in own_dataset("Small").files
        ),
        mirrors=mirrors,
        train_count=30,
        test_count=10,
    )


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` by path; an answer may be bytes, a status or a function of the handler."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {f"/{name}.gz": [raw] for name, raw in PUBLISHED.items()}
        self.requests = []
        self.scheme = "http"

    @property
    def base(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}/"

    def put(self, name, *answers):
        """Give these answers one after the other, the last one for ever."""
        self.files[f"/{name}.gz"] = list(answers)

    def handle_error(self, request, client_address):
        """Say nothing when the client hangs up: some tests mean it to."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        answers = self.server.files.get(self.path, [404])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer(self)
        elif isinstance(answer, int):
            self.send_error(answer)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait for nothing, and let no setting of this machine send the requests elsewhere."""
    monkeypatch.setattr(download, "BACKOFF", 0.01)
    monkeypatch.setattr(download, "CONNECT_TIMEOUT", 1.0)
    monkeypatch.setattr(download, "READ_TIMEOUT", 1.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw"


def everything_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(dataset, folder, mirror):
    """Fetch, which must fail with one line and leave nothing behind; return the line."""
    with pytest.raises(UserError) as caught:
        download.fetch(dataset, folder, mirror)
    message = str(caught.value)
    assert "\n" not in message
    assert not folder.exists() or not list(folder.iterdir())
    return message


# --- what works ---


def test_success(server, folder, capfd):
    fetched = download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS
    assert [file.name for file in fetched] == list(NAMES)
    for file in fetched:
        assert file.sha256 == sha256(CONTENTS[file.name])
        assert file.size == len(CONTENTS[file.name])
        assert file.source == f"{server.base}{file.name}.gz"
    out, err = capfd.readouterr()
    assert out == ""
    assert "train-images-idx3-ubyte.gz: 100%" in err


def test_mirror_comes_first_then_the_public_ones(server, folder, capfd):
    server.put(TRAIN_IMAGES, 404)
    with Server() as public:
        threading.Thread(target=public.serve_forever, args=(0.01,), daemon=True).start()
        fetched = download.fetch(small_dataset(public.base), folder, server.base)
        public.shutdown()
    assert everything_in(folder) == CONTENTS
    assert public.requests == [f"/{TRAIN_IMAGES}.gz"]
    assert fetched[0].source.startswith(public.base)
    assert fetched[1].source.startswith(server.base)
    assert f"{server.base}{TRAIN_IMAGES}.gz: HTTP error 404" in capfd.readouterr().err


@pytest.mark.parametrize("passing", [500, 503, 429])
def test_a_passing_error_is_tried_again(server, folder, passing):
    server.put(TRAIN_IMAGES, passing, passing, PUBLISHED[TRAIN_IMAGES])
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS
    assert len(server.requests) == 6


def test_the_wait_doubles(server, folder, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(download, "ATTEMPTS", 4)
    monkeypatch.setattr(download, "BACKOFF", 1.0)
    server.put(TRAIN_IMAGES, 500, 500, 500, PUBLISHED[TRAIN_IMAGES])
    download.fetch(small_dataset(server.base), folder, None)
    assert waits == [1, 2, 4]


def test_a_broken_body_is_tried_again(server, folder):
    def broken(handler):
        raw = PUBLISHED[TRAIN_IMAGES]
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw[:100])

    server.put(TRAIN_IMAGES, broken, PUBLISHED[TRAIN_IMAGES])
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS


def test_files_that_are_right_are_not_fetched(server, folder):
    download.fetch(small_dataset(server.base), folder, None)
    server.requests.clear()
    fetched = download.fetch(small_dataset(server.base), folder, None)
    assert server.requests == []
    assert {file.source for file in fetched} == {download.ALREADY_THERE}


def test_a_file_that_is_wrong_is_fetched_again(server, folder):
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / TEST_LABELS).write_bytes(CONTENTS[TEST_LABELS][:-1] + b"\x0a")
    download.fetch(small_dataset(server.base), folder, None)
    assert server.requests == [f"/{TEST_LABELS}.gz"]
    assert everything_in(folder) == CONTENTS


def test_without_a_digest_of_the_content_files_are_fetched_again(server, folder):
    dataset = small_dataset(server.base, content_digest=False)
    download.fetch(dataset, folder, None)
    download.fetch(dataset, folder, None)
    assert len(server.requests) == 8


def test_recompressed_files_are_accepted(server, folder):
    for name, content in CONTENTS.items():
        server.put(name, gzip.compress(content, 0))  # stored: longer than the content
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS


def test_recompressed_files_are_refused_if_only_the_gz_is_known(server, folder):
    server.put(TRAIN_IMAGES, gzip.compress(CONTENTS[TRAIN_IMAGES], 1))
    message = refusal(small_dataset(server.base, content_digest=False), folder, None)
    assert "wrong checksum" in message
    assert "only the .gz file as published can be checked" in message


def test_a_server_that_calls_the_gz_an_encoding(server, folder):
    def encoded(handler):
        raw = PUBLISHED[TRAIN_IMAGES]
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    server.put(TRAIN_IMAGES, encoded)
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS


def test_redirects_within_http_are_followed(server, folder):
    server.files["/elsewhere"] = [PUBLISHED[TRAIN_IMAGES]]
    server.put(TRAIN_IMAGES, redirect("/elsewhere"))
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS


def test_names_that_a_server_sends_are_not_used(server, tmp_path, folder):
    """Neither the answer's header nor the gzip's own says where a file goes."""
    packed = io.BytesIO()
    with gzip.GzipFile("../../evil", "wb", fileobj=packed) as stream:
        stream.write(CONTENTS[TRAIN_IMAGES])
    assert b"evil" in packed.getvalue()

    def named(handler):
        handler.send_response(200)
        handler.send_header("Content-Disposition", 'attachment; filename="../../evil"')
        handler.send_header("Content-Length", str(len(packed.getvalue())))
        handler.end_headers()
        handler.wfile.write(packed.getvalue())

    server.files["/evil.gz"] = [named]
    server.put(TRAIN_IMAGES, redirect("/evil.gz"))
    download.fetch(small_dataset(server.base), folder, None)
    assert everything_in(folder) == CONTENTS
    assert set(tmp_path.rglob("*")) == {folder, *folder.iterdir()}


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("as_url", [True, False])
def test_folder_as_mirror(tmp_path, folder, compressed, as_url):
    mirror = tmp_path / "a mirror"
    mirror.mkdir()
    for name in NAMES:
        if compressed:
            (mirror / f"{name}.gz").write_bytes(PUBLISHED[name])
        else:
            (mirror / name).write_bytes(CONTENTS[name])
    fetched = download.fetch(small_dataset(), folder, mirror.as_uri() if as_url else str(mirror))
    assert everything_in(folder) == CONTENTS
    assert fetched[0].source == str(mirror / (TRAIN_IMAGES + ".gz" * compressed))


def test_a_broken_gz_in_a_folder_does_not_hide_the_file_beside_it(tmp_path, folder):
    for name in NAMES:
        (tmp_path / f"{name}.gz").write_bytes(PUBLISHED[name][:40])
        (tmp_path / name).write_bytes(CONTENTS[name])
    download.fetch(small_dataset(), folder, str(tmp_path))
    assert everything_in(folder) == CONTENTS


def test_own_data_set(tmp_path, folder):
    own = {
        TRAIN_IMAGES: images(5),
        TRAIN_LABELS: labels(5),
        TEST_IMAGES: images(3),
        TEST_LABELS: labels(3),
    }
    for name, content in own.items():
        (tmp_path / name).write_bytes(content)
    download.fetch(own_dataset("Mine"), folder, str(tmp_path))
    assert everything_in(folder) == own


def test_password_and_token_of_a_mirror_are_used_but_not_told(server, folder):
    seen = []

    def guarded(handler):
        seen.append((handler.path, handler.headers["Authorization"]))
        handler.send_error(403)

    server.files[f"/{TRAIN_IMAGES}.gz?token=secret"] = [guarded]
    mirror = f"http://me:hidden@127.0.0.1:{server.server_port}/?token=secret"
    message = refusal(small_dataset(), folder, mirror)
    assert seen == [(f"/{TRAIN_IMAGES}.gz?token=secret", "Basic bWU6aGlkZGVu")]
    assert f"{server.base}{TRAIN_IMAGES}.gz: HTTP error 403" in message
    assert "secret" not in message
    assert "hidden" not in message


# --- what is refused ---


def redirect(target):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(1 << 16))


def hanging(handler):
    handler.server.released.wait(5)


def without_length(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(PUBLISHED[TRAIN_IMAGES][:1000])


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (404, "HTTP error 404", 1),
        (403, "HTTP error 403", 1),
        (500, "HTTP error 500, 3 attempt(s)", 3),
        (b"\n<!DOCTYPE html><title>Log in</title>", "a web page instead of the file", 1),
        (PUBLISHED[TRAIN_IMAGES][:1000], "truncated gzip", 1),
        (without_length, "truncated gzip", 1),
        (PUBLISHED[TRAIN_IMAGES] + b"x", "1 stray bytes", 1),
        (gzip.compress(images(30)), "wrong checksum", 1),
        (PUBLISHED[TRAIN_LABELS], "wrong magic number: 2049, expected 2051", 1),
        (gzip.compress(CONTENTS[TRAIN_IMAGES][:-1]), "wrong length", 1),
        (gzip.compress(bytes(10_000_000)), "holds more than the 23536 bytes", 1),
        (bytes(100_000), "100000 bytes, more than the 94956 expected", 1),
        (endless, "more than the 94956 bytes expected", 1),
        (b"", "truncated: 0 bytes", 1),
        (redirect("file:///etc/passwd"), "redirects to an address that is not http(s)", 1),
        (redirect("ftp://127.0.0.1/x"), "redirects to an address that is not http(s)", 1),
        (redirect("data:application/gzip,x"), "redirects to an address that is not http(s)", 1),
        (redirect("http://["), "no usable address", 1),
        (redirect(f"/{TRAIN_IMAGES}.gz"), "no usable address (TooManyRedirects)", 31),
    ],
)
def test_refused(server, folder, answer, reason, requests):
    server.put(TRAIN_IMAGES, answer)
    message = refusal(small_dataset(server.base), folder, None)
    assert message.startswith(f"cannot get {TRAIN_IMAGES}.gz (Small): {server.base}{TRAIN_IMAGES}")
    assert reason in message
    assert "set MNIST_MIRROR" in message
    assert "make repro DATASET=digits" in message
    assert len(server.requests) == requests


def test_a_failure_at_the_last_file_leaves_nothing(server, folder):
    server.put(TEST_LABELS, 404)
    assert TEST_LABELS in refusal(small_dataset(server.base), folder, None)


def test_a_server_that_hangs(server, folder, monkeypatch):
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.1)
    server.released = threading.Event()
    server.put(TRAIN_IMAGES, hanging)
    message = refusal(small_dataset(server.base), folder, None)
    server.released.set()
    assert "no answer in time, 3 attempt(s)" in message
    assert len(server.requests) == 3


def test_a_server_that_hangs_within_the_body(server, folder, monkeypatch):
    def half(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "20000")
        handler.end_headers()
        handler.wfile.write(PUBLISHED[TRAIN_IMAGES][:1000])
        hanging(handler)

    monkeypatch.setattr(download, "READ_TIMEOUT", 0.1)
    server.released = threading.Event()
    server.put(TRAIN_IMAGES, half)
    message = refusal(small_dataset(server.base), folder, None)
    server.released.set()
    assert "no answer in time, 3 attempt(s)" in message


def test_nothing_listens(folder):
    with socket.socket() as unused:  # bound, but not listening
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        message = refusal(small_dataset(base), folder, None)
    assert "connection failed (Connection refused), 3 attempt(s)" in message


def test_every_source_is_named_with_its_reason(server, tmp_path, folder):
    server.put(TRAIN_IMAGES, 404)
    mirror = tmp_path / "nowhere"
    message = refusal(small_dataset(server.base), folder, str(mirror))
    assert f"{mirror / TRAIN_IMAGES}.gz: no such file; {server.base}" in message
    assert "HTTP error 404" in message


@pytest.mark.parametrize("mirror", ["ftp://127.0.0.1/", "http://", "http://[", "file://host/x"])
def test_a_mirror_that_is_no_place(folder, mirror):
    message = refusal(small_dataset(), folder, mirror)
    assert message.startswith(f"MNIST_MIRROR is {mirror!r}")


def test_a_mirror_with_a_nul_in_its_path(folder):
    assert "cannot be read" in refusal(small_dataset(), folder, "file:///a%00b")


def test_a_mirror_with_a_name_that_no_file_can_have(folder):
    message = refusal(small_dataset(), folder, "/" + "a" * 300)
    assert "cannot be read (File name too long)" in message


@pytest.mark.parametrize("mirror", ["/no\nwhere", "/no\x1b[31m", "http://[\n", "ftp://a\n/"])
def test_a_mirror_with_control_characters_is_named_in_one_line(folder, mirror):
    message = refusal(small_dataset(), folder, mirror)
    assert message.isprintable()
    assert mirror.strip().encode("unicode_escape").decode() in message


def test_the_advice_for_own_data_names_the_parameter_that_says_where_they_lie(tmp_path, folder):
    message = refusal(own_dataset("Mine"), folder, str(tmp_path))
    assert "mend data.own.source in params.yaml" in message
    assert "MNIST_MIRROR" not in message
    with pytest.raises(UserError, match=r"ftp.*data\.own\.source in params\.yaml") as caught:
        download.fetch(own_dataset("Mine"), folder, "ftp://a/")
    assert "MNIST_MIRROR" not in str(caught.value)


def test_no_source_at_all(folder):
    message = refusal(small_dataset(), folder, None)
    assert "there is no public mirror and MNIST_MIRROR is not set" in message


def test_a_certificate_that_nobody_signed(server, tmp_path, folder):
    server.socket = certified(tmp_path).wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    message = refusal(small_dataset(server.base), folder, None)
    assert "no trusted TLS connection" in message
    assert server.requests == []


def test_a_certificate_is_checked_against_the_host_even_after_a_redirect(
    server, tmp_path, folder, monkeypatch
):
    with Server() as safe:
        safe.socket = certified(tmp_path).wrap_socket(safe.socket, server_side=True)
        threading.Thread(target=safe.serve_forever, args=(0.01,), daemon=True).start()
        port = safe.server_port
        # The certificate is for 127.0.0.1 alone.
        for host, trusted, reason in (
            ("127.0.0.1", False, "no trusted TLS connection"),
            ("localhost", True, "no trusted TLS connection"),
            ("127.0.0.1", True, None),
        ):
            if trusted:
                monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
            server.put(TRAIN_IMAGES, redirect(f"https://{host}:{port}/{TRAIN_IMAGES}.gz"))
            if reason:
                assert reason in refusal(small_dataset(server.base), folder, None)
                assert safe.requests == []
            else:
                download.fetch(small_dataset(server.base), folder, None)
        safe.shutdown()
    assert everything_in(folder) == CONTENTS


def certified(tmp_path):
    """Return a TLS context with a self-signed certificate for 127.0.0.1."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_full_disk(server, folder, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = refusal(small_dataset(server.base), folder, None)
    assert "No space left on device" in message
    assert str(folder / TRAIN_IMAGES) in message


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (TRAIN_LABELS, labels(4), f"{TRAIN_LABELS} holds 4 labels for 5 images"),
        (TEST_LABELS, labels(4), f"{TEST_LABELS} holds 4 labels for 3 images"),
        (TEST_IMAGES, images(3, 32), "images of 32 x 32 pixels, not 28 x 28"),
        (
            TEST_LABELS,
            idx.encode_labels(np.array([1, 12, 3], np.uint8)),
            "label 12 at position 1 is outside 0 to 9",
        ),
        (TEST_LABELS, images(3), "wrong magic number: 2051, expected 2049"),
    ],
)
def test_own_files_that_do_not_fit(tmp_path, folder, name, content, reason):
    own = {
        TRAIN_IMAGES: images(5),
        TRAIN_LABELS: labels(5),
        TEST_IMAGES: images(3),
        TEST_LABELS: labels(3),
    } | {name: content}
    for each, raw in own.items():
        (tmp_path / each).write_bytes(raw)
    message = refusal(own_dataset("Mine"), folder, str(tmp_path))
    assert reason in message
    assert name in message
    with pytest.raises(UserError, match=f"{name}.*Mine"):
        download.check_dataset(own_dataset("Mine"), own)


def test_other_counts_than_published():
    with pytest.raises(UserError, match="holds 10 images, expected 11"):
        download.check_dataset(replace(small_dataset(), test_count=11), CONTENTS)


def test_digits_are_not_fetched(folder):
    with pytest.raises(ValueError, match="digits is made, not fetched"):
        download.fetch(DATASETS["digits"], folder, None)


# --- the probe ---


def test_available_from_a_server_after_one_small_file(server, folder):
    assert download.why_unavailable(small_dataset(server.base), folder, None) is None
    assert server.requests == [f"/{TEST_LABELS}.gz"]
    assert not folder.exists()


def test_available_because_already_there(server, folder):
    download.fetch(small_dataset(server.base), folder, None)
    assert download.why_unavailable(small_dataset(), folder, None) is None


def test_digits_are_always_available(folder):
    assert download.why_unavailable(DATASETS["digits"], folder, None) is None


def test_unavailable(server, folder):
    server.put(TEST_LABELS, 500)
    reason = download.why_unavailable(small_dataset(server.base), folder, None)
    assert f"{server.base}{TEST_LABELS}.gz: HTTP error 500, 1 attempt(s)" in reason
    assert len(server.requests) == 1
    assert "MNIST_MIRROR is" in download.why_unavailable(small_dataset(), folder, "ftp://x/")
