"""Writing files: the one place that does, so that no reader ever meets half a file.

Every writer fills a file beside the target and moves it into place. What is written holds no date
and no path, so the same values give the same bytes. What a killed process leaves beside the target
Git and DVC pass over, and the next writer takes its place.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnist_report.core.errors import UserError

#: How a temporary file ends; `.gitignore` and `.dvcignore` know it.
UNFINISHED = ".part"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file beside `path` that takes its place when the block ends without an error.

    Parameters
    ----------
    path
        The file to make or to replace; its folder is made if it is not there.

    Raises
    ------
    UserError
        If the operating system refuses: disk full, no permission, a limit on file size.
    """
    beside = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as stream:
            yield stream
        beside.replace(path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; "
            "free some space or check the permissions, then run 'dvc repro'"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


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
