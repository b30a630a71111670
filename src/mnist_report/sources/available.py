"""Can the data be had? ``python -m mnist_report.sources.available [DATASET]`` changes no file.

Ends with 0 if they can, with 3 and the reason if not, and with 2 if that is no question: a data
set that is not known, or parameters that are not allowed. Python itself ends with 1.
"""

import sys

from pydantic import ValidationError

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.files import read_json
from mnist_report.core.params import Data, explain, load_params
from mnist_report.sources.datasets import sha256
from mnist_report.sources.fetching import check_available


def main(arguments: list[str]) -> int:
    """Check the data set that the argument, or else `params.yaml`, names."""
    try:
        named = {"dataset": arguments[0]} if arguments else {}
        params = Data.model_validate(load_params().data.model_dump() | named)
    except ValidationError as error:
        print(f"data: error: DATASET={arguments[0]}: {explain(error)}", file=sys.stderr)
        return 2
    except UserError as error:
        print(f"data: error: {error}", file=sys.stderr)
        return 2
    try:
        if not _is_fetched(params):
            check_available(params)
    except UserError as error:
        print(f"data: {error}", file=sys.stderr)
        return 3
    return 0


def _is_fetched(params: Data) -> bool:
    """Tell whether the files lie here as stage `fetch` last wrote them, so that it need not run."""
    try:
        last = read_json(paths.RESULTS / "fetch.json")
        return bool(last["dataset"] == params.dataset) and all(
            sha256((paths.RAW / name).read_bytes()) == digest
            for name, digest in last["sha256"].items()
        )
    # A record with other things in it, somebody's or an older version's, is as good as none.
    except (UserError, OSError, LookupError, TypeError, AttributeError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
