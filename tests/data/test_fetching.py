"""Where the files of a data set are looked for first."""

import pytest

from mnist_report import paths
from mnist_report.data.digits import digits_as_idx
from mnist_report.data.fetching import bring, why_out_of_reach
from mnist_report.files import write_bytes
from mnist_report.params import Data, Own


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return a function that names a source of own files, of which four lie in `~/digits`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(paths, "USER_ROOT", tmp_path / "checkout")
    for name, content in digits_as_idx().items():
        write_bytes(tmp_path / "digits" / name, content)
    return lambda source: Data(dataset="own", own=Own(source=source, title="Mine"))


@pytest.mark.parametrize("source", ["~/digits", "../digits"])
def test_a_source_may_start_at_home_or_at_the_checkout(own, tmp_path, source):
    (tmp_path / "checkout").mkdir()
    bring(own(source), tmp_path / "raw", None)
    assert len(list((tmp_path / "raw").iterdir())) == 4


def test_a_home_that_is_nobodys_is_a_folder_of_that_name(own, tmp_path):
    reason = why_out_of_reach(own("~no-such-user/digits"), tmp_path / "raw", None)
    assert f"{tmp_path}/checkout/~no-such-user/digits" in reason
