"""The registry of data sets."""

import re
from urllib.parse import urlsplit

import pytest

from mnist_report.data.datasets import DATASETS, NAMES, own_dataset

# What yann.lecun.com states of the four files: name, length of the .gz in bytes.
LECUN = {
    "train-images-idx3-ubyte": 9_912_422,
    "train-labels-idx1-ubyte": 28_881,
    "t10k-images-idx3-ubyte": 1_648_877,
    "t10k-labels-idx1-ubyte": 4_542,
}
DOWNLOADED = [dataset for dataset in DATASETS.values() if dataset.files]


def test_keys():
    assert list(DATASETS) == ["mnist", "fashion_mnist", "kmnist", "digits"]
    assert all(key == dataset.key for key, dataset in DATASETS.items())


def test_mnist_sizes():
    assert {file.name: file.gz_size for file in DATASETS["mnist"].files} == LECUN


def test_every_mnist_file_has_the_digest_of_its_content():
    assert all(file.sha256 for file in DATASETS["mnist"].files)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.key)
def test_every_data_set_states_its_provenance(dataset):
    assert dataset.title
    assert dataset.licence.startswith(("CC BY", "MIT"))
    assert re.search(r"(19|20)\d\d", dataset.source)


@pytest.mark.parametrize("dataset", DOWNLOADED, ids=lambda dataset: dataset.key)
def test_files_are_complete(dataset):
    assert tuple(file.name for file in dataset.files) == NAMES
    for file in dataset.files:
        assert file.gz_name == f"{file.name}.gz"
        assert re.fullmatch("[0-9a-f]{64}", file.gz_sha256)
        assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.gz_size < file.size == file.limit
    assert [file.size for file in dataset.files] == [47_040_016, 60_008, 7_840_016, 10_008]
    assert [file.role for file in dataset.files] == [
        "training images",
        "training labels",
        "test images",
        "test labels",
    ]
    assert (dataset.train_count, dataset.test_count) == (60_000, 10_000)


@pytest.mark.parametrize("dataset", DOWNLOADED, ids=lambda dataset: dataset.key)
def test_mirrors_are_http_folders(dataset):
    assert dataset.mirrors
    for mirror in dataset.mirrors:
        assert urlsplit(mirror).scheme in ("http", "https")
        assert mirror.endswith("/")


def test_no_digest_is_used_twice():
    digests = [
        digest
        for dataset in DOWNLOADED
        for file in dataset.files
        for digest in (file.gz_sha256, file.sha256)
        if digest
    ]
    assert len(digests) == len(set(digests)) == 16


def test_own_data_set_has_names_and_nothing_to_compare_with():
    own = own_dataset("Digits of my own")
    assert own.title == "Digits of my own"
    assert tuple(file.name for file in own.files) == NAMES
    assert all(file.gz_sha256 is None and file.sha256 is None for file in own.files)
    assert own.mirrors == ()
    assert own.train_count is None
    assert all(file.limit == 16 + 784_000_000 for file in own.files)
