"""Pictures of support vector machines: what is on them, and that they repeat."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.patches import Rectangle

from mnist_report.data import toy
from mnist_report.figures import svm as figures
from mnist_report.figures.style import SETTINGS, draw
from mnist_report.models.svm_intuition import fit_linear, fit_quadratic


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context(SETTINGS):
        yield


@pytest.fixture(scope="module")
def overlapping():
    X, y = toy.overlapping(np.random.default_rng(0), 120)
    return X, y, {C: fit_linear(X, y, C) for C in (0.01, 1.0, 10.0, 100.0)}


@pytest.fixture(scope="module")
def rings():
    X, y = toy.rings(np.random.default_rng(0), 200)
    Z = toy.phi(X)
    return X, y, fit_quadratic(X, y, 1000), Z, fit_linear(Z, y, 1000)


@pytest.fixture(scope="module")
def regions():
    rng = np.random.default_rng(0)
    y = np.arange(100) % 10
    X = rng.normal(size=(100, 2)) + np.column_stack((y, y**2 / 5))
    return X, y, {f"C = {C}": fit_linear(X, y, C).predict for C in (1, 2, 3, 4)}


def candidates(**changes):
    table = pd.DataFrame(
        [(C, gamma) for C in (1.0, 10.0, 100.0) for gamma in (0.01, 0.1)], columns=["C", "gamma"]
    )
    table["mean"] = [0.10, 0.20, 0.30, 0.40, 0.50, 0.60]
    table["within_one_se"] = [False, False, True, False, False, True]
    return table.assign(**changes)


def scores():
    return pd.DataFrame(
        {
            "kernel": ["linear", "linear", "RBF", "RBF"],
            "rows": ["train", "test"] * 2,
            "accuracy": [1.0, 0.9, 0.95, 0.94],
            "auc_hard": [0.99, 0.89, 0.85, 0.84],
            "auc_scores": [0.98, 0.88, 0.75, 0.74],
        }
    )


def rings_drawn(axes):
    """Return the places of the hollow marks on a panel."""
    hollow = [c for c in axes.collections if is_hollow(c)]
    return np.vstack([np.asarray(c.get_offsets()) for c in hollow]) if hollow else np.empty((0, 2))


def is_hollow(collection):
    return not hasattr(collection, "levels") and len(collection.get_facecolors()) == 0


def text_is_inside(figure):
    """Say whether titles and axis labels lie on the picture, none over another."""
    figure.draw_without_rendering()
    boxes = [
        text.get_window_extent()
        for axes in figure.axes
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label)
        if text.get_text()
    ]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    apart = not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    return apart and all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for box in boxes
    )


@pytest.mark.parametrize("models", [1, 2, 3, 4])
def test_margins_have_the_data_and_a_panel_for_each_price(overlapping, models):
    X, y, all_models = overlapping
    some = dict(list(all_models.items())[:models])
    figure = figures.margins(X, y, some)
    first, *others = figure.axes
    assert first.get_title() == "the data"
    assert len(rings_drawn(first)) == 0
    assert len(others) == models
    for axes, (C, model) in zip(others, some.items(), strict=True):
        assert axes.get_title() == f"C = {C:g}: {len(model.support_)} support vectors"
        np.testing.assert_array_equal(rings_drawn(axes), X[model.support_])
        assert axes.get_xlim() == first.get_xlim()
        assert axes.get_ylim() == first.get_ylim()
    assert text_is_inside(figure)


def test_axes_are_named_where_their_numbers_stand(overlapping):
    X, y, models = overlapping
    panels = figures.margins(X, y, models).axes  # 3 over 2
    assert [bool(axes.get_xlabel()) for axes in panels] == [False, False, True, True, True]
    assert [bool(axes.get_ylabel()) for axes in panels] == [True, False, False, True, False]


def test_the_lines_are_where_the_decision_is_0_and_1(overlapping):
    X, y, models = overlapping
    axes = figures.margins(X, y, models).axes[2]
    (lines,) = [c for c in axes.collections if hasattr(c, "levels")]
    assert list(lines.levels) == [-1, 0, 1]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        np.testing.assert_allclose(models[1.0].decision_function(path.vertices), level, atol=1e-6)


def test_rings_mark_the_support_vectors_on_the_right(rings):
    X, y, model, _, _ = rings
    figure = figures.rings(X, y, model)
    left, right = figure.axes
    assert left.get_title() == "the data"
    assert right.get_title()
    assert len(rings_drawn(left)) == 0
    np.testing.assert_array_equal(rings_drawn(right), X[model.support_])
    assert (left.get_xlim(), left.get_ylim()) == (right.get_xlim(), right.get_ylim())
    assert text_is_inside(figure)


def test_the_plane_in_space_is_that_of_the_model(rings):
    *_, Z, model = rings
    y = rings[1]
    (axes,) = figures.lifted(Z, y, model).axes
    plane = next(c for c in axes.collections if not hasattr(c, "_offsets3d"))
    corners = plane._faces.reshape(-1, 3)
    np.testing.assert_allclose(model.decision_function(corners), 0, atol=1e-6)
    points = [
        (collection.get_facecolor()[0], np.column_stack(collection._offsets3d))
        for collection in axes.collections
        if hasattr(collection, "_offsets3d")
    ]
    assert len(points) == 2
    for colour, drawn in points:
        disc = same_color(colour, figures._TWO(1))
        assert np.all((model.decision_function(drawn) > 0) == disc)
    # The disc is drawn whole.
    assert sum(len(drawn) for _, drawn in points) > (y == 1).sum()
    assert max(len(drawn) for _, drawn in points) >= (y == 1).sum()
    assert axes.get_xlabel() and axes.get_ylabel() and axes.get_zlabel()


def test_kernel_scores_have_a_panel_for_each_measure():
    table = scores()
    figure = figures.kernel_scores(table)
    panels = figure.axes
    assert [axes.get_xlabel() for axes in panels] == [
        "accuracy",
        "AUC from hard labels",
        "AUC from scores",
    ]
    for axes, measure in zip(panels, ["accuracy", "auc_hard", "auc_scores"], strict=True):
        for line, rows in zip(axes.lines, ["train", "test"], strict=True):
            expected = table.loc[table["rows"] == rows, measure]
            np.testing.assert_array_equal(line.get_xdata(), expected)
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["linear", "RBF"]
    assert text_is_inside(figure)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_regions_are_what_each_classifier_predicts(regions, count):
    X, y, classifiers = regions
    some = dict(list(classifiers.items())[:count])
    figure = figures.decision_regions(X, y, some, cells=20)
    assert [axes.get_title() for axes in figure.axes] == list(some)
    first = figure.axes[0]
    for axes, classify in zip(figure.axes, some.values(), strict=True):
        (image,) = axes.images
        left, right, bottom, top = image.get_extent()
        values = image.get_array()
        assert values[0, 0] == classify([[left, bottom]])
        assert values[-1, 0] == classify([[left, top]])
        assert values[0, -1] == classify([[right, bottom]])
        assert (axes.get_xlim(), axes.get_ylim()) == (first.get_xlim(), first.get_ylim())
    assert text_is_inside(figure)


@pytest.mark.parametrize("taken", [(10.0, 0.1), (1.0, 0.01), (100.0, 0.1)])
def test_the_frame_is_around_the_candidate_taken(taken):
    axes = figures.grid_heat_map(candidates(), taken).axes[0]
    (frame,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    column, row = [1.0, 10.0, 100.0].index(taken[0]), [0.01, 0.1].index(taken[1])
    assert frame.get_xy() == (column - 0.5, row - 0.5)
    assert (frame.get_width(), frame.get_height()) == (1, 1)
    assert axes.images[0].origin == "lower"


def test_every_cell_says_its_mean_bold_within_one_standard_error():
    table = candidates()
    figure = figures.grid_heat_map(table.sample(frac=1, random_state=0), (10.0, 0.1))
    axes, bar = figure.axes
    found = {
        text.get_position(): (text.get_text(), text.get_weight() == "bold") for text in axes.texts
    }
    expected = {
        (column, row): (f"{mean:.3f}", within)
        for (column, row), mean, within in zip(
            [(c, r) for c in range(3) for r in range(2)],
            table["mean"],
            table["within_one_se"],
            strict=True,
        )
    }
    assert found == expected
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "100"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.01", "0.1"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("C", "γ")
    assert bar.get_ylabel() == "mean accuracy"
    assert text_is_inside(figure)


def test_the_same_figure_gives_the_same_bytes(overlapping, rings, regions):
    X, y, models = overlapping
    R, ring_labels, in_plane, Z, in_space = rings
    for make, *args in (
        (figures.margins, X, y, models),
        (figures.rings, R, ring_labels, in_plane),
        (figures.lifted, Z, ring_labels, in_space),
        (figures.kernel_scores, scores()),
        (figures.decision_regions, *regions, 30),
        (figures.grid_heat_map, candidates(), (1.0, 0.01)),
    ):
        assert draw(make, *args) == draw(make, *args), make.__name__
