"""The sign of life of long work."""

import pytest

from mnist_report.core.progress import working


def test_it_says_what_is_done_and_for_how_long_and_an_error_passes(capsys):
    with pytest.raises(KeyError), working("waiting for nothing"):
        raise KeyError
    assert "waiting for nothing (00:00)" in capsys.readouterr().err
