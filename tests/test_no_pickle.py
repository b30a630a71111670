"""Nothing that is read can run code: no pickle, no evaluation, no trust in what a file asks for."""

import os
import pickle
import re
from pathlib import Path

import keras
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer
from skops.io.exceptions import UntrustedTypesFoundException

from mnist_report.core.archives import load_model

ROOT = Path(__file__).resolve().parents[1]

#: What reads pickles or code, or trusts a file that may hold some.
DANGER = re.compile(
    r"^\s*(import|from) (pickle|dill|cloudpickle|shelve|marshal)\b|joblib\.(load|dump)\b"
    r"|from joblib import (load|dump)|\b(read|to)_pickle\b|(?<![\w.])(eval|exec)\(|unsafe"
    r"|trusted=True|shell=(?!False)|allow_pickle=(?!False)|(safe_mode|weights_only)=(?!True)",
    re.MULTILINE,
)


def test_no_source_reads_pickles_or_code():
    for code in (
        *("import pickle", "joblib.load(path)", "pd.read_pickle(path)", "eval(text)"),
        *("np.load(path, allow_pickle=trust)", "keras.saving.load_model(path, safe_mode=False)"),
        *("skops.io.load(path, trusted=True)", 'YAML(typ="unsafe")', "run(text, shell=True)"),
    ):
        assert DANGER.search(code), code
    found = {
        (path.name, match[0])
        for folder in ("src", "stages", "benchmarks", "notebooks")
        for path in (ROOT / folder).rglob("*.py")
        for match in DANGER.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()


class Evil:
    """Removes a folder when it is unpickled."""

    def __reduce__(self):
        return os.rmdir, ("here",)


def test_a_saved_model_that_holds_code_or_a_pickle_is_not_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network, svm, here = (tmp_path / name for name in ("cnn.keras", "svm.skops", "here"))
    layers = [keras.Input((1,)), keras.layers.Lambda(lambda x: x, output_shape=(1,))]
    keras.Sequential(layers).save(network)
    with pytest.raises(ValueError, match="lambda"):
        load_model(network)
    skops.io.dump(FunctionTransformer(os.system), svm)
    with pytest.raises(UntrustedTypesFoundException, match=r"posix\.system"):
        load_model(svm)

    here.mkdir()
    for path in (network, svm):
        path.write_bytes(pickle.dumps(Evil()))
        with pytest.raises(Exception, match="zip"):
            load_model(path)
    assert here.exists()
    pickle.loads(network.read_bytes())
    assert not here.exists()
