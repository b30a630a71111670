"""Data sets of somebody's own, of odd shapes: they work, or one line says why they cannot."""

import re

import numpy as np
import pytest

from miniature import OWN_CODE, UNREACHABLE, noisy, write_images


def classes(count, *labels):
    return np.resize(labels, count)


def data_set(train, test):
    return {"train": (noisy(train), train), "t10k": (noisy(test), test)}


TEN, NINE, TESTED = (classes(n, *range(k)) for n, k in ((120, 10), (120, 9), (40, 10)))
LARGE = np.zeros((40, 30, 30), np.uint8)

#: Data sets that do not work, the stages up to the one that says so, and what it says: one for each
#: that looks.
BAD_DATA = (
    (data_set(TEN, TESTED) | {"t10k": (LARGE, TESTED)}, ["fetch"], "images of 30 x 30 pixels, not"),
    (data_set(np.r_[NINE, 9], TESTED), ["fetch", "scale"], "class 9 has only 1 of the 121"),
    (
        data_set(np.r_[NINE, classes(20, 9)], TESTED),
        ["fetch", "scale", "scratch_nn"],
        "class 9 is among them alone",
    ),
)

#: Parameters of a stage that are allowed, but not with 120 images, and what it says.
BAD_PARAMETERS = (
    ("scratch_nn", {"validation_share": 0.9999}, "the last 119 of 120 training rows"),
    ("scratch_nn", {"minibatching": "as_printed", "minibatch_size": 110}, "+ 1 = 111 rows"),
    ("scratch_nn", {"activation": "relu", "learning_rate": 1e9}, "training diverged in epoch"),
    ("svm_gridsearch", {"folds": 100}, "100 folds are too many"),
    ("cnn", {"validation_share": 0.9999}, "120 rows cannot be split"),
)


@pytest.fixture(scope="module")
def checkout(base, land):
    return base.copy(land / "odd data")


def provide(checkout, data):
    """Put a data set in the place of the last one."""
    folder = checkout.path.with_name("odd mirror")
    write_images(folder, data)
    checkout.change(data={"own": {"source": str(folder), "title": "Odd & small"}})


def run(checkout, stage):
    """Run a stage without DVC, which knows nothing of odd data and takes longer than the stage."""
    script, *study = stage.split("@")
    command = ("python", "-m", "mnist_report.run", f"stages/{script}.py", *study)
    return checkout.run(*command, env=OWN_CODE | UNREACHABLE)


def check_stages(checkout, names):
    for name in names:
        done = run(checkout, name)
        assert done.code == 0, done.lines
    assert all(checkout.outputs(*names).values())


def check_refusal(checkout, stage, words):
    before = checkout.outputs(stage)
    done = run(checkout, stage)
    [said] = [line for line in done.lines if ": warning: MLflow" not in line]
    assert done.code == 1
    assert re.match(rf"{stage}: error: .*{re.escape(words)}.*; ", said)
    assert said.isprintable()
    assert checkout.outputs(stage) == before


def test_what_cannot_be_worked_on_is_refused_in_one_line(checkout):
    for data, (*before, stage), words in BAD_DATA:
        provide(checkout, data)
        check_stages(checkout, before)
        check_refusal(checkout, stage, words)

    provide(checkout, data_set(TEN, TESTED))
    check_stages(checkout, ["fetch", "scale"])
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
    provide(checkout, {"train": (originals[train], train), "t10k": (images, test)})
    models = ["svm_kernels", "svm_gridsearch", "svm_final", "scratch_nn", "keras_dense", "cnn"]
    studies = [f"study@spread_{name}" for name in models[2:]]
    last = [*studies, "comparison", "explore", "judge", "report"]
    check_stages(checkout, ["fetch", "scale", "pca", *models, *last])

    provide(checkout, data_set(classes(120, 3, 8), classes(40, 8, 3)))
    check_stages(checkout, ["fetch", "scale", *models[:-1]])
