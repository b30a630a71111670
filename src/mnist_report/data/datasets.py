"""The data sets the pipeline can run on: what they are, where they lie, how they are checked.

All of them become the same four decompressed IDX files. SHA-256 is the only digest kept: it is
published for every file here, and unlike MD5 it cannot be forged.
"""

from dataclasses import dataclass
from typing import Literal

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

#: The names of the four files, which are the same for every data set.
NAMES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

Role = Literal["training images", "training labels", "test images", "test labels"]

_ROLES: dict[str, Role] = {
    TRAIN_IMAGES: "training images",
    TRAIN_LABELS: "training labels",
    TEST_IMAGES: "test images",
    TEST_LABELS: "test labels",
}

#: The largest file of a user's own data set, in bytes: a million images of 28 x 28 pixels. It
#: only keeps a wrong file from filling the memory.
_LARGEST_OWN = 16 + 1_000_000 * 28 * 28


@dataclass(frozen=True)
class File:
    """One of the four files of a data set.

    Attributes
    ----------
    name
        Its name when decompressed, one of `NAMES`; published as ``<name>.gz``.
    role
        What it holds.
    gz_sha256
        SHA-256 of the published ``.gz``, 64 hexadecimal digits, where known.
    sha256
        SHA-256 of the IDX file inside, where known. Only with it can a file that is already
        there, or a mirror that compressed the file anew, be trusted.
    gz_size, size
        Length of the published ``.gz`` and of the IDX file inside, bytes, where known.
    """

    name: str
    role: Role
    gz_sha256: str | None = None
    sha256: str | None = None
    gz_size: int | None = None
    size: int | None = None

    @property
    def gz_name(self) -> str:
        """The name under which the compressed file is published."""
        return f"{self.name}.gz"

    @property
    def limit(self) -> int:
        """The largest length of the IDX file that is worth reading, bytes."""
        return _LARGEST_OWN if self.size is None else self.size


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes
    ----------
    key
        Its short name, as in ``DATASET=mnist``.
    title, licence
        For the reader of the report.
    source
        Authors, citation and place of publication.
    files
        The four files to fetch, in the order of `NAMES`; empty if the data set is made here.
    mirrors
        ``http(s)`` addresses of public folders that hold the ``.gz`` files.
    train_count, test_count
        The number of images in the training and the test part; None if not known beforehand.
    """

    key: str
    title: str
    licence: str
    source: str
    files: tuple[File, ...]
    mirrors: tuple[str, ...]
    train_count: int | None
    test_count: int | None


def own_dataset(title: str) -> Dataset:
    """Return the entry of a user's own four files, of which only the structure is checked."""
    return Dataset(
        key="own",
        title=title,
        licence="not stated",
        source="the user's own files",
        files=tuple(File(name, _ROLES[name]) for name in NAMES),
        mirrors=(),
        train_count=None,
        test_count=None,
    )


def _published(name: str, gz_size: int, gz_sha256: str, sha256: str | None = None) -> File:
    """Return the entry of a file of a data set with the counts of MNIST."""
    count = 60_000 if name in (TRAIN_IMAGES, TRAIN_LABELS) else 10_000
    size = 16 + 28 * 28 * count if name in (TRAIN_IMAGES, TEST_IMAGES) else 8 + count
    return File(name, _ROLES[name], gz_sha256, sha256, gz_size, size)


# The SHA-256 of the .gz files agree with tensorflow_datasets, url_checksums/mnist.txt. Those of
# the IDX files inside were computed from the .gz files whose digests are given here.
_MNIST = Dataset(
    key="mnist",
    title="MNIST",
    licence="CC BY-SA 3.0",
    source=(
        "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, "
        "yann.lecun.com/exdb/mnist; described in Y. LeCun, L. Bottou, Y. Bengio, "
        "P. Haffner: Gradient-based learning applied to document recognition, "
        "Proceedings of the IEEE 86(11), 1998, doi:10.1109/5.726791"
    ),
    files=(
        _published(
            TRAIN_IMAGES,
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        _published(
            TRAIN_LABELS,
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        _published(
            TEST_IMAGES,
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        _published(
            TEST_LABELS,
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    train_count=60_000,
    test_count=10_000,
)

# Sizes and SHA-256 of the .gz files: tensorflow_datasets, url_checksums/fashion_mnist.txt.
# Licence and citation: README of github.com/zalandoresearch/fashion-mnist. The second mirror is
# the one that keras.datasets.fashion_mnist loads from.
_FASHION_MNIST = Dataset(
    key="fashion_mnist",
    title="Fashion-MNIST",
    licence="MIT",
    source=(
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking "
        "Machine Learning Algorithms, 2017, arXiv:1708.07747; "
        "github.com/zalandoresearch/fashion-mnist"
    ),
    files=(
        _published(
            TRAIN_IMAGES,
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        _published(
            TRAIN_LABELS,
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        _published(
            TEST_IMAGES,
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        _published(
            TEST_LABELS,
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    train_count=60_000,
    test_count=10_000,
)

# Sizes and SHA-256 of the .gz files: tensorflow_datasets, url_checksums/kmnist.txt. Licence,
# attribution and citation: README of github.com/rois-codh/kmnist.
_KMNIST = Dataset(
    key="kmnist",
    title="Kuzushiji-MNIST",
    licence="CC BY-SA 4.0",
    source=(
        '"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL '
        "and others), doi:10.20676/00000341; T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, "
        "K. Yamamoto, D. Ha: Deep Learning for Classical Japanese Literature, 2018, "
        "arXiv:1812.01718; github.com/rois-codh/kmnist"
    ),
    files=(
        _published(
            TRAIN_IMAGES,
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        _published(
            TRAIN_LABELS,
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        _published(
            TEST_IMAGES,
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        _published(
            TEST_LABELS,
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ),
    # Over plain HTTP, as its authors publish it; the digests above vouch for what arrives.
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    train_count=60_000,
    test_count=10_000,
)

_DIGITS = Dataset(
    key="digits",
    title="scikit-learn's handwritten digits",
    licence="CC BY 4.0",
    source=(
        "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998, doi:10.24432/C50P49; its test part as shipped with scikit-learn "
        "(sklearn.datasets.load_digits), brought from 8 x 8 to 28 x 28 pixels"
    ),
    files=(),
    mirrors=(),
    train_count=1_433,
    test_count=364,
)

#: Every data set known by name.
DATASETS: dict[str, Dataset] = {
    dataset.key: dataset for dataset in (_MNIST, _FASHION_MNIST, _KMNIST, _DIGITS)
}
