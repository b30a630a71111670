"""What `make repro` says at its end."""

import pytest

from mnist_report import paths
from mnist_report.files import write_json
from mnist_report.report import farewell


@pytest.mark.parametrize(("title", "comparable"), [("MNIST", True), ("Digits", False)])
def test_it_names_the_report_and_says_what_is_not_mnist(
    tmp_path, monkeypatch, capsys, title, comparable
):
    for name in ("METRICS", "REPORT"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    content = {"title": title, "comparable_with_paper": comparable}
    write_json(paths.metrics_file("fetch"), content)
    paths.REPORT.mkdir()
    for name in ("report.pdf", "report.html", "other.txt"):
        (paths.REPORT / name).touch()
    farewell.main()
    _, *lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"The report on {title} is made:",
        "  report/report.html",
        "  report/report.pdf",
    ]
    assert (
        "This is NOT MNIST: its figures are not comparable with the paper's." in lines
    ) != comparable
