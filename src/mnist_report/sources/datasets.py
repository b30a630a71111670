"""The data sets the pipeline can run on: what they are, where they lie, how they are checked.

All of them become the same four decompressed IDX files.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_report.core import files
from mnist_report.sources import idx

#: The files of images and of labels, which are named alike for every data set.
PARTS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
NAMES = (*PARTS["train"], *PARTS["test"])


@dataclass(frozen=True)
class Dataset:
    """A data set: what the report says of it, public mirrors, and SHA-256 in the order of `NAMES`.

    With `sha256`, that of the IDX files inside, a file that is already there or that somebody
    compressed anew can be trusted; with `gz_sha256` only the file as published. With neither
    nothing is checked but what the files hold.
    """

    key: str
    title: str
    licence: str
    source: str
    mirrors: Sequence[str] = ()
    gz_sha256: Sequence[str] = ()
    sha256: Sequence[str] = ()

    def digests(self, name: str) -> set[str]:
        """Return the SHA-256 that the file `name` may have, compressed or decompressed."""
        place = NAMES.index(name)
        return {known[place] for known in (self.gz_sha256, self.sha256) if known}

    def checked(self, name: str, raw: bytes, others: Mapping[str, bytes]) -> bytes:
        """Return the IDX file in what a source gave as `name`, the next after `others`.

        IdxError if its digest is another one or, where none is known, if it does not hold images
        of 28 x 28 pixels, or a label from 0 to 9 for each of them.
        """
        content = idx.read_gzip(raw) if raw.startswith(idx.GZIP_MAGIC) else raw
        known = self.digests(name)
        if not known:
            _check_structure(name, content, others)
        elif not known & {sha256(raw), sha256(content)}:
            hint = "" if self.sha256 else " (only the .gz file as published can be checked)"
            raise idx.IdxError(f"wrong SHA-256{hint}")
        return content


def _check_structure(name: str, content: bytes, others: Mapping[str, bytes]) -> None:
    if "images" in name:
        _, rows, columns = idx.read_images(content).shape
        if (rows, columns) != (28, 28):
            raise idx.IdxError(f"images of {rows} x {columns} pixels, not 28 x 28")
        return
    labels = idx.read_labels(content)
    if labels.max() > 9:
        raise idx.IdxError(f"label {labels.max()} is outside 0 to 9")
    images = others.get(name.replace("labels-idx1", "images-idx3"))
    if images is not None and len(labels) != (count := len(idx.read_images(images))):
        raise idx.IdxError(f"{len(labels)} labels for {count} images")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


#: Every data set known by name.
DATASETS = {
    key: Dataset(key, **entry)
    for key, entry in files.read_yaml(Path(__file__).with_suffix(".yaml")).items()
}
