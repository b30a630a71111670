"""Saved scikit-learn models: the same bytes in every process, and the model that was saved."""

import hashlib
import subprocess
import sys

import numpy as np
import skops.io
from sklearn.svm import SVC

from mnist_report.core.archives import skops_bytes
from mnist_report.models.scratch.neural_network import NeuralNetworkClassifier
from samples import digits

X, Y = digits(300, 0).train_images, digits(300, 0).train_labels


def models():
    yield SVC(C=10, gamma=0.01).fit(X, Y)
    yield NeuralNetworkClassifier((5,), shuffle=True, random_state=0).fit(X, Y)


def digests():
    return [hashlib.sha256(skops_bytes(model)).hexdigest() for model in models()]


def test_every_process_writes_the_same_bytes_and_they_hold_the_model():
    code = f"import sys; sys.path[:] = {sys.path}; import test_archives as t; print(*t.digests())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == digests()
    trusted = [[], ["mnist_report.models.scratch.neural_network.NeuralNetworkClassifier"]]
    for model, types in zip(models(), trusted, strict=True):
        content = skops_bytes(model)
        assert skops.io.get_untrusted_types(data=content) == types
        loaded = skops.io.loads(content, trusted=types)
        assert type(loaded) is type(model)
        assert loaded.get_params() == model.get_params()
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
        if types:  # it goes on learning as if nothing had been
            one, other = (network.partial_fit(X, Y) for network in (model, loaded))
            np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
