"""The pictures of costs show the numbers that they are given."""

import numpy as np

from mnist_report.figures import costs as figures


def curve(*seconds):
    names = [f"rows_{1000 * 2**k}" for k in range(len(seconds))]
    return {"seconds": dict(zip(names, seconds, strict=True)), "exponent": 1.5}


def test_a_bar_for_each_stage_and_marks_where_something_is_known():
    rows = {
        "fetch": {"seconds": 3.0},
        "pca": {"seconds": 9.0, "port_seconds": 6.0, "bound_seconds": 2.0},
        "cnn": {"seconds": 30.0, "port_seconds": 60.0},
    }
    axes = figures.stages(rows).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [3, 9, 30]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(rows)
    port, bound = axes.lines
    np.testing.assert_array_equal(port.get_xydata(), [[6, 1], [60, 2]])
    np.testing.assert_array_equal(bound.get_xydata(), [[2, 1]])


def test_growth_draws_every_curve_with_its_exponent():
    methods = {"pca": curve(1.0, 2.0, 4.0), "cnn": curve(3.0, 6.0, 12.0)}
    fits = {"ours": curve(1.0, 3.0), "scikit_learn": curve(2.0, 8.0)}
    left, right = figures.growth(methods, fits).axes
    np.testing.assert_array_equal(left.lines[1].get_xydata(), [[1000, 3], [2000, 6], [4000, 12]])
    np.testing.assert_array_equal(right.lines[0].get_xydata(), [[1000, 1], [2000, 3]])
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == ["this project: exponent 1.50", "scikit-learn: exponent 1.50"]
    assert left.get_xscale() == right.get_yscale() == "log"
