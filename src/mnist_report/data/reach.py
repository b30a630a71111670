"""Before the pipeline starts: can the data be had? ``python -m mnist_report.data.reach [DATASET]``.

Without an argument MNIST out of reach is no dead end: `params.yaml` is set to the data set that
ships with scikit-learn, and that is said plainly. With an argument the user insists.
"""

import hashlib
import io
import os
import sys
import tempfile
import typing
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mnist_report import paths
from mnist_report.data.fetching import MIRROR_VARIABLE, why_out_of_reach
from mnist_report.errors import UserError
from mnist_report.files import read_json, write_text
from mnist_report.params import Data, load_params

KEYS = typing.get_args(Data.model_fields["dataset"].annotation)


def main(arguments: list[str]) -> int:
    """Check the reach of the data; return 0 if the pipeline can start."""
    try:
        if arguments:
            _insist(arguments[0])
        _settle(insisted=bool(arguments))
    except UserError as error:
        print(f"data: error: {error}", file=sys.stderr)
        return 1
    return 0


def _insist(dataset: str) -> None:
    if dataset not in KEYS:
        raise UserError(f"DATASET={dataset} is not known; allowed: {', '.join(KEYS)}")
    if set_dataset(dataset):
        print(f"data: params.yaml now says data.dataset: {dataset}")


def _settle(*, insisted: bool) -> None:
    params = load_params(paths.PARAMS).data
    if _fetched(params):
        return
    reason = why_out_of_reach(params, paths.RAW, os.environ.get(MIRROR_VARIABLE))
    if reason is None:
        return
    if insisted or params.dataset != "mnist":
        raise UserError(reason)
    set_dataset("digits")
    print(
        f"data: MNIST is out of reach: {reason}\n"
        "data: going on with the 1,797 handwritten digits that ship with scikit-learn instead.\n"
        "data: params.yaml now says data.dataset: digits (see 'git diff params.yaml').\n"
        "data: the figures will NOT be comparable with the paper's; "
        "'make repro DATASET=mnist' insists on MNIST.",
        file=sys.stderr,
    )


def _fetched(params: Data) -> bool:
    """Tell whether the files of the data set lie here as `fetch` last wrote them.

    Then DVC has no need to fetch them, and nobody is asked for them; if the parameters say another
    source or title now, it does so all the same, and says what is wrong.
    """
    try:
        last = read_json(paths.metrics_file("fetch"))
        return bool(last["dataset"] == params.dataset) and all(
            hashlib.sha256((paths.RAW / name).read_bytes()).hexdigest() == digest
            for name, digest in last["sha256"].items()
        )
    except (UserError, OSError, LookupError, TypeError, AttributeError):
        return False


def set_dataset(dataset: str) -> bool:
    """Change ``data.dataset`` in `params.yaml`; comments and all other values stay.

    Returns whether the file said something else before.

    Raises
    ------
    UserError
        If the file would not hold what is allowed; it is left as it is.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1000
    # An empty value stays the word that the file shows.
    yaml.representer.add_representer(
        type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    # Not by `load_params`: a data set that it refuses can be mended here.
    try:
        content = yaml.load(paths.PARAMS.read_text(encoding="utf-8"))
        if content["data"].get("dataset") == dataset:
            return False
        content["data"]["dataset"] = dataset
    except (OSError, YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        load_params(paths.PARAMS)  # says what is wrong
        raise
    stream = io.StringIO()
    yaml.dump(content, stream)
    _check(stream.getvalue())
    write_text(paths.PARAMS, stream.getvalue())
    return True


def _check(text: str) -> None:
    """Refuse what may not become the parameters."""
    with tempfile.TemporaryDirectory() as folder:
        # Under the same name, which stands in what the user reads.
        path = Path(folder) / paths.PARAMS.name
        write_text(path, text)
        load_params(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
