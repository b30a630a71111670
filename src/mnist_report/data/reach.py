"""Before the pipeline starts: can the data be had? ``python -m mnist_report.data.reach [DATASET]``.

Without an argument MNIST out of reach is no dead end: `params.yaml` is set to the data set that
ships with scikit-learn, and that is said plainly. With an argument the user insists.
"""

import io
import os
import sys
import typing

from ruamel.yaml import YAML

from mnist_report import paths
from mnist_report.data.fetching import MIRROR_VARIABLE, why_out_of_reach
from mnist_report.errors import UserError
from mnist_report.files import write_text
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
    if load_params().data.dataset != dataset:
        set_dataset(dataset)
        print(f"data: params.yaml now says data.dataset: {dataset}")
        load_params()


def _settle(*, insisted: bool) -> None:
    params = load_params().data
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


def set_dataset(dataset: str) -> None:
    """Change ``data.dataset`` in `params.yaml`; comments and all other values stay."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1000
    # An empty value stays the word that the file shows.
    yaml.representer.add_representer(
        type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    content = yaml.load(paths.PARAMS.read_text(encoding="utf-8"))
    content["data"]["dataset"] = dataset
    stream = io.StringIO()
    yaml.dump(content, stream)
    write_text(paths.PARAMS, stream.getvalue())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
