"""What Git says of a checkout, and what we say if it says nothing."""

import pytest

from mnist_report.core import git
from mnist_report.core.errors import UserError


def test_a_git_that_refuses_or_is_not_there_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"^git log failed: [^\n]+$"):
        git.output(tmp_path, "log")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^git log: Git is not installed, or not on the PATH$"):
        git.output(tmp_path, "log")
