"""The ladders: what they choose from, and that nothing is chosen on test images."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from mnist_report.core import files, paths
from mnist_report.core.archives import load_model
from mnist_report.core.params import load_params
from mnist_report.data.distortions import deskew, distort
from mnist_report.models.scratch.learning import train_and_test
from mnist_report.scores.answers import digits_read
from mnist_report.studies import frontier, frontier_scratch_nn, frontier_svm
from mnist_report.studies.frontier import CHOICE, Fitted, Step, best_of, ladder, validate
from mnist_report.studies.slips_network import VARIANTS
from samples import digits

DATA = digits(900, 300, enlarged=True)
PARAMS = load_params()


class Sealed:
    """Test images that nobody may look at."""

    def __getattr__(self, name):
        raise AssertionError(f"the test images were looked at: {name}")

    def __getitem__(self, key):
        raise AssertionError("the test images were looked at")

    __len__ = __array__ = __iter__ = __getitem__


SEALED = replace(
    DATA,
    train_images=DATA.train_images[:300],
    train_labels=DATA.train_labels[:300],
    test_images=Sealed(),
    test_labels=Sealed(),
)


def test_nothing_is_chosen_on_test_images():
    small = {
        "strengths": [0.5, 1.0],
        "gammas": [0.01, 0.05],
        "copies": 1,
        "epochs": 2,
        "trial_epochs": 2,
    }
    svm = PARAMS.studies.frontier_svm.model_copy(update=small)
    network = PARAMS.studies.frontier_scratch_nn.model_copy(update=small)
    for module, params in ((frontier_svm, svm), (frontier_scratch_nn, network)):
        study = module.plan(SEALED, params, PARAMS.compute)
        tried = study.groups[CHOICE].measure(0)
        for values in tried.values():
            assert len(values) == 2
            assert all(0.5 < accuracy <= 1 for accuracy in values.values())
        # All else looks at them, through one function.
        for name in study.groups.keys() - {CHOICE}:
            with pytest.raises(AssertionError, match="looked at"):
                study.groups[name].measure(0, {CHOICE: [tried]})


def test_values_are_judged_on_the_rows_held_back():
    asked = []

    def fit(images, labels, seed, *, gamma):
        asked.append((len(images), gamma))

        def read(unseen):
            np.testing.assert_array_equal(unseen, DATA.train_images[750:])
            # As many right as the value says.
            right = DATA.train_labels[750:].copy()
            right[round(gamma) :] += 1
            return right

        return Fitted(read, {})

    found = validate(fit, "gamma", [30, 120.0, 60], DATA)
    assert found == {"30": 0.2, "120": 0.8, "60": 0.4}
    assert [rows for rows, _ in asked] == [750] * 3
    assert best_of(found) == 120


def test_arguments_are_chosen_one_after_another_each_with_the_best_before():
    def fit(images, labels, seed, *, gamma=1.0, strength=0.0):
        # Best at a gamma of 2, and then at a strength of 3; without the gamma, at one of 1.
        right = round(100 - 20 * abs(gamma - 2) - 5 * abs(strength - (3 if gamma == 2 else 1)))

        def read(unseen):
            answers = DATA.train_labels[750:].copy()
            answers[right:] += 1
            return answers

        return Fitted(read, {})

    trial = Step(fit, 1, takes=("gamma", "strength"), prefix="gradient_")
    values = {"gamma": [1, 2], "strength": [1, 3]}
    tried = ladder(DATA, {"best": trial}, [trial], values).groups[CHOICE].measure(0)
    assert list(tried) == ["gradient_gamma", "gradient_strength"]
    assert best_of(tried["gradient_gamma"]) == 2
    assert best_of(tried["gradient_strength"]) == 3
    assert frontier.chosen(tried, trial) == {"gamma": 2, "strength": 3}


def test_a_step_takes_what_was_chosen():
    def fit(images, labels, seed, strength=None, **other):
        assert not other
        return Fitted(lambda unseen: np.full(len(unseen), 3), {"parameters": strength or 0})

    steps = {"first": Step(fit, 5), "best": Step(fit, 3, takes=("strength",))}
    study = ladder(DATA, steps, [], {})
    runs = {CHOICE: [{"strength": {"0.5": 0.9, "1": 0.95}, "gamma": {"2": 1.0}}]}
    share = (DATA.test_labels == 3).mean()
    expected = {"accuracy": share, "answers": [3] * 300}
    assert study.groups["first"].measure(4) == expected | {"parameters": 0}
    assert study.groups["best"].measure(0, runs) == expected | {"parameters": 1}
    assert [group.seeds for group in study.groups.values()] == [1, 5, 3]
    assert [group.informed for group in study.groups.values()] == [False, False, True]


def test_the_ladder_of_the_network_begins_with_the_papers():
    for name, variant in (("as_printed", "minibatches_as_printed"), ("loop", "base")):
        fit = frontier_scratch_nn.fit
        model = fit(DATA.train_images, DATA.train_labels, 3, **frontier_scratch_nn.SHORT[name])
        _, expected = train_and_test(DATA, 3, **VARIANTS[variant])
        np.testing.assert_array_equal(model.read(DATA.test_images), expected)


def test_virtual_vectors_and_gradients_help_on_moved_digits():
    data = replace(DATA, test_images=distort(DATA.test_images, 2, np.random.default_rng(0)))

    def accuracy(**settings):
        fit = partial(frontier_svm.fit, components=50, gamma=0.02, **settings)
        return frontier.test(fit, data, 0)["accuracy"]

    virtual = {"copies": 5, "strength": 1.0}
    assert accuracy(**virtual) > accuracy() + 0.02
    assert accuracy(gradients=True) > accuracy() + 0.02
    assert accuracy(gradients=True, **virtual) > accuracy(gradients=True) + 0.02


def test_the_networks_that_are_kept_answer_as_the_first_seeds_of_their_ladders():
    kept = [paths.SCALED / f"test_{kind}.npy" for kind in ("images", "labels")]
    if not all(path.exists() for path in kept):
        pytest.skip("data/scaled is missing; 'make repro' or 'dvc pull' brings it")
    images, labels = map(files.load_array, kept)
    for name, ending, seen in (("scratch_nn", "skops", deskew(images)), ("cnn", "keras", images)):
        model = load_model(paths.BEST / f"{name}.{ending}")
        shares = model.predict_proba(seen) if ending == "skops" else model.predict(seen, 1000, 0)
        best = files.read_json(paths.RESULTS / f"frontier_{name}.json")
        expected = digits_read(best["answers"]["best"], labels, best["best"]["accuracy"]["seeds"])[
            0
        ]
        # Where two digits come out all but alike, the last bit decides.
        assert (shares.argmax(axis=1) != expected).sum() <= 1
