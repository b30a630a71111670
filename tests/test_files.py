"""Writing and reading files."""

import contextlib
import errno
import fcntl
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mnist_report.errors import UserError
from mnist_report.files import (
    UNFINISHED,
    load_array,
    read_bytes,
    read_csv,
    read_json,
    replacing,
    save_array,
    write_bytes,
    write_csv,
    write_json,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def test_replacing_puts_the_new_content_in_place(old):
    with replacing(old) as stream:
        stream.write(b"new")
        assert old.read_bytes() == b"old"
    assert old.read_bytes() == b"new"
    assert names(old.parent) == ["file"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, MemoryError])
def test_an_exception_in_the_middle_leaves_the_old_file_alone(old, error):
    with pytest.raises(error), replacing(old) as stream:
        stream.write(b"half of the ne")
        stream.flush()
        raise error
    assert old.read_bytes() == b"old"
    assert names(old.parent) == ["file"]


def test_an_exception_in_the_middle_makes_no_new_file(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "file") as stream:
        stream.write(b"half")
        raise RuntimeError
    assert names(tmp_path) == []


def test_folders_are_made(tmp_path):
    write_bytes(tmp_path / "a" / "b" / "file", b"content")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"content"


@pytest.mark.parametrize("mask, mode", [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_files_get_the_permissions_of_the_umask(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "file", b"content")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def one_line(error):
    return "\n" not in str(error.value)


def test_a_full_disk_is_a_user_error(old, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UserError, match=f"{old}: No space left on device") as error:
        write_bytes(old, b"new")
    assert one_line(error)
    assert old.read_bytes() == b"old"
    assert names(old.parent) == ["file"]


@contextlib.contextmanager
def largest_file(size):
    """Let no file grow beyond `size` bytes: what the kernel itself refuses."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_file_cut_short_by_the_kernel_is_a_user_error(old):
    with largest_file(50_000), pytest.raises(UserError, match="free some space") as error:
        save_array(old, np.zeros(100_000))
    assert one_line(error)
    assert old.read_bytes() == b"old"
    assert names(old.parent) == ["file"]


def test_a_folder_in_the_place_of_the_file_is_a_user_error(tmp_path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(UserError, match="directory"):
        write_text(tmp_path / "file", "text")
    assert names(tmp_path) == ["file"]


def test_a_file_in_the_place_of_the_folder_is_a_user_error(old):
    with pytest.raises(UserError, match="cannot write"):
        write_text(old / "below", "text")
    assert old.read_bytes() == b"old"


def test_text_is_utf_8_with_the_line_ends_given(tmp_path):
    write_text(tmp_path / "file", "Ümläut\n−1\n")
    assert (tmp_path / "file").read_bytes() == b"\xc3\x9cml\xc3\xa4ut\n\xe2\x88\x921\n"


def test_json_is_indented_in_the_order_given_and_holds_numpy(tmp_path):
    value = {
        "z": np.float64(0.1),
        "a": {"n": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)},
        "list": np.array([1, 2]),
        "ü": None,
    }
    write_json(tmp_path / "file", value)
    text = (tmp_path / "file").read_text(encoding="utf-8")
    assert text.startswith('{\n  "z": 0.1,\n  "a": {\n    "n": 3,')
    assert text.endswith('"ü": null\n}\n')
    assert json.loads(text) == {
        "z": 0.1,
        "a": {"n": 3, "f": 0.5, "b": True},
        "list": [1, 2],
        "ü": None,
    }
    assert read_json(tmp_path / "file") == json.loads(text)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: {"deep": [n]}, lambda n: np.array([n])])
def test_json_refuses_what_is_not_a_number(old, number, wrap):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(old, {"value": wrap(number)})
    assert old.read_bytes() == b"old"


def test_json_refuses_objects_it_does_not_know(old):
    with pytest.raises(TypeError, match="set"):
        write_json(old, {"value": {1, 2}})
    assert old.read_bytes() == b"old"


def test_csv_has_no_index_and_floats_read_back_as_they_were(tmp_path):
    table = pd.DataFrame({"k": [1, 2], "share": [1 / 3, 0.5], "name": ["a", "b,c"]})
    write_csv(tmp_path / "file", table)
    expected = b'k,share,name\n1,0.3333333333333333,a\n2,0.5,"b,c"\n'
    assert read_bytes(tmp_path / "file") == expected
    pd.testing.assert_frame_equal(read_csv(tmp_path / "file"), table, check_exact=True)


def test_the_same_values_give_the_same_bytes(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    layouts = (values, np.asfortranarray(values), np.repeat(values, 2, axis=0)[::2])
    for number, array in enumerate(layouts):
        save_array(tmp_path / f"{number}.npy", array)
        write_json(tmp_path / f"{number}.json", {"a": array, "b": array.sum()})
        write_csv(tmp_path / f"{number}.csv", pd.DataFrame(array))
    for kind in ("npy", "json", "csv"):
        assert len({path.read_bytes() for path in tmp_path.glob(f"*.{kind}")}) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64, np.bool_])
def test_arrays_come_back_memory_mapped_and_read_only(tmp_path, dtype):
    array = np.arange(10).reshape(5, 2).astype(dtype)
    save_array(tmp_path / "a.npy", array)
    back = load_array(tmp_path / "a.npy")
    assert isinstance(back, np.memmap)
    assert back.dtype == dtype
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)


def test_arrays_of_objects_are_not_written(old):
    with pytest.raises(ValueError, match="allow_pickle"):
        save_array(old, np.array([{}, None], dtype=object))
    assert old.read_bytes() == b"old"


def whole_array(path):
    np.save(path, np.zeros((100, 3)))
    return path.read_bytes()


def archive(path):
    with path.open("wb") as stream:
        np.savez(stream, a=np.zeros(3))
    return path.read_bytes()


def pickled(path):
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    return path.read_bytes()


BAD_ARRAYS = {
    "empty": lambda path: b"",
    "garbage": lambda path: b"no array at all" * 10,
    "text": lambda path: b"1 2 3\n",
    "truncated": lambda path: whole_array(path)[:-1],
    "header only": lambda path: whole_array(path)[:128],
    "half a header": lambda path: whole_array(path)[:40],
    "archive": archive,
    "pickled": pickled,
}


@pytest.mark.parametrize("make", BAD_ARRAYS.values(), ids=list(BAD_ARRAYS))
def test_a_bad_array_is_a_user_error(tmp_path, make):
    path = tmp_path / "a.npy"
    path.write_bytes(make(path))
    with pytest.raises(UserError, match=f"{path} .*dvc repro") as error:
        load_array(path)
    assert one_line(error)


def test_a_folder_is_no_array(tmp_path):
    with pytest.raises(UserError, match="dvc repro"):
        load_array(tmp_path)


@pytest.mark.parametrize("read", [load_array, read_bytes, read_csv, read_json])
def test_a_missing_file_names_itself_and_the_way_out(tmp_path, read):
    with pytest.raises(UserError, match=r"gone is missing; run 'dvc repro'"):
        read(tmp_path / "gone")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"a": 1}}',
        b"\xff\xfe",
        b"<html>",
        b"{}",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
    ],
)
def test_bad_json_is_a_user_error(tmp_path, content):
    (tmp_path / "m.json").write_bytes(content)
    with pytest.raises(UserError, match=r"m\.json cannot be read as JSON .*dvc repro") as error:
        read_json(tmp_path / "m.json")
    assert one_line(error)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n1,2,3\n", b"a\n\xff\xfe\n", b'a\n"1\n'])
def test_a_bad_table_is_a_user_error(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"t\.csv cannot be read as CSV .*dvc repro") as error:
        read_csv(tmp_path / "t.csv")
    assert one_line(error)


@pytest.mark.parametrize("read", [read_bytes, read_csv, read_json])
def test_a_folder_is_no_file(tmp_path, read):
    with pytest.raises(UserError, match=r"cannot be read .*Is a directory.*dvc repro"):
        read(tmp_path)


# What a killed writer leaves behind


def leftover(path):
    file = path.with_name(f".{path.name}.x1y2{UNFINISHED}")
    file.write_bytes(b"half")
    return file


def test_the_next_writer_clears_what_a_killed_one_left(old):
    leftover(old)
    write_bytes(old, b"new")
    assert names(old.parent) == ["file"]


def test_a_leftover_of_another_file_is_left_alone(old):
    other = leftover(old.with_name("another"))
    write_bytes(old, b"new")
    assert names(old.parent) == [other.name, "file"]


def test_two_who_write_the_same_file_do_not_clear_each_other(old):
    with replacing(old) as first:
        first.write(b"first")
        write_bytes(old, b"second")
        assert old.read_bytes() == b"second"
    assert old.read_bytes() == b"first"
    assert names(old.parent) == ["file"]


def test_a_temporary_file_that_was_cleared_before_it_was_locked_is_made_anew(old, monkeypatch):
    lock, cleared = fcntl.flock, []

    def late(stream, how):
        if not cleared:
            [file] = [path for path in old.parent.iterdir() if path != old]
            file.unlink()
            cleared.append(file)
        lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write_bytes(old, b"new")
    assert cleared
    assert old.read_bytes() == b"new"
    assert names(old.parent) == ["file"]


WRITE_OFTEN = """
import sys
from pathlib import Path
from mnist_report.files import write_bytes
for _ in range(500):
    write_bytes(Path(sys.argv[1]), b"content")
"""


def test_two_processes_that_write_one_file_over_and_over_do_not_disturb_each_other(old):
    command = [sys.executable, "-c", WRITE_OFTEN, str(old)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(writer.communicate(timeout=60)[1], writer.returncode) for writer in writers]
    assert ends == [("", 0)] * 2
    assert old.read_bytes() == b"content"
    assert names(old.parent) == ["file"]


def test_git_and_dvc_pass_over_leftovers():
    root = Path(__file__).resolve().parents[1]
    for name in (".gitignore", ".dvcignore"):
        assert f".*{UNFINISHED}" in (root / name).read_text(encoding="utf-8").splitlines()
