"""What Git says of a checkout, and what we say if it says nothing."""

import subprocess

import pytest

from mnist_report.core import git
from mnist_report.core.errors import UserError


def repository(folder, file):
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / file).touch()
    subprocess.run(["git", "-C", folder, "add", "."], check=True)
    return folder


def test_what_a_hook_inherits_names_no_other_repository(tmp_path, monkeypatch):
    hooked = repository(tmp_path / "hooked", "other")
    checkout = repository(tmp_path / "checkout", "Übung 1.txt")
    monkeypatch.setenv("GIT_DIR", str(hooked / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(hooked / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(hooked))
    assert git.lines(checkout, "ls-files") == ["Übung 1.txt"]


def test_a_git_that_refuses_or_is_not_there_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"^git log failed: [^\n]+$"):
        git.output(tmp_path, "log")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^git log: Git is not installed, or not on the PATH$"):
        git.output(tmp_path, "log")
