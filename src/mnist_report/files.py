"""Writing files: the one place that does, so that no reader ever meets half a file.

Every writer fills a temporary file beside the target, flushes it to the disk and moves it into
place. What is written holds no date and no path, so the same values give the same bytes.

A process that is killed leaves its temporary file behind. The next writer of the same target
clears it; until then Git and DVC pass over it.
"""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnist_report.errors import UserError

#: How a temporary file ends; `.gitignore` and `.dvcignore` know it.
UNFINISHED = ".part"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary binary file that becomes `path` when the block ends without an error.

    Parameters
    ----------
    path
        The file to make or to replace; its folder is made if it is not there.

    Raises
    ------
    UserError
        If the operating system refuses: disk full, no permission, a limit on file size.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path)
        descriptor, temporary = _make_temporary(path)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            # mkstemp makes private files; outputs get what the user's umask gives any new file.
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(stream.fileno(), 0o666 & ~umask)
            # Moved while still open, and so locked: a file that is not is taken for a leftover.
            temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; "
            "free some space or check the permissions, then run 'dvc repro'"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _make_temporary(path: Path) -> tuple[int, Path]:
    """Make a file beside `path` that is locked for as long as it is open."""
    while True:
        descriptor, name = tempfile.mkstemp(UNFINISHED, f".{path.name}.", path.parent)
        # A file system without locks clears nothing either.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between making and locking, another writer of `path` may have taken it for a leftover.
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)


def _clear_leftovers(path: Path) -> None:
    """Remove what killed writers of `path` left beside it; a living one has its file locked."""
    leftovers = [
        file
        for file in path.parent.iterdir()
        if file.name.startswith(f".{path.name}.") and file.suffix == UNFINISHED
    ]
    for leftover in leftovers:
        with contextlib.suppress(OSError), leftover.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one move."""
    with replacing(path) as stream:
        stream.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with Unix line ends, in one move."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write `value` to `path` as JSON, two spaces deep, keys in the order given.

    Raises
    ------
    ValueError
        If a number is not finite: NaN is not JSON, and a metric that is NaN is a mistake.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    write_text(path, text + "\n")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write `table` to `path` as CSV without the index; every float reads back as it was."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write `array` to `path` in NumPy's ``.npy`` format, which readers can memory-map."""
    with replacing(path) as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)


@contextlib.contextmanager
def _reading(path: Path, kind: str = "") -> Iterator[None]:
    """Say in one line which file is missing or cannot be read, and what to do."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run 'dvc repro' to make it") from None
    except (ValueError, EOFError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path} cannot be read{kind} ({reason}); delete it and run 'dvc repro'"
        ) from error


def read_bytes(path: Path) -> bytes:
    """Return the content of `path`.

    Raises
    ------
    UserError
        If the file is missing or cannot be read.
    """
    with _reading(path):
        return path.read_bytes()


def load_array(path: Path) -> NDArray[Any]:
    """Memory-map the array in `path`, read only.

    Raises
    ------
    UserError
        If the file is missing, or is not a whole ``.npy`` file.
    """
    with _reading(path, " as an array"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it is an archive of arrays")
        return array


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    UserError
        If the file is missing, or is not what `write_json` writes: an object that holds something,
        and no NaN.
    """
    with _reading(path, " as JSON"):
        value = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        if not isinstance(value, dict) or not value:
            raise ValueError("no object, or an empty one")
        return value


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table with a line of column names, as `write_csv` writes it.

    Raises
    ------
    UserError
        If the file is missing, or is not such a table.
    """
    with _reading(path, " as CSV"):
        return pd.read_csv(path)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _plain(value: object) -> object:
    """Turn a NumPy scalar or array into what JSON knows."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} does not go into JSON")
