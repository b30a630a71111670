"""The picture of costs shows the numbers that it is given."""

from mnist_report.figures import costs as figures


def test_a_bar_for_each_stage_and_a_mark_where_the_port_has_the_same():
    rows = {
        "fetch": {"seconds": 3.0},
        "pca": {"seconds": 9.0, "port_seconds": 6.0},
        "cnn": {"seconds": 30.0, "port_seconds": 60.0},
    }
    axes = figures.stages(rows).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [3, 9, 30]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(rows)
    (port,) = axes.lines
    # At the places of the second and the third bar.
    assert [tuple(point) for point in port.get_xydata()] == [(6, 1), (60, 2)]
