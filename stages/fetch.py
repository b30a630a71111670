"""Stage `fetch`: the four IDX files of the chosen data set, each held to its checksum."""

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.sources import idx
from mnist_report.sources.datasets import NAMES, PARTS, sha256
from mnist_report.sources.fetching import fetch


def main(stage: Stage) -> None:
    dataset = fetch(stage.params.data)
    found = {
        "dataset": dataset.key,
        "title": dataset.title,
        "comparable_with_paper": dataset.key == "mnist",
        "checksums_known": bool(dataset.gz_sha256),
        "licence": dataset.licence,
        "provenance": dataset.source,
    }
    for part, (images, _) in PARTS.items():
        rows, height, width = idx.read_images((paths.RAW / images).read_bytes()).shape
        found[part] = {"rows": rows, "height": height, "width": width}
    found["sha256"] = {name: sha256((paths.RAW / name).read_bytes()) for name in NAMES}
    files.write_json(paths.RESULTS / "fetch.json", found)
