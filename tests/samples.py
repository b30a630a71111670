"""Real images that every installation has: scikit-learn's digits, 8 × 8 pixels."""

import numpy as np
from sklearn.datasets import load_digits

from mnist_report.data.scaled import ScaledData


def digits(train: int, test: int, *, enlarged: bool = False) -> ScaledData:
    """Return the first images for training and the next for testing; 28 × 28 if enlarged."""
    images, labels = load_digits().images / 16, load_digits().target
    if enlarged:
        images = np.pad(images.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    X, y = images.reshape(len(images), -1).astype(np.float32), labels.astype(np.int64)
    both = train + test
    return ScaledData(X[:train], y[:train], X[train:both], y[train:both])
