"""Files and Git: nobody ever meets half a file, and what is wrong is one line."""

import json

import numpy as np
import pandas as pd
import pytest

from mnist_report.core import files, git
from mnist_report.core.errors import UserError


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
    assert str(error.value).isprintable()
    return str(error.value)


def test_the_old_file_stands_until_the_new_one_is_whole(old):
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), files.replacing(old) as stream:
            stream.write(b"half")
            stream.flush()
            assert old.read_bytes() == b"old"
            raise error
        assert alone(old)
    files.write_bytes(old, b"new")
    assert alone(old, b"new")
    files.write_text(old.parent / "a" / "b" / "file", "made with its folders")
    assert "cannot write" in complaint(files.write_text, old / "below", "text")


def test_json_and_csv_are_written_as_given_and_json_holds_no_nan(old):
    inner = {"n": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)}
    for value in (float("nan"), {"deep": [np.float32("inf")]}, np.array([np.nan])):
        with pytest.raises(ValueError, match="not JSON compliant"):
            files.write_json(old, {"value": value})
    assert alone(old)
    files.write_json(old, {"z": np.float64(0.1), "a": inner, "list": np.array([1, 2]), "ü": None})
    text = old.read_text(encoding="utf-8")
    assert text.startswith('{\n  "z": 0.1,\n  "a": {\n    "n": 3,')
    assert text.endswith('"ü": null\n}\n')
    plain = {"z": 0.1, "a": {"n": 3, "f": 0.5, "b": True}, "list": [1, 2], "ü": None}
    assert files.read_json(old) == json.loads(text) == plain
    files.write_csv(old, pd.DataFrame({"k": [1], "share": [1 / 3], "name": ["b,c"]}))
    assert old.read_bytes() == b'k,share,name\n1,0.3333333333333333,"b,c"\n'


def test_the_same_array_gives_the_same_bytes_and_comes_back_mapped(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    layouts = (values, np.asfortranarray(values), np.repeat(values, 2, axis=0)[::2])
    for number, array in enumerate(layouts):
        files.save_array(tmp_path / f"{number}.npy", array)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    back = files.load_array(tmp_path / "0.npy")
    assert isinstance(back, np.memmap)
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, values)


def test_what_cannot_be_read_is_one_line_with_the_way_out(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((100, 3)))
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object), allow_pickle=True)
    whole, pickled = ((tmp_path / name).read_bytes() for name in ("a.npy", "b.npy"))
    path = tmp_path / "file"
    for read, contents in {
        files.load_array: (b"", b"no array" * 10, whole[:-1], whole[:40], pickled),
        files.read_json: (b"", b"{", b"\xff\xfe", b"{}", b"[1]", b"null"),
        files.read_csv: (b"", b"a,b\n1,2\n1,2,3\n", b'a\n"1\n'),
    }.items():
        assert f"{path} is missing; run 'dvc repro'" in complaint(read, path)
        for content in contents:
            path.write_bytes(content)
            said = complaint(read, path)
            assert said.startswith(f"{path} cannot be read ("), content
            assert said.endswith("delete it and run 'dvc repro'")
        path.unlink()


def test_a_git_that_refuses_or_is_not_there_is_one_line(tmp_path, monkeypatch):
    assert complaint(git.output, tmp_path, "log").startswith("git log failed: ")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = "git log: Git is not installed, or not on the PATH"
    assert complaint(git.output, tmp_path, "log") == said
