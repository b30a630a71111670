"""Files held against the digests in `dvc.lock`."""

import hashlib
import json
import subprocess

import pytest

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.locked import Altered, altered, mend

CONTENT = b"what the pipeline made"
DIGEST = hashlib.md5(CONTENT).hexdigest()
OBJECT = f".dvc/cache/files/md5/{DIGEST[:2]}/{DIGEST[2:]}"


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    lock = {"stages": {"scale": {"outs": [{"path": "made", "md5": DIGEST}]}, "claims": {}}}
    (tmp_path / "dvc.lock").write_text(json.dumps(lock))
    (tmp_path / "made").write_bytes(CONTENT)
    return tmp_path / "made"


def test_a_file_that_is_as_it_was_made_is_not_named(made):
    assert altered([made]) == []


def test_a_file_that_differs_is_named(made):
    made.write_bytes(b"something else")
    assert altered([made]) == [Altered("made", None)]


def test_a_corrupt_object_in_the_cache_is_named_too(made):
    cached = paths.ROOT / OBJECT
    cached.parent.mkdir(parents=True)
    for content, name in ((CONTENT, None), (b"rotten", OBJECT)):
        cached.write_bytes(content)
        made.write_bytes(b"rotten")
        assert altered([made]) == [Altered("made", name)]


@pytest.mark.parametrize("inside", [True, False])
def test_the_cache_is_where_dvc_has_it(made, tmp_path_factory, inside):
    """A shared cache, or the one that an experiment in a copy of the checkout works with."""
    cache = made.parent / "my cache" if inside else tmp_path_factory.mktemp("shared")
    # A relative path counts from the file that holds it.
    folder = "../my cache" if inside else cache
    (paths.ROOT / ".dvc").mkdir()
    (paths.ROOT / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {folder}\n")
    cached = cache / OBJECT.removeprefix(".dvc/cache/")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"rotten")
    made.write_bytes(b"rotten")
    name = cached.relative_to(paths.ROOT).as_posix() if inside else str(cached)
    assert altered([made]) == [Altered("made", name)]


def test_what_no_stage_made_or_what_is_not_here_is_passed_over(made):
    (paths.ROOT / "params.yaml").write_text("seed: 1\n")
    made.unlink()
    assert altered([made, paths.ROOT / "params.yaml"]) == []


@pytest.mark.parametrize("cut", ["", "stages:\n  sca", "stages:\n  scale: {outs: [{pa", "stages"])
def test_to_hold_files_against_a_lock_that_was_cut_off_is_refused_in_one_line(made, cut):
    (paths.ROOT / "dvc.lock").write_text(cut)
    with pytest.raises(UserError, match=r"dvc\.lock is missing or cut off; run .git checkout"):
        altered([made])


#: As Git has it, and with a stage that `dvc.yaml` does not have any more.
LOCK = "schema: '2.0'\nstages:\n  scale: {cmd: a}\n  claims: {cmd: b}\n  gone: {cmd: c}\n"


@pytest.mark.parametrize(
    "cut",
    ["", "schema: '2.0'\n", "schema: '2.0'\nstages:\n  scale: {cm", LOCK[: LOCK.index("  claims")]],
    ids=["nothing", "no stage", "within a stage", "without the last stages"],
)
def test_a_lock_that_was_cut_off_is_as_git_has_it_again(tmp_path, monkeypatch, cut):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    lock = tmp_path / "dvc.lock"
    lock.write_text(LOCK)
    for command in (["init", "--quiet"], ["add", "dvc.lock"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert not mend()
    lock.write_text(cut)
    assert mend()
    assert lock.read_text() == LOCK


def test_a_lock_that_is_whole_new_or_not_in_git_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    lock = tmp_path / "dvc.lock"
    lock.write_text("")
    assert not mend()
    lock.write_text(LOCK)
    for command in (["init", "--quiet"], ["add", "dvc.lock"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    whole = "stages:\n  claims: {cmd: d}\n  scale: {cmd: d}\n  cnn: {cmd: d}\n"
    lock.write_text(whole)
    assert not mend()
    assert lock.read_text() == whole
    lock.unlink()
    assert not mend()
