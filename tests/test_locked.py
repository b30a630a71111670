"""Files held against the digests in `dvc.lock`."""

import hashlib
import json

import pytest

from mnist_report import paths
from mnist_report.locked import Altered, altered

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
