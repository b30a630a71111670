"""Parameters: what is allowed, and what a person reads when something is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dvc.utils.serialize import load_yaml
from ruamel.yaml import YAML

from mnist_report.data import toy
from mnist_report.errors import UserError
from mnist_report.figures import svm as figures
from mnist_report.figures.style import draw
from mnist_report.models.svm import fit_unique
from mnist_report.models.svm_intuition import fit_linear
from mnist_report.params import LEAST_PRICE, MAX_BYTES, load_params

ROOT = Path(__file__).resolve().parents[1]
REAL = (ROOT / "params.yaml").read_text(encoding="utf-8")


def read(text):
    return YAML(typ="safe", pure=True).load(text)


@pytest.fixture
def file(tmp_path):
    """Return a function that writes the real file with some keys changed, or any text."""

    def write(text=None, **changes):
        path = tmp_path / "params.yaml"
        if text is None:
            content = read(REAL)
            for key, value in changes.items():
                *sections, last = key.split("__")
                section = content
                for part in sections:
                    section = section[part]
                if value is GONE:
                    del section[last]
                else:
                    section[last] = value
            with path.open("w", encoding="utf-8") as stream:
                YAML(typ="safe", pure=True).dump(content, stream)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


GONE = object()


def complaint(path):
    """Return what `load_params` says of a bad file: one line, not too long for a screen."""
    with pytest.raises(UserError) as error:
        load_params(path)
    text = str(error.value)
    assert len(text.splitlines()) == 1, text
    assert len(text) < 600
    return text


def test_the_real_file_loads_as_dvc_reads_it():
    assert load_params().model_dump() == load_yaml(str(ROOT / "params.yaml"))


def test_a_changed_file_loads(file):
    params = load_params(file(seed=1, pca__thresholds=[0.5], pca__components=3))
    assert params.seed == 1
    assert params.pca.thresholds == [0.5]
    assert params.pca.components == 3


@pytest.mark.parametrize("number", ["010", "0x10", "0o17", "1_000", "0b11", "+7", "12"])
def test_whole_numbers_are_read_as_dvc_reads_them(file, number):
    path = file(REAL.replace("seed: 2019", f"seed: {number}"))
    expected = load_yaml(str(path))["seed"]
    if isinstance(expected, int):
        assert load_params(path).seed == expected
    else:
        assert "seed" in complaint(path)


def test_own_data_needs_source_and_title(file):
    own = {"source": "/somewhere", "title": "Mine"}
    assert load_params(file(data__dataset="own", data__own=own)).data.own.title == "Mine"
    for key in own:
        text = complaint(file(data__dataset="own", data__own=own | {key: None}))
        assert "data.own.source and data.own.title" in text


@pytest.mark.parametrize("components", [None, 1, 784])
def test_the_final_machine_may_see_components(file, components):
    params = load_params(file(svm_final__pca_components=components))
    assert params.svm_final.pca_components == components


@pytest.mark.parametrize("components", [0, 785, 50.5])
def test_components_that_there_cannot_be_are_refused(file, components):
    assert "svm_final.pca_components" in complaint(file(svm_final__pca_components=components))


def test_regions_need_two_rows(file):
    # One row has no principal components.
    assert "svm_kernels.region_rows" in complaint(file(svm_kernels__region_rows=1))


@pytest.mark.parametrize("degree, gamma", [(2, 1e9), (10, 8.0), (1, 1e9)])
def test_a_polynomial_kernel_of_moderate_numbers_is_allowed(file, degree, gamma):
    params = load_params(file(svm_kernels__degree=degree, svm_kernels__gamma=gamma))
    assert params.svm_kernels.gamma == gamma


def test_a_polynomial_kernel_beyond_single_precision_is_refused(file):
    text = complaint(file(svm_kernels__degree=10, svm_kernels__gamma=9.0))
    assert "(784 gamma)^degree may be at most 1e38" in text
    assert "svm_kernels.gamma or svm_kernels.degree" in text
    changes = {"degree": 10, "gamma": 1e9, "kernels": ["rbf"]}
    load_params(file(**{f"svm_kernels__{key}": value for key, value in changes.items()}))


def test_a_polynomial_kernel_within_the_bound_can_be_fitted():
    white = np.ones((20, 784))
    white[::2, :9] = 0
    labels = np.arange(20) % 2
    fit_unique(white, labels, np.arange(20), kernel="poly", C=1e9, gamma=8.0, degree=10)
    with pytest.raises(ValueError, match="not finite"):
        fit_unique(white, labels, np.arange(20), kernel="poly", C=1e9, gamma=12.0, degree=10)


def test_dask_needs_a_scheduler(file):
    changes = {"compute__backend": "dask"}
    for scheduler in ("local", "tcp://host:8786"):
        load_params(file(**changes, compute__scheduler=scheduler))
    text = complaint(file(**changes))
    assert "compute.backend 'dask' needs compute.scheduler" in text
    assert "tcp://" in text
    assert "local" in text


@pytest.mark.parametrize(
    "key", ["origins__final_rows", "ablations__growth_rows", "ablations__components"]
)
def test_sizes_that_are_compared_differ(file, key):
    load_params(file(**{key: [30, 10, 20]}))
    text = complaint(file(**{key: [20, 10, 20]}))
    assert f"{key.replace('__', '.')} = [20, 10, 20]" in text
    assert "20 is listed twice" in text


def test_a_small_price_parts_the_lifted_rings_on_few_points():
    for seed in range(20):
        X, y = toy.rings(np.random.default_rng(seed), 50)
        draw(figures.lifted, toy.phi(X), y, fit_linear(toy.phi(X), y, LEAST_PRICE))


def test_a_metric_may_have_the_name_of_every_learning_rate(file):
    largest = 100_000.0
    assert load_params(file(ablations__learning_rates=[largest])).ablations.learning_rates
    assert "+" not in f"eta_{largest:g}"  # MLflow takes none


BAD_VALUES = [
    ("seed", "many", ["seed", "'many'", "integer"]),
    ("seed", True, ["seed", "True", "integer"]),
    ("seed", None, ["seed", "None", "integer"]),
    ("seed", 1.0, ["seed", "1.0", "integer"]),
    ("seed", "2019", ["seed", "'2019'", "integer"]),
    ("seed", [2019], ["seed", "[2019]", "integer"]),
    ("seed", -1, ["seed", "-1", "greater than or equal to 0"]),
    ("seed", 2**32, ["seed", str(2**32), f"less than {2**32}"]),
    ("seed", float("nan"), ["seed", "nan"]),
    ("seed", float("inf"), ["seed", "inf"]),
    ("scale__train_rows", 0, ["scale.train_rows", "0", "greater than or equal to 1"]),
    ("scale__test_rows", 10**9, ["scale.test_rows", str(10**9), "10000000"]),
    ("pca__components", 2, ["pca.components", "2", "greater than or equal to 3"]),
    ("pca__components", 785, ["pca.components", "785", "less than or equal to 784"]),
    ("pca__sums", [], ["pca.sums", "[]", "at least 1"]),
    ("pca__sums", [50, 0], ["pca.sums.1", "0", "greater than or equal to 1"]),
    ("pca__sums", 50, ["pca.sums", "50", "list"]),
    ("pca__thresholds", [0.5, float("nan")], ["pca.thresholds.1", "nan", "finite"]),
    ("pca__thresholds", [float("inf")], ["pca.thresholds.0", "inf", "finite"]),
    ("pca__thresholds", [-float("inf")], ["pca.thresholds.0", "-inf", "finite"]),
    ("pca__thresholds", [0.0], ["pca.thresholds.0", "0.0", "greater than 0"]),
    ("pca__thresholds", [1.0], ["pca.thresholds.0", "1.0", "less than 1"]),
    ("pca__thresholds", ["0.5"], ["pca.thresholds.0", "'0.5'", "number"]),
    ("pca", None, ["pca", "None"]),
    ("pca", [1, 2], ["pca", "[1, 2]"]),
    (
        "svm_intuition__overlapping_C",
        [1, 1e6],
        ["svm_intuition.overlapping_C.1", "1000000", "10000"],
    ),
    ("svm_intuition__separable_C", 1e-5, ["svm_intuition.separable_C", "1e-05", "0.01"]),
    ("origins__final_rows", [1], ["origins.final_rows.0", "1", "equal to 10"]),
    ("ablations__growth_rows", [1, 50], ["ablations.growth_rows.0", "1", "equal to 10"]),
    ("ablations__learning_rates", [0.1, 1e6], ["ablations.learning_rates.1", "1000000", "100000"]),
    ("data__dataset", "cifar", ["data.dataset", "'cifar'", "'mnist'", "'digits'", "'own'"]),
    ("data__own", {"source": "", "title": "t"}, ["data.own.source", "''", "at least 1"]),
    ("data__own", {"source": "s", "title": "t" * 81}, ["data.own.title", "ttt", "80"]),
]


@pytest.mark.parametrize("key, value, words", BAD_VALUES)
def test_a_bad_value_is_named_with_its_key_and_what_is_allowed(file, key, value, words):
    text = complaint(file(**{key: value}))
    assert text.startswith("params.yaml: ")
    assert [word for word in words if word not in text] == []


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}__")
        else:
            yield prefix + key


@pytest.mark.parametrize("key", list(leaves(read(REAL))))
def test_every_parameter_is_checked_and_named(file, key):
    text = complaint(file(**{key: {"no": "such"}}))
    assert text.startswith(f"params.yaml: {key.replace('__', '.')} = {{'no': 'such'}} is not")


@pytest.mark.parametrize("key", ["pca__componets", "data__own__sauce", "pcas", "scale__rows"])
def test_an_unknown_key_is_named_with_the_known_ones(file, key):
    text = complaint(file(**{key: 1}))
    *sections, _ = key.split("__")
    known = read(REAL)
    for section in sections:
        known = known[section]
    assert f"{key.replace('__', '.')} is not a known key" in text
    assert all(name in text for name in known)


def test_a_misspelt_key_is_named_rather_than_the_one_it_should_be(file):
    text = complaint(file(pca__components=GONE, pca__componets=100))
    assert "pca.componets is not a known key" in text
    assert "components" in text.split("allowed here:")[1]


@pytest.mark.parametrize(
    "key", ["seed", "pca", "pca__sums", "data__own__title", "scale__test_rows"]
)
def test_a_missing_key_is_named(file, key):
    assert f"{key.replace('__', '.')} is missing" in complaint(file(**{key: GONE}))


def test_several_errors_are_counted(file):
    text = complaint(file(seed=-1, pca__components=1, pca__sums=[]))
    assert "(and 2 more)" in text


@pytest.mark.parametrize("text", ["", "# nothing\n", "- 1\n- 2\n", "hello", "1: 2\n", "~\n"])
def test_a_file_without_sections_is_refused(file, text):
    assert complaint(file(text)).startswith("params.yaml: ")


NOT_YAML = {
    "open bracket": "pca: [1, 2\n",
    "tab": "pca:\n\tsums: [1]\n",
    "two documents": REAL + "\n---\nseed: 1\n",
    "unknown alias": REAL.replace("seed: 2019", "seed: *nowhere"),
    "duplicate key": REAL + "\nseed: 1\n",
    "NUL": "seed: \x00\n",
    "not UTF-8": b"seed: \xff\xfe\n",
    "UTF-16": REAL.encode("utf-16"),
    "binary": bytes(range(256)),
    "unhashable key": REAL + "\n? {a: b}\n: 1\n",
    "merge of a number": REAL + "\n<<: 3\n",
}


@pytest.mark.parametrize("text", NOT_YAML.values(), ids=list(NOT_YAML))
def test_what_is_not_yaml_is_refused(file, text):
    assert complaint(file(text)).startswith("params.yaml is not valid YAML: ")


def test_a_duplicate_key_is_named(file):
    text = REAL.replace("  sums:", "  components: 5\n  sums:", 1)
    assert 'duplicate key "components"' in complaint(file(text))


@pytest.mark.parametrize(
    "tag",
    [
        '!!python/object/apply:os.system ["touch {pwned}"]',
        '!!python/object/new:os.system ["touch {pwned}"]',
        '!!python/object/apply:subprocess.check_call [["touch", "{pwned}"]]',
        "!!python/name:os.system",
        "!!python/module:os",
        "!own {{}}",
    ],
)
def test_tags_that_run_code_are_refused_and_run_nothing(file, tmp_path, tag):
    pwned = tmp_path / "pwned"
    text = complaint(file(REAL.replace("seed: 2019", f"seed: {tag.format(pwned=pwned)}")))
    assert "tag" in text
    assert not pwned.exists()


# Values that make the YAML library itself fail with something else than its own error.
AWKWARD = {
    "date that does not exist": "2019-13-45",
    "number of 5000 digits": "9" * 5000,
    "integer tag on a word": "!!int word",
    "float tag on a word": "!!float word",
    "timestamp tag on a word": "!!timestamp word",
    "binary tag on a word": "!!binary '%'",
    "deeply nested list": "[" * 3000 + "]" * 3000,
    "list that holds itself": "&a [*a]",
    "date": "2019-01-12",
}


@pytest.mark.parametrize("value", AWKWARD.values(), ids=list(AWKWARD))
def test_awkward_values_are_refused_in_one_line(file, value):
    assert complaint(file(REAL.replace("seed: 2019", f"seed: {value}"))).startswith("params.yaml")


def test_a_value_or_key_of_many_lines_is_shown_in_one(file):
    assert "seed" in complaint(file(seed="a\nb\r\nc\u2028d"))
    assert "is not a known key" in complaint(file(**{"a\nb": 1}))


def test_a_long_value_is_shortened(file):
    text = complaint(file(seed="x" * 5000))
    assert "xxx" in text
    assert "integer" in text


def test_anchors_that_multiply_do_not_fill_the_memory(file):
    # A gigabyte of list when written out: ten times ten times ten ...
    levels = ["&a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"&a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = file(REAL.replace("seed: 2019", f"seed: [{', '.join(levels)}]"))
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from mnist_report.errors import UserError\n"
        "from mnist_report.params import load_params\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "try:\n"
        "    load_params(Path(sys.argv[1]))\n"
        "except UserError as error:\n"
        "    print(error)\n"
    )
    result = run([sys.executable, "-c", code, str(path)], timeout=60)
    assert result.stdout.startswith("params.yaml: seed"), result.stderr[-500:]


def test_a_large_file_is_refused_unread(file):
    assert load_params(file(REAL + "#" * (MAX_BYTES - len(REAL.encode())))) == load_params()
    text = complaint(file(REAL + "#" * (MAX_BYTES - len(REAL.encode()) + 1)))
    assert str(MAX_BYTES + 1) in text
    assert str(MAX_BYTES) in text


def test_a_missing_file_is_named_with_the_way_out(tmp_path):
    text = complaint(tmp_path / "params.yaml")
    assert str(tmp_path / "params.yaml") in text
    assert "git checkout params.yaml" in text


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "params.yaml").mkdir()
    assert "params.yaml" in complaint(tmp_path / "params.yaml")


def run(command, timeout=120, **options):
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, **options
    )


@pytest.fixture
def checkout(tmp_path):
    """Copy the code and the parameters, nothing else."""
    folder = tmp_path / "copy"
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("src", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def run_stage(checkout, name):
    environment = os.environ | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    return run([sys.executable, f"stages/{name}.py"], cwd=checkout, env=environment)


@pytest.mark.parametrize("name", ["fetch", "report"])
def test_a_stage_with_bad_parameters_says_one_line_and_writes_nothing(checkout, name):
    text = REAL.replace("components: 784", "components: 7.5")
    assert text != REAL
    (checkout / "params.yaml").write_text(text, encoding="utf-8")
    before = files(checkout)
    result = run_stage(checkout, name)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"{name}: error: params.yaml: pca.components = 7.5")
    assert result.stderr.count("\n") == 1
    assert files(checkout) == before
