"""Parameters: what is written is read, or refused in one line that a person understands."""

import contextlib
import json
import math
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from dvc.utils.serialize import load_yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mnist_report.core import params
from mnist_report.core.errors import UserError
from mnist_report.core.params import LEAST_PRICE, MAX_BYTES, load_params
from mnist_report.models.classical.svm import fit_unique
from mnist_report.models.intuition import toy
from mnist_report.models.intuition.margins import fit_linear

ROOT = Path(__file__).resolve().parents[2]
REAL = (ROOT / "params.yaml").read_text(encoding="utf-8")
CONTENT = YAML(typ="safe", pure=True).load(REAL)


def at(path, tree=CONTENT):
    for key in path:
        tree = tree[key]
    return tree


def changed(changes):
    """Return the real file's content with other values; `...` takes a key away.

    Keys are tuples of names and numbers of entries, or dotted names.
    """
    content = json.loads(json.dumps(CONTENT))
    for path, value in changes.items():
        *above, last = path.split(".") if isinstance(path, str) else path
        section = at(above, content)
        section[last] = value
        if value is ...:
            del section[last]
    return content


def same(one, two):
    """Say whether two trees hold the same values; True is not 1."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return isinstance(one, bool) == isinstance(two, bool) and one == two


def read(folder, given):
    """Load a file of a text, or a content as if it were read; return it, or the line why not."""
    path, content = folder / "params.yaml", patch.object(params, "_read", return_value=given)
    if not isinstance(given, dict):
        text = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
        path.write_bytes(text)
        content = contextlib.nullcontext()
    try:
        with content:
            return load_params(path).model_dump(), None
    except UserError as error:
        line = str(error)
        assert line.startswith("params.yaml"), line
        assert line.isprintable(), line  # no line end, and nothing that moves a cursor
        assert len(line) < 700
        return None, line


def refusal(folder, given):
    found, line = read(folder, given)
    assert line is not None, f"taken: {found}"
    return line


def test_the_file_is_read_as_dvc_reads_it(tmp_path):
    assert load_params().model_dump() == load_yaml(str(ROOT / "params.yaml"))
    for number in ("010", "0x10", "0o17", "1_000", "0b11", "+7", "12"):
        found, line = read(tmp_path, REAL.replace("seed: 2019", f"seed: {number}"))
        expected = load_yaml(str(tmp_path / "params.yaml"))["seed"]
        if isinstance(expected, int):
            assert found["seed"] == expected
        else:
            assert "seed" in line


POLY = {"svm_kernels.degree": 10, "svm_kernels.gamma": 1e9}

ALLOWED = [
    {"seed": 1, "pca.thresholds": [0.5], "pca.components": 3},
    {"data.dataset": "own", "data.own": {"source": "/a", "title": "👩‍🔬 手書き — für\u00a0x"}},
    *({"svm_final.pca_components": number} for number in (None, 1, 784)),
    {"svm_kernels.degree": 2, "svm_kernels.gamma": 1e9},
    {"svm_kernels.degree": 10, "svm_kernels.gamma": 8.0},
    POLY | {"svm_kernels.kernels": ["rbf"]},
    *({"compute.backend": "dask", "compute.scheduler": at} for at in ("local", "tcp://host:8786")),
    {"studies.ablations_network.learning_rates": [100_000.0]},
]


def test_what_is_allowed_is_taken_as_it_is(tmp_path):
    for changes in ALLOWED:
        content = changed(changes)
        assert same(read(tmp_path, content)[0], content)


#: Changes that are refused, and words that the line must hold beside "params.yaml: ".
REFUSED = [
    *(({"seed": bad}, f"seed = {bad!r} is not allowed: input should be a valid integer")
      for bad in ("many", True, None, 1.0, "2019", [2019])),
    ({"seed": -1}, "seed = -1 is not allowed: input should be greater than or equal to 0"),
    ({"seed": 2**32}, f"less than {2**32}"),
    ({"seed": "x" * 5000}, "xxx", "integer"),
    ({"seed": "a\nb\r\nc\u2028d"}, "seed = 'a"),
    ({"scale.train_rows": 0}, "scale.train_rows = 0", "greater than or equal to 1"),
    ({"scale.test_rows": 10**9}, "scale.test_rows = 1000000000", "10000000"),
    ({"pca.components": 2}, "pca.components = 2", "greater than or equal to 3"),
    ({"pca.sums": []}, "pca.sums = []", "at least 1"),
    ({"pca.sums": [50, 0]}, "pca.sums.1 = 0", "greater than or equal to 1"),
    ({"pca.thresholds": [0.5, float("nan")]}, "pca.thresholds.1 = nan", "finite"),
    ({"pca.thresholds": [0.0]}, "pca.thresholds.0 = 0.0", "greater than 0"),
    ({"pca.thresholds": ["0.5"]}, "pca.thresholds.0 = '0.5'", "number"),
    ({"svm_intuition.overlapping_C": [1, 1e6]}, "overlapping_C.1 = 1000000.0", "10000"),
    ({"svm_intuition.separable_C": 1e-5}, "svm_intuition.separable_C = 1e-05", "0.01"),
    ({"svm_kernels.region_rows": 1}, "svm_kernels.region_rows = 1"),  # it has no components
    (POLY, "(784 gamma)^degree may be at most 1e38", "svm_kernels.gamma or svm_kernels.degree"),
    *(({"svm_final.pca_components": bad}, f"svm_final.pca_components = {bad}")
      for bad in (0, 785, 50.5)),
    ({"studies.origins.final_rows": [1]}, "studies.origins.final_rows.0 = 1", "equal to 10"),
    *(({f"studies.{name}": [20, 10, 20]}, f"studies.{name} = [20, 10, 20]", "20 is listed twice")
      for name in ("origins.final_rows", "ablations_svm.growth_rows", "ablations_svm.components")),
    ({"studies.ablations_network.learning_rates": [1e6]}, "learning_rates.0 = 1000000.0", "100000"),
    ({"studies.spread_cnn.seeds": 1}, "studies.spread_cnn.seeds = 1"),
    ({"compute.backend": "dask"}, "compute.backend 'dask' needs compute.scheduler", "tcp://",
     "local"),
    ({"data.dataset": "cifar"}, "data.dataset = 'cifar'", "'mnist'", "'digits'", "'own'"),
    ({"data.dataset": "own"}, "'own' needs data.own.source and data.own.title"),
    ({"data.own.source": ""}, "data.own.source = ''", "at least 1"),
    ({"data.own.title": "t" * 81}, "data.own.title = 'ttt", "80"),
    *(({f"data.own.{key}": text}, f"data.own.{key} = ", "one line") for key in ("source", "title")
      for text in ("a\x00b", "\x1b[31mred", "a\nb", "a\u2028b", " ", "\t")),
    # Keys: unknown, missing, misspelt.
    ({"pcas": 1}, "pcas is not a known key", "seed, data, scale"),
    ({"data.own.sauce": 1}, "data.own.sauce is not a known key", "source, title"),
    ({"studies.cnn": 1}, "studies.cnn is not a known key", "spread_cnn"),
    ({"a\nb": 1}, "is not a known key"),
    ({"\x1b[31mred": 1}, r"\x1b[31mred is not a known key"),
    ({"seed": ...}, "seed is missing", "seed, data, scale"),
    ({"pca.components": ..., "pca.componets": 9}, "pca.componets is not a known key",
     "components, printed_components"),
    ({"seed": -1, "pca.components": 1, "pca.sums": []}, "(and 2 more)"),
]  # fmt: skip


def test_what_is_not_allowed_is_named_with_what_is(tmp_path):
    for changes, *words in REFUSED:
        said = refusal(tmp_path, changed(changes))
        assert said.startswith("params.yaml: ")
        assert [word for word in words if word not in said] == [], said


def test_what_is_not_yaml_or_no_parameters_is_one_line(tmp_path):
    no_yaml = [
        "pca: [1, 2\n", "pca:\n\tsums: [1]\n", "seed: 1\n---\nseed: 1\n", "seed: 1\nseed: 1\n",
        "seed: \x00\n", b"seed: \xff\xfe\n", REAL.encode("utf-16"), bytes(range(256)),
        "? {a: b}\n: 1\n", "<<: 3\n", "seed: *nowhere\n", "seed: !own {}",
    ]  # fmt: skip
    for text in no_yaml:
        assert refusal(tmp_path, text).startswith("params.yaml is not valid YAML: ")
    assert 'duplicate key "seed"' in refusal(tmp_path, "seed: 1\nseed: 1\n")
    for text in ("", "# nothing\n", "- 1\n- 2\n", "hello", "1: 2\n", "~\n"):
        assert refusal(tmp_path, text).startswith("params.yaml: ")
    # Ten times ten times ten ... items, a gigabyte when written out.
    levels = ["&a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"&a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    # Values on which the YAML library itself fails in other ways, and tags that would run code.
    awkward = [
        "2019-13-45", "9" * 5000, "!!int word", "!!float word", "!!timestamp word", "!!binary '%'",
        "[" * 3000 + "]" * 3000, "&a [*a]", "2019-01-12", f"[{', '.join(levels)}]",
        f'!!python/object/apply:os.system ["touch {tmp_path}/pwned"]', "!!python/name:os.system",
    ]  # fmt: skip
    for value in awkward:
        assert refusal(tmp_path, f"seed: {value}\n").startswith("params.yaml")
    assert {path.name for path in tmp_path.iterdir()} == {"params.yaml"}


def test_a_file_too_large_missing_or_a_folder_is_one_line(tmp_path):
    filled = REAL + "#" * (MAX_BYTES - len(REAL.encode()))
    assert same(read(tmp_path, filled)[0], CONTENT)
    assert f"{MAX_BYTES + 1} bytes; at most {MAX_BYTES}" in refusal(tmp_path, f"{filled}#")
    path = tmp_path / "none" / "params.yaml"
    with pytest.raises(UserError, match=rf"^{path} is missing; 'git checkout params\.yaml'"):
        load_params(path)
    path.mkdir(parents=True)
    with pytest.raises(UserError, match=rf"^{path} cannot be read: "):
        load_params(path)


# Under every mutation.


def examples(number):
    """Draw so many; one that is a file of its own takes tens of milliseconds."""
    return settings(
        deadline=None,
        max_examples=number,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def walk(tree, path=()):
    """Yield the path of everything below a tree: sections, values and the entries of lists."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from walk(value, (*path, key))


PATHS = list(walk(CONTENT))
SECTIONS = [(), *(path for path in PATHS if isinstance(at(path), dict))]
KEYS = [path for path in PATHS if isinstance(path[-1], str)]
LINES = [path for path in KEYS if not isinstance(at(path), dict)]
NUMBERS = [path for path in PATHS if type(at(path)) in (int, float)]


def name(path):
    return ".".join(map(str, path))


def test_every_key_is_missed_and_every_value_is_checked(tmp_path):
    assert same(read(tmp_path, CONTENT)[0], CONTENT)
    assert ("studies", "ablations_svm", "growth_rows", 3) in NUMBERS
    for path in KEYS:
        assert f"{name(path)} is missing" in refusal(tmp_path, changed({path: ...}))
    for path in LINES:
        said = refusal(tmp_path, changed({path: {"no": 1}}))
        assert said.startswith(f"params.yaml: {name(path)} = {{'no': 1}} is not")


#: Where a kind of value is put, and what it may be. None of them is ever allowed there.
BAD = [
    ([path for path in PATHS if at(path) is not None], st.none()),  # what may be null is
    ([path for path in PATHS if type(at(path)) is not bool], st.booleans()),
    (PATHS, st.sampled_from([math.nan, math.inf, -math.inf])),
    (NUMBERS, st.integers(-(10**30), -1) | st.floats(-1e30, -1e-30)),
    ([p for p in NUMBERS if p[-1] not in ("seed", "image", "dropout")], st.just(0)),
    ([p for p in NUMBERS if p[-1] != "image"], st.integers(10**10, 10**40) | st.just(1e300)),
    (NUMBERS + SECTIONS[1:], st.text(st.characters(codec="ascii"), max_size=20)),
    (
        [path for path in PATHS if not isinstance(at(path), list)],
        st.lists(st.integers() | st.lists(st.integers(), max_size=2), max_size=3),
    ),
]  # fmt: skip


@examples(200)
@given(data=st.data())
def test_a_bad_value_is_refused_and_its_key_is_named(tmp_path, data):
    paths, values = data.draw(st.sampled_from(BAD), "kind")
    path = data.draw(st.sampled_from(paths), "path")
    assert name(path) in refusal(tmp_path, changed({path: data.draw(values, "value")}))


@examples(200)
@given(data=st.data())
def test_any_value_is_taken_as_it_is_written_or_refused(tmp_path, data):
    path = data.draw(st.sampled_from(PATHS), "path")
    plain = st.integers(-10, 2**33) | st.floats(-2, 1e5) | st.booleans() | st.none()
    words = st.text(st.characters(codec="utf-8"), max_size=90) | st.sampled_from(
        [at(path) for path in LINES if isinstance(at(path), str)]
    )
    value = data.draw(plain | words | st.lists(plain, max_size=4), "value")
    content = changed({path: value})
    found, line = read(tmp_path, content)
    if line is None:
        assert same(found, content)
    else:
        # Of a list the entries may do, but not together.
        assert name(path if isinstance(path[-1], str) else path[:-1]) in line


#: What YAML gives a meaning, words that mean something here, and what awkward files hold.
TOKENS = [
    "- ", "? ", ": ", ", ", "[", "]", "{", "}", "#", "&a ", "*a", "<<: ", "!!", "!x ", "|", ">",
    "'", '"', "%YAML 1.1\n", "---\n", "...\n", "\n", "\n  ", "\t", "\r", "\ufeff", "\u2028",
    "\\x1b", "\\0", "~", "null", "yes", "1", "0x1f", "0o7", "1_0", "1:20", ".5", "1e3", ".inf", "=",
    "2019-01-12", "!!python/object/apply:os.abort []", "!!binary aGk=", "!!set {a}", "!!float ",
    "!!omap [a: 1]", "seed", "seed: ", "pca:\n", "  components: ", "sums: ", "dataset: ", "mnist",
]  # fmt: skip


@examples(80)
@given(
    st.text(max_size=200) | st.binary(max_size=200),
    st.lists(st.sampled_from(TOKENS), max_size=15).map("".join),
    st.integers(0, len(REAL)),
    st.integers(0, 40),
)
def test_any_text_is_refused_or_read_as_dvc_reads_it(tmp_path, text, tokens, start, length):
    assert read(tmp_path, text)[0] is None
    found, _ = read(tmp_path, REAL[:start] + tokens + REAL[start + length :])
    if found is not None:
        assert same(found, load_yaml(str(tmp_path / "params.yaml")))


# The bounds that come from what other software can do.


def test_a_polynomial_kernel_within_the_bound_can_be_fitted():
    white = np.ones((20, 784))
    white[::2, :9] = 0
    labels = np.arange(20) % 2
    fit_unique(white, labels, np.arange(20), kernel="poly", C=1e9, gamma=8.0, degree=10)
    with pytest.raises(ValueError, match="not finite"):
        fit_unique(white, labels, np.arange(20), kernel="poly", C=1e9, gamma=12.0, degree=10)


def test_the_least_price_parts_the_lifted_rings_on_few_points():
    for seed in range(20):
        X, y = toy.rings(np.random.default_rng(seed), 50)
        model = fit_linear(toy.phi(X), y, LEAST_PRICE)
        # The plane cuts the first two axes above 0, as the picture needs.
        assert (-model.intercept_ / model.coef_[0, :2] > 0).all()
        assert set(model.predict(toy.phi(X))) == {0, 1}
