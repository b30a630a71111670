"""Printed values over the spread of ours: what is drawn where."""

import numpy as np
import pandas as pd
import pytest

from mnist_report.figures.epochs import printed_epochs
from mnist_report.figures.origins import kernel_candidates


def spread(mean, sd=0.01):
    return {"mean": mean, "sd": sd, "min": mean - sd, "max": mean + sd, "seeds": 3}


def test_printed_epochs_lie_at_their_values():
    measured = {
        str(epoch): {"loss": spread(1 / epoch), "accuracy": spread(1 - 1 / (2 * epoch))}
        for epoch in (1, 2, 10)
    }
    printed = pd.DataFrame(
        [(1, "loss", 0.9), (2, "loss", 0.6), (1, "accuracy", 0.4)],
        columns=["epoch", "measure", "value"],
    )
    loss, accuracy = printed_epochs(measured, printed).axes
    mean, dots = loss.lines
    # In the order of numbers, not of words: 10 comes after 2.
    assert mean.get_xdata().tolist() == [1, 2, 10]
    assert mean.get_ydata() == pytest.approx([1, 0.5, 0.1])
    assert (dots.get_xdata().tolist(), dots.get_ydata().tolist()) == ([1, 2], [0.9, 0.6])
    assert accuracy.lines[1].get_ydata().tolist() == [0.4]
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss (nats)")


def test_candidates_that_fit_are_diamonds():
    measured = {
        "linear": {"auto": {"train": spread(0.999), "test": spread(0.95)}},
        "rbf": {"auto": {"train": spread(0.9), "test": spread(0.8)}},
    }
    figure = kernel_candidates(measured, {"linear": 0.96, "rbf": 0.97}, reach=3)
    linear, rbf = figure.axes
    # 0.96 lies 3.9 sd below 0.999 and 1 sd above 0.95; 0.97 is further from both of the others.
    assert [bar.lines[0].get_marker() for bar in linear.containers] == ["o", "D"]
    for axes, value in ((linear, 0.96), (rbf, 0.97)):
        lines = [line for line in axes.lines if np.allclose(line.get_xdata(), value)]
        assert lines
    assert [bar.lines[0].get_marker() for bar in rbf.containers] == ["o", "o"]
    assert [label.get_text() for label in linear.get_yticklabels()] == [
        "training rows",
        "test rows",
    ]
