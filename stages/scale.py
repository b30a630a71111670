"""Stage `scale`: pixels to [0, 1], images to vectors, written so that they can be memory-mapped."""

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.figures import images as figures
from mnist_report.figures.style import plot
from mnist_report.sources import idx
from mnist_report.sources.datasets import PARTS
from mnist_report.sources.scaling import check_parts, describe, scale_images


def main(stage: Stage) -> None:
    rows = {"train": stage.params.scale.train_rows, "test": stage.params.scale.test_rows}
    pixels, digits = {}, {}
    for part, (images_name, labels_name) in PARTS.items():
        pixels[part] = idx.read_images((paths.RAW / images_name).read_bytes())[: rows[part]]
        digits[part] = idx.read_labels((paths.RAW / labels_name).read_bytes())[: rows[part]]
    check_parts(pixels["train"], digits["train"], digits["test"])

    found = {}
    for part, labels in digits.items():
        vectors = scale_images(pixels[part])
        files.save_array(paths.SCALED / f"{part}_images.npy", vectors)
        files.save_array(paths.SCALED / f"{part}_labels.npy", labels)
        found[part] = {"rows_asked_for": rows[part], **describe(vectors, labels)}
        if part == "train":
            plot("scale", "first_image.png", figures.single_image, vectors[0], int(labels[0]))
            plot("scale", "samples.png", figures.samples_by_class, vectors, labels)
    files.write_json(paths.RESULTS / "scale.json", found)
