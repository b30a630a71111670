"""The four files of the chosen data set: from the user's own place first, then from the mirrors."""

import contextlib
import errno
import io
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pooch
import requests

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import write_bytes
from mnist_report.core.params import Data
from mnist_report.sources.datasets import DATASETS, NAMES, Dataset, sha256
from mnist_report.sources.digits import digits_as_idx

#: The environment variable that names a folder, a ``file://`` or an ``http(s)://`` address to look
#: in first.
MIRROR_VARIABLE = "MNIST_MIRROR"

#: Seconds to wait for a connection (to each address of a host, and the public mirrors have many),
#: and for the next bytes of an answer.
TIMEOUT = (4.0, 15.0)

#: Seconds before a server that is busy or broke off is asked a second and a third time.
PAUSES = (1.0, 2.0)


def fetch(params: Data) -> Dataset:
    """Put the four decompressed IDX files of the chosen data set into `paths.RAW`.

    Nothing is written before all files have come and are right. One that is there and has a known
    digest is kept; of Fashion-MNIST, KMNIST and own data none is known, and they are fetched anew.
    """
    dataset = _chosen(params)
    digits = dataset.key == "digits"
    contents = digits_as_idx() if digits else _collect(_missing(dataset), dataset)
    for name, content in contents.items():
        write_bytes(paths.RAW / name, content)
    return dataset


def check_available(params: Data) -> None:
    """Fail as `fetch` would, with a UserError; asks the sources for one small file at most."""
    dataset = _chosen(params)
    if dataset.key != "digits" and _missing(dataset):
        _collect(NAMES[-1:], dataset)


def _chosen(params: Data) -> Dataset:
    if params.dataset == "own":
        source, title = str(params.own.source), str(params.own.title)
        return Dataset("own", title, "not stated", "the user's own files", mirrors=[source])
    return DATASETS[params.dataset]


def _missing(dataset: Dataset) -> list[str]:
    """Return the names of the files that do not lie here with a known digest."""
    missing = list(NAMES)
    for name in NAMES:
        with contextlib.suppress(OSError):
            if sha256((paths.RAW / name).read_bytes()) in dataset.digests(name):
                missing.remove(name)
    return missing


def _collect(names: Sequence[str], dataset: Dataset) -> dict[str, bytes]:
    """Return the decompressed files by name; a source that fails once is not asked again."""
    sources = [os.environ.get(MIRROR_VARIABLE), *dataset.mirrors]
    advice = (
        f"set {MIRROR_VARIABLE} to a folder or an address that holds the four files, "
        "or run 'make repro DATASET=digits', which needs no network"
    )
    if dataset.key == "own":
        sources[0], advice = None, "mend data.own.source in params.yaml or the files there"
    contents: dict[str, bytes] = {}
    faults: list[str] = []
    for source in filter(None, sources):
        shown = re.sub(r"://[^/]*@", "://", source)  # without a password
        try:
            for name in [name for name in names if name not in contents]:
                contents[name] = dataset.checked(name, _read(source, name), contents)
        # RuntimeError: the home of a user that there is not.
        except (OSError, ValueError, RuntimeError) as error:
            faults.append(f"{shown}: {name}: {getattr(error, 'strerror', None) or error}")
            continue
        if faults:
            print(f"{dataset.title} comes from {shown}, as {'; '.join(faults)}", file=sys.stderr)
        return contents
    raise UserError(f"cannot get {dataset.title}: {'; '.join(faults)}; {advice}")


def _read(source: str, name: str) -> bytes:
    """Return a file under the first name that a source has for it, whether compressed or not."""
    # Kaggle's archive says `t10k-images.idx3-ubyte`, and holds folders named like their one file.
    for stem in (name, name.replace("-idx", ".idx")):
        for spelling in (f"{stem}.gz", f"{stem}/{stem}", stem):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                if source.startswith(("http://", "https://")):
                    return _download(f"{source.rstrip('/')}/{spelling}")
                if source.startswith("file://"):
                    folder = Path(url2pathname(urlsplit(source).path))
                else:
                    folder = paths.USER_ROOT / Path(source).expanduser()
                return (folder / spelling).read_bytes()
    raise FileNotFoundError(errno.ENOENT, "no such file")


def _download(url: str) -> bytes:
    """Get an address, again if the fault may pass."""
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
    )
    pauses = list(PAUSES)
    while True:
        body = io.BytesIO()
        try:
            get(url, body, None)
            return body.getvalue()
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", 0)
            if status == 404:
                raise FileNotFoundError from error
            passing = status >= 500 or isinstance(error, requests.exceptions.ChunkedEncodingError)
            if not (passing and pauses):
                why = f"HTTP error {status}" if status else type(error).__name__
                raise OSError(why) from error
            time.sleep(pauses.pop(0))
