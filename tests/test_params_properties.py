"""Parameters under every mutation: what is written is read, or refused in one line."""

import json
import math
import re
from pathlib import Path

import pytest
from dvc.utils.serialize import load_yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mnist_report.errors import UserError
from mnist_report.params import load_params

ROOT = Path(__file__).resolve().parents[1]
REAL = (ROOT / "params.yaml").read_text(encoding="utf-8")
CONTENT = YAML(typ="safe", pure=True).load(REAL)

#: A file is read in tens of milliseconds, too long for Hypothesis's own deadline. The folder that
#: all examples of a test share holds one file, which each example writes anew.
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

GONE = object()

#: Numbers that may be 0.
MAY_BE_ZERO = {("seed",), ("cnn", "image"), ("keras_dense", "dropout"), ("cnn", "dropout")}


def walk(tree, path=()):
    """Yield the path of everything below a tree: sections, values and the entries of lists."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from walk(value, (*path, key))


def at(path, tree=CONTENT):
    for key in path:
        tree = tree[key]
    return tree


PATHS = list(walk(CONTENT))
SECTIONS = [(), *(path for path in PATHS if isinstance(at(path), dict))]
KEYS = [path for path in PATHS if isinstance(path[-1], str)]
LINES = [path for path in KEYS if not isinstance(at(path), dict)]
NUMBERS = [path for path in PATHS if type(at(path)) in (int, float)]
BOUNDED = [path for path in NUMBERS if path != ("cnn", "image")]
FULL = [path for path in PATHS if at(path) is not None]  # what may be null is null in the file


def name(path):
    return ".".join(map(str, path))


def changed(path, value):
    """Return the real file's content with another value, or without one."""
    content = json.loads(json.dumps(CONTENT))
    *above, last = path
    section = at(above, content)
    if value is GONE:
        del section[last]
    else:
        section[last] = value
    return content


def read(folder, text):
    """Load a file of this text; return what it says, or the one line why not."""
    path = folder / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        return load_params(path).model_dump(), None
    except UserError as error:
        line = str(error)
        assert line.startswith("params.yaml"), line
        assert line.isprintable(), line  # no line end, and nothing that moves a cursor
        assert len(line) < 700
        return None, line


def written(value):
    """Write a value as YAML."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{written(key)}: {written(value[key])}' for key in value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        # JSON's escapes are YAML's, but for letters beyond 16 bits.
        return f'"{"".join(c if ord(c) > 0xFFFF else json.dumps(c)[1:-1] for c in value)}"'
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan")
    # A number with an exponent needs a point: 1.0e+30.
    return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value))


def same(one, two):
    """Say whether two trees hold the same values; True is not 1."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return isinstance(one, bool) == isinstance(two, bool) and one == two


def refusal(folder, content):
    found, line = read(folder, written(content))
    assert line is not None, f"taken: {found}"
    return line


def test_the_real_file_is_walked_and_written_whole(tmp_path):
    assert len(LINES) > 70
    assert ("data", "own", "title") in LINES
    assert ("ablations", "growth_rows", 3) in NUMBERS
    found, _ = read(tmp_path, written(CONTENT))
    assert same(found, CONTENT)
    assert not same(found, changed(("scratch_nn", "shuffle"), 0))


def test_every_key_is_missed(tmp_path):
    for path in KEYS:
        assert f"{name(path)} is missing" in refusal(tmp_path, changed(path, GONE))


#: Kinds of bad values: where one is put, and what it may be. None of them is ever allowed there.
BAD = {
    "null": (FULL, st.none()),
    "truth": ([path for path in PATHS if type(at(path)) is not bool], st.booleans()),
    "no number": (PATHS, st.sampled_from([math.nan, math.inf, -math.inf])),
    "below 0": (NUMBERS, st.integers(-(10**30), -1) | st.floats(-1e30, -1e-30)),
    "0": ([path for path in NUMBERS if path not in MAY_BE_ZERO], st.sampled_from([0, 0.0, -0.0])),
    "huge": (BOUNDED, st.integers(10**10, 10**40) | st.floats(1e10, 1e300)),
    "text": (NUMBERS + SECTIONS[1:], st.text(st.characters(codec="ascii"), max_size=20)),
    "mapping": (
        [path for path in PATHS if path not in SECTIONS],
        st.dictionaries(st.sampled_from(["a", "b"]), st.integers(), max_size=2),
    ),
    "list": (
        [path for path in PATHS if not isinstance(at(path), list)],
        st.lists(
            st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3)), max_size=3
        ),
    ),
}


@pytest.mark.parametrize("kind", BAD)
@settings(COMMON, max_examples=25)
@given(data=st.data())
def test_a_bad_value_is_refused_and_its_key_is_named(tmp_path, kind, data):
    paths, values = BAD[kind]
    path = data.draw(st.sampled_from(paths), "path")
    value = data.draw(values, "value")
    line = refusal(tmp_path, changed(path, value))
    assert name(path) in line


@settings(COMMON, max_examples=60)
@given(data=st.data())
def test_any_value_is_taken_as_it_is_written_or_refused(tmp_path, data):
    path = data.draw(st.sampled_from(PATHS), "path")
    plain = st.integers(-10, 2**33) | st.floats(-2, 1e5) | st.booleans() | st.none()
    words = st.text(st.characters(codec="utf-8"), max_size=90) | st.sampled_from(
        [at(path) for path in LINES if isinstance(at(path), str)]
    )
    value = data.draw(plain | words | st.lists(plain, max_size=4), "value")
    content = changed(path, value)
    found, line = read(tmp_path, written(content))
    if line is None:
        assert same(found, content)
    else:
        # Of a list the entries may do, but not together.
        assert name(path if isinstance(path[-1], str) else path[:-1]) in line


@settings(COMMON, max_examples=25)
@given(data=st.data())
def test_an_unknown_key_is_refused_and_named(tmp_path, data):
    path = data.draw(st.sampled_from(SECTIONS), "section")
    key = data.draw(st.text(st.characters(codec="ascii"), max_size=20), "key")
    assume(key not in at(path))
    line = refusal(tmp_path, changed((*path, key), data.draw(st.integers() | st.text())))
    assert "is not a known key" in line
    # What cannot be printed is spelt in ASCII.
    assert all(word in line for word in re.findall(r"[!-~]+", key))


@settings(COMMON, max_examples=25)
@given(path=st.sampled_from(LINES), value=st.sampled_from(["", " 1", " null"]))
def test_a_line_written_twice_is_refused_and_named(tmp_path, path, value):
    lines = REAL.splitlines()
    at_line = -1
    for depth, key in enumerate(path):
        at_line = next(
            n
            for n, line in enumerate(lines)
            if n > at_line and line.startswith(f"{'  ' * depth}{key}:")
        )
    lines.insert(at_line, f"{'  ' * (len(path) - 1)}{path[-1]}:{value}")
    found, line = read(tmp_path, "\n".join(lines))
    assert found is None
    assert f'duplicate key "{path[-1]}"' in line


@pytest.mark.parametrize("key", ["source", "title"])
@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31mred", "a\nb", "a\u2028b", " ", "\t"])
def test_what_is_no_line_of_text_is_no_title_and_no_source(tmp_path, key, text):
    line = refusal(tmp_path, changed(("data", "own", key), text))
    assert f"data.own.{key}" in line
    assert "one line" in line


@pytest.mark.parametrize(
    "title", ["Zahlen — für Übermut", "手書き\u3000数字", "👩‍🔬 ok", "a\u00a0b"]
)
def test_a_title_in_any_script_is_taken(tmp_path, title):
    found, _ = read(tmp_path, written(changed(("data", "own", "title"), title)))
    assert found["data"]["own"]["title"] == title


@settings(COMMON, max_examples=100)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_refused(tmp_path, text):
    found, _ = read(tmp_path, text)
    assert found is None


#: What YAML gives a meaning, words that mean something here, and what awkward files hold.
TOKENS = [
    "- ", "? ", ": ", ", ", "[", "]", "{", "}", "#", "&a ", "*a", "<<: ", "!!", "!x ", "|", ">",
    "'", '"', "%YAML 1.1\n", "---\n", "...\n", "\n", "\n  ", "\t", "\r", "\ufeff", "\u2028",
    "\\x1b", "\\0", "~", "null", "yes", "1", "0x1f", "0o7", "1_0", "1:20", ".5", "1e3", ".inf", "=",
    "2019-01-12", "!!python/object/apply:os.abort []", "!!binary aGk=", "!!set {a}", "!!float ",
    "!!omap [a: 1]", "seed", "seed: ", "pca:\n", "  components: ", "sums: ", "dataset: ", "mnist",
]  # fmt: skip


@settings(COMMON, max_examples=100)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=15).map("".join),
    st.integers(0, len(REAL)),
    st.integers(0, 40),
)
def test_yaml_of_any_kind_in_the_file_is_read_as_dvc_reads_it_or_refused(
    tmp_path, text, start, length
):
    found, _ = read(tmp_path, REAL[:start] + text + REAL[start + length :])
    if found is not None:
        assert same(found, load_yaml(str(tmp_path / "params.yaml")))
