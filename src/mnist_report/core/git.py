"""What Git says of a checkout."""

import os
import subprocess
from pathlib import Path

from mnist_report.core.errors import UserError


def output(checkout: Path, *arguments: str) -> bytes:
    """Return what ``git ARGUMENTS`` prints in a checkout, names of files as they are.

    Git exports ``GIT_DIR`` and the like to its hooks: inherited from there, they would name another
    repository than the checkout's, so they are dropped. Reading takes no lock, which would make
    somebody's commit fail.

    Raises
    ------
    UserError
        If Git is not installed or refuses.
    """
    options = ("--no-optional-locks", "-C", str(checkout), "-c", "core.quotepath=off")
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    try:
        done = subprocess.run(
            ["git", *options, *arguments], capture_output=True, check=False, env=environment
        )
    except FileNotFoundError as error:
        raise UserError(f"git {arguments[0]}: Git is not installed, or not on the PATH") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise UserError(f"git {arguments[0]} failed: {reason}")
    return done.stdout


def lines(checkout: Path, *arguments: str) -> list[str]:
    """Return the lines that ``git ARGUMENTS`` prints, as `output` does."""
    return output(checkout, *arguments).decode().splitlines()
