"""``python -m mnist_report.sources.available``: one line at most, and an exit code."""

import pytest

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import write_bytes, write_json
from mnist_report.sources import available
from mnist_report.sources.datasets import sha256


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """Let nothing lie here, and MNIST be out of reach."""
    monkeypatch.setattr(paths, "RAW", tmp_path / "raw")
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")

    def check(params, *_):
        if params.dataset == "mnist":
            raise UserError("no network")

    monkeypatch.setattr(available, "check_available", check)


def test_exit_codes_and_lines(capsys):
    for arguments, code, said in (
        (["mnist"], 3, "data: no network\n"),
        (["digits"], 0, ""),
        (["cifar"], 2, "data: error: DATASET=cifar: dataset = 'cifar': Input should be 'mnist', "),
        (["own"], 2, "data: error: DATASET=own: dataset 'own' needs data.own.source"),
    ):
        assert available.main(arguments) == code
        err = capsys.readouterr().err
        assert err.startswith(said)
        assert len(err.splitlines()) == bool(said)


def test_no_source_is_needed_for_what_lies_here_as_it_was_fetched(tmp_path):
    write_bytes(tmp_path / "raw" / "images", b"pixels")
    for dataset, content, code in (("mnist", b"pixels", 0), ("mnist", b"", 3), ("own", b"", 3)):
        last = {"dataset": dataset, "sha256": {"images": sha256(content)}}
        write_json(tmp_path / "results" / "fetch.json", last)
        assert available.main([]) == code
    # A record that is none counts as nothing fetched.
    for record in (b"", b"[]", b'{"dataset": "mnist"}', b'{"dataset": "mnist", "sha256": 1}'):
        write_bytes(tmp_path / "results" / "fetch.json", record)
        assert available.main([]) == 3, record
