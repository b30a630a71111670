"""What Git says of a checkout, and what we say if it says nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_report import git
from mnist_report.errors import UserError


def test_names_of_files_are_as_they_are(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "Übung 1.txt").touch()
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    assert git.lines(tmp_path, "ls-files") == ["Übung 1.txt"]


def test_what_a_hook_inherits_names_no_other_repository(tmp_path, monkeypatch):
    for name in ("hooked", "checkout"):
        (tmp_path / name).mkdir()
        subprocess.run(["git", "init", "--quiet", tmp_path / name], check=True)
        (tmp_path / name / name).touch()
        subprocess.run(["git", "-C", tmp_path / name, "add", "."], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hooked" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "hooked" / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "hooked"))
    assert git.lines(tmp_path / "checkout", "ls-files") == ["checkout"]


def test_tests_run_from_a_hook_do_not_see_its_repository(tmp_path):
    test = tmp_path / "test_inherited.py"
    test.write_text(
        "import os\n"
        "def test_nothing_of_git_is_inherited():\n"
        "    assert not [name for name in os.environ if name.startswith('GIT_')]\n"
    )
    conftest = Path(__file__).with_name("conftest.py")
    (tmp_path / "conftest.py").write_text(conftest.read_text(encoding="utf-8"))
    hook = os.environ | {"GIT_DIR": str(tmp_path), "GIT_INDEX_FILE": str(tmp_path / "index")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(command, env=hook, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_a_folder_without_a_repository_is_said_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^git log failed: [^\n]+$"):
        git.output(tmp_path, "log")


def test_a_machine_without_git_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^git log: Git is not installed, or not on the PATH$"):
        git.output(tmp_path, "log")
