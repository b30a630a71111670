"""Nothing that is read can run code: no pickle, no evaluation, no trust in what a file asks for."""

import os
import re
from pathlib import Path

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


def test_a_saved_model_that_holds_code_is_not_loaded(tmp_path):
    path = tmp_path / "svm.skops"
    skops.io.dump(FunctionTransformer(os.system), path)
    with pytest.raises(UntrustedTypesFoundException, match=r"posix\.system"):
        load_model(path)
