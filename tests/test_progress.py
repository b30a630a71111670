"""The sign of life of long work."""

import time

import pytest

from mnist_report.progress import working


def test_it_says_what_is_done_and_for_how_long(capsys):
    with working("waiting for nothing"):
        time.sleep(0.01)
    assert "waiting for nothing (00:00)" in capsys.readouterr().err


def test_an_error_inside_passes():
    with pytest.raises(KeyError), working("failing"):
        raise KeyError
