"""Saved scikit-learn models: the same bytes in every process, and the model that was saved."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from mnist_report.models.neural_network import NeuralNetworkClassifier
from mnist_report.models.skops_file import dump_bytes

DIGITS = load_digits()
X, Y = DIGITS.data / 16, DIGITS.target
MODELS = {
    "svm": lambda: SVC(C=10, gamma=0.01).fit(X[:300], Y[:300]),
    "network": lambda: NeuralNetworkClassifier((5,), random_state=0).fit(X[:300], Y[:300]),
}

ELSEWHERE = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_skops_file import MODELS, dump_bytes
for make in MODELS.values():
    print(hashlib.sha256(dump_bytes(make())).hexdigest())
"""


def trusted(content):
    return skops.io.get_untrusted_types(data=content)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_loaded_is_what_was_saved(name):
    model = MODELS[name]()
    content = dump_bytes(model)
    loaded = skops.io.loads(content, trusted=trusted(content))
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_every_process_writes_the_same_bytes(request):
    command = [sys.executable, "-c", ELSEWHERE, str(request.path.parent)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    mine = [hashlib.sha256(dump_bytes(make())).hexdigest() for make in MODELS.values()]
    assert mine == theirs
