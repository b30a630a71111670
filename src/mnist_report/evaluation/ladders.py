"""The ladders from the paper's models to better ones: what every step gains, what is left wrong.

Each method has a table of `answers` a step: the digits that each of its seeds reads in the n test
images, shape (seeds, n).
"""

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnist_report.evaluation.comparison import paired_tests
from mnist_report.scores.answers import digits_read
from mnist_report.scores.uncertainty import pigeonhole_bootstrap

Labels = NDArray[np.int64]
#: Step to answers, from the paper's model to the best.
Ladder = Mapping[str, Labels]
#: The paper's model.
FIRST = "as_printed"


def read_answers(found: Mapping[str, Any], paper: Mapping[str, Any], labels: Labels) -> Ladder:
    """Read what a ladder's study kept; its first step may be `paper`, a study of its own."""
    first = {} if FIRST in found["answers"] else {FIRST: (paper["answers"], paper["test"])}
    kept = first | {step: (table, found[step]) for step, table in found["answers"].items()}
    return {
        step: digits_read(table, labels, measured["accuracy"]["seeds"])
        for step, (table, measured) in kept.items()
    }


def gains(ladder: Ladder, labels: Labels, rng: np.random.Generator) -> pd.DataFrame:
    """Say what every step adds to the accuracy, other seeds and other images considered.

    Returns
    -------
    DataFrame
        A row a step: ``accuracy`` (mean over ``seeds``), its ``sd`` (NaN of one), and ``gain`` over
        the step before with its 95 % interval, ``gain_low`` to ``gain_high`` (0 to 1; NaN of the
        first).
    """
    right = {step: answers == labels for step, answers in ladder.items()}
    # Where nothing is drawn, another seed would give the same.
    drawn = pigeonhole_bootstrap(
        {step: np.repeat(table, 2, axis=0) if len(table) == 1 else table
         for step, table in right.items()},
        rng,
    )  # fmt: skip
    table = pd.DataFrame(
        {
            step: {
                "seeds": len(hits),
                "accuracy": hits.mean(),
                "sd": pd.Series(hits.mean(axis=1)).std(),
            }
            for step, hits in right.items()
        }
    ).T
    table["gain"] = table["accuracy"].diff()
    for one, other in pairwise(ladder):
        gap = drawn[other].mean(axis=1) - drawn[one].mean(axis=1)
        table.loc[other, ["gain_low", "gain_high"]] = np.quantile(gap, (0.025, 0.975))
    return table.astype({"seeds": int}).rename_axis("step")


def size(measured: Mapping[str, Any]) -> float | None:
    """Return how many numbers or support vectors a model holds, in the mean; None if unsaid."""
    kinds = ("parameters", "support_vectors")
    return next((measured[kind]["mean"] for kind in kinds if kind in measured), None)


def vote(answers: Labels) -> Labels:
    """Return the digit that most seeds read in each image; of several, the one read first."""
    # Of each seed, how many read what it reads; argmax takes the first of the largest.
    votes = (answers[:, np.newaxis] == answers).sum(axis=0)
    chosen: Labels = np.take_along_axis(answers, votes.argmax(axis=0)[np.newaxis], axis=0)[0]
    return chosen


def rivals(best: Mapping[str, Labels], labels: Labels) -> dict[str, Any]:
    """Compare the best models of each method.

    Returns
    -------
    dict
        Of each: ``voted``, the accuracy of its seeds' `vote`. ``tests`` has McNemar's tests of the
        first seeds, every pair once.
    """
    first = {name: answers[0] == labels for name, answers in best.items()}
    return {
        "voted": {name: float((vote(given) == labels).mean()) for name, given in best.items()},
        "tests": paired_tests(first, list(combinations(best, 2))),
    }
