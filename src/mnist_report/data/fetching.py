"""From the `data` parameters to the four files, whichever data set they name."""

import os
from pathlib import Path

from mnist_report import paths
from mnist_report.data.datasets import DATASETS, Dataset, own_dataset
from mnist_report.data.digits import digits_as_idx
from mnist_report.data.download import fetch, why_unavailable
from mnist_report.files import write_bytes
from mnist_report.params import Data

#: The environment variable that names a folder or an address to look in first.
MIRROR_VARIABLE = "MNIST_MIRROR"


def chosen_dataset(params: Data) -> Dataset:
    """Return the data set that the parameters name."""
    if params.dataset == "own":
        assert params.own.title is not None  # noqa: S101  (the schema holds it)
        return own_dataset(params.own.title)
    return DATASETS[params.dataset]


def bring(params: Data, folder: Path, mirror: str | None) -> Dataset:
    """Put the four decompressed IDX files of the chosen data set into `folder`.

    Parameters
    ----------
    mirror
        The value of ``MNIST_MIRROR``; for ``dataset: own`` the parameters name the source.

    Raises
    ------
    UserError
        If the data cannot be had, are not what they should be, or cannot be written.
    """
    dataset = chosen_dataset(params)
    if dataset.files:
        fetch(dataset, folder, _source(params, mirror))
    else:
        for name, content in digits_as_idx().items():
            write_bytes(folder / name, content)
    return dataset


def why_out_of_reach(params: Data, folder: Path, mirror: str | None) -> str | None:
    """Say why `bring` would fail, or None; costs the download of one small file at most."""
    dataset = chosen_dataset(params)
    return why_unavailable(dataset, folder, _source(params, mirror)) if dataset.files else None


def _source(params: Data, mirror: str | None) -> str | None:
    """Return where to look first; a folder may start with `~`, or at the user's checkout."""
    source = params.own.source if params.dataset == "own" else mirror
    if source is None or "://" in source:
        return source
    # Path.expanduser would raise for a user that there is not.
    return str(paths.USER_ROOT / os.path.expanduser(source))  # noqa: PTH111
