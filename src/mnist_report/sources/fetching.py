"""The four files of the chosen data set: from the user's own place first, then from the mirrors."""

import contextlib
import errno
import io
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import url2pathname

import pooch
import requests

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import write_bytes
from mnist_report.core.params import Data, printable
from mnist_report.sources.datasets import DATASETS, NAMES, TEST_LABELS, Dataset, own_dataset, sha256
from mnist_report.sources.digits import digits_as_idx

#: The environment variable that names a folder or an address to look in first.
MIRROR_VARIABLE = "MNIST_MIRROR"

#: Seconds to wait for a connection (to each address of a host, and the public mirrors have many),
#: and for the next bytes of an answer.
TIMEOUT = (4.0, 15.0)

#: Seconds before a server that is busy or broke off is asked a second and a third time.
PAUSES = (1.0, 2.0)


def chosen_dataset(params: Data) -> Dataset:
    """Return the data set that the parameters name."""
    if params.dataset == "own":
        return own_dataset(str(params.own.title))
    return DATASETS[params.dataset]


def fetch(params: Data, folder: Path, mirror: str | None) -> Dataset:
    """Put the four decompressed IDX files of the chosen data set into `folder`.

    Nothing is written before all files have come and are right. One that is there and has a known
    digest is kept; of Fashion-MNIST, KMNIST and own data none is known, and they are fetched anew.

    Parameters
    ----------
    mirror
        The value of ``MNIST_MIRROR``: a folder, a ``file://`` or an ``http(s)://`` address. For
        ``dataset: own`` the parameters name the source.

    Raises
    ------
    UserError
        If the data cannot be had, are not what they should be, or cannot be written.
    """
    dataset = chosen_dataset(params)
    if dataset.key == "digits":
        contents = digits_as_idx()
    else:
        contents = _collect(_missing(dataset, folder), dataset, params.own.source, mirror)
    for name, content in contents.items():
        write_bytes(folder / name, content)
    return dataset


def check_available(params: Data, folder: Path, mirror: str | None) -> str | None:
    """Say why `fetch` would fail, or return None; asks the sources for one small file at most."""
    dataset = chosen_dataset(params)
    try:
        if dataset.key != "digits" and _missing(dataset, folder):
            _collect([TEST_LABELS], dataset, params.own.source, mirror)
    except UserError as error:
        return str(error)
    return None


def _missing(dataset: Dataset, folder: Path) -> list[str]:
    """Return the names of the files that do not lie in `folder` with a known digest."""
    missing = list(NAMES)
    for name in NAMES:
        with contextlib.suppress(OSError):
            if sha256((folder / name).read_bytes()) in dataset.digests(name):
                missing.remove(name)
    return missing


def _collect(
    names: Iterable[str], dataset: Dataset, own: str | None, mirror: str | None
) -> dict[str, bytes]:
    """Return the decompressed files by name; a source that fails once is not asked again."""
    advice = (
        f"set {MIRROR_VARIABLE} to a folder or an address that holds the four files, "
        "or run 'make repro DATASET=digits', which needs no network"
    )
    if dataset.key == "own":
        mirror, advice = own, "mend data.own.source in params.yaml or the files there"
    contents: dict[str, bytes] = {}
    faults: list[str] = []
    for source in filter(None, (mirror, *dataset.mirrors)):
        # Without the user name, the password and the query that an address may hold.
        shown = printable(re.sub(r"://(?:[^/?#]*@)?([^?]*).*", r"://\1", source))
        try:
            for name in [name for name in names if name not in contents]:
                # Compressed anew, a file may be a little longer than decompressed.
                raw = _read(source, name, dataset.limit(name) + 100_000)
                contents[name] = dataset.checked(name, raw, contents)
        except (OSError, ValueError) as error:
            faults.append(f"{shown}: {name}: {getattr(error, 'strerror', None) or error}")
            continue
        if faults:
            print(f"{dataset.title} comes from {shown}, as {'; '.join(faults)}", file=sys.stderr)
        return contents
    raise UserError(f"cannot get {dataset.title}: {'; '.join(faults)}; {advice}")


def _read(source: str, name: str, limit: int) -> bytes:
    """Return a file under the first name that a source has for it, whether compressed or not."""
    base = _base(source)
    # Kaggle's archive says `t10k-images.idx3-ubyte`, and holds folders named like their one file.
    for stem in (name, name.replace("-idx", ".idx")):
        for spelling in (f"{stem}.gz", f"{stem}/{stem}", stem):
            body = _Body(limit)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                if isinstance(base, Path):
                    with (base / spelling).open("rb") as stream:
                        shutil.copyfileobj(stream, body)
                else:
                    path = f"{base.path.rstrip('/')}/{spelling}"
                    _download(base._replace(path=path).geturl(), body)
                return body.getvalue()
    raise FileNotFoundError(errno.ENOENT, "no such file")


def _base(source: str) -> Path | SplitResult:
    """Return what a source is: a folder, or the parts of an http(s) address."""
    if "://" not in source:
        # Path.expanduser would raise for a user that there is not.
        return paths.USER_ROOT / os.path.expanduser(source)  # noqa: PTH111
    parts = urlsplit(source)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    if parts.scheme in ("http", "https"):
        return parts
    raise ValueError("neither a folder nor a file:// or http(s):// address")


class _Body(io.BytesIO):
    """The content of a file; one that goes on after `limit` bytes is not read to its end."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(chunk) > self.limit:
            raise ValueError(f"more than the {self.limit} bytes expected")
        return super().write(chunk)


def _download(url: str, body: _Body) -> None:
    """Get an address, again if the fault may pass."""
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
    )
    for pause in (*PAUSES, None):
        body.seek(0)
        body.truncate()
        try:
            get(url, body, None)
            return
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", 0)
            if status == 404:
                raise FileNotFoundError from error
            passing = isinstance(error, requests.exceptions.ChunkedEncodingError)
            if pause is None or not (passing or status >= 500 or status == 429):
                why = "no answer in time" if "timed out" in str(error) else type(error).__name__
                raise OSError(f"HTTP error {status}" if status else why) from error
            time.sleep(pause)
