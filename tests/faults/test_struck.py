"""Stages struck while they write a file: killed, interrupted, refused by the operating system."""

import json
from collections import Counter

import pytest

import injection
from miniature import ROOT, lines_said, yaml

STAGES = list(yaml().load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
every_stage = pytest.mark.parametrize("name", STAGES)

#: What they leave behind decides how they start: the files of the data set, finished measurements.
STATEFUL = ("fetch", "spread_scratch_nn", "errata_network")

WRITING = "A stage is struck while it writes a file"


def strike(shop, name, folder, faults=(), final=None):
    """Run a stage over old outputs, with faults at every file or one fault at its end."""
    old, new = {}, {}
    for number, output in enumerate(shop.outputs_of(name)):
        path = shop.checkout.path / output
        path.write_text(f"what {output} was before")
        for kind, known in (("old", old), ("new", new)):
            copy = folder / f"{kind}{number}"
            copy.write_bytes(shop.reference[output] if kind == "new" else path.read_bytes())
            known[str(path)] = str(copy)
    plan = {"faults": faults, "final": final, "old": old, "new": new}
    return shop.stage(name, plan=plan | {"report": str(folder / "report")})


def expected(fault, stage):
    """Return what a stage that was struck says at its end, and its exit status."""
    if fault.startswith("SIGKILL"):
        return None, -9
    if fault.startswith("SIGINT"):
        return f"{stage}: interrupted; run 'dvc repro' to start it again", 130
    return f"{stage}: error: cannot write ", 1


@every_stage
def test_a_fault_at_any_file_leaves_every_output_whole(name, shop, tmp_path, may_mount, tried):
    refusals = injection.REFUSALS if may_mount else (injection.LIMIT, injection.FOLDER)
    # Those that kill outright come last: only they leave something for the next to clear.
    faults = (*refusals, *sorted(injection.KILLS))
    done = strike(shop, name, tmp_path, faults=faults)
    records = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    for fault, times in Counter(record["fault"] for record in records).items():
        if fault is not None:
            what = f"{fault} the file" if fault in injection.KILLS else fault
            tried(WRITING, what, times)

    for record in records:
        if record["fault"] is None:
            assert record["left"] == [], record
            continue
        said, code = expected(record["fault"], name)
        assert record["code"] == code, record
        assert "Traceback" not in record["said"], record
        assert record["torn"] == [], record
        lines = lines_said(record["said"])
        if said is None:
            ours = [
                file.startswith(".") and file.endswith(injection.PART) for file in record["left"]
            ]
            assert all(ours) and len(ours) <= 1, record
        else:
            assert [line.startswith(said) for line in lines] == [True], record
            assert record["left"] == [], record
    # The stage itself, which went on, ended well.
    assert done.code == 0, done.err
    assert shop.wrong() == []
    assert shop.leftovers() == []
    assert shop.unclean() == ""


@pytest.mark.parametrize(
    "name, signal",
    [(name, "SIGKILL") for name in STAGES] + [(name, "SIGINT") for name in STATEFUL],
)
def test_a_stage_that_was_ended_half_way_ends_well_the_next_time(
    name, signal, shop, tmp_path, tried
):
    half = len(shop.outputs_of(name)) // 2 + 1
    tried("A stage runs again after one that was struck half way", signal)
    first = strike(shop, name, tmp_path, final=[f"{signal} in the middle of", half])
    assert first.code == expected(signal, name)[1], first.err
    assert shop.wrong() != []
    second = shop.stage(name)
    assert second.code == 0, second.err
    assert shop.wrong() == []
    assert shop.leftovers() == []
    assert shop.unclean() == ""
