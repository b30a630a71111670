"""``make repro``: the pipeline by DVC, with its longest stage beside all that can run meanwhile.

A run from nothing spends a third of its time on a stage that needs nothing but the scaled images;
much of the rest keeps one core waiting. DVC runs one stage at a time, but two of its processes can
work in one checkout: each lets go of DVC's lock while a stage runs, and DVC locks the files of a
stage by themselves. Just the check of a stage that the other one runs must not be asked for, so
each is told by name which stages are its own.
"""

import argparse
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import IO

from mnist_report.dvcfiles import StageFiles, is_study, pipeline
from mnist_report.interrupts import interrupts_noted
from mnist_report.locked import mend

#: The stages that run beside the others.
BESIDE = ("keras_dense",)

DVC = (sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item")


def main(arguments: Sequence[str]) -> int:
    """Run the pipeline; return 0, or the exit code of a command of DVC that failed."""
    parser = argparse.ArgumentParser(prog="side_by_side")
    parser.add_argument(
        "--force",
        choices=("1", "models"),
        help="run stages that are up to date too: all of them, or all but the long studies",
    )
    options = parser.parse_args(arguments)
    if mend():
        print(
            "repro: dvc.lock was cut off when DVC was stopped; it is as Git has it again, and what "
            "was made since comes from DVC's cache where it lies there",
            flush=True,
        )
    dvc = [*DVC, *(["--force"] if options.force else [])]
    before, others, after = (
        [name for name in part if options.force != "models" or not is_study(name)]
        for part in parts(pipeline(), BESIDE)
    )
    steps: list[Callable[[], int]] = [
        lambda: subprocess.run([*dvc, *before], check=False).returncode,
        lambda: _both([*dvc, *BESIDE], [*dvc, *others]),
        lambda: subprocess.run([*dvc, *after], check=False).returncode,
    ]
    # Ctrl-C reaches DVC too, which ends its stage and then itself; nobody may be killed before.
    with interrupts_noted() as interrupted:
        for step in steps:
            code = step()
            # A stage that had ended its work does not count as interrupted, nor does it go on.
            if code != 0 or interrupted.is_set():
                return code or 130
    return 0


def parts(
    stages: Mapping[str, StageFiles], beside: Collection[str]
) -> tuple[list[str], list[str], list[str]]:
    """Sort stages by what they have to do with some of them.

    Parameters
    ----------
    beside
        Names of some of the stages, none of which needs another.

    Returns
    -------
    before
        The stages that any of `beside` needs, directly or through others.
    others
        Those that neither need any of `beside` nor are needed by it.
    after
        Those that need any of `beside`, directly or through others.
        All three in an order in which they can run.
    """
    makers = {path: name for name, stage in stages.items() for path in stage.outputs}
    needs: dict[str, set[str]] = {}

    def visit(name: str) -> set[str]:
        if name not in needs:
            direct = [makers[path] for path in stages[name].deps if path in makers]
            needs[name] = set(direct).union(*map(visit, direct))
        return needs[name]

    needed = set().union(*map(visit, beside))
    before, others, after = [], [], []
    for name in stages:
        visit(name)
    # A stage has come to stand in `needs` after all that it needs.
    for name in needs:
        if name in needed:
            before.append(name)
        elif needs[name].intersection(beside):
            after.append(name)
        elif name not in beside:
            others.append(name)
    return before, others, after


def _both(beside: Sequence[str], others: Sequence[str]) -> int:
    """Run two commands at once; return the exit code of one that fails, or 0.

    What the first says is marked, a line at a time. It meets no terminal, so it draws no bars over
    those of the second.
    """
    with subprocess.Popen(
        beside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        relay = threading.Thread(target=_relay, args=(process.stdout,))
        relay.start()
        code = subprocess.run(others, check=False).returncode
        relay.join()
    return code or process.returncode


def _relay(lines: IO[str]) -> None:
    for line in lines:
        print(f"beside: {line}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
