"""Writing and reading files: nobody ever meets half a file, and what is wrong is one line."""

import contextlib
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mnist_report.core import files
from mnist_report.core.errors import UserError

#: Every writer, with something that takes more than 100 kB.
WRITERS = [
    (files.write_bytes, b"x" * 200_000),
    (files.write_text, "ü" * 200_000),
    (files.write_json, {"a": list(range(50_000))}),
    (files.write_csv, pd.DataFrame({"a": range(50_000)})),
    (files.save_array, np.zeros(50_000)),
]


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def alone(path, content=b"old"):
    """Say whether a file has this content and nothing lies beside it."""
    return path.read_bytes() == content and list(path.parent.iterdir()) == [path]


def complaint(call, *arguments):
    with pytest.raises(UserError) as error:
        call(*arguments)
    text = str(error.value)
    assert len(text.splitlines()) == 1, text
    return text


def test_the_old_file_stands_until_the_new_one_is_whole(old):
    for error in (RuntimeError, KeyboardInterrupt, SystemExit, MemoryError):
        with pytest.raises(error), files.replacing(old) as stream:
            stream.write(b"half")
            stream.flush()
            assert old.read_bytes() == b"old"
            raise error
        assert alone(old)
    files.write_bytes(old, b"new")
    assert alone(old, b"new")
    files.write_text(old.parent / "a" / "b" / "file", "made with its folders")


KILLED = """
import os, signal, sys
from pathlib import Path
from mnist_report.core.files import replacing
with replacing(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_the_old_file_and_the_next_one_clears_up(old):
    done = subprocess.run([sys.executable, "-c", KILLED, str(old)], check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = set(old.parent.iterdir()) - {old}
    assert (old.read_bytes(), left.read_bytes()) == (b"old", b"half")
    # Neither Git nor DVC sees it.
    pattern = f".*{files.UNFINISHED}"
    assert left.match(pattern)
    for name in (".gitignore", ".dvcignore"):
        assert pattern in (Path(__file__).parents[2] / name).read_text().splitlines()
    files.write_bytes(old, b"new")
    assert alone(old, b"new")


@contextlib.contextmanager
def largest_file(size):
    """Let no file grow beyond `size` bytes: what the kernel itself refuses, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_takes_no_more_is_one_line_and_leaves_the_old_file(old):
    for write, content in WRITERS:
        with largest_file(50_000):
            said = complaint(write, old, content)
        assert said.startswith(f"cannot write {old}: ")
        assert "free some space" in said
        assert alone(old), write
        write(old.with_name("whole"), content)
        old.with_name("whole").unlink()


def test_a_file_or_folder_in_the_way_is_one_line(old, tmp_path):
    assert "cannot write" in complaint(files.write_text, old / "below", "text")
    assert alone(old)
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    assert "directory" in complaint(files.write_text, tmp_path / "folder", "text")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


def test_json_is_in_the_order_given_and_holds_numpy(tmp_path):
    path, inner = tmp_path / "file", {"n": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)}
    value = {"z": np.float64(0.1), "a": inner, "list": np.array([1, 2]), "ü": None}
    files.write_json(path, value)
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n  "z": 0.1,\n  "a": {\n    "n": 3,')
    assert text.endswith('"ü": null\n}\n')
    plain = {"z": 0.1, "a": {"n": 3, "f": 0.5, "b": True}, "list": [1, 2], "ü": None}
    assert files.read_json(path) == json.loads(text) == plain


def test_what_is_no_json_and_no_plain_array_is_not_written(old):
    for number in (float("nan"), float("inf"), -float("inf"), np.float32("nan")):
        for value in (number, {"deep": [number]}, np.array([number])):
            with pytest.raises(ValueError, match="not JSON compliant"):
                files.write_json(old, {"value": value})
    with pytest.raises(TypeError, match="set"):
        files.write_json(old, {"value": {1, 2}})
    with pytest.raises(ValueError, match="allow_pickle"):
        files.save_array(old, np.array([{}, None], dtype=object))
    assert alone(old)


def test_csv_has_no_index_and_floats_read_back_as_they_were(tmp_path):
    path = tmp_path / "file"
    table = pd.DataFrame({"k": [1, 2], "share": [1 / 3, 0.5], "name": ["a", "b,c"]})
    files.write_csv(path, table)
    expected = b'k,share,name\n1,0.3333333333333333,a\n2,0.5,"b,c"\n'
    assert files.read_bytes(path) == expected
    pd.testing.assert_frame_equal(files.read_csv(path), table, check_exact=True)


def test_the_same_values_give_the_same_bytes_and_arrays_come_back_mapped(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    layouts = (values, np.asfortranarray(values), np.repeat(values, 2, axis=0)[::2])
    for number, array in enumerate(layouts):
        files.save_array(tmp_path / f"{number}.npy", array)
        files.write_json(tmp_path / f"{number}.json", {"a": array, "b": array.sum()})
    for kind in ("npy", "json"):
        assert len({path.read_bytes() for path in tmp_path.glob(f"*.{kind}")}) == 1
    back = files.load_array(tmp_path / "0.npy")
    assert isinstance(back, np.memmap)
    assert (back.flags.writeable, back.dtype) == (False, np.float32)
    np.testing.assert_array_equal(back, values)


def bad_arrays(folder):
    """Yield the bytes of what is no whole array."""
    plain, archive, objects = (folder / name for name in ("a.npy", "b.npz", "c.npy"))
    np.save(plain, np.zeros((100, 3)))
    np.savez(archive, a=np.zeros(3))
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    whole = plain.read_bytes()
    yield from (b"", b"no array" * 10, b"1 2 3\n", whole[:-1], whole[:128], whole[:40])
    yield from (archive.read_bytes(), objects.read_bytes())


def test_what_cannot_be_read_is_one_line_with_the_way_out(tmp_path):
    bad = {
        files.load_array: bad_arrays(tmp_path),
        files.read_json: (b"", b"{", b'{"a": 1}}', b"\xff\xfe", b"<html>", b"{}", b"[1]",
                          b'{"a": NaN}', b'{"a": -Infinity}'),
        files.read_csv: (b"", b"a,b\n1,2\n1,2,3\n", b"a\n\xff\xfe\n", b'a\n"1\n'),
        files.read_bytes: (),
    }  # fmt: skip
    path = tmp_path / "file"
    for read, contents in bad.items():
        assert f"{path} is missing; run 'dvc repro'" in complaint(read, path)
        assert "dvc repro" in complaint(read, tmp_path)  # a folder
        for content in contents:
            path.write_bytes(content)
            said = complaint(read, path)
            assert said.startswith(f"{path} cannot be read as "), content
            assert said.endswith("delete it and run 'dvc repro'")
        path.unlink(missing_ok=True)
