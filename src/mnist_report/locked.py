"""What lies here, held against the digests in `dvc.lock`, and that file itself.

``python -m mnist_report.locked STAGE`` prints the inputs of a stage that differ from what the
pipeline made. A stage that has failed asks this of a process of its own: so this module is not
among those that a result depends on, and changing it makes no result stale.

DVC itself takes a file that it brought from its cache for right. So it does not notice when the
object in the cache was corrupt, as after a fault of the disk. This module reads the files.
"""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mnist_report import git, paths
from mnist_report.dvcfiles import pipeline
from mnist_report.errors import UserError
from mnist_report.files import write_bytes

#: What reading the stages of something raises that is no `dvc.lock`.
NO_LOCK = (YAMLError, UnicodeError, LookupError, TypeError)


@dataclass(frozen=True)
class Altered:
    """A file that is not what the pipeline made.

    Attributes
    ----------
    name
        Its path in the checkout.
    cached
        The path of the object in DVC's cache that should be the same, if that is corrupt too; from
        the checkout if it lies there.
    """

    name: str
    cached: str | None


def outputs() -> dict[Path, str]:
    """Return every output of every stage in `dvc.lock`, with its digest.

    Raises
    ------
    UserError
        If there is no whole `dvc.lock`.
    """
    root = paths.ROOT
    try:
        lock = YAML(typ="safe", pure=True).load((root / "dvc.lock").read_text(encoding="utf-8"))
        return {
            root / out["path"]: out["md5"]
            for entry in lock["stages"].values()
            for out in entry.get("outs", [])
        }
    except (*NO_LOCK, OSError, AttributeError) as error:
        raise UserError(
            "dvc.lock is missing or cut off; run 'git checkout dvc.lock', then 'dvc repro'"
        ) from error


def mend() -> bool:
    """Bring back Git's `dvc.lock` where the one here was cut off; tell whether it was.

    DVC writes the file in its place. Stopped meanwhile, it leaves an empty one, which it refuses
    from then on, or one without the last stages, which it then runs again, long studies too. With
    Git's, what was made since comes back from DVC's cache of runs; just `fetch` and `report`, of
    which it keeps none, run again.
    """
    path = paths.ROOT / "dvc.lock"
    try:
        kept, here = git.output(paths.ROOT, "show", ":./dvc.lock"), path.read_bytes()
    except (UserError, OSError):  # not in Git, or taken away: DVC begins a new one
        return False
    if here == kept or _stages(here) >= _stages(kept) & pipeline().keys():
        return False
    write_bytes(path, kept)
    return True


def _stages(lock: bytes) -> set[str]:
    """Return the stages in the content of a `dvc.lock`; none if DVC would refuse it."""
    try:
        # Not in pure Python, for thousands of lines.
        return set(YAML(typ="safe").load(lock)["stages"])
    except NO_LOCK:
        return set()


def altered(files: Iterable[Path]) -> list[Altered]:
    """Return those of some files that are here, and that a stage made otherwise."""
    root, made = paths.ROOT, outputs()
    found = []
    for path in files:
        if path in made and path.is_file() and md5(path) != made[path]:
            cached = _cached(made[path])
            rotten = cached.is_file() and md5(cached) != made[path]
            if cached.is_relative_to(root):
                cached = cached.relative_to(root)
            found.append(
                Altered(path.relative_to(root).as_posix(), cached.as_posix() if rotten else None)
            )
    return found


def _cached(digest: str) -> Path:
    """Return where DVC keeps the content with a digest, in a cache that may be shared."""
    # Late: it takes time that is only needed where a file differs.
    from dvc.config import Config

    folder = paths.ROOT / ".dvc"
    cache = Path(Config(str(folder))["cache"].get("dir") or folder / "cache")
    return cache / "files" / "md5" / digest[:2] / digest[2:]


def md5(path: Path) -> str:
    """Return the digest by which DVC knows a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


if __name__ == "__main__":
    for file in altered(pipeline()[sys.argv[1]].deps):
        print(file.name)
