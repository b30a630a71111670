"""The lock files, the list of licences, and `make audit` with stand-ins for its tools."""

import re
import shutil
import subprocess
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

#: A stand-in for pip-audit that finds something.
FINDING = 'while [ "$1" != --output ]; do shift; done; echo "flask PYSEC-1" >"$2"; exit 1'


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


def test_an_audit_names_what_it_finds_and_what_it_could_not_ask(tmp_path):
    for name in ("requirements.lock", "docs/licences.md", "tools/audit.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    accepted, tools = tmp_path / "tools/audit_accepted.txt", tmp_path / "tools/bin"
    tools.mkdir()
    stand_ins = {"pip-licenses": f"tail -n +5 {ROOT}/docs/licences.md", "cyclonedx-py": "exit 0"}
    reason = "# id package reason\n\nPYSEC-1  flask  not used here\n"
    for pip_audit, accept, said in (
        ("echo 'ERROR: absl-py: not found' >&2; exit 1", "", "the vulnerability service did not"),
        ('case "$*" in *--strict*) exit 1 ;; esac', "", "the vulnerability service did not"),
        (FINDING, "", "known vulnerabilities"),
        (f'case "$*" in *"--ignore-vuln PYSEC-1 "*) exit 0 ;; esac\n{FINDING}', reason, None),
        ("exit 0", "PYSEC-1  flask\n", "tools/audit_accepted.txt: a line needs an id, a package"),
    ):
        accepted.write_text(accept)
        for name, script in (stand_ins | {"pip-audit": pip_audit}).items():
            (tools / name).write_text(f"#!/bin/sh\n{script}\n")
            (tools / name).chmod(0o755)
        command = ("sh", "tools/audit.sh", "unused", "tools")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == bool(said)
        assert done.stderr.startswith(f"audit: error: {said}" if said else "")
        assert done.stderr.count("\n") == bool(said)
        assert "bill of materials" in done.stdout
        assert ("flask PYSEC-1" in done.stdout) == (said == "known vulnerabilities")
