"""A file of a model cannot run code; that no source reads pickles, Ruff sees to (its rules S)."""

import os

import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer
from skops.io.exceptions import UntrustedTypesFoundException

from mnist_report.core.archives import load_model


def test_a_saved_model_that_holds_code_is_not_loaded(tmp_path):
    path = tmp_path / "svm.skops"
    skops.io.dump(FunctionTransformer(os.system), path)
    with pytest.raises(UntrustedTypesFoundException, match=r"posix\.system"):
        load_model(path)
