"""Stage `fetch`: the four IDX files of the chosen data set, each held to its checksum."""

import hashlib
import os

from mnist_report.core import files, paths
from mnist_report.core.stage import Stage, run_stage
from mnist_report.sources import idx
from mnist_report.sources.datasets import NAMES, TEST_IMAGES, TRAIN_IMAGES
from mnist_report.sources.fetching import MIRROR_VARIABLE, fetch


def main(stage: Stage) -> None:
    dataset = fetch(stage.params.data, paths.RAW, os.environ.get(MIRROR_VARIABLE))
    found = {
        "dataset": dataset.key,
        "title": dataset.title,
        "comparable_with_paper": dataset.key == "mnist",
        "checksums_known": bool(dataset.gz_sha256),
        "licence": dataset.licence,
        "provenance": dataset.source,
    }
    for part, name in (("train", TRAIN_IMAGES), ("test", TEST_IMAGES)):
        images = idx.read_images((paths.RAW / name).read_bytes())
        rows, height, width = images.shape
        found[part] = {"rows": rows, "height": height, "width": width}
    found["sha256"] = {
        name: hashlib.sha256((paths.RAW / name).read_bytes()).hexdigest() for name in NAMES
    }
    files.write_json(paths.results_file("fetch"), found)


if __name__ == "__main__":
    run_stage("fetch", main)
