"""What the pictures of the paper's statements show, and that they come out the same twice."""

import numpy as np
import pytest

from mnist_report.figures import claims
from mnist_report.figures.style import draw

RNG = np.random.default_rng(0)
ACCURACIES = {k: 0.9 + 0.01 * RNG.random(3) for k in (10, 20, 30, 50, 784)} | {
    40: np.array([0.95, 0.96, 0.97])
}
CURVE = np.array([[0.4, 0.2, 0.1], [0.6, 0.4, 0.3]])
RATES = {name: dict.fromkeys(("0.1", "0.3", "1"), CURVE) for name in ("sigmoid", "relu")}
DROPOUT = {
    network: {name: {"loss": CURVE, "validation_loss": CURVE + 0.1} for name in ("with", "without")}
    for network in ("dense", "cnn")
}
SCALING = {
    network: {"scaled": CURVE, "unscaled": CURVE[:, :1] + 2} for network in ("scratch_nn", "cnn")
}
SIZES = [100, 200, 400]
COSTS = np.array([[1e4, 4e4, 16e4], [2e4, 8e4, 32e4]])
GROWTH = {"counted": {"C_1": (SIZES, COSTS), "C_1000": (SIZES, COSTS * 3)}, "timed": {}}

PICTURES = {
    "components": (claims.accuracy_by_components, ACCURACIES, 50),
    "convergence": (claims.convergence, RATES, CURVE[:, :2]),
    "dropout": (claims.dropout, DROPOUT),
    "scaling": (claims.scaling, SCALING),
    "growth": (claims.growth, GROWTH),
}


def named_lines(axes):
    return {
        line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")
    }


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_accuracy_by_components_is_the_mean_with_its_range():
    (axes,) = claims.accuracy_by_components(ACCURACIES, 50).axes
    _, curve = axes.get_lines()
    assert curve.get_xdata().tolist() == sorted(ACCURACIES)
    assert curve.get_ydata()[3] == pytest.approx(96)
    low, high = axes.collections[0].get_paths()[0].get_extents().get_points()
    assert high.tolist() == [784, pytest.approx(97)]
    assert low[1] == pytest.approx(100 * min(map(np.min, ACCURACIES.values())))
    assert words(axes) == ["50 components", "most right: 40"]
    assert "(%)" in axes.get_ylabel()


def test_convergence_has_a_panel_for_each_rate():
    *panels, unused = claims.convergence(RATES, CURVE[:, :2]).axes
    assert [axes.get_title() for axes in panels] == [
        f"learning rate {rate}" for rate in ("0.1", "0.3", "1")
    ]
    assert not unused.get_visible()
    lines = named_lines(panels[1])
    assert list(lines) == ["sigmoid", "ReLU", "ReLU with Adam"]
    assert lines["ReLU"].get_ydata() == pytest.approx([0.5, 0.3, 0.2])
    assert lines["ReLU with Adam"].get_xdata() == pytest.approx([1, 2])


def test_convergence_with_one_rate_and_one_epoch():
    curves = {name: {"0.1": CURVE[:, :1]} for name in RATES}
    (axes,) = claims.convergence(curves, CURVE[:, :1]).axes
    assert axes.get_visible()


def test_dropout_shows_training_and_validation():
    dense, cnn = claims.dropout(DROPOUT).axes
    assert (dense.get_title(), cnn.get_title()) == ("dense network", "convolutional network")
    lines = named_lines(cnn)
    assert set(lines) == {
        f"{part}, {variant} dropout"
        for part in ("training", "validation")
        for variant in ("with", "without")
    }
    difference = (
        lines["validation, with dropout"].get_ydata() - lines["training, with dropout"].get_ydata()
    )
    assert difference == pytest.approx([0.1] * 3)


def test_scaling_shows_both_as_far_as_they_go():
    first, second = claims.scaling(SCALING).axes
    assert (first.get_title(), second.get_title()) == (
        "network from scratch",
        "convolutional network",
    )
    lines = named_lines(first)
    assert list(lines) == ["pixels 0 to 1", "pixels 0 to 255"]
    assert [len(line.get_xdata()) for line in lines.values()] == [3, 1]


def test_growth_writes_the_exponent_that_it_draws():
    counted, timed = claims.growth(GROWTH).axes
    assert list(named_lines(counted)) == ["C = 1: exponent 2.00", "C = 1000: exponent 2.00"]
    assert words(counted) == ["$n^2$", "$n^3$"]
    assert words(timed) == ["not measured"]
    # Fitted to all dots: its height is their geometric mean.
    line = counted.get_lines()[0]
    assert line.get_ydata()[0] == pytest.approx(np.sqrt(2) * 1e4)


def test_growth_with_one_size_has_no_exponent():
    counted, _ = claims.growth({"counted": {"C_1": (SIZES[:1], COSTS[:, :1])}, "timed": {}}).axes
    assert list(named_lines(counted)) == ["C = 1"]


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_numbers_give_the_same_bytes(name):
    make, *arguments = PICTURES[name]
    picture = draw(make, *arguments)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw(make, *arguments)
