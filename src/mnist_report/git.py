"""What Git says of a checkout."""

import subprocess
from pathlib import Path

from mnist_report.errors import UserError


def output(checkout: Path, *arguments: str) -> bytes:
    """Return what ``git ARGUMENTS`` prints in a checkout, names of files as they are.

    Raises
    ------
    UserError
        If Git is not installed or refuses.
    """
    command = ["git", "-C", str(checkout), "-c", "core.quotepath=off", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise UserError(f"git {arguments[0]}: Git is not installed, or not on the PATH") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise UserError(f"git {arguments[0]} failed: {reason}")
    return done.stdout


def lines(checkout: Path, *arguments: str) -> list[str]:
    """Return the lines that ``git ARGUMENTS`` prints, as `output` does."""
    return output(checkout, *arguments).decode().splitlines()
