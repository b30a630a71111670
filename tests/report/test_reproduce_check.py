"""Two runs in fresh clones: what is the same is the same, and what differs is found and named."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mnist_report import paths
from mnist_report.report import reproduce_check

STEADY = "open('metrics/a.json', 'w').write('[1]')"

#: A pipeline of two stages and a study; each writes one file by the code that it is given.
DVC_YAML = """
stages:
  a:
    cmd: {python} -c "{a}"
    metrics:
      - metrics/a.json: {{cache: false}}
  b:
    cmd: {python} -c "{b}"
    deps: [metrics/a.json]
    outs: [model.bin]
  spread_a:
    cmd: {python} -c "open('metrics/spread_a.json', 'w').write('[2]')"
    deps: [model.bin]
    metrics:
      - metrics/spread_a.json: {{cache: false}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that makes a project with committed results, given the code of `b`."""
    root, shared = tmp_path / "project", Path(tempfile.gettempdir())
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "RAW", root / "data" / "raw")
    monkeypatch.setattr(reproduce_check.tempfile, "tempdir", str(tmp_path))
    # The second run may be another user's, who has to come here.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(shared) and folder != shared:
            folder.chmod(0o755)

    def run(*command):
        subprocess.run(command, cwd=root, check=True, capture_output=True)

    def make(b, note=False):
        (root / "metrics").mkdir(parents=True)
        if note:  # a file that Git does not have
            (root / "note").touch()
            (root / ".gitignore").write_text("note\n", encoding="utf-8")
        text = DVC_YAML.format(python=sys.executable, a=STEADY, b=b)
        (root / "dvc.yaml").write_text(text, encoding="utf-8")
        run("git", "init", "--quiet")
        run(sys.executable, "-m", "dvc", "init", "--quiet")
        run(sys.executable, "-m", "dvc", "repro", "--quiet")
        run("git", "add", "--all")
        identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
        run("git", *identity, "commit", "--quiet", "--message", "all")
        return root

    return make


def test_two_runs_that_agree_studies_and_all(project, capfd, tmp_path):
    project("open('model.bin', 'w').write('same')")
    assert reproduce_check.main(["--studies", "--cores", "1"]) == 0
    said = capfd.readouterr().out
    assert said.count("Running stage 'spread_a'") == 2
    assert "4 files of two runs: 0 differ" in said
    assert "3 of them are in Git, 3 as committed to the byte" in said
    assert list(tmp_path.glob("reproduce-check-*")) == []


@pytest.mark.parametrize(("pattern", "times"), [("spread_*", 2), ("*_b", 0)])
def test_only_the_studies_that_match_run(project, capfd, pattern, times):
    project("open('model.bin', 'w').write('same')")
    assert reproduce_check.main(["--studies", pattern]) == 0
    said = capfd.readouterr().out
    assert said.count("Running stage 'spread_a'") == times
    assert said.count("Running stage 'b'") == 2


@pytest.mark.parametrize("where", ["os.getcwd()", "time.tzname[0]"])
def test_a_file_that_tells_where_it_was_made_is_found(project, capfd, tmp_path, where):
    project(f"import os, time; open('model.bin', 'w').write('at ' + {where})")
    assert reproduce_check.main([]) == 1
    said = capfd.readouterr()
    assert "'spread_a'" not in said.out
    assert "model.bin" in said.err
    assert "dvc.lock" in said.err
    assert "metrics/a.json" not in said.err
    [kept] = tmp_path.glob("reproduce-check-*")
    assert f"kept in {kept}" in said.err


def test_results_that_are_not_the_committed_ones_are_named(project, capfd):
    root = project("open('model.bin', 'w').write('same')")
    (root / "metrics" / "a.json").write_text("[9]", encoding="utf-8")
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, "commit", "-qam", "by hand"], cwd=root, check=True)
    assert reproduce_check.main([]) == 0
    assert "not as committed: metrics/a.json" in capfd.readouterr().out


def test_what_lies_here_serves_as_the_first_run(project, capfd):
    root = project("open('model.bin', 'w').write('same')")
    (root / "model.bin").unlink()
    (root / "model.bin").write_text("other", encoding="utf-8")
    assert reproduce_check.main(["--here"]) == 1
    said = capfd.readouterr()
    assert "first: Running" not in said.out
    assert "DIFFERS: model.bin (5 and 4 bytes, the first difference at 0)" in said.err


def test_output_that_is_no_text_does_no_harm(project, capfd):
    project("open('model.bin', 'w').close(); import os; os.write(1, b'\\xff\\n')")
    assert reproduce_check.main([]) == 0, capfd.readouterr().err


def test_a_stage_that_fails_is_one_line_that_names_the_log(project, capfd):
    # It works only where the results were made: the file that it reads is not in Git.
    project("import os; os.stat('note'); open('model.bin', 'w').write('1')", note=True)
    assert reproduce_check.main([]) == 1
    said = capfd.readouterr().err
    assert said.startswith("reproduce-check: error: 'dvc repro' failed in ")
    assert said.count("\n") == 1
    assert said.rstrip().endswith(".log")


def test_what_the_second_run_meets(tmp_path):
    there = reproduce_check.far_away(tmp_path / "home", cores=1)
    code = (
        "import os, pathlib\n"
        "print(os.sched_getaffinity(0))\n"
        "try:\n"
        "    (pathlib.Path.home() / 'note').touch()\n"
        "except OSError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run(
        [*there.prefix, sys.executable, "-c", code],
        env=os.environ | {"HOME": there.environment["HOME"]},
        capture_output=True,
        text=True,
        check=True,
    )
    refused = "with a read-only home" in there.said
    assert done.stdout == ("{0}\nrefused\n" if refused else "{0}\n")
    assert refused or os.geteuid() == 0


@pytest.mark.parametrize(
    "one, other, words",
    [
        (b"abcd", b"abcd", None),
        (b"abcd", b"abXd", "f (4 and 4 bytes, the first difference at 2)"),
        (b"abcd", b"ab", "f (4 and 2 bytes, the first difference at 2)"),
        (b"", b"a", "f (0 and 1 bytes, the first difference at 0)"),
        (b"a", None, "f is missing in one of the two"),
    ],
)
def test_differences(tmp_path, one, other, words):
    for name, content in (("one", one), ("other", other)):
        (tmp_path / name).mkdir()
        if content is not None:
            (tmp_path / name / "f").write_bytes(content)
    found = list(reproduce_check.differences(tmp_path / "one", tmp_path / "other", ["f"]))
    assert found == ([] if words is None else [words])
