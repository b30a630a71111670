"""Data sets of somebody's own, of odd shapes: they work, or one line says why they cannot."""

import re
import struct

import numpy as np
import pytest

from miniature import UNREACHABLE, noisy, write_images


def classes(count, *labels):
    return np.resize(labels, count)


def data_set(train, test, images=noisy):
    return {"train": (images(train), train), "t10k": (images(test), test)}


def plain(grey, side=28):
    return lambda labels: np.full((len(labels), side, side), grey, np.uint8)


def colour(labels):
    """Return an IDX file of four dimensions."""
    return struct.pack(">5I", 2052, len(labels), 28, 28, 3) + bytes(len(labels) * 28 * 28 * 3)


TEN, NINE, TESTED = (classes(n, *range(k)) for n, k in ((120, 10), (120, 9), (40, 10)))

#: Data sets that do not work, the stage that says so, and what it says.
BAD_DATA = (
    (data_set(classes(120, 3), classes(40, 3)), "scale", "all training images are of class 3"),
    (data_set(np.r_[NINE, 9], TESTED), "scale", "class 9 has only 1 of the 121"),
    (data_set(NINE, TESTED), "scale", "the test images hold class 9"),
    (data_set(TEN, classes(40, 4)), "scale", "all test images are of class 4"),
    (data_set(TEN, TESTED[:1]), "scale", "all test images are of class 0"),
    (data_set(TEN[:5], TESTED[:5]), "scale", "5 training images are too few"),
    (data_set(TEN[:12], TESTED), "scale", "12 training images are too few"),
    (data_set(TEN, TESTED, plain(0)), "scale", "all training images are the same"),
    (data_set(TEN, TESTED, plain(77)), "scale", "all training images are the same"),
    (data_set(TEN, TESTED, colour), "fetch", "wrong magic number: 2052"),
    (data_set(TEN, TESTED, plain(0, 30)), "fetch", "images of 30 x 30 pixels, not 28 x 28"),
    (data_set(np.r_[NINE, classes(20, 9)], TESTED), "scratch_nn", "class 9 is among them alone"),
)

#: Parameters of a stage that are allowed, but not with 120 images, and what it says.
BAD_PARAMETERS = (
    ("scale", {"train_rows": 60}, "class 0 has only 6 of the 60"),
    ("scratch_nn", {"validation_share": 0.9999}, "the last 119 of 120 training rows"),
    ("scratch_nn", {"minibatching": "as_printed", "minibatch_size": 110}, "+ 1 = 111 rows"),
    ("scratch_nn", {"activation": "relu", "learning_rate": 1e9}, "training diverged in epoch"),
    ("svm_gridsearch", {"folds": 100}, "100 folds are too many"),
    ("cnn", {"validation_share": 0.9999}, "120 rows cannot be split"),
)


@pytest.fixture(scope="module")
def checkout(new_checkout):
    return new_checkout("odd data")


def provide(checkout, title, data):
    """Put a data set in the place of the last one; by its title DVC sees that it is another."""
    folder = checkout.path.with_name("odd mirror")
    write_images(folder, data)
    checkout.change(data={"own": {"source": str(folder), "title": f"Odd & {title}"}})


def check_refusal(checkout, stage, words):
    done = checkout.run("dvc", "repro", stage, env=UNREACHABLE)
    said, last = [line for line in done.lines if ": warning: MLflow" not in line]
    assert re.match(rf"{stage}: error: .*{re.escape(words)}.*; ", said)
    assert said.isprintable()
    assert last.startswith(f"ERROR: failed to reproduce '{stage}'")
    # But for the last data set, which DVC leaves to `fetch`, nothing is left.
    assert all(path.startswith("data/raw/") for path in checkout.outputs(stage))


def test_what_cannot_be_worked_on_is_refused_in_one_line(checkout):
    for number, (data, stage, words) in enumerate(BAD_DATA):
        provide(checkout, number, data)
        check_refusal(checkout, stage, words)

    provide(checkout, "good", data_set(TEN, TESTED))
    before = (checkout.path / "params.yaml").read_text("utf-8")
    for stage, changes, words in BAD_PARAMETERS:
        checkout.change(**{stage: changes})
        check_refusal(checkout, stage, words)
        (checkout.path / "params.yaml").write_text(before, "utf-8")


def test_what_is_odd_and_can_be_worked_on_works(checkout):
    # No image of 4, no test image of 5, only copies of nine images, and a black one.
    train, test = classes(120, 0, 1, 2, 3, 5, 6, 7, 8, 9), classes(40, 0, 1, 2, 3, 6, 7, 8, 9)
    originals = noisy(np.arange(10))
    images = originals[test]
    images[0] = 0
    provide(checkout, "poor", {"train": (originals[train], train), "t10k": (images, test)})
    assert len(checkout.dvc("repro", env=UNREACHABLE).stages) == 25
    assert all(checkout.outputs().values())

    provide(checkout, "of two classes", data_set(classes(120, 3, 8), classes(40, 8, 3)))
    targets = ("comparison", "pca", "svm_kernels", "study@origins", "study@slips_svm")
    done = checkout.dvc("repro", *targets, env=UNREACHABLE)
    assert {*targets, "svm_final", "scratch_nn", "keras_dense", "cnn"} <= set(done.stages)
    assert all(checkout.outputs(*done.stages).values())
