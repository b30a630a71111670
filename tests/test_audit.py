"""The lock files, the list of licences, and `make audit` with stand-ins for its tools."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
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


@pytest.fixture
def audit(tmp_path):
    """Return a function that runs the audit in a folder where pip-audit is what it is given."""
    for name in ("requirements.lock", "docs/licences.md", "tools/audit.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "tools/audit_accepted.txt").write_text("# id package reason\n")
    tools = tmp_path / "tools/bin"
    tools.mkdir()

    def stand_in(name, script):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)

    stand_in("pip-licenses", f"tail -n +5 {ROOT}/docs/licences.md")
    stand_in("cyclonedx-py", "exit 0")

    def run(pip_audit):
        stand_in("pip-audit", pip_audit)
        command = ("sh", "tools/audit.sh", "unused", "tools")
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def refused(done):
    """Return the only line of an audit that failed."""
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("audit: error: ")


def test_an_audit_without_an_answer_fails_and_goes_on(audit):
    done = audit("echo 'ERROR: absl-py: Dependency not found and could not be audited' >&2; exit 1")
    assert refused(done).startswith("the vulnerability service did not answer")
    assert "licences" in done.stdout
    assert "bill of materials" in done.stdout
    # It asks to fail for packages without an answer.
    assert audit('case "$*" in *--strict*) exit 1 ;; esac').returncode == 1


def test_a_finding_is_shown_and_fails_until_it_is_accepted_with_a_reason(audit, tmp_path):
    done = audit(FINDING)
    assert refused(done).startswith("known vulnerabilities")
    assert "flask PYSEC-1" in done.stdout
    accepted = tmp_path / "tools/audit_accepted.txt"
    accepted.write_text("# id package reason\n\nPYSEC-1  flask  not used here\n")
    done = audit(f'case "$*" in *"--ignore-vuln PYSEC-1 "*) exit 0 ;; esac\n{FINDING}')
    assert (done.returncode, done.stderr) == (0, "")
    accepted.write_text("PYSEC-1  flask\n")
    assert "needs an id, a package and a reason" in refused(audit("exit 0"))


def test_the_licences_of_other_packages_fail(audit, tmp_path):
    listed = tmp_path / "docs/licences.md"
    listed.write_text(listed.read_text(encoding="utf-8").replace("BSD", "GPL"), encoding="utf-8")
    assert "docs/licences.md is not what is installed" in refused(audit("exit 0"))
