"""Before the pipeline starts: what becomes of `params.yaml`, and what the user reads."""

import difflib
import hashlib

import pytest

from mnist_report import files, paths
from mnist_report.data import reach

REAL = paths.PARAMS.read_text(encoding="utf-8")


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Return a copy of `params.yaml` that takes its place; all data can be had."""
    path = tmp_path / "params.yaml"
    path.write_text(REAL, encoding="utf-8")
    monkeypatch.setattr(paths, "PARAMS", path)
    monkeypatch.setattr(paths, "RAW", tmp_path / "raw")
    monkeypatch.setattr(reach, "why_out_of_reach", lambda *_: None)
    return path


def names(path, dataset):
    """Put a data set into `params.yaml` by hand."""
    path.write_text(REAL.replace("dataset: mnist", f"dataset: {dataset}"), encoding="utf-8")


def changed(path):
    """Return the lines that are not those of the real file, with - or + before them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    diff = difflib.ndiff(REAL.splitlines(), lines)
    return [line for line in diff if line[0] in "-+"]


def test_the_data_set_asked_for_is_the_one_line_that_changes(params, capsys):
    assert reach.main(["digits"]) == 0
    assert changed(params) == ["-   dataset: mnist", "+   dataset: digits"]
    assert capsys.readouterr().out == "data: params.yaml now says data.dataset: digits\n"


def test_what_the_file_says_already_is_not_written_again(params, capsys):
    text = REAL.replace("# mnist | fashion", "#  mnist  |  fashion").replace(
        "seed: 2019", "seed:  7"
    )
    params.write_text(text, encoding="utf-8")
    assert reach.main(["mnist"]) == 0
    assert params.read_text(encoding="utf-8") == text
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ("own", "dataset 'own' needs data.own.source and data.own.title"),
        ("cifar", "DATASET=cifar is not known; allowed: mnist, "),
    ],
)
def test_what_is_refused_leaves_the_file_alone(params, capsys, dataset, said):
    assert reach.main([dataset]) == 1
    assert changed(params) == []
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("data: error: ")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("broken", ["own", "cifar", "", "[mnist]"])
def test_a_data_set_that_cannot_be_is_mended_by_another(params, capsys, broken):
    names(params, broken)
    assert reach.main([]) == 1
    assert capsys.readouterr().err.startswith("data: error: params.yaml: data")
    assert reach.main(["mnist"]) == 0
    assert changed(params) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is missing"),
        ("data: [", "is not valid YAML"),
        ("", "params.yaml: "),
        ("data: mnist\n", "params.yaml: "),
        (REAL.replace("seed: 2019", "seed: never"), "params.yaml: seed"),
    ],
)
def test_a_file_that_is_wrong_elsewhere_is_left_alone(params, capsys, text, said):
    if text is None:
        params.unlink()
    else:
        params.write_text(text, encoding="utf-8")
    assert reach.main(["digits"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("data: error: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not params.exists() if text is None else params.read_text(encoding="utf-8") == text


def test_mnist_out_of_reach_gives_way_to_digits(params, monkeypatch, capsys):
    monkeypatch.setattr(reach, "why_out_of_reach", lambda *_: "no network")
    assert reach.main([]) == 0
    assert changed(params) == ["-   dataset: mnist", "+   dataset: digits"]
    err = capsys.readouterr().err
    assert err.startswith("data: MNIST is out of reach: no network\n")
    assert "NOT be comparable with the paper's" in err


def test_a_data_set_that_is_asked_for_and_out_of_reach_is_an_error(params, monkeypatch, capsys):
    monkeypatch.setattr(reach, "why_out_of_reach", lambda *_: "no network")
    assert reach.main(["mnist"]) == 1
    assert changed(params) == []
    assert capsys.readouterr().err == "data: error: no network\n"


def test_another_data_set_than_mnist_out_of_reach_is_an_error(params, monkeypatch, capsys):
    names(params, "kmnist")
    monkeypatch.setattr(reach, "why_out_of_reach", lambda *_: "no network")
    assert reach.main([]) == 1
    assert changed(params) == ["-   dataset: mnist", "+   dataset: kmnist"]
    assert capsys.readouterr().err == "data: error: no network\n"


# Files that lie here already


@pytest.fixture
def fetched(params, tmp_path, monkeypatch):
    """Let the files of Fashion-MNIST lie here as `fetch` wrote them, and no source be in reach."""
    names(params, "fashion_mnist")
    monkeypatch.setattr(reach, "why_out_of_reach", lambda *_: "no source")
    monkeypatch.setattr(paths, "METRICS", tmp_path / "metrics")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "images").write_bytes(b"pixels")
    digest = hashlib.sha256(b"pixels").hexdigest()
    content = {"dataset": "fashion_mnist", "sha256": {"images": digest}}
    files.write_json(tmp_path / "metrics" / "fetch.json", content)


def test_nobody_is_asked_for_what_lies_here(fetched):
    assert reach.main([]) == 0


@pytest.mark.parametrize("change", ["another file", "no file", "another data set", "no record"])
def test_a_source_is_needed_for_what_does_not(fetched, params, change, capsys):
    if change == "another file":
        (paths.RAW / "images").write_bytes(b"others")
    elif change == "no file":
        (paths.RAW / "images").unlink()
    elif change == "another data set":
        names(params, "kmnist")
    else:
        paths.metrics_file("fetch").write_text("[]", encoding="utf-8")
    assert reach.main([]) == 1
    assert "no source" in capsys.readouterr().err
