"""Data sets of somebody's own, of odd shapes, through the real stages: they work, or one line says
why they cannot."""

import json
import select
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from mnist_report.data import idx

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
STAGES = list(YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"])

#: Stages that train networks again on the same data, half a minute of them, and what needs those.
AGAIN = {"spread_keras_dense", "spread_cnn", "ablations_keras", "claims", "verdicts", "report"}

PATTERNS = np.random.default_rng(7).random((10, 28, 28)) < 0.2


def noisy(labels):
    """Return images that show their class, each with noise of its own."""
    noise = np.random.default_rng(len(labels)).normal(0, 40, (len(labels), 28, 28))
    return np.clip(200.0 * PATTERNS[labels] + noise, 0, 255).astype(np.uint8)


def plain(train, test):
    return noisy(train), train, noisy(test), test


def same(train, test, grey):
    """Return images that are all one."""
    images = [np.full((len(part), 28, 28), grey, np.uint8) for part in (train, test)]
    return images[0], train, images[1], test


def classes(count, *labels):
    return np.resize(labels, count)


def with_channels(count):
    """Return an IDX file of four dimensions: colour images."""
    return struct.pack(">5I", 2052, count, 28, 28, 3) + bytes(count * 28 * 28 * 3)


TEN = classes(120, *range(10))
TESTED = classes(40, *range(10))


def all_that_works():
    """Return no image of 4, no test image of 5, only copies of nine images, and a black one."""
    train, test = classes(120, 0, 1, 2, 3, 5, 6, 7, 8, 9), classes(40, 0, 1, 2, 3, 6, 7, 8, 9)
    originals = noisy(np.arange(10))
    images = originals[test]
    images[0] = 0
    return originals[train], train, images, test


#: What works: the data set, and the stages that run.
WORKING = {
    "odd in every way that works": (all_that_works, STAGES),
    "two classes": (
        lambda: plain(classes(120, 3, 8), classes(40, 8, 3)),
        [name for name in STAGES if name not in AGAIN],
    ),
}

#: Data sets that do not work: how they are made, the stage that says so, and what it says.
BAD_DATA = {
    "one class": (
        lambda: plain(classes(120, 3), classes(40, 3)),
        "scale", "all training images are of class 3",
    ),
    "one class with one image": (
        lambda: plain(np.r_[classes(120, *range(9)), 9], TESTED),
        "scale", "class 9 has only 1 of the 121",
    ),
    "one class without training": (
        lambda: plain(classes(120, *range(9)), TESTED),
        "scale", "the test images hold class 9",
    ),
    "one class in the test part": (
        lambda: plain(TEN, classes(40, 4)),
        "scale", "all test images are of class 4",
    ),
    "one test image": (
        lambda: plain(TEN, TESTED[:1]),
        "scale", "all test images are of class 0",
    ),
    "five rows": (
        lambda: plain(TEN[:5], TESTED[:5]),
        "scale", "5 training images are too few",
    ),
    "twelve rows, ten classes": (
        lambda: plain(TEN[:12], TESTED),
        "scale", "12 training images are too few",
    ),
    "black": (lambda: same(TEN, TESTED, 0), "scale", "all training images are the same"),
    "grey": (lambda: same(TEN, TESTED, 77), "scale", "all training images are the same"),
    "three channels": (
        lambda: (with_channels(120), TEN, with_channels(40), TESTED),
        "fetch", "wrong magic number: 2052",
    ),
    "30 x 30": (
        lambda: (np.zeros((120, 30, 30), np.uint8), TEN, np.zeros((40, 30, 30), np.uint8), TESTED),
        "fetch", "images of 30 x 30 pixels, not 28 x 28",
    ),
    "a class at the end": (
        lambda: plain(np.r_[classes(120, *range(9)), classes(20, 9)], TESTED),
        "scratch_nn", "class 9 is among them alone",
    ),
}  # fmt: skip

#: Parameters that are allowed and do not work with good data: the same.
BAD_PARAMETERS = {
    "few rows kept": (
        {"scale": {"train_rows": 60}},
        "scale", "class 0 has only 6 of the 60",
    ),
    "nearly all held back": (
        {"scratch_nn": {"validation_share": 0.9999}},
        "scratch_nn", "the last 119 of 120 training rows",
    ),
    "minibatches of more rows than there are": (
        {"scratch_nn": {"minibatching": "as_printed", "minibatch_size": 110}},
        "scratch_nn", "needs at least minibatch_size + 1 = 111 rows",
    ),
    "training that runs away": (
        {"scratch_nn": {"activation": "relu", "learning_rate": 1e9}},
        "scratch_nn", "training diverged in epoch",
    ),
    "more folds than rows of a class": (
        {"svm_gridsearch": {"folds": 100}},
        "svm_gridsearch", "100 folds are too many",
    ),
    "nothing left to train on": (
        {"cnn": {"validation_share": 0.9999}},
        "cnn", "120 rows cannot be split",
    ),
}  # fmt: skip


class Runner:
    """A checkout, and a process that runs its stages."""

    def __init__(self, checkout, process):
        self.checkout = checkout
        self.process = process
        self.params = (checkout.path / "params.yaml").read_text("utf-8")

    def run(self, parts, changes, stages):
        """Run stages on a data set and changed parameters, with nothing left of the last run."""
        for folder in ("data", "models", "metrics", "plots", "report"):
            shutil.rmtree(self.checkout.path / folder, ignore_errors=True)
        source = self.checkout.path.parent / "odd mirror"
        source.mkdir(exist_ok=True)
        for part, (images, labels) in {"train": parts[:2], "t10k": parts[2:]}.items():
            content = images if isinstance(images, bytes) else idx.encode_images(images)
            (source / f"{part}-images-idx3-ubyte").write_bytes(content)
            labels = idx.encode_labels(np.asarray(labels, np.uint8))
            (source / f"{part}-labels-idx1-ubyte").write_bytes(labels)
        own = {"source": str(source), "title": "Odd & few"}
        (self.checkout.path / "params.yaml").write_text(self.params, "utf-8")
        self.checkout.change(data={"own": own}, **changes)
        self.process.stdin.write(json.dumps(stages) + "\n")
        self.process.stdin.flush()
        answered, _, _ = select.select([self.process.stdout], [], [], 900)
        assert answered, f"{stages} do not end"
        return json.loads(self.process.stdout.readline())

    def written(self, stage):
        """Return what is there of a stage's outputs, and what is not."""
        declared = self.checkout.declared("outs", "metrics", "plots")[stage]
        there = {path for path in declared if (self.checkout.path / path).exists()}
        return there, set(declared) - there


@pytest.fixture(scope="module")
def runner(new_checkout, tmp_path_factory):
    checkout = new_checkout("odd data")
    script = Path(__file__).with_name("stages_in_forks.py")
    said = tmp_path_factory.mktemp("odd") / "stderr"
    with said.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(script), *STAGES],
            cwd=checkout.path,
            env=checkout.environment({"PYTHONPATH": "src", "OPENBLAS_NUM_THREADS": "1"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    with process:
        assert process.stdout.readline() == "ready\n", said.read_text()
        yield Runner(checkout, process)
        process.stdin.close()


def check_refusal(runner, data, changes, stage, words):
    stages = list(dict.fromkeys(["fetch", "scale", stage]))
    *before, (last, ending, line) = runner.run(data, changes, stages)
    assert [ending for _, ending, _ in before] == ["ok"] * len(before)
    assert (last, ending) == (stage, "refused"), line
    assert line.isprintable()
    assert words in line
    assert "; " in line  # what is wrong, and what to do
    assert runner.written(stage)[0] == set()


@pytest.mark.parametrize("name", BAD_DATA)
def test_data_that_cannot_be_worked_on_are_refused_in_one_line(runner, name):
    make, stage, words = BAD_DATA[name]
    check_refusal(runner, make(), {}, stage, words)


@pytest.mark.parametrize("name", BAD_PARAMETERS)
def test_parameters_that_the_data_do_not_allow_are_refused_in_one_line(runner, name):
    changes, stage, words = BAD_PARAMETERS[name]
    check_refusal(runner, plain(TEN, TESTED), changes, stage, words)


@pytest.mark.parametrize("name", WORKING)
def test_what_is_odd_and_can_be_worked_on_works(runner, name):
    make, stages = WORKING[name]
    result = runner.run(make(), {}, stages)
    assert [(stage, said) for stage, ending, said in result if ending != "ok"] == []
    assert [stage for stage, *_ in result] == stages
    assert [runner.written(stage)[1] for stage in stages] == [set()] * len(stages)
