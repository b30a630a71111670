"""What the pictures of networks show, and that they come out the same twice."""

import numpy as np
import pandas as pd
import pytest

from mnist_report.figures import networks
from mnist_report.figures.style import draw

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, 200)
SCORES = RNG.random((200, 10)) + np.eye(10)[LABELS]
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2],
        "loss": [0.5, 0.2],
        "accuracy": [0.8, 0.9],
        "validation_loss": [0.3, 0.25],
        "validation_accuracy": [0.85, 0.88],
    }
)
IMAGE = RNG.random(784, dtype=np.float32)
WEIGHTS = RNG.normal(size=(784, 7)).astype(np.float32)
KERNELS = RNG.normal(size=(6, 3, 3)).astype(np.float32)
MAPS = RNG.random((11, 11, 16), dtype=np.float32)


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_learning_curves_show_training_and_validation():
    loss, accuracy = networks.learning_curves(HISTORY).axes
    assert list(lines(loss)) == list(lines(accuracy)) == ["training", "validation"]
    assert lines(loss)["validation"].get_ydata().tolist() == [0.3, 0.25]
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss (nats)")
    assert accuracy.get_ylabel() == "accuracy"


def test_learning_curves_without_validation():
    loss, _ = networks.learning_curves(HISTORY[["epoch", "loss", "accuracy"]]).axes
    assert list(lines(loss)) == ["training"]


def test_roc_curves_name_every_class_and_both_averages_with_their_area():
    whole, corner = networks.roc_curves(LABELS, SCORES).axes
    names = [text.get_text() for text in whole.get_legend().get_texts()]
    expected = [*"0123456789", "micro average", "macro average"]
    assert [name.split(":")[0] for name in names] == expected
    assert all(0.5 < float(name.split(": ")[1]) <= 1 for name in names)
    assert corner.get_xlim()[1] == 0.1
    assert whole.get_ylabel() == "true positive rate"


def test_hidden_weights_stand_in_their_places_with_white_at_zero():
    figure = networks.hidden_weights(WEIGHTS, rows=2, columns=4)
    assert len(figure.axes) == 2  # the board and its colour bar
    (image,) = figure.axes[0].get_images()
    board = np.ma.filled(image.get_array().astype(float), np.nan)
    assert board.shape == (2 * 29 + 1, 4 * 29 + 1)
    np.testing.assert_array_equal(board[30:58, 30:58], WEIGHTS[:, 5].reshape(28, 28))
    assert np.isnan(board[30:58, 88:116]).all()  # there is no eighth unit
    assert image.norm.vmin == -image.norm.vmax


def test_feature_maps_show_all_maps_on_one_scale_beside_the_image():
    figure = networks.feature_maps("convolution_2", MAPS, IMAGE, 7)
    picture, *maps, bar = figure.axes
    assert picture.get_title() == "label: 7"
    assert [axes.get_title() for axes in maps] == [str(k) for k in range(1, 17)]
    np.testing.assert_array_equal(maps[3].get_images()[0].get_array(), MAPS[:, :, 3])
    assert {axes.get_images()[0].get_clim() for axes in maps} == {(0, float(MAPS.max()))}
    assert figure.get_suptitle() == "convolution 2: 16 maps of 11 × 11"
    assert bar.get_ylabel() == "activation"


def test_filters_write_their_weights():
    figure = networks.filters(KERNELS)
    *panels, bar = figure.axes
    assert len(panels) == 6
    assert [text.get_text() for text in panels[2].texts] == [f"{w:.2f}" for w in KERNELS[2].flat]
    assert bar.get_ylabel() == "weight"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (networks.learning_curves, (HISTORY,)),
        (networks.learning_curves, (HISTORY[:1],)),
        (networks.roc_curves, (LABELS, SCORES)),
        (networks.hidden_weights, (WEIGHTS, 2, 4)),
        (networks.hidden_weights, (np.zeros_like(WEIGHTS), 1, 2)),
        (networks.feature_maps, ("pooling_1", MAPS[:, :, :6], IMAGE, 0)),
        (networks.feature_maps, ("pooling_1", np.zeros((5, 5, 1), np.float32), IMAGE, 0)),
        (networks.filters, (KERNELS,)),
        (networks.filters, (np.zeros((9, 2, 2), np.float32),)),
    ],
)
def test_a_picture_drawn_twice_has_the_same_bytes(make, arguments):
    first = draw(make, *arguments)
    assert first.startswith(b"\x89PNG")
    assert draw(make, *arguments) == first
