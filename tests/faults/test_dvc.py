"""DVC as a user meets it: killed with all its processes, run twice at once, on a corrupt cache."""

import re
import shutil
from collections import Counter

import pytest

from miniature import OWN_GROUP, ROOT, copy_checkout, finish, wait_for, yaml

PIPELINE = yaml().load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]

KILLED = "`dvc repro` is ended with all its processes"
AT_ONCE = "Two at once on one MLflow store"
CACHE = "An object in DVC's cache is corrupt"

#: A stage that reports steps while it works, and what it needs.
STAGE = "scratch_nn"


@pytest.fixture
def spare(undisturbed, tmp_path):
    """Return a copy of the undisturbed checkout, to be thrown away."""
    checkout = copy_checkout(undisturbed, tmp_path / "checkout")
    yield checkout
    shutil.rmtree(checkout.path)


def forget(checkout, stage):
    """Make DVC run a stage once more: no output, and no memory of what it once gave."""
    shutil.rmtree(checkout.path / ".dvc" / "cache" / "runs")
    shutil.rmtree(checkout.path / "data" / "studies", ignore_errors=True)
    for output in outputs(stage):
        (checkout.path / output).unlink()
    # From the cache DVC would bring them all, metrics and plots included.
    for name in outputs(stage):
        path = cached(checkout, name)
        if path.exists():
            path.parent.chmod(0o755)
            path.unlink()


def outputs(stage):
    return [
        path
        for kind in ("outs", "metrics", "plots")
        for item in PIPELINE[stage].get(kind, [])
        for path in ([item] if isinstance(item, str) else item)
    ]


def digests(checkout):
    """Return the digest of every output in `dvc.lock`."""
    stages = checkout.read("dvc.lock")["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def cached(checkout, name):
    digest = digests(checkout)[name]
    return checkout.path / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]


def is_undisturbed(checkout, undisturbed):
    """Hold outputs, lock and all committed files against those of the undisturbed run."""
    assert checkout.git("status", "--porcelain") == ""
    lock = (checkout.path / "dvc.lock").read_bytes()
    assert lock == (undisturbed.path / "dvc.lock").read_bytes()
    now, then = checkout.outputs(), undisturbed.outputs()
    assert [name for name in then if now.get(name) != then[name]] == []
    assert list(checkout.path.rglob(".*.part")) == []


def is_level(checkout):
    """Bring MLflow level: no run is left open, no result stands twice."""
    done = checkout.python("-m", "mnist_report.tracking", "level")
    assert done.code == 0, done.err
    assert "RUNNING" not in dict(checkout.statuses()).values()
    finished = checkout.rows(
        """select t.value from runs r join tags t on t.run_uuid = r.run_uuid
        where t.key = 'fingerprint' and r.status = 'FINISHED'"""
    )
    assert set(Counter(finished).values()) == {1}


def first_step(checkout):
    return bool(checkout.rows("select * from metrics where step > 0"))


#: Python runs this in every process that looks for its modules in `src` first: the stages and their
#: trackers. It ends the whole group of processes at the chosen moment, however fast the machine is.
STRIKE = """
import os, signal, sys

PROGRAM, PATH, COUNT, SIGNAL = {moment!r}
left = COUNT

def strike(event, arguments):
    global left
    if event == "open" and PATH in str(arguments[0]):
        left -= 1
        if left == 0:
            os.killpg(0, getattr(signal, SIGNAL))

if PROGRAM in sys.orig_argv:
    sys.addaudithook(strike)
"""

#: When a program opens a file whose path holds this, for the n-th time.
MOMENTS = {
    "before a stage has written a file": ("mnist_report.run", ".part", 1),
    "when a stage has written its first file": ("mnist_report.run", ".part", 2),
    "while the outputs of a stage are logged": (
        "mnist_report.tracking",
        f"metrics/{STAGE}.json",
        1,
    ),
    "in the middle of a study": ("mnist_report.run", ".part", 2),
}


@pytest.mark.parametrize(
    "sent, stage, moment",
    [
        ("SIGKILL", STAGE, "before a stage has written a file"),
        ("SIGINT", STAGE, "before a stage has written a file"),
        ("SIGKILL", STAGE, "when a stage has written its first file"),
        ("SIGKILL", STAGE, "while the outputs of a stage are logged"),
        ("SIGKILL", "spread_scratch_nn", "in the middle of a study"),
    ],
)
def test_a_repro_that_is_ended_ends_well_the_next_time(
    sent, stage, moment, spare, undisturbed, tried
):
    tried(KILLED, f"{sent} {moment}")
    forget(spare, stage)
    trap = spare.path / "src" / "sitecustomize.py"
    trap.write_text(STRIKE.format(moment=(*MOMENTS[moment], sent)))
    done = finish(spare.start("dvc", "repro", stage, **OWN_GROUP), 120)
    trap.unlink()
    assert done.code != 0, done.out
    assert "Traceback" not in done.err, done.err
    again = spare.dvc("repro")
    assert again.stages[0] == stage, again.out
    is_undisturbed(spare, undisturbed)
    is_level(spare)


def test_two_repros_at_once_do_not_harm_each_other(spare, undisturbed, tried):
    tried(AT_ONCE, "`dvc repro`")
    forget(spare, STAGE)
    first = spare.start("dvc", "repro", STAGE)
    assert wait_for(lambda: first_step(spare) or first.poll() is not None)
    second = spare.run("dvc", "repro", STAGE)
    first = finish(first)
    assert first.code == 0, first.err
    assert "Traceback" not in first.err + second.err
    # The second one either says who is in its way, or waited.
    assert second.code == 0 or re.search("lock|busy|blocked", second.err), second.err
    spare.dvc("repro")
    is_undisturbed(spare, undisturbed)
    is_level(spare)


def test_two_experiments_from_the_queue_are_both_recorded(spare, undisturbed, tried):
    tried(AT_ONCE, "experiments from the queue")
    for sums in (5, 7):
        spare.dvc(
            "exp", "run", "--queue", "--name", f"sum{sums}", "-S", f"pca.sums=[{sums}]", "pca"
        )
    spare.dvc("queue", "start", "--jobs", "2")
    try:
        ended = wait_for(lambda: spare.dvc("queue", "status").out.count("Success") == 2, 180)
        assert ended, spare.dvc("queue", "status").out
    finally:
        spare.dvc("queue", "stop", "--kill")
    runs = spare.rows(
        """select r.name, r.status, t.value from runs r join tags t on t.run_uuid = r.run_uuid
        where t.key = 'dvc.experiment'"""
    )
    assert sorted(runs) == [("pca", "FINISHED", "sum5"), ("pca", "FINISHED", "sum7")]
    is_undisturbed(spare, undisturbed)


WAYS = {
    "flipped bits": lambda content: bytes([content[0] ^ 0xFF]) + content[1:],
    "cut in half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_corrupt_object_that_dvc_hands_out_is_found_and_mended(way, shop, undisturbed, tried):
    """DVC takes objects that it has made read-only for right; `make verify` does not."""
    checkout = shop.checkout
    names = [name for outs in shop.declared["outs"].values() for name in outs]
    names = [name for name in names if name.startswith(("data/", "models/"))]
    for name in names:
        path = cached(checkout, name)
        content = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(WAYS[way](content))
        path.chmod(0o444)
        (checkout.path / name).unlink()
        tried(CACHE, way)
    brought = checkout.run("dvc", "checkout")
    assert "Traceback" not in brought.err
    found = checkout.python("-m", "mnist_report.report.verify")
    assert found.code == 1
    assert "Traceback" not in found.err
    # What it advises is done, to the letter.
    advice = re.findall(r"^verify: FAILED: .*; '(rm -f [^']+)', then 'dvc repro'$", found.err, re.M)
    assert len(advice) == len(names), found.err
    for command in advice:
        checkout.good("sh", "-c", command)
    done = shop.dvc("repro")
    assert done.code == 0, done.err
    is_undisturbed(checkout, undisturbed)


def test_an_object_that_is_missing_is_made_again(shop, undisturbed, tried):
    checkout = shop.checkout
    for outs in shop.declared["outs"].values():
        for name in outs:
            if name.startswith(("data/", "models/")):
                cached(checkout, name).unlink()
                (checkout.path / name).unlink()
                tried(CACHE, "missing")
    brought = checkout.run("dvc", "checkout")
    assert brought.code != 0
    assert "Traceback" not in brought.err
    done = shop.dvc("repro")
    assert done.code == 0, done.err
    is_undisturbed(checkout, undisturbed)
