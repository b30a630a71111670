"""Pictures of what a classifier gets right and wrong: what is on them, and that they repeat."""

import matplotlib as mpl
import numpy as np
import pytest

from mnist_report.figures import classification as figures
from mnist_report.figures.style import SETTINGS, draw

COUNTS = np.array([[50, 3, 0], [1, 40, 20], [0, 0, 60]])


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context(SETTINGS):
        yield


def mistakes(k):
    rng = np.random.default_rng(0)
    return (
        rng.uniform(size=(k, 784)).astype(np.float32),
        np.arange(k) % 10,
        (np.arange(k) + 1) % 10,
        [f"score {number}" for number in range(k)],
    )


def test_confusion_says_every_count_and_colours_mistakes_only():
    figure = figures.confusion_heat_map(COUNTS, [4, 7, 9])
    axes, bar = figure.axes
    found = {text.get_position(): text.get_text() for text in axes.texts}
    assert found == {
        (column, row): str(COUNTS[row, column]) for row, column in np.argwhere(COUNTS).tolist()
    }
    bold = {text.get_text() for text in axes.texts if text.get_weight() == "bold"}
    assert bold == {"50", "40", "60"}
    shown = axes.images[0].get_array()
    assert shown[1, 2] == 20
    assert np.ma.getmaskarray(shown).tolist() == ((COUNTS == 0) | np.eye(3, dtype=bool)).tolist()
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["4", "7", "9"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert bar.get_ylabel() == "mistakes (images)"


def test_letters_are_light_on_dark_cells_only():
    axes = figures.confusion_heat_map(COUNTS, [4, 7, 9]).axes[0]
    colours = {text.get_text(): text.get_color() for text in axes.texts}
    assert colours == {
        "50": "black",
        "3": "black",
        "1": "black",
        "40": "black",
        "20": "white",
        "60": "black",
    }


def test_the_axis_labels_of_a_confusion_lie_on_the_picture():
    figure = figures.confusion_heat_map(np.full((10, 10), 1200), range(10))
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


def test_a_confusion_without_mistakes_can_be_drawn():
    axes = figures.confusion_heat_map(np.diag([5, 6]), [0, 1]).axes[0]
    assert [text.get_text() for text in axes.texts] == ["5", "6"]


@pytest.mark.parametrize("k", [0, 5, 12])
def test_every_mistake_is_shown_with_what_it_was_taken_for(k):
    vectors, true, predicted, words = mistakes(k)
    figure = figures.wrong_images(vectors, true, predicted, words)
    assert len(figure.axes) == 12
    for number, axes in enumerate(figure.axes):
        assert len(axes.images) == (number < k)
        if number < k:
            shown = axes.images[0].get_array()
            np.testing.assert_array_equal(shown, vectors[number].reshape(28, 28))
            assert axes.images[0].get_clim() == (0, 1)
            title = f"{true[number]} taken for {predicted[number]}\nscore {number}"
            assert axes.get_title() == title
    assert [text.get_text() for text in figure.texts] == ([] if k else ["no mistakes"])


def test_the_same_figure_gives_the_same_bytes():
    for make, *args in (
        (figures.confusion_heat_map, COUNTS, [4, 7, 9]),
        (figures.wrong_images, *mistakes(12)),
    ):
        assert draw(make, *args) == draw(make, *args), make.__name__
