"""The lock files and the list of licences."""

from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def test_lock_files_name_no_address():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")


def test_the_licences_are_those_of_what_is_pinned_for_linux():
    rows = (ROOT / "docs/licences.md").read_text(encoding="utf-8").splitlines()[6:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    listed = {canonicalize_name(package): version for package, version, _ in cells}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line.rstrip(" \\")) for line in lock if line[:1].isalnum()]
    linux = {"sys_platform": "linux"}
    assert listed == {
        requirement.name: next(iter(requirement.specifier)).version
        for requirement in pinned
        if requirement.marker is None or requirement.marker.evaluate(linux)
    }
    assert all(licence for *_, licence in cells)
