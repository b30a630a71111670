"""How far a method goes: what its four studies share.

A ladder leads from the paper's model to a better one, a step at a time. What has to be chosen on
the way is chosen by the accuracy on training rows that are held back. The test images are looked
at by `test` alone, when all is chosen.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_report.core.params import FrontierNetwork
from mnist_report.core.repeat import Group, Runs, Study
from mnist_report.data.distortions import deskew
from mnist_report.data.scaled import ScaledData
from mnist_report.scores.scores import accuracy

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

#: Training rows held back, the last ones; of a small data set a sixth.
HELD_BACK = 10_000

#: The measurement that chooses, and what every ladder calls its last step.
CHOICE, BEST = "choice", "best"


class Fitted(NamedTuple):
    """A trained model: the digits it reads in images (n, 784), how much it holds, and itself."""

    read: Callable[[Images], Labels]
    size: Mapping[str, int]
    model: Any = None


#: Trains on images, labels and a seed; what is chosen comes by its name.
Fit = Callable[..., Fitted]


class Step(NamedTuple):
    """A step of a ladder: how it trains, over how many seeds, and which arguments are chosen.

    The values of an argument are tried under its name after a `prefix`.
    """

    fit: Fit
    seeds: int
    takes: tuple[str, ...] = ()
    prefix: str = ""


def upright(fit: Fit) -> Fit:
    """Return `fit` on deskewed images: those it learns from, and those it reads."""

    def fit_upright(images: Images, *given: Any, **settings: Any) -> Fitted:  # noqa: ANN401
        fitted = fit(deskew(images), *given, **settings)
        return fitted._replace(read=lambda unseen: fitted.read(deskew(unseen)))

    return fit_upright


def held_back(data: ScaledData) -> int:
    """Return how many training rows are held back."""
    return min(HELD_BACK, len(data.train_labels) // 6)


def validate(fit: Fit, name: str, values: Sequence[float], data: ScaledData) -> dict[str, float]:
    """Train without the rows held back; return the accuracy on these by the argument's value."""
    images, labels = data.train_images, data.train_labels
    cut = len(labels) - held_back(data)

    def judge(value: float) -> float:
        model = fit(images[:cut], labels[:cut], 0, **{name: value})
        return accuracy(labels[cut:], model.read(images[cut:]))

    return {f"{value:g}": judge(value) for value in values}


def best_of(accuracies: Mapping[str, float]) -> float:
    """Return the most accurate value, the first of several."""
    return float(max(accuracies, key=lambda value: accuracies[value]))


def tried(found: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return what a study, as it is written, chose from: accuracies on rows held back, by value."""
    return {
        what: {value: spread["mean"] for value, spread in values.items()}
        for what, values in found[CHOICE].items()
    }


def chosen(tried: Mapping[str, Mapping[str, float]], step: Step) -> dict[str, float]:
    """Return the arguments that a step takes, each the best of those tried."""
    return {name: best_of(tried[step.prefix + name]) for name in step.takes}


def test(fit: Fit, data: ScaledData, seed: int) -> dict[str, Any]:
    """Train on all training rows, and judge on the test images.

    Returned are ``accuracy``, what the model holds, and ``answers``, the digits that it reads.
    """
    model = fit(data.train_images, data.train_labels, seed)
    answers = model.read(data.test_images)
    return {
        "accuracy": accuracy(data.test_labels, answers),
        **model.size,
        "answers": answers.tolist(),
    }


def ladder(
    data: ScaledData,
    steps: Mapping[str, Step],
    trials: Sequence[Step],
    values: Mapping[str, Sequence[float]],
) -> Study:
    """Return the study of a ladder, whose `steps` lead away from the paper's model.

    What they take is chosen by `trials`: one argument after another, of its `values`, each with the
    best of those before.
    """

    def choose(seed: int) -> dict[str, dict[str, float]]:
        found = {}
        for step in trials:
            fit = step.fit
            for name in step.takes:
                accuracies = validate(fit, name, values[name], data)
                fit = partial(fit, **{name: best_of(accuracies)})
                found[step.prefix + name] = accuracies
        return found

    def climb(step: Step, seed: int, runs: Runs | None = None) -> dict[str, Any]:
        taken = chosen(runs[CHOICE][0] if runs else {}, step)
        return test(partial(step.fit, **taken), data, seed)

    groups = {
        name: Group(partial(climb, step), step.seeds, informed=bool(step.takes))
        for name, step in steps.items()
    }
    return Study({CHOICE: Group(choose, 1), **groups}, one_thread=True)


def network_ladder(data: ScaledData, params: FrontierNetwork, steps: Mapping[str, Step]) -> Study:
    """Return a ladder whose strength of distortions is chosen by shorter trainings of its best."""
    best = steps[BEST]
    trial = best._replace(fit=partial(best.fit, epochs=params.trial_epochs))
    return ladder(data, steps, [trial], {"strength": params.strengths})
