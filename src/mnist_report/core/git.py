"""What Git says of a checkout."""

import os
import subprocess
from pathlib import Path

from mnist_report.core.errors import UserError


def output(checkout: Path, *arguments: str) -> bytes:
    """Return what ``git ARGUMENTS`` prints in a checkout; UserError if Git refuses or is not there.

    Git exports ``GIT_DIR`` and the like to its hooks, which would name another repository than the
    checkout's: they are dropped. Reading takes no lock, which would make somebody's commit fail.
    """
    options = ("--no-optional-locks", "-C", str(checkout), "-c", "core.quotepath=off")
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    try:
        return subprocess.run(
            ["git", *options, *arguments], capture_output=True, check=True, env=environment
        ).stdout
    except FileNotFoundError as error:
        raise UserError(f"git {arguments[0]}: Git is not installed, or not on the PATH") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace")
        raise UserError(f"git {arguments[0]} failed: {reason}") from error
