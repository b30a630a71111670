"""The data sets the pipeline can run on: what they are, where they lie, how they are checked.

All of them become the same four decompressed IDX files. SHA-256 is the only digest kept: it is
published for every file here, and unlike MD5 it cannot be forged.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mnist_report.sources import idx

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

#: The names of the four files, which are the same for every data set.
NAMES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


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
    mirrors
        ``http(s)`` addresses of public folders that hold the ``.gz`` files.
    gz_sha256
        SHA-256 of the published ``.gz`` files in the order of `NAMES`, or nothing.
    sha256
        SHA-256 of the IDX files inside, or nothing. Only with it can a file that is already
        there, or one that somebody compressed anew, be trusted.
    """

    key: str
    title: str
    licence: str
    source: str
    mirrors: tuple[str, ...] = ()
    gz_sha256: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()

    def digests(self, name: str) -> set[str]:
        """Return the SHA-256 that the file `name` may have, compressed or decompressed."""
        place = NAMES.index(name)
        return {known[place] for known in (self.gz_sha256, self.sha256) if known}

    def limit(self, name: str) -> int:
        """Return the length in bytes of the largest file that is worth reading as `name`.

        It only keeps a wrong file from filling the memory.
        """
        count = 60_000 if self.gz_sha256 else 1_000_000
        return 16 + count * (28 * 28 if name in (TRAIN_IMAGES, TEST_IMAGES) else 1)

    def checked(self, name: str, raw: bytes, others: Mapping[str, bytes]) -> bytes:
        """Return the IDX file in what a source gave as `name`, compressed or not.

        Where no digest is known, it must be an IDX file of 28 x 28 images, or of labels 0 to 9
        and as many as there are images among `others`, the files by name that came before it.

        Raises
        ------
        IdxError
            If it is another file.
        """
        if raw[:100].lstrip().startswith(b"<"):
            raise idx.IdxError("a web page in place of the file")
        content = idx.read_gzip(raw, self.limit(name)) if raw.startswith(idx.GZIP_MAGIC) else raw
        known = self.digests(name)
        if not known:
            _check_structure(name, content, others)
        elif not known & {sha256(raw), sha256(content)}:
            hint = "" if self.sha256 else " (only the .gz file as published can be checked)"
            raise idx.IdxError(f"wrong SHA-256{hint}")
        return content


def _check_structure(name: str, content: bytes, others: Mapping[str, bytes]) -> None:
    if name in (TRAIN_IMAGES, TEST_IMAGES):
        rows, columns = idx.read_images(content).shape[1:]
        if (rows, columns) != (28, 28):
            raise idx.IdxError(f"images of {rows} x {columns} pixels, not 28 x 28")
        return
    labels = idx.read_labels(content)
    if labels.max() > 9:
        raise idx.IdxError(f"label {labels.max()} is outside 0 to 9")
    images = others.get(TRAIN_IMAGES if name == TRAIN_LABELS else TEST_IMAGES)
    if images is not None and len(labels) != (count := len(idx.read_images(images))):
        raise idx.IdxError(f"{len(labels)} labels for {count} images")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def own_dataset(title: str) -> Dataset:
    """Return the entry of a user's own four files, of which only the structure is checked."""
    return Dataset(key="own", title=title, licence="not stated", source="the user's own files")


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
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    gz_sha256=(
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    sha256=(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

# SHA-256 of the .gz files: tensorflow_datasets, url_checksums/fashion_mnist.txt. Licence and
# citation: README of github.com/zalandoresearch/fashion-mnist. The second mirror is the one that
# keras.datasets.fashion_mnist loads from.
_FASHION_MNIST = Dataset(
    key="fashion_mnist",
    title="Fashion-MNIST",
    licence="MIT",
    source=(
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking "
        "Machine Learning Algorithms, 2017, arXiv:1708.07747; "
        "github.com/zalandoresearch/fashion-mnist"
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    gz_sha256=(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
)

# SHA-256 of the .gz files: tensorflow_datasets, url_checksums/kmnist.txt. Licence, attribution
# and citation: README of github.com/rois-codh/kmnist.
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
    # Over plain HTTP, as its authors publish it; the digests below vouch for what arrives.
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    gz_sha256=(
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    ),
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
)

#: Every data set known by name.
DATASETS: dict[str, Dataset] = {
    dataset.key: dataset for dataset in (_MNIST, _FASHION_MNIST, _KMNIST, _DIGITS)
}
