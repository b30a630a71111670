"""Getting the four files of a data set: from a mirror of the user's, then from the public ones.

Nothing is written before all four files are there and agree with each other.
"""

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

import numpy as np
import requests
import urllib3
from numpy.typing import NDArray
from tqdm import tqdm

from mnist_report.data import idx
from mnist_report.data.datasets import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Dataset,
    File,
)
from mnist_report.errors import UserError
from mnist_report.files import write_bytes
from mnist_report.params import printable

#: Seconds to wait for a connection, and for the next bytes of an answer.
CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0

#: How often an address is tried when the fault may pass, and the seconds before the second
#: attempt; the wait doubles from attempt to attempt.
ATTEMPTS = 3
BACKOFF = 1.0

#: What `FetchedFile.source` says of a file that was right before.
ALREADY_THERE = "already there"

_CHUNK = 1 << 16  # bytes
_SIDE = 28  # pixels, of every image
_LARGEST_LABEL = 9


@dataclass(frozen=True)
class FetchedFile:
    """One file that now lies in the folder.

    Attributes
    ----------
    name
        Its name in the folder.
    sha256
        SHA-256 of the (decompressed) file, 64 hexadecimal digits.
    size
        Its length in bytes.
    source
        The path or the address it came from, or `ALREADY_THERE`.
    """

    name: str
    sha256: str
    size: int
    source: str


class _RefusedError(Exception):
    """A place does not give the file; the message says why, in a few words."""


class _PassingError(_RefusedError):
    """As above, but another attempt may go better."""


def fetch(dataset: Dataset, folder: Path, mirror: str | None) -> list[FetchedFile]:
    """Bring the four files of a data set into a folder, decompressed.

    A file that is already there is kept only if its SHA-256 is known and right. Where the
    digest of the content is not known (Fashion-MNIST, KMNIST, own data), nothing shows that an
    old file is the one asked for, and it is fetched again.

    Parameters
    ----------
    dataset
        What to fetch.
    folder
        Where to; made if it is not there.
    mirror
        The value of MNIST_MIRROR: a folder, a ``file://`` or an ``http(s)://`` address that
        holds the files, tried before the public mirrors. A folder may hold ``<name>.gz`` or
        the decompressed ``<name>``. None or empty: public mirrors only.

    Returns
    -------
    list of FetchedFile
        One entry for each file, in the order of ``dataset.files``.

    Raises
    ------
    UserError
        If no source gives a right copy of a file, if the files do not agree with each other,
        or if a file cannot be written.
    ValueError
        If the data set has no files to fetch.
    """
    if not dataset.files:
        raise ValueError(f"{dataset.key} is made, not fetched")
    contents: dict[str, bytes] = {}
    sources: dict[str, str] = {}
    for file in dataset.files:
        content = _already_there(file, folder)
        if content is None:
            content, sources[file.name] = _from_sources(file, dataset, mirror, ATTEMPTS)
        contents[file.name] = content
    check_dataset(dataset, contents)
    for name in sources:
        write_bytes(folder / name, contents[name])
    return [
        FetchedFile(name, _sha256(content), len(content), sources.get(name, ALREADY_THERE))
        for name, content in contents.items()
    ]


def why_unavailable(dataset: Dataset, folder: Path, mirror: str | None) -> str | None:
    """Say why `fetch` would fail, at the cost of one small file.

    Each source is asked once for the test labels, the smallest file. Nothing is written.

    Parameters
    ----------
    dataset, folder, mirror
        As for `fetch`.

    Returns
    -------
    str or None
        None if the right files are in the folder already, if a source gives the test labels,
        or if the data set is made and needs no fetching; otherwise the reason, one line.
    """
    if all(_already_there(file, folder) is not None for file in dataset.files):
        return None
    probe = next(file for file in dataset.files if file.name == TEST_LABELS)
    try:
        _from_sources(probe, dataset, mirror, attempts=1)
    except UserError as error:
        return str(error)
    return None


def check_dataset(dataset: Dataset, contents: Mapping[str, bytes]) -> None:
    """Check that four IDX files make a data set.

    Each must be a whole IDX file of 28 x 28 images or of labels 0 to 9; a part must have as
    many labels as images, and as many as the data set is known to have.

    Parameters
    ----------
    dataset
        What the files should be.
    contents
        The four decompressed files by name.

    Raises
    ------
    UserError
        If a check fails; names the file.
    """
    for images_name, labels_name, expected in (
        (TRAIN_IMAGES, TRAIN_LABELS, dataset.train_count),
        (TEST_IMAGES, TEST_LABELS, dataset.test_count),
    ):
        counts = {}
        for name in (images_name, labels_name):
            try:
                counts[name] = len(_checked_array(name, contents[name]))
            except idx.IdxError as error:
                raise _disagreement(dataset, f"{name}: {error}") from error
        images, labels = counts[images_name], counts[labels_name]
        if images != labels:
            raise _disagreement(dataset, f"{labels_name} holds {labels} labels for {images} images")
        if expected is not None and images != expected:
            raise _disagreement(
                dataset, f"{images_name} holds {images} images, expected {expected}"
            )


def _disagreement(dataset: Dataset, fault: str) -> UserError:
    """Return the error for files that do not make a data set."""
    return UserError(
        f"{fault}; the data set ({dataset.title}) needs four IDX files that belong together, "
        f"with {_SIDE} x {_SIDE} images and labels 0 to {_LARGEST_LABEL}: {_advice(dataset)}"
    )


def _setting(dataset: Dataset) -> str:
    """Name what says where to look first."""
    return "data.own.source in params.yaml" if dataset.key == "own" else "MNIST_MIRROR"


def _advice(dataset: Dataset) -> str:
    """Say what to do when the files cannot be had."""
    if dataset.key == "own":
        return f"mend {_setting(dataset)} or the four files there"
    return (
        "set MNIST_MIRROR to a folder or URL that holds the four files, "
        "or run 'make repro DATASET=digits', which needs no network"
    )


def _checked_array(name: str, content: bytes) -> NDArray[np.uint8]:
    """Read one of the four files and check what can be checked of it alone.

    Raises
    ------
    idx.IdxError
        If it is not an IDX file of its kind, has images of another size or a label above 9.
    """
    if name in (TRAIN_IMAGES, TEST_IMAGES):
        images = idx.read_images(content)
        _, rows, columns = images.shape
        if (rows, columns) != (_SIDE, _SIDE):
            raise idx.IdxError(f"images of {rows} x {columns} pixels, not {_SIDE} x {_SIDE}")
        return images
    labels = idx.read_labels(content)
    wrong = np.flatnonzero(labels > _LARGEST_LABEL)
    if wrong.size:
        raise idx.IdxError(
            f"label {labels[wrong[0]]} at position {wrong[0]} is outside 0 to {_LARGEST_LABEL}"
        )
    return labels


def _already_there(file: File, folder: Path) -> bytes | None:
    """Return the content of a file in the folder if it is proven to be the right one."""
    if file.sha256 is None:
        return None
    try:
        content = _read(folder / file.name, file.limit)
    except _RefusedError:
        return None
    return content if _sha256(content) == file.sha256 else None


def _from_sources(
    file: File, dataset: Dataset, mirror: str | None, attempts: int
) -> tuple[bytes, str]:
    """Return the decompressed file from the first source that has it, and where that was.

    Raises
    ------
    UserError
        If none has; gives the reason of each.
    """
    faults = []
    for place in _places(file, dataset, mirror):
        shown = printable(str(place) if isinstance(place, Path) else _without_secrets(place))
        # A file compressed anew, or not at all, may be longer than the one published.
        limit = file.limit + file.limit // 4 + _CHUNK
        try:
            if isinstance(place, Path):
                raw = _read(place, limit)
            else:
                raw = _download(place, limit, file, attempts)
            content = _accepted(file, raw)
        except _RefusedError as error:
            faults.append(f"{shown}: {error}")
            continue
        if faults:
            tqdm.write(f"{file.gz_name} taken from {shown}, as {'; '.join(faults)}", sys.stderr)
        return content, shown
    reasons = "; ".join(faults) or "there is no public mirror and MNIST_MIRROR is not set"
    raise UserError(f"cannot get {file.gz_name} ({dataset.title}): {reasons}; {_advice(dataset)}")


def _places(file: File, dataset: Dataset, mirror: str | None) -> list[Path | str]:
    """List where a file may be found: paths in folders and http(s) addresses.

    Only the names in the registry go into a path, never one that a server sends.
    """
    places: list[Path | str] = []
    for base in ([mirror] if mirror else []) + list(dataset.mirrors):
        try:
            parts = urlsplit(base)
        except ValueError:
            parts = None
        if parts is not None and parts.scheme in ("http", "https") and parts.hostname:
            path = f"{parts.path.rstrip('/')}/{file.gz_name}"
            places.append(urlunsplit(parts._replace(path=path)))
            continue
        if parts is not None and parts.scheme == "file" and parts.netloc in ("", "localhost"):
            folder = Path(url2pathname(parts.path))
        elif parts is not None and "://" not in base:
            folder = Path(base)
        else:
            raise UserError(
                f"{_setting(dataset)} is {base!r}, which is neither a folder nor a file:// or "
                f"http(s):// address; {_advice(dataset)}"
            )
        compressed = folder / file.gz_name
        # Path.exists would raise where a name is too long; `_read` says what is wrong.
        present = [path for path in (compressed, folder / file.name) if os.path.exists(path)]  # noqa: PTH110
        places.extend(present or [compressed])
    return places


def _without_secrets(url: str) -> str:
    """Return an address without the user name, password and query it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def _read(path: Path, limit: int) -> bytes:
    """Read a file of at most `limit` bytes."""
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except FileNotFoundError:
        raise _RefusedError("no such file") from None
    except OSError as error:
        raise _RefusedError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL in a file:// address
        raise _RefusedError(f"cannot be read ({error})") from error
    if len(content) > limit:
        raise _RefusedError(f"more than the {limit} bytes expected")
    return content


def _download(url: str, limit: int, file: File, attempts: int) -> bytes:
    """Get an address, again if the fault may pass."""
    for attempt in range(1, attempts + 1):
        try:
            return _get(url, limit, file)
        except _PassingError as error:
            if attempt == attempts:
                raise _RefusedError(f"{error}, {attempts} attempt(s)") from error
            time.sleep(BACKOFF * 2 ** (attempt - 1))
    raise AssertionError("unreachable: attempts is at least 1")


def _get(url: str, limit: int, file: File) -> bytes:
    """Get an address once; an answer longer than `limit` bytes is not read to its end."""
    body = bytearray()
    try:
        with requests.get(
            url,
            headers={"Accept-Encoding": "identity"},
            stream=True,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        ) as response:
            status = response.status_code
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
                raise _PassingError(f"HTTP error {status}")
            if status != HTTPStatus.OK:
                raise _RefusedError(f"HTTP error {status}")
            length = response.raw.length_remaining
            if length is not None and length > limit:
                raise _RefusedError(f"{length} bytes, more than the {limit} expected")
            total = file.gz_size if length is None else length
            with tqdm(total=total, desc=file.gz_name, unit="B", unit_scale=True) as bar:
                # Undecoded: some servers call a .gz file a gzip-encoded answer, and what is to
                # be checked is the file as it was published.
                for chunk in response.raw.stream(_CHUNK, decode_content=False):
                    body += chunk
                    bar.update(len(chunk))
                    if len(body) > limit:
                        raise _RefusedError(f"more than the {limit} bytes expected")
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError) as error:
        raise _RefusedError(f"no trusted TLS connection{_cause(error)}") from error
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise _PassingError("no answer in time") from error
    except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
        raise _PassingError(f"connection failed{_cause(error)}") from error
    except requests.exceptions.InvalidSchema as error:
        raise _RefusedError("redirects to an address that is not http(s)") from error
    except (requests.RequestException, ValueError) as error:
        raise _RefusedError(f"no usable address ({type(error).__name__})") from error
    return bytes(body)


def _cause(error: BaseException) -> str:
    """Return what the operating system said, in brackets, if anything."""
    said = ""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            said = f" ({link.strerror})"
        link = link.__cause__ or link.__context__
    return said


def _accepted(file: File, raw: bytes) -> bytes:
    """Return the decompressed content of what a source gave, if it is the right file.

    Right is what has the published digest, compressed or inside; where none is known, what has
    the right structure.
    """
    if raw[:_CHUNK].lstrip().startswith(b"<"):
        raise _RefusedError("a web page instead of the file")
    try:
        content = idx.read_gzip(raw, file.limit) if raw.startswith(idx.GZIP_MAGIC) else raw
        # Before the digest: of a wrong file, this says better what is wrong.
        _checked_array(file.name, content)
    except idx.IdxError as error:
        raise _RefusedError(str(error)) from error
    known = {file.gz_sha256, file.sha256} - {None}
    if not known or known & {_sha256(raw), _sha256(content)}:
        return content
    if file.sha256 is None:
        raise _RefusedError(
            f"wrong checksum (SHA-256 {_sha256(raw)}, expected {file.gz_sha256}; "
            "only the .gz file as published can be checked)"
        )
    raise _RefusedError(
        f"wrong checksum (SHA-256 {_sha256(content)} after decompression, expected {file.sha256})"
    )


def _sha256(content: bytes) -> str:
    """Return the SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
