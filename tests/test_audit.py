"""The lock files and the list of licences."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def locked(name):
    """Return the requirements of a lock file, each with what stands behind it."""
    lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    parts = [line.partition(" --hash") for line in lines]
    return [(Requirement(requirement), hashes) for requirement, _, hashes in parts]


def test_every_package_is_pinned_with_hashes_and_without_an_address():
    for name in ("requirements.lock", "requirements-audit.lock"):
        for requirement, hashes in locked(name):
            assert [part.operator for part in requirement.specifier] == ["=="]
            assert re.search("=sha256:[0-9a-f]{64}", hashes)
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_the_licences_are_those_of_what_is_pinned_for_linux():
    rows = (ROOT / "docs/licences.md").read_text(encoding="utf-8").splitlines()[6:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    listed = {canonicalize_name(package): version for package, version, _ in cells}
    linux = {"sys_platform": "linux"}
    assert listed == {
        requirement.name: next(iter(requirement.specifier)).version
        for requirement, _ in locked("requirements.lock")
        if requirement.marker is None or requirement.marker.evaluate(linux)
    }
    assert all(licence for *_, licence in cells)
