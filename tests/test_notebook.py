"""The notebook for class: a valid notebook that runs, and exercises whose answers can be found."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from mnist_report.sources import idx
from samples import digits

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "the_paper_today.py"


def test_ten_exercises_link_the_report():
    exercises = NOTEBOOK.read_text(encoding="utf-8").rpartition("\n# %%")[2]
    report = (ROOT / "report" / "report.md").read_text(encoding="utf-8")
    numbers = re.findall(r"^# (\d+)\. ", exercises, flags=re.MULTILINE)
    linked = re.findall(r"Answer:[\s#]+\[.+?\]\(\.\./report/report\.md#(.+?)\)\.", exercises)
    assert numbers == [str(number) for number in range(1, 11)]
    assert len(linked) == 10
    for place in linked:
        assert f'<a id="{place}"></a>' in report, place


def test_it_runs_on_few_images_and_every_part_is_timed(tmp_path, monkeypatch):
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    few = digits(100, 60, enlarged=True)
    for part, images, labels in (
        ("train", few.train_images, few.train_labels),
        ("t10k", few.test_images, few.test_labels),
    ):
        pixels = np.round(255 * images).astype(np.uint8).reshape(-1, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx.encode(pixels))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx.encode(labels.astype(np.uint8)))
    port = [sys.executable, ROOT / "benchmarks" / "port.py"]
    done = subprocess.run(port, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import bench

    compared = {part for parts in bench.SECTIONS.values() for part in parts}
    assert compared | {"imports", "data", "svm_intuition"} == measured["sections"].keys()
    assert all(spent["wall"] > 0 for spent in measured["sections"].values())
    assert measured["peak_gib"] > 0
    answers = dict(re.findall(r"^(.+): ([\d.]+)% right", done.stderr, flags=re.MULTILINE))
    assert float(answers["final machine"]) > 85
    assert float(answers["dense network"]) > 85
