"""The paper's statements, each with the rule that judges it from evidence.

The evidence is numbers: `mnist_report.evaluation.evidence` gathers them and stage ``judge``
writes them to ``results/statements.json``. Every statement comes to one of four verdicts:

*holds*
    The evidence bears it out. For a comparison that means beyond chance: the 95 % interval of
    the difference over seeds lies above 0 or, where there are no seeds, p is below 0.05; where
    it is time that is compared, each round of the benchmark agrees and the gain can be noticed.
*holds in part*
    It holds in one respect and not in another; or the evidence points its way, but not beyond
    chance or not so far that anybody would notice.
*does not hold*
    The evidence points the other way, or shows nothing at all.
*not tested*
    These data or these parameters give no evidence.

Several parts of evidence make one verdict by one of two rules. `together`: parts that agree give
their verdict, others give *holds in part*. `strictest`: a statement that something is best of
all fails where any one beats it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from mnist_report.evaluation.evidence import CHANCE, CLEAR, ENOUGH
from mnist_report.figures.names import KERNELS

Verdict = Literal["holds", "holds in part", "does not hold", "not tested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Evidence = Mapping[str, Any]

#: Where the paper puts the zeros on the first two components.
PLACE_OF_ZEROS = (-4, -2)

#: What the variance of one component is to the variance of another if it is *much* smaller.
MUCH_SMALLER = 1 / 5

#: A gain of accuracy below this is called no reason to take more components.
WORTH_WHILE = 0.005

#: Half-way between an exponent of 2 and one of 3; from here on a growth is called cubic.
NEARLY_CUBIC = 2.5

#: A time less than so many times another is no slower in any way that matters.
NOTICEABLE = 1.05

#: Two sides of an identity may be so far apart, relative to their size, by rounding.
ROUNDING = 1e-12

#: What the paper calls the dense network's accuracy to be above.
DENSE_ACCURACY = 0.98


DATA, MACHINES, NETWORKS = TOPICS = (
    "Data and components",
    "Support vector machines",
    "Neural networks",
)


@dataclass(frozen=True)
class Finding:
    """A verdict, and the sentence that gives its reason in numbers."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Statement:
    """A statement of the paper, in our words.

    Parameters
    ----------
    id
        Its name in ``results/statements.json``.
    topic
        One of `TOPICS`.
    place
        Where it stands in the paper.
    statement
        What it says.
    judge
        Turns its evidence into a finding.
    """

    id: str
    topic: str
    place: str
    statement: str
    judge: Callable[[Evidence], Finding]


@dataclass(frozen=True)
class JudgedStatement:
    """A statement with its finding."""

    statement: Statement
    finding: Finding


def judge_statements(metrics: Mapping[str, Any]) -> list[JudgedStatement]:
    """Judge every statement, in the paper's order.

    Parameters
    ----------
    metrics
        Name to the content of its results file; only ``statements`` is read.
    """
    evidence = metrics["statements"]["statements"]
    return [
        JudgedStatement(
            statement,
            statement.judge(evidence[statement.id]) if statement.id in evidence else NOT_TESTED,
        )
        for statement in STATEMENTS
    ]


def as_table(judged: Sequence[JudgedStatement]) -> pd.DataFrame:
    """Return a row for each statement: id, place, statement, verdict, sentence."""
    return pd.DataFrame(
        [
            {
                "id": row.statement.id,
                "place": row.statement.place,
                "statement": row.statement.statement,
                "verdict": row.finding.verdict,
                "sentence": row.finding.sentence,
            }
            for row in judged
        ]
    )


NOT_TESTED = Finding("not tested", "These data or these parameters give no evidence for it.")


# Rules


def beyond_chance(difference: Evidence) -> Verdict:
    """Judge that a difference is above 0, from its ``mean``, ``low`` and ``high``."""
    if difference["low"] > 0:
        return "holds"
    if difference["mean"] > 0:
        return "holds in part"
    return "does not hold"


def in_every_round(ratio: Evidence) -> Verdict:
    """Judge that a ratio is above 1, from its ``median``, ``min`` and ``max`` over rounds."""
    if ratio["min"] > 1 and ratio["median"] >= NOTICEABLE:
        return "holds"
    if ratio["median"] > 1:
        return "holds in part"
    return "does not hold"


def together(parts: Sequence[Verdict]) -> Verdict:
    """Return the verdict that all parts agree on, *holds in part* if they do not."""
    return parts[0] if len(set(parts)) == 1 else "holds in part"


def strictest(parts: Sequence[Verdict]) -> Verdict:
    """Return the worst verdict of all parts."""
    return max(parts, key=VERDICTS.index)


def yes_or_no(true: bool) -> Verdict:
    """Return *holds* or *does not hold*."""
    return "holds" if true else "does not hold"


# Words


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _difference(difference: Evidence, digits: int, factor: float = 1) -> str:
    """Write a difference with its interval."""
    mean, low, high = (_signed(factor * difference[key], digits) for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _points(difference: Evidence) -> str:
    """Write a difference of shares, in percentage points, with its interval."""
    return f"{_difference(difference, 2, 100)} points"


def _lead(difference: Evidence, digits: int) -> str:
    """Write the interval of a difference as who is ahead by how much."""
    low, high = difference["low"], difference["high"]
    if low > 0:
        return f"ahead by {_number(low, digits)} to {_number(high, digits)}"
    if high < 0:
        return f"behind by {_number(-high, digits)} to {_number(-low, digits)}"
    return f"{_signed(low, digits)} to {_signed(high, digits)}, within chance"


def _p(p: float) -> str:
    return "below 0.0001" if p < 0.0001 else f"{p:.4f}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


#: How tables and sentences name the measures.
_MEASURES = {
    "accuracy": "accuracy",
    "auc_scores": "AUC from scores",
    "auc_hard": "AUC from hard labels",
    "loss": "loss",
}


# The statements


def _scaling_svm(e: Evidence) -> Finding:
    parts = [
        beyond_chance(e[kernel][measure]["advantage"])
        for kernel in ("linear", "rbf")
        for measure in ("accuracy", "iterations")
    ]
    words = [
        f"with the {KERNELS[kernel]} kernel {_percent(e[kernel]['accuracy']['scaled'], 2)} of the "
        f"test images are right scaled and {_percent(e[kernel]['accuracy']['unscaled'], 2)} "
        f"unscaled, after {e[kernel]['iterations']['scaled']:,.0f} and "
        f"{e[kernel]['iterations']['unscaled']:,.0f} iterations"
        for kernel in ("linear", "rbf")
    ]
    return Finding(
        together(parts),
        f"On the same draws, {'; '.join(words)}; the RBF kernel's γ stays at 1/784 (with "
        "γ = 'scale', which goes by the variance of the pixels, it would be the same machine).",
    )


def _scaling_network(e: Evidence) -> Finding:
    first, last = e["first_loss"], e["last_loss"]
    parts = [beyond_chance(first["advantage"])]
    sentence = (
        f"The loss on unseen images after the first epoch is {_number(first['scaled'], 3)} scaled "
        f"and {_number(first['unscaled'], 3)} unscaled, a difference of "
        f"{_difference(first['advantage'], 3)}"
    )
    if "rises" in e:
        rises = e["rises"]
        parts.append(beyond_chance(rises["advantage"]))
        sentence += (
            f"; over {e['epochs']} epochs its rises add up to {_number(rises['scaled'], 3)} and "
            f"{_number(rises['unscaled'], 3)}, and it ends at {_number(last['scaled'], 3)} and "
            f"{_number(last['unscaled'], 3)}"
        )
    return Finding(together(parts), f"{sentence}.")


def _two_components(e: Evidence) -> Finding:
    percent = 100 * e["share"]
    rounded = round(percent)
    verdict: Verdict = "does not hold"
    if rounded == 16:
        verdict = "holds"
    elif int(percent) == 16:
        verdict = "holds in part"
    return Finding(verdict, f"They explain {_percent(e['share'], 2)}, which rounds to {rounded} %.")


def _place_of_zeros(e: Evidence) -> Finding:
    parts, words = [], []
    for number, stated in enumerate(PLACE_OF_ZEROS, start=1):
        place = e[f"component_{number}"]
        parts.append(yes_or_no(round(place["mean"]) == stated))
        words.append(
            f"at a mean of {_number(place['mean'], 2)} (standard deviation "
            f"{_number(place['sd'], 2)}) on component {number}"
        )
    return Finding(
        together(parts),
        f"With the signs that scikit-learn chose in 2019 they lie {' and '.join(words)}.",
    )


def _two_components_labels(e: Evidence) -> Finding:
    return Finding(
        yes_or_no(e["clear"] < e["labels"] / 2),
        f"From two components a nearest-neighbour classifier gets {_percent(e['accuracy'])} of "
        f"the test images right (always the same answer: {_percent(e['by_guessing'])}), and "
        f"{e['clear']} of {e['labels']} labels reach an F1 of {CLEAR}; the best, "
        f"{e['best_label']}, has {_number(e['best_f1'], 2)}.",
    )


def _three_components(e: Evidence) -> Finding:
    return Finding(
        yes_or_no(round(100 * e["share"]) == 23), f"They explain {_percent(e['share'], 2)}."
    )


def _three_components_labels(e: Evidence) -> Finding:
    verdict: Verdict = "does not hold"
    if e["accuracy"] > e["accuracy_two"]:
        verdict = "holds" if e["p"] < CHANCE else "holds in part"
    return Finding(
        verdict,
        f"The share right by nearest neighbours goes from {_percent(e['accuracy_two'])} on two "
        f"components to {_percent(e['accuracy'])} on three (McNemar's p {_p(e['p'])}); "
        f"{e['clear']} of {e['labels']} labels reach an F1 of {CLEAR}.",
    )


def _fifty_components(e: Evidence) -> Finding:
    needed = e["for_80_percent"]
    return Finding(
        yes_or_no(round(10 * e["share"]) == 8),
        f"{ENOUGH} components explain {_percent(e['share'])}"
        + ("." if needed is None else f"; {needed} are enough for 80 %."),
    )


def _gain_beyond_fifty(e: Evidence) -> Finding:
    return Finding(
        yes_or_no(e["after"] <= MUCH_SMALLER * e["first"]),
        f"Each of the first {ENOUGH} components explains {_percent(e['first'], 2)} in the mean, "
        f"each of the {e['after_components']} after them {_percent(e['after'], 2)}; "
        f"{_percent(e['share_left'])} is left when the first {ENOUGH} are taken.",
    )


def _more_than_fifty(e: Evidence) -> Finding:
    verdict: Verdict = "holds"
    if any(gain["low"] > 0 for gain in e["gain"].values()):
        small = e["best_accuracy"] - e["accuracy"] < WORTH_WHILE
        verdict = "holds in part" if small else "does not hold"
    best_gain = e["gain"][f"k_{e['best']}"]
    return Finding(
        verdict,
        f"An SVM on {ENOUGH} components gets {_percent(e['accuracy'], 2)} of the test images "
        f"right; of larger numbers {e['best']} does best with {_percent(e['best_accuracy'], 2)}, "
        f"a gain of {_points(best_gain)}.",
    )


def _noise_components(e: Evidence) -> Finding:
    return Finding(
        beyond_chance(e["advantage_of_fifty"]),
        f"An SVM on {ENOUGH} components gets {_percent(e['accuracy_of_fifty'], 2)} of the test "
        f"images right, one on {e['components']} {_percent(e['accuracy'], 2)}: "
        f"{_points(e['advantage_of_fifty'])} for the fewer; {e['best']} do best of those tried, "
        f"with {_percent(e['best_accuracy'], 2)}.",
    )


def _kernel_identity(e: Evidence) -> Finding:
    return Finding(
        together(
            [
                yes_or_no(e["largest_difference"] <= ROUNDING),
                yes_or_no(e["same_decisions"] == 1),
            ]
        ),
        f"Over {e['pairs']:,} random pairs both sides differ by at most "
        f"{e['largest_difference']:.0e} of their size, and {_percent(e['same_decisions'])} of "
        f"{e['points']} points are decided alike by the kernel and in space.",
    )


def _cubic_growth(e: Evidence) -> Finding:
    large, small = e["C_1000"], e["C_1"]
    # "Approaches": what counts is how the cost grows at the end, not on the way there.
    parts = [yes_or_no(large["counted"]["last_step"]["mean"] >= NEARLY_CUBIC)]
    sentence = (
        f"The solver's work on up to {large['counted']['rows']:,} rows grows with an exponent of "
        f"{_number(large['counted']['mean'], 2)} ({_number(large['counted']['low'], 2)} to "
        f"{_number(large['counted']['high'], 2)}) at C = 1000, in the last step "
        f"{_number(large['counted']['last_step']['mean'], 2)}, and at C = 1 of "
        f"{_number(small['counted']['mean'], 2)}, in the last step "
        f"{_number(small['counted']['last_step']['mean'], 2)}"
    )
    if "timed" in large and "timed" in small:
        parts.append(yes_or_no(large["timed"]["last_step"]["median"] >= NEARLY_CUBIC))
        sentence += (
            f"; the CPU time on up to {large['timed']['rows']:,} rows, on one machine, with "
            f"{_number(large['timed']['median'], 2)} and {_number(small['timed']['median'], 2)}, "
            f"in the last step {_number(large['timed']['last_step']['median'], 2)} and "
            f"{_number(small['timed']['last_step']['median'], 2)}"
        )
    return Finding(together(parts), f"{sentence}.")


def _times(ratios: Mapping[str, Evidence]) -> str:
    return _listed(
        [
            f"{KERNELS[kernel]} {_number(ratio['median'], 2)} ({_number(ratio['min'], 2)} to "
            f"{_number(ratio['max'], 2)})"
            for kernel, ratio in ratios.items()
        ]
    )


def _linear_fastest(e: Evidence) -> Finding:
    parts = [
        strictest([in_every_round(ratio) for ratio in e[work]["others"].values()])
        for work in ("fit", "predict")
    ]
    return Finding(
        together(parts),
        f"On {e['rows']:,} rows the linear kernel fits in {_number(e['fit']['seconds'], 1)} CPU "
        f"seconds, median of {e['rounds']} rounds; in units of its time in the same round the "
        f"others take {_times(e['fit']['others'])} to fit and {_times(e['predict']['others'])} to "
        "predict, timed on one machine.",
    )


def _rbf_slowest(e: Evidence) -> Finding:
    parts = [
        strictest([in_every_round(_inverse(ratio)) for ratio in e[work]["others"].values()])
        for work in ("fit", "predict")
    ]
    return Finding(
        together(parts),
        f"On {e['rows']:,} rows the RBF kernel fits in {_number(e['fit']['seconds'], 1)} CPU "
        f"seconds, median of {e['rounds']} rounds; in units of its time in the same round the "
        f"others take {_times(e['fit']['others'])} to fit and {_times(e['predict']['others'])} to "
        "predict, timed on one machine.",
    )


def _inverse(ratio: Evidence) -> dict[str, float]:
    """Turn the range of a ratio into that of the ratio upside down."""
    return {"median": 1 / ratio["median"], "min": 1 / ratio["max"], "max": 1 / ratio["min"]}


def _rbf_best(e: Evidence) -> Finding:
    parts, words = [], []
    for rows, measure, name in (
        ("train", "auc_hard", "training"),
        ("test", "auc_hard", "test"),
        ("test", "auc_scores", "test"),
        ("test", "accuracy", "test"),
    ):
        advantage = e[rows][measure]["advantage"]
        parts.append(strictest([beyond_chance(difference) for difference in advantage.values()]))
        rival = min(advantage, key=lambda other: advantage[other]["mean"])
        words.append(
            f"{name} rows, {_MEASURES[measure]}: {_lead(advantage[rival], 4)} ({KERNELS[rival]})"
        )
    return Finding(
        together(parts), f"RBF against the best of the others, over draws: {'; '.join(words)}."
    )


def _grid_best(e: Evidence) -> Finding:
    verdict: Verdict = "does not hold"
    if e["alone_best"] == e["draws"]:
        verdict = "holds"
    elif 2 * e["among_best"] >= e["draws"]:
        verdict = "holds in part"
    sentence = (
        f"The pair is among the best in {e['among_best']} of {e['draws']} draws and alone in "
        f"{e['alone_best']}: {_number(e['ties'], 1)} pairs share the first place in the mean, "
        f"and this γ is among the best in {e['gamma_best']} draws"
    )
    if "ahead_of_other_gammas" in e:
        sentence += f", {_points(e['ahead_of_other_gammas'])} ahead of the best other γ"
    return Finding(verdict, f"{sentence}.")


def _untrained_poor(e: Evidence) -> Finding:
    return Finding(
        yes_or_no(e["accuracy"] <= 2 * e["by_guessing"]),
        f"Untrained it gets {_percent(e['accuracy'])} of the test images right; always the same "
        f"answer would get {_percent(e['by_guessing'])}.",
    )


def _trained_correctly(e: Evidence) -> Finding:
    as_good: Verdict = yes_or_no(e["shortfall"]["low"] <= 0)
    return Finding(
        together([beyond_chance(e["learned"]), as_good]),
        f"It learns: from {_percent(e['untrained'])} to {_percent(e['accuracy'])} right, with an "
        f"AUC from scores of {_number(e['auc_scores'], 4)}; what the curve does not show: with "
        "weights scaled to the inputs and shuffled rows the same network gets "
        f"{_percent(e['better_start'])} in as many epochs, {_points(e['shortfall'])}.",
    )


def _against(e: Evidence, one: str, other: str, measures: Sequence[str]) -> tuple[Verdict, str]:
    """Judge that the other model is better than the one, over seeds.

    The paired test of the two trained models speaks about just these two. It decides nothing
    alone; but where it contradicts the seeds, the statement holds in part.
    """
    verdict = together([beyond_chance(e[measure]["advantage"]) for measure in measures])
    pair = e["pair"]
    if pair["p_holm"] < CHANCE and (pair["difference"] > 0) == (verdict == "does not hold"):
        verdict = "holds in part"
    words = [
        f"{_MEASURES[measure]} {_number(e[measure]['other'], 4)} against "
        f"{_number(e[measure]['one'], 4)} ({_lead(e[measure]['advantage'], 4)})"
        for measure in measures
    ]
    seeds = e[measures[0]]
    return verdict, (
        f"{other} over {seeds['seeds_other']} seeds against {one} over {seeds['seeds_one']}: "
        f"{'; '.join(words)}; the two final models differ by "
        f"{_signed(100 * pair['difference'], 2)} points of accuracy (McNemar's p, corrected, "
        f"{_p(pair['p_holm'])})"
    )


def _scratch_beats_svm(e: Evidence) -> Finding:
    verdict, words = _against(e, "SVM", "network", ("auc_scores", "auc_hard", "accuracy"))
    return Finding(
        verdict,
        "The paper sets an AUC from scores against one from hard labels, which has the network "
        f"{_lead(e['as_printed'], 4)}; by equal measures, {words}.",
    )


def _relu_faster(e: Evidence) -> Finding:
    return Finding(
        in_every_round(e["ratio"]),
        f"An epoch of the network from scratch takes {_number(e['sigmoid_seconds'], 3)} CPU "
        f"seconds with the sigmoid and {_number(e['relu_seconds'], 3)} with ReLU; round by round "
        f"the sigmoid takes {_number(e['ratio']['median'], 3)} times as long "
        f"({_number(e['ratio']['min'], 3)} to {_number(e['ratio']['max'], 3)} over "
        f"{e['ratio']['rounds']} rounds), timed on one machine; less than "
        f"{NOTICEABLE:g} times is called no gain that matters.",
    )


def _ahead_at(advantage: Mapping[str, Evidence]) -> str:
    rates = [name.removeprefix("eta_") for name in advantage]
    ahead = [
        rate
        for rate, difference in zip(rates, advantage.values(), strict=True)
        if difference["low"] > 0
    ]
    return f"{len(ahead)} of {len(rates)} learning rates" + (
        f" (η = {_listed(ahead)})" if 0 < len(ahead) < len(rates) else ""
    )


def _relu_converges(e: Evidence) -> Finding:
    parts = [beyond_chance(e["advantage_at_best"])]
    parts += [beyond_chance(difference) for difference in e["advantage"].values()]
    needed = e["relu_epochs_to_that"]
    reach = "never reaches" if needed is None else f"needs {needed} to reach"
    return Finding(
        together(parts),
        f"At the learning rate that serves each best (ReLU {e['relu_rate']:g}, sigmoid "
        f"{e['sigmoid_rate']:g}) the test loss after one epoch is "
        f"{_number(e['relu_first_loss'], 3)} with ReLU and {_number(e['sigmoid_first_loss'], 3)} "
        f"with the sigmoid; in the mean over {e['epochs']} epochs ReLU is "
        f"{_lead(e['advantage_at_best'], 3)}, and it {reach} what the sigmoid ends at; at "
        f"equal rates ReLU is ahead beyond chance at {_ahead_at(e['advantage'])}.",
    )


def _dropout(e: Evidence) -> Finding:
    with_it, without = e["with"], e["without"]
    verdict = together(
        [
            beyond_chance(e[key])
            for key in ("loss_advantage", "rise_advantage", "accuracy_advantage")
        ]
    )
    # Less overfitting is not none.
    if verdict == "holds" and with_it["rise"]["low"] > 0:
        verdict = "holds in part"
    return Finding(
        verdict,
        f"After {e['epochs']} epochs the validation loss is {_number(with_it['loss'], 4)} with "
        f"dropout and {_number(without['loss'], 4)} without ({_lead(e['loss_advantage'], 4)}); "
        f"from its lowest point it has risen by {_number(with_it['rise']['mean'], 4)} with (since "
        f"epoch {with_it['lowest_epoch']}) and by {_number(without['rise']['mean'], 4)} without "
        f"(since epoch {without['lowest_epoch']}); test accuracy gains "
        f"{_points(e['accuracy_advantage'])}.",
    )


def _adam_faster(e: Evidence) -> Finding:
    parts = [beyond_chance(e["advantage_at_best"])]
    parts += [beyond_chance(difference) for difference in e["advantage"].values()]
    return Finding(
        together(parts),
        "On the network from scratch with ReLU the test loss after one epoch is "
        f"{_number(e['first_loss'], 3)} with Adam and {_number(e['best_first_loss'], 3)} with "
        f"plain descent at its best rate (η = {e['best_rate']:g}); in the mean over {e['epochs']} "
        f"epochs Adam is {_lead(e['advantage_at_best'], 3)}; it is ahead "
        f"beyond chance of descent at {_ahead_at(e['advantage'])}.",
    )


def _dense_98(e: Evidence) -> Finding:
    verdict: Verdict = "does not hold"
    if e["min"] > DENSE_ACCURACY:
        verdict = "holds"
    elif e["mean"] > DENSE_ACCURACY:
        verdict = "holds in part"
    return Finding(
        verdict,
        f"Over {e['seeds']} seeds the accuracy on the test images is {_percent(e['mean'], 2)} in "
        f"the mean, {_percent(e['min'], 2)} to {_percent(e['max'], 2)}.",
    )


def _dense_beats_scratch(e: Evidence) -> Finding:
    verdict, words = _against(
        e, "network from scratch", "Dense network", ("accuracy", "auc_scores", "loss")
    )
    return Finding(verdict, f"{words}.")


def _cnn_beats_dense(e: Evidence) -> Finding:
    verdict, words = _against(e, "dense network", "Convolutional network", ("accuracy", "loss"))
    return Finding(verdict, f"{words}.")


def _cnn_slow(e: Evidence) -> Finding:
    printed = e["printed"]
    today = together([in_every_round(e[key]) for key in ("epoch", "image", "image_cpu")])
    return Finding(
        together([yes_or_no(printed["epoch"] > 1), today]),
        f"In the paper's logs its epochs take {_number(printed['cnn_seconds'], 0)} "
        f"seconds in the mean, those of the dense network {_number(printed['dense_seconds'], 0)}, "
        f"so {_number(printed['epoch'], 1)} times as long; with today's libraries, on one machine, "
        f"an epoch takes {_number(e['cnn_seconds'], 1)} seconds against "
        f"{_number(e['dense_seconds'], 1)} of the dense network, "
        f"{_number(e['epoch']['median'], 2)} times as long; for an image "
        f"{_number(e['image']['median'], 2)} times, and {_number(e['image_cpu']['median'], 2)} "
        "times in CPU seconds.",
    )


_SCALING = "Scaling pixels to 0 … 1 speeds up and steadies training"

#: In the paper's order.
STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "scaling_svm", DATA, "first page", f"{_SCALING}: support vector machines.", _scaling_svm
    ),
    Statement(
        "scaling_scratch",
        DATA,
        "first page",
        f"{_SCALING}: network from scratch.",
        _scaling_network,
    ),
    Statement("scaling_dense", DATA, "first page", f"{_SCALING}: dense network.", _scaling_network),
    Statement(
        "scaling_cnn", DATA, "first page", f"{_SCALING}: convolutional network.", _scaling_network
    ),
    Statement(
        "two_components",
        DATA,
        "below cell 3",
        "Two components explain 16 % of the variance.",
        _two_components,
    ),
    Statement(
        "place_of_zeros",
        DATA,
        "below cell 3",
        "Zeros lie near −4 on component 1 and near −2 on component 2.",
        _place_of_zeros,
    ),
    Statement(
        "two_components_labels",
        DATA,
        "below cell 3",
        "Two components are too few to tell most labels apart.",
        _two_components_labels,
    ),
    Statement(
        "three_components",
        DATA,
        "below cell 6",
        "Three components explain 23 % of the variance.",
        _three_components,
    ),
    Statement(
        "three_components_labels",
        DATA,
        "below cell 6",
        "With three components like labels are easier to see together.",
        _three_components_labels,
    ),
    Statement(
        "fifty_components",
        DATA,
        "below cell 8",
        "Fifty components explain around 80 % of the variance.",
        _fifty_components,
    ),
    Statement(
        "gain_beyond_fifty",
        DATA,
        "below cell 8",
        "Beyond fifty, a component adds much less variance.",
        _gain_beyond_fifty,
    ),
    Statement(
        "more_than_fifty",
        DATA,
        "below cell 8",
        "Many more than fifty components make little sense.",
        _more_than_fifty,
    ),
    Statement(
        "noise_components",
        DATA,
        "below cell 8",
        "Further components may bring in noise and so harm a model fitted on them.",
        _noise_components,
    ),
    Statement(
        "kernel_identity",
        MACHINES,
        "section 2.1.2, equations 1 and 2",
        "The squared inner product is an inner product in space.",
        _kernel_identity,
    ),
    Statement(
        "cubic_growth",
        MACHINES,
        "section 2.2, above cell 15",
        "With a large C, fitting an RBF kernel approaches a cost of n³.",
        _cubic_growth,
    ),
    Statement(
        "linear_fastest",
        MACHINES,
        "section 2.2, above cell 16",
        "The linear kernel is the fastest.",
        _linear_fastest,
    ),
    Statement(
        "rbf_slowest",
        MACHINES,
        "section 2.2, above cell 16",
        "The RBF kernel is the most complex (here: takes the most time).",
        _rbf_slowest,
    ),
    Statement(
        "rbf_best",
        MACHINES,
        "above cell 16, below cell 17",
        "The RBF kernel does better than the others.",
        _rbf_best,
    ),
    Statement("grid_best", MACHINES, "below cell 19", "C = 10 and γ = 0.01 are best.", _grid_best),
    Statement(
        "untrained_poor",
        NETWORKS,
        "section 3.1.2, below cell 25",
        "Before training the network does poorly.",
        _untrained_poor,
    ),
    Statement(
        "trained_correctly",
        NETWORKS,
        "below cell 27",
        "The ROC curve shows that the network was trained correctly.",
        _trained_correctly,
    ),
    Statement(
        "scratch_beats_svm",
        NETWORKS,
        "below cell 27",
        "The network from scratch does even better than the SVM.",
        _scratch_beats_svm,
    ),
    Statement(
        "relu_faster", NETWORKS, "section 3.3, list", "ReLU is faster to compute.", _relu_faster
    ),
    Statement(
        "relu_converges",
        NETWORKS,
        "section 3.3, list",
        "ReLU converges in fewer epochs than the sigmoid.",
        _relu_converges,
    ),
    Statement(
        "dropout_dense",
        NETWORKS,
        "section 3.3, list",
        "Dropout avoids overfitting: dense network.",
        _dropout,
    ),
    Statement(
        "adam_faster",
        NETWORKS,
        "section 3.3, list",
        "Adam makes gradient descent faster.",
        _adam_faster,
    ),
    Statement(
        "dense_98",
        NETWORKS,
        "below cell 30",
        "The dense network gets more than 98 % right.",
        _dense_98,
    ),
    Statement(
        "dense_beats_scratch",
        NETWORKS,
        "below cell 30",
        "The dense network does better than the one from scratch.",
        _dense_beats_scratch,
    ),
    Statement(
        "dropout_cnn",
        NETWORKS,
        "sections 3.3 and 3.4",
        "Dropout avoids overfitting: convolutional network.",
        _dropout,
    ),
    Statement(
        "cnn_slow",
        NETWORKS,
        "below cell 33",
        "The convolutional network trains slowly beside the dense one.",
        _cnn_slow,
    ),
    Statement(
        "cnn_beats_dense",
        NETWORKS,
        "below cell 33",
        "With enough epochs the convolutional network outperforms the dense one.",
        _cnn_beats_dense,
    ),
)
