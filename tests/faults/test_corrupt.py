"""Files between stages that are corrupt: the stage that reads them, and what DVC brings back."""

import io
import json
import re

import numpy as np
import pytest

from miniature import ROOT, lines_said, yaml

PIPELINE = yaml().load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
every_stage = pytest.mark.parametrize("name", PIPELINE)

READING = "A stage reads a corrupt file"
BRINGING_BACK = "`dvc repro` meets corrupt outputs of every stage"

#: Read by one function, `load_scaled`, whichever stage asks.
SCALED = "data/scaled/"


def flipped(content, path):
    """Flip every bit of the byte in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def header_flipped(content, path):
    return bytes([content[0] ^ 0xFF]) + content[1:]


def truncated(content, path):
    return content[: len(content) // 2]


def empty(content, path):
    return b""


def wrong_dtype(content, path):
    """Hold words in place of numbers, or a list in place of an object."""
    if path.suffix == ".npy":
        return _saved(np.load(io.BytesIO(content)).astype("U8"))
    if path.suffix == ".csv":
        head, _, body = content.partition(b"\n")
        return head + b"\n" + re.sub(rb"[0-9.]+", b"word", body)
    return b"[1, 2, 3]\n"


def wrong_shape(content, path):
    """Lack a row and a column, or all keys."""
    if path.suffix == ".npy":
        array = np.load(io.BytesIO(content))
        return _saved(array[(slice(None, -1),) * array.ndim])
    if path.suffix == ".csv":
        return b"".join(line.partition(b",")[2] for line in content.splitlines(keepends=True))
    return b"{}\n"


def not_a_number(content, path):
    if path.suffix == ".npy":
        array = np.load(io.BytesIO(content)).copy()
        array.flat[array.size // 2] = np.nan
        return _saved(array)
    if path.suffix == ".csv":
        return re.sub(rb"(?<=[,\n])[0-9.]+(?=\n)", b"nan", content)
    return json.dumps(_spoilt(json.loads(content))).encode()


def _spoilt(value):
    if isinstance(value, dict):
        return {key: _spoilt(inner) for key, inner in value.items()}
    return np.nan if isinstance(value, float) else value


def _saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


ANY = {"flipped bits": flipped, "cut in half": truncated, "empty": empty}
#: What a format does not show, so that a stage may take it for good.
SILENT = ("flipped bits", "NaN inside")


def kinds(path, content):
    """Return the ways to corrupt a file that its format allows."""
    ways = dict(ANY)
    if path.suffix in ("", ".npy", ".skops", ".keras"):
        ways["flipped bits in the header"] = header_flipped
    if path.suffix in (".npy", ".csv", ".json"):
        ways |= {"wrong dtype": wrong_dtype, "wrong shape": wrong_shape}
        floats = path.suffix != ".npy" or np.load(io.BytesIO(content)).dtype.kind == "f"
        if floats:
            ways["NaN inside"] = not_a_number
    return ways


def readings(shop, name):
    """Return the corruptions that a stage has to meet, as pairs of a file and a kind.

    Every array and every JSON file is cut in half; all other kinds are tried on one file of each
    format, since a stage that takes a file for good is computed to its end. The scaled data are
    tried in all ways on the quickest of the stages that read them with the one function they share.
    """
    made = {path for stage in PIPELINE for path in shop.outputs_of(stage)}
    seen = set()
    for file in shop.declared["deps"][name]:
        if file not in made:
            continue
        path = shop.checkout.path / file
        for kind in kinds(path, shop.reference[file]):
            every = kind == "cut in half" and path.suffix in ("", ".npy", ".json")
            if file.startswith(SCALED) and name != "pca" and not every:
                continue
            if not every and name not in ("scale", "pca"):
                if (path.suffix, kind) in seen:
                    continue
                seen.add((path.suffix, kind))
            yield path, kind


@pytest.fixture
def whole(shop):
    yield
    shop.put_back()


@every_stage
def test_a_stage_refuses_a_corrupt_file_in_one_line(name, shop, whole, tried):
    """What is still a table, or still numbers, it takes for data: the test below is about those."""
    problems = []
    for path, kind in readings(shop, name):
        content = path.read_bytes()
        path.write_bytes(kinds(path, content)[kind](content, path))
        done = shop.stage(name)
        path.write_bytes(content)
        said = [line for line in lines_said(done.err) if line.startswith(f"{name}: error: ")]
        tried(READING, f"{kind}: {'refused' if done.code else 'taken for data, DVC notices'}")
        if done.code == 0:
            fine = kind in SILENT or path.suffix == ".csv" or not shop.wrong()
        else:
            named = path.name in done.err or f"{path.parent.name}/" in done.err
            fine = len(said) == 1 and named and "dvc repro" in said[0]
        if "Traceback" in done.err or not fine:
            problems.append((path.name, kind, done.code, done.err[-1500:]))
        shop.put_back()
    assert problems == []


@pytest.mark.parametrize(
    "kind", [*ANY, "flipped bits in the header", "wrong dtype", "wrong shape", "NaN inside"]
)
def test_dvc_repro_brings_back_every_corrupt_output(kind, shop, whole, tried):
    corrupted = 0
    for name, content in shop.reference.items():
        path = shop.checkout.path / name
        change = kinds(path, content).get(kind)
        if change and change(content, path) != content:
            path.write_bytes(change(content, path))
            corrupted += 1
    tried(BRINGING_BACK, f"{kind}, {corrupted} files")
    assert shop.wrong() != []
    done = shop.dvc("repro")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert shop.wrong() == []
    assert shop.unclean() == ""
