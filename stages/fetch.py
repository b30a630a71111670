"""Stage `fetch`: the four IDX files of the chosen data set, each held to its checksum."""

import hashlib
import os

from mnist_report import files, paths
from mnist_report.data import idx
from mnist_report.data.datasets import NAMES, TEST_IMAGES, TRAIN_IMAGES
from mnist_report.data.fetching import MIRROR_VARIABLE, bring
from mnist_report.stage import Stage, run_stage


def main(stage: Stage) -> None:
    dataset = bring(stage.params.data, paths.RAW, os.environ.get(MIRROR_VARIABLE))
    metrics = {
        "dataset": dataset.key,
        "title": dataset.title,
        "comparable_with_paper": dataset.key == "mnist",
        "checksums_known": bool(dataset.files) and all(file.gz_sha256 for file in dataset.files),
        "licence": dataset.licence,
        "provenance": dataset.source,
    }
    for part, name in (("train", TRAIN_IMAGES), ("test", TEST_IMAGES)):
        images = idx.read_images(files.read_bytes(paths.RAW / name))
        rows, height, width = images.shape
        metrics[part] = {"rows": rows, "height": height, "width": width}
    metrics["sha256"] = {
        name: hashlib.sha256(files.read_bytes(paths.RAW / name)).hexdigest() for name in NAMES
    }
    files.write_json(paths.metrics_file("fetch"), metrics)


if __name__ == "__main__":
    run_stage("fetch", main)
