"""Reading and writing files, so that no reader ever meets half a file.

Every writer fills a file beside the target and moves it into place. What is written holds no date
and no path: the same values give the same bytes.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML

from mnist_report.core.errors import UserError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Fill a file beside `path` that takes its place at the end; UserError if the disk refuses."""
    # `.gitignore` and `.dvcignore` know the name; after a kill the next writer clears it away.
    beside = path.with_name(f".{path.name}.part")
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
    """Write `value`, which may hold NumPy's scalars and arrays, but no NaN: that is a mistake."""
    text = json.dumps(
        value, indent=2, ensure_ascii=False, allow_nan=False, default=lambda v: v.tolist()
    )
    write_text(path, text + "\n")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write `table` without its index; every float reads back as it was."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write `array` in NumPy's ``.npy`` format, which readers can memory-map."""
    with replacing(path) as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in one line which file is missing or cannot be read, and what to do."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run 'dvc repro' to make it") from None
    except (ValueError, EOFError, OSError) as error:
        raise UserError(
            f"{path} cannot be read ({error}); delete it and run 'dvc repro'"
        ) from error


def md5(path: Path) -> str:
    """Return the MD5 of a file, by which DVC knows it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def load_array(path: Path) -> NDArray[Any]:
    """Memory-map an array, read only."""
    with _reading(path):
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that holds something."""
    with _reading(path):
        value: object = json.loads(path.read_bytes())
        if not isinstance(value, dict) or not value:
            raise ValueError("it holds no JSON object")
        return value


def read_yaml(path: Path) -> Any:  # noqa: ANN401  (mappings and lists of whatever is there)
    """Read one of the project's own lists."""
    return YAML(typ="safe", pure=True).load(path)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table with a line of column names."""
    with _reading(path):
        return pd.read_csv(path)
