"""Can the data be had? ``python -m mnist_report.sources.available [DATASET]`` changes no file.

Ends with 0 if they can, with 1 and the reason if not, and with 2 if that is no question: a data
set that is not known, or parameters that are not allowed.
"""

import os
import sys
import typing

from pydantic import ValidationError

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import read_bytes, read_json
from mnist_report.core.params import Data, load_params
from mnist_report.sources.datasets import sha256
from mnist_report.sources.fetching import MIRROR_VARIABLE, check_available


def main(arguments: list[str]) -> int:
    """Check the data set that the argument, or else `params.yaml`, names."""
    try:
        params = _params(*arguments)
    except UserError as error:
        print(f"data: error: {error}", file=sys.stderr)
        return 2
    if _is_fetched(params):
        return 0
    reason = check_available(params, paths.RAW, os.environ.get(MIRROR_VARIABLE))
    if reason:
        print(f"data: {reason}", file=sys.stderr)
    return 1 if reason else 0


def _params(dataset: str | None = None) -> Data:
    """Return the parameters, with `dataset` in place of the one that they name."""
    params = load_params(paths.PARAMS).data
    known = typing.get_args(Data.model_fields["dataset"].annotation)
    if dataset is None:
        return params
    if dataset not in known:
        raise UserError(f"DATASET={dataset} is not known; allowed: {', '.join(known)}")
    try:
        return Data.model_validate(params.model_dump() | {"dataset": dataset})
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"params.yaml: {reason}") from error


def _is_fetched(params: Data) -> bool:
    """Tell whether the files lie here as stage `fetch` last wrote them, so that it need not run."""
    try:
        last = read_json(paths.results_file("fetch"))
        return bool(last["dataset"] == params.dataset) and all(
            sha256(read_bytes(paths.RAW / name)) == digest
            for name, digest in last["sha256"].items()
        )
    except (UserError, LookupError, TypeError, AttributeError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
