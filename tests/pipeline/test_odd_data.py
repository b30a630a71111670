"""Data sets of somebody's own, of odd shapes: they work, or one line says why they cannot."""

import re

import numpy as np
import pytest

from miniature import OWN_CODE, UNREACHABLE, noisy, write_images


def classes(count, *labels):
    return np.resize(labels, count)


def data_set(train, test):
    return {"train": (noisy(train), train), "t10k": (noisy(test), test)}


#: Parameters of a stage that are allowed, but not with 120 images, and what it says; what else can
#: be refused is tested where it is.
BAD_PARAMETERS = (
    ("scratch_nn", {"validation_share": 0.9999}, "the last 119 of 120 training rows"),
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
    data = data_set(classes(120, *range(10)), classes(40, *range(10)))
    large = np.zeros((40, 30, 30), np.uint8)
    provide(checkout, data | {"t10k": (large, data["t10k"][1])})
    check_refusal(checkout, "fetch", "images of 30 x 30 pixels, not")
    provide(checkout, data)
    check_stages(checkout, ["fetch", "scale"])
    for stage, changes, words in BAD_PARAMETERS:
        checkout.change(**{stage: changes})
        check_refusal(checkout, stage, words)
        checkout.change(**{stage: {"validation_share": 0.2}})


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
    check_stages(checkout, ["fetch", "scale", *models[:4]])
