"""Pictures of principal components."""

import numpy as np

from mnist_report.figures import pca as figures


def test_thresholds_are_written_as_they_are():
    reached = {0.8: 1, 0.95: 2, 0.99: 2, 0.995: 3, 0.999: 4}
    figure = figures.cumulative_variance(np.array([0.9, 0.09, 0.006, 0.004]), reached, 2)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[1:] == [
        "80%: 1 components",
        "95%: 2 components",
        "99%: 2 components",
        "99.5%: 3 components",
        "99.9%: 4 components",
    ]
