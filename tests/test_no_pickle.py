"""Nothing that is read can run code: no pickle, no evaluation, no trust in what a file asks for."""

import ast
import os
import pickle
from pathlib import Path

import keras
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from mnist_report.errors import UserError
from mnist_report.models.keras_networks import load_keras
from mnist_report.tracking import models

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path for name in ("src", "stages", "benchmarks") for path in (ROOT / name).rglob("*.py")
)

#: Modules that read pickles or code, and functions that do.
MODULES = {"pickle", "dill", "cloudpickle", "shelve", "marshal"}
FUNCTIONS = {
    "joblib.load", "joblib.dump", "read_pickle", "to_pickle", "eval", "exec", "unsafe_load",
    "enable_unsafe_deserialization",
}  # fmt: skip

#: Arguments that can tell a reader to trust a file: these are the values by which it does not.
HARMLESS = {"allow_pickle": False, "safe_mode": True, "weights_only": True, "shell": False}

#: And values by which it does.
HARMFUL = {("trusted", True), ("typ", "unsafe")}


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def dangers(code):
    """Return what a source has that reads code or pickles, each as a few words."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [n for n in names if n.split(".")[0] in MODULES or n in FUNCTIONS]
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FUNCTIONS or name.rpartition(".")[2] in FUNCTIONS:
                found.append(name)
            for keyword in node.keywords:
                value = keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
                unsure = keyword.arg in HARMLESS and value is not HARMLESS[keyword.arg]
                if unsure or (keyword.arg, value) in HARMFUL:
                    found.append(f"{name}({keyword.arg})")
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import cloudpickle as c",
        "from joblib import load",
        "joblib.load(path)",
        "pd.read_pickle(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trust)",
        "keras.saving.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "skops.io.load(path, trusted=True)",
        'YAML(typ="unsafe")',
        "eval(text)",
        "torch.load(path, weights_only=False)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_dangers_are_seen(code):
    assert len(dangers(code)) == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_reads_pickles_or_code(path):
    assert dangers(path.read_text(encoding="utf-8")) == []


def test_a_saved_estimator_that_would_call_something_else_is_not_loaded(tmp_path):
    path = tmp_path / "svm_final.skops"
    skops.io.dump(FunctionTransformer(os.system), path)
    with pytest.raises(
        UserError, match=r"svm_final\.skops holds types that are not this project's"
    ):
        models._log_sklearn(path, None)


def test_a_saved_network_that_holds_code_is_not_loaded(tmp_path):
    path = tmp_path / "cnn.keras"
    layers = [keras.Input((1,)), keras.layers.Lambda(lambda x: x, output_shape=(1,))]
    keras.Sequential(layers).save(path)
    with pytest.raises(UserError, match=r"cnn\.keras cannot be read as a Keras model.*lambda"):
        load_keras(path)


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_in_the_place_of_a_model_is_not_run(tmp_path):
    path, made = tmp_path / "cnn.keras", tmp_path / "made"
    path.write_bytes(pickle.dumps(Evil(made)))
    with pytest.raises(UserError, match="cannot be read as a Keras model"):
        load_keras(path)
    with pytest.raises(Exception, match="zip"):
        models._log_sklearn(path, None)
    assert not made.exists()
    pickle.loads(path.read_bytes())
    assert made.exists()
