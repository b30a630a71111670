"""Parameters: what is written is read, or refused in one line that a person understands."""

import json
import math
from io import StringIO
from pathlib import Path

import pytest
from dvc.utils.serialize import load_yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mnist_report.core.errors import UserError
from mnist_report.core.params import Params, load_params

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


def read(folder, given):
    """Load a file of a text or of a content; return what it holds, or the line why not."""
    path = folder / "params.yaml"
    if isinstance(given, dict):
        stream = StringIO()
        YAML(typ="safe").dump(given, stream)
        given = stream.getvalue()
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    try:
        return load_params(path).model_dump(), None
    except UserError as error:
        line = str(error)
        assert line.startswith("params.yaml"), line
        assert line.isprintable(), line  # no line end, and nothing that moves a cursor
        assert len(line) < 1000
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


def test_what_is_allowed_is_taken_as_it_is(tmp_path):
    content = changed({
        "data.dataset": "own", "data.own": {"source": "/a", "title": "👩‍🔬 手書き — für\u00a0x"},
        "svm_final.pca_components": 784, "svm_kernels.degree": 10, "svm_kernels.gamma": 8.0,
        "compute.backend": "dask", "compute.scheduler": "tcp://host:8786",
    })  # fmt: skip
    assert read(tmp_path, content) == (content, None)


#: Changes that are refused, and words that the line must hold beside "params.yaml: ".
REFUSED = [
    ({"seed": "many"}, "seed = 'many': Input should be a valid integer"),
    ({"seed": "x" * 5000}, "xxx", "integer"),
    ({"seed": "a\nb\r\nc\u2028d"}, "seed = 'a"),
    ({"svm_intuition.overlapping_C": [1, 1e6]}, "overlapping_C.1 = 1000000.0", "10000"),
    ({"svm_kernels.region_rows": 1}, "svm_kernels.region_rows = 1"),  # it has no components
    *(({"svm_kernels.gamma": bad}, f"svm_kernels.gamma = {bad!r}: Input should be a number above 0 "
       "and at most 8, or 'auto' or 'scale'") for bad in (9.0, "x")),
    ({"svm_kernels.kernels": ["rbf", "rbf"]}, "svm_kernels.kernels = ['rbf', 'rbf']: rbf is"),
    *(({f"studies.{name}": [20, 30, 20]}, f"studies.{name} = [20, 30, 20]: 20 is listed twice")
      for name in ("origins.final_rows", "ablations_svm.growth_rows", "ablations_svm.components")),
    *(({f"studies.{name}": [0.1, 0.1]}, f"studies.{name} = [0.1, 0.1]: 0.1 is listed twice")
      for name in ("ablations_network.learning_rates", "ablations_keras.adam_rates")),
    ({"compute.scheduler": "here"}, "compute.scheduler = 'here': Input should be 'local' or an"),
    ({"studies.origins.final_rows": [1]}, "studies.origins.final_rows.0 = 1", "equal to 10"),
    ({"compute.backend": "dask"}, "compute.backend 'dask' needs compute.scheduler", "local"),
    ({"data.dataset": "cifar"}, "data.dataset = 'cifar'", "'mnist'", "'digits'", "'own'"),
    ({"data.dataset": "own"}, "'own' needs data.own.source and data.own.title"),
    ({"data.own.title": "t" * 81}, "data.own.title = 'ttt", "80"),
    *(({f"data.own.{key}": text}, f"data.own.{key} = ") for key in ("source", "title")
      for text in ("", "a\x00b", "\x1b[31mred", "a\nb", "\u2028b", " ", "\t")),
    # Keys: unknown, missing, misspelt.
    ({"pcas": 1}, "pcas = 1: Extra inputs are not permitted"),
    ({"\x1b[31mred": 1}, r"\x1b[31mred"),
    ({"pca.components": ..., "pca.componets": 9}, "params.yaml: pca.componets = 9: Extra",
     "pca.components: Field required"),
    ({"seed": -1, "pca.components": 1, "pca.sums": [], "cnn.epochs": 0}, "(and 1 more)"),
]  # fmt: skip


def test_what_is_not_allowed_is_named_with_what_is(tmp_path):
    for changes, *words in REFUSED:
        said = refusal(tmp_path, changed(changes))
        assert said.startswith("params.yaml: ")
        assert [word for word in words if word not in said] == [], said


def test_what_is_no_file_of_parameters_is_one_line(tmp_path):
    for text in (
        "pca: [1, 2\n", "pca:\n\tsums: [1]\n", "seed: 1\n---\nseed: 1\n", "seed: 1\nseed: 1\n",
        b"seed: \xff\xfe\n", REAL.encode("utf-16"), bytes(range(256)), "? {a: b}\n: 1\n",
        "", "- 1\n- 2\n", "hello", "1: 2\n",
        # Values on which the YAML library itself fails, and tags that would run code.
        "seed: 2019-13-45", "seed: " + "9" * 5000, "seed: " + "[" * 3000 + "]" * 3000,
        "seed: &a [*a]", f'seed: !!python/object/apply:os.system ["touch {tmp_path}/pwned"]',
    ):  # fmt: skip
        assert refusal(tmp_path, text).startswith("params.yaml")
    assert {path.name for path in tmp_path.iterdir()} == {"params.yaml"}
    assert "'git checkout params.yaml'" in refusal(tmp_path, "# nothing\n")
    with pytest.raises(UserError, match=r"none.yaml is missing; 'git checkout params\.yaml'"):
        load_params(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        load_params(tmp_path)


# Under every mutation.


def walk(tree, path=()):
    """Yield the path of everything below a tree: sections, values and the entries of lists."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from walk(value, (*path, key))


PATHS = list(walk(CONTENT))
SECTIONS = [path for path in PATHS if isinstance(at(path), dict)]
NUMBERS = [path for path in PATHS if type(at(path)) in (int, float)]

#: Where a kind of value is put, and what it may be. None of them is ever allowed there.
BAD = [
    ([path for path in PATHS if isinstance(path[-1], str)], st.just(...)),  # it is taken away
    ([path for path in PATHS if at(path) is not None], st.none()),  # what may be null is
    ([path for path in PATHS if type(at(path)) is not bool], st.booleans()),
    (PATHS, st.sampled_from([math.nan, math.inf, -math.inf, {"no": 1}])),
    (NUMBERS, st.integers(-(10**30), -1) | st.floats(-1e30, -1e-30)),
    ([p for p in NUMBERS if not {"seed", "image", "dropout", "strengths"} & {*p}], st.just(0)),
    ([p for p in NUMBERS if p[-1] != "image"], st.integers(10**10, 10**40) | st.just(1e300)),
    (NUMBERS + SECTIONS, st.text(st.characters(codec="ascii"), max_size=20)),
    ([path for path in PATHS if not isinstance(at(path), list)], st.just([1])),
]


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_bad_value_is_refused_and_its_key_is_named(data):
    paths, values = data.draw(st.sampled_from(BAD), "kind")
    path = data.draw(st.sampled_from(paths), "path")
    with pytest.raises(ValueError) as error:
        Params.model_validate(changed({path: data.draw(values, "value")}))
    named = [".".join(map(str, fault["loc"])) for fault in error.value.errors()]
    assert any(name.startswith(".".join(map(str, path))) for name in named)
