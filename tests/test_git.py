"""What Git says of a checkout, and what we say if it says nothing."""

import subprocess

import pytest

from mnist_report import git
from mnist_report.errors import UserError


def test_names_of_files_are_as_they_are(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "Übung 1.txt").touch()
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    assert git.lines(tmp_path, "ls-files") == ["Übung 1.txt"]


def test_a_folder_without_a_repository_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match=r"^git log failed: [^\n]+$"):
        git.output(tmp_path, "log")


def test_a_machine_without_git_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^git log: Git is not installed, or not on the PATH$"):
        git.output(tmp_path, "log")
