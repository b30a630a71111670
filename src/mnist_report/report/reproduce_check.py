"""``make reproduce-check``: the pipeline twice, in two fresh clones, compared byte for byte.

The clones hold what is committed and share nothing: no cache, no data, no MLflow store. The first
run is as this user would start it, or with ``--here`` what lies in this checkout. The second is
at a path with a space and letters beyond ASCII, in another time zone, under the C locale, and as
far as this machine lets: as another user, with a home that cannot be written, without a network,
on fewer cores. The long studies take most of an hour; unless asked for they are left as the
clone has them, and all others are computed from nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from mnist_report import git, paths
from mnist_report.dvcfiles import is_study, pipeline
from mnist_report.errors import UserError

#: Who owns nothing: `nobody` on Linux.
NOBODY = 65534


@dataclass(frozen=True)
class Surroundings:
    """In what a run takes place.

    Attributes
    ----------
    said
        What they are, for people.
    prefix
        The command that takes the run's own as its last arguments.
    environment
        Variables that are set; None takes one away.
    user
        The user to become, if another.
    """

    said: tuple[str, ...] = ("as started",)
    prefix: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    user: int | None = None


def main(arguments: Sequence[str]) -> int:
    """Run twice and compare; return 0 if nothing differs."""
    parser = argparse.ArgumentParser(prog="reproduce-check", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--studies",
        nargs="?",
        const="*",
        metavar="PATTERN",
        help="the long studies too, or those whose names match",
    )
    parser.add_argument("--here", action="store_true", help="take what lies here for the first run")
    parser.add_argument("--cores", type=int, help="cores that the second run may use")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="reproduce-check-"))
    folder.chmod(0o755)  # for another user
    elsewhere = far_away(folder / "home", options.cores)
    print(f"reproduce-check: the second run is {', '.join(elsewhere.said)}")
    try:
        first = paths.ROOT if options.here else clone(folder / "first")
        second = clone(folder / "ein zweiter Ort für das Gleiche")
        runs = {second: elsewhere} if options.here else {first: Surroundings(), second: elsewhere}
        # One after the other: two at a time would wait for each other's threads, and take longer.
        for checkout, surroundings in runs.items():
            run(checkout, surroundings, studies=options.studies)
    except UserError as error:
        print(f"reproduce-check: error: {error}", file=sys.stderr)
        return 1
    names = compared(first)
    found = list(differences(first, second, names))
    moved = set(git.lines(first, "diff", "--name-only", "HEAD"))
    tracked = set(git.lines(first, "ls-files")) & set(names)
    print(
        f"reproduce-check: {len(tracked)} of them are in Git, "
        f"{len(tracked - moved)} as committed to the byte"
    )
    for name in sorted(tracked & moved):
        print(f"  not as committed: {name}")
    print(f"reproduce-check: {len(names)} files of two runs: {len(found)} differ")
    for line in found:
        print(f"reproduce-check: DIFFERS: {line}", file=sys.stderr)
    if found:
        print(f"reproduce-check: both runs are kept in {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


def far_away(home: Path, cores: int | None = None) -> Surroundings:
    """Return surroundings as unlike those of this process as the machine lets.

    Parameters
    ----------
    home
        A folder to make: the home of the run, read only.
    cores
        How many cores the run may use; None for all.
    """
    root = os.geteuid() == 0
    said = ["at another path, in another time zone, under the C locale"]
    prefix: list[str] = []
    user = None
    isolate = ["unshare", "--net"] if root else ["unshare", "--map-root-user", "--net"]
    if _works(isolate):
        said.append("without a network")
        prefix += isolate
    # After the network is gone: only root can take it away.
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if root and _works(become):
        said.append("as another user")
        prefix += become
        user = NOBODY
    home.mkdir(mode=0o555)
    # To root, permissions mean nothing.
    said.append("with an empty home" if root and user is None else "with a read-only home")
    if cores is not None:
        said.append(f"on {cores} of {os.cpu_count()} cores")
        prefix += ["taskset", "--cpu-list", f"0-{cores - 1}"]
    return Surroundings(
        said=tuple(said),
        prefix=tuple(prefix),
        environment={
            "HOME": str(home),
            "XDG_CACHE_HOME": None,
            "XDG_CONFIG_HOME": None,
            "LANG": None,
            "LC_ALL": "C",
            "PYTHONUTF8": None,
            "TZ": "Pacific/Kiritimati",
        },
        user=user,
    )


def _works(prefix: Sequence[str]) -> bool:
    """Tell whether a command, put before others, lets a program start this interpreter."""
    if shutil.which(prefix[0]) is None:
        return False
    command = [*prefix, "env", sys.executable, "-c", ""]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def clone(folder: Path) -> Path:
    """Clone what is committed into `folder` and return it."""
    git.output(paths.ROOT, "clone", "--quiet", "--no-hardlinks", str(paths.ROOT), str(folder))
    return folder


def run(checkout: Path, surroundings: Surroundings, *, studies: str | None) -> None:
    """Compute every stage of a clone anew, of the studies those that match a pattern.

    Raises
    ------
    UserError
        If a stage fails; the message says where its output lies.
    """
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache"]
    command += ["--single-item", *to_run(checkout, studies=studies)]
    if surroundings.user is not None:
        for path in (checkout, *checkout.rglob("*")):
            os.chown(path, surroundings.user, surroundings.user, follow_symlinks=False)
    log = checkout.with_name(f"{checkout.name}.log")
    with (
        log.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            [*surroundings.prefix, *command],
            cwd=checkout,
            env=_environment(surroundings.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        for line in process.stdout:
            stream.write(line)
            if line.startswith("Running stage"):
                print(f"reproduce-check: {checkout.name}: {line.strip()}", flush=True)
    if process.returncode != 0:
        raise UserError(f"'dvc repro' failed in {checkout}; what it said is in {log}")


def to_run(checkout: Path, *, studies: str | None) -> list[str]:
    """Name all stages, of the long studies those that match a pattern, as `dvc.yaml` has them."""
    return [
        name
        for name in pipeline(checkout)
        if not is_study(name) or (studies is not None and fnmatch(name, studies))
    ]


def compared(checkout: Path) -> list[str]:
    """Return what has to be the same: `dvc.lock` and every output that `dvc.yaml` declares."""
    outputs = [path for stage in pipeline(checkout).values() for path in stage.outputs]
    return ["dvc.lock", *(path.relative_to(checkout).as_posix() for path in outputs)]


def differences(first: Path, second: Path, names: Sequence[str]) -> Iterator[str]:
    """Yield a line for each of the files `names` that is not the same in two folders."""
    for name in names:
        one, other = first / name, second / name
        if not (one.is_file() and other.is_file()):
            yield f"{name} is missing in one of the two"
            continue
        mine, theirs = one.read_bytes(), other.read_bytes()
        if mine != theirs:
            pairs = enumerate(zip(mine, theirs, strict=False))
            at = next((i for i, (a, b) in pairs if a != b), min(len(mine), len(theirs)))
            yield f"{name} ({len(mine)} and {len(theirs)} bytes, the first difference at {at})"


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return this environment without what would let one clone meet another's results.

    The files that lie in this checkout serve as mirror, so that nothing is downloaded twice; the
    clones hold them to their checksums.
    """
    mirror = os.environ.get("MNIST_MIRROR", "")
    if any(paths.RAW.glob("*-ubyte")):
        mirror = str(paths.RAW)
    elif mirror and "://" not in mirror:
        mirror = str(paths.ROOT / mirror)
    own = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_TRACKING", "DVC_"))}
    all_of_them = own | {"MNIST_MIRROR": mirror, "DVC_NO_ANALYTICS": "1"} | dict(changes)
    return {name: value for name, value in all_of_them.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
