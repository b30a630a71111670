"""The rules that judge the paper's statements: from evidence to one of five verdicts.

*holds*
    The evidence bears it out, in every respect. For a comparison that means beyond chance: the
    95 % interval of the difference over seeds lies above 0 or, without seeds, p is below 0.05; of
    times, each round of the benchmark agrees and the gain can be noticed.
*holds in part*
    It holds in one respect and not, or not as far as is known, in another.
*undecided*
    It could be either: the interval reaches to both sides, the rounds disagree, or one run would
    show it and another not.
*does not hold*
    The evidence points the other way, or to no gain that can be noticed.
*not tested*
    These data or these parameters give no evidence.

`report/statements.yaml` says which rules judge a statement, by which thresholds.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args

from mnist_report.core.trees import at

Verdict = Literal["holds", "holds in part", "undecided", "does not hold", "not tested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

#: Names to numbers: a difference has ``mean``, ``low`` and ``high``, a ratio of times ``median``,
#: ``min`` and ``max`` over rounds.
Evidence = Mapping[str, Any]

#: As `report/statements.yaml` explains it.
Rule = Mapping[str, Any]


def judge(rules: Sequence[Rule], objection: Rule | None, evidence: Evidence) -> Verdict:
    """Judge a statement by its rules and, if it has one, by what may be objected to them."""
    find = partial(at, evidence)
    verdict = together([apply(rule, find) for rule in rules])
    if objection and {verdict, apply(objection, find)} == {"holds", "does not hold"}:
        return "holds in part"
    return verdict


def apply(rule: Rule, find: Callable[[str], Any]) -> Verdict:
    """Return what one rule says of the numbers that are found under the names it takes."""
    names, thresholds = parts(rule)
    return RULES[rule["rule"]](*map(find, names), **thresholds)


def parts(rule: Rule) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the numbers that a rule takes, and its thresholds."""
    names = [rule["of"]] if isinstance(rule["of"], str) else rule["of"]
    return names, {key: value for key, value in rule.items() if key not in ("rule", "of")}


def explain(rule: Rule, evidence: Evidence) -> list[dict[str, Any]]:
    """Return a row for each difference that a rule judges, or one for all numbers it takes."""
    names, thresholds = parts(rule)

    def row(of: str, numbers: Evidence, verdict: Verdict) -> dict[str, Any]:
        return {
            "rule": rule["rule"],
            "of": of,
            "thresholds": ", ".join(f"{key} {value}" for key, value in thresholds.items()),
            "n": numbers.get("seeds", numbers.get("rounds")),
            # Of a difference from 0, not from a threshold.
            "p": None if thresholds else numbers.get("p"),
            **{key: numbers.get(key) for key in ("low", "high")},
            "verdict": verdict,
        }

    if not evidence:
        return [row(", ".join(names), {}, "not tested")]
    first = at(evidence, names[0])
    numbers = first if isinstance(first, Mapping) else {}
    if numbers and all(isinstance(each, Mapping) for each in numbers.values()):
        by_itself = RULES[rule["rule"]]
        return [
            row(f"{names[0]}.{key}", each, by_itself({key: each}, **thresholds))
            for key, each in numbers.items()
        ]
    return [row(", ".join(names), numbers, apply(rule, partial(at, evidence)))]


def together(parts: Sequence[Verdict]) -> Verdict:
    """Return what the parts come to: one that holds beside one that does not is *in part*.

    Where none holds, one that does not decides against those that are undecided or not tested.
    """
    kinds = set(parts)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds & {"holds", "holds in part"}:
        return "holds in part"
    return "does not hold" if "does not hold" in kinds else "undecided"


def strictest(parts: Sequence[Verdict]) -> Verdict:
    """Return the worst verdict: what is best of all is beaten by none, whatever is not known."""
    order = ["holds", "holds in part", "undecided", "not tested", "does not hold"]
    return max(parts, key=order.index)


def graded(holds: bool, otherwise: Verdict = "does not hold") -> Verdict:
    """Return *holds* if it does."""
    return "holds" if holds else otherwise


def interval_above(each: Evidence, limit: float) -> Verdict:
    """Judge that an interval lies above a limit; one that reaches to both sides is undecided."""
    return graded(each["low"] > limit, "undecided" if each["high"] > limit else "does not hold")


def beyond_chance(difference: Evidence) -> Verdict:
    """Judge that a difference is above 0; no difference in any seed tells nothing."""
    if difference["low"] == difference["high"] == 0:
        return "not tested"
    return interval_above(difference, 0)


def no_gain(differences: Mapping[str, Evidence], worth_while: float) -> Verdict:
    """Judge that no gain is worth while: all intervals lie below that, and none above it."""
    one_above = any(each["low"] >= worth_while for each in differences.values())
    return graded(
        all(each["high"] < worth_while for each in differences.values()),
        "does not hold" if one_above else "undecided",
    )


def paired_test(pair: Evidence, p_below: float) -> Verdict:
    """Judge that the second of two trained models is better, by `difference` and `p_holm`."""
    if pair["p_holm"] >= p_below:
        return "undecided"
    return graded(pair["difference"] > 0)


def in_every_round(ratio: Evidence, noticeable: float) -> Verdict:
    """Judge that a ratio of times is noticeable in the median and above 1 in each round.

    It is not if none is noticeable.
    """
    if ratio["max"] < noticeable:
        return "does not hold"
    return graded(ratio["min"] > 1 and ratio["median"] >= noticeable, "undecided")


def of_all(rule: Callable[..., Verdict], sum_up: Callable[..., Verdict]) -> Callable[..., Verdict]:
    """Return the rule that judges several pieces of evidence each by another rule."""
    return lambda each, **thresholds: sum_up([rule(one, **thresholds) for one in each.values()])


#: The rules by their names in `report/statements.yaml`.
RULES: dict[str, Callable[..., Verdict]] = {
    "beyond_chance": beyond_chance,
    "each_beyond_chance": of_all(beyond_chance, together),
    "best_of_all": of_all(beyond_chance, strictest),
    "no_gain": no_gain,
    "paired_test": paired_test,
    "in_every_round": in_every_round,
    "beats_all_in_every_round": of_all(in_every_round, strictest),
    "interval_above": interval_above,
    # Objects if a difference lies above 0 beyond chance.
    "no_rise": lambda difference: "does not hold" if difference["low"] > 0 else "undecided",
    # A share is above one before, from the p of a test on the same rows.
    "more_right": lambda value, before, p, p_below: (
        graded(value > before) if p < p_below else "undecided"
    ),
    # Something is as good as sure; undecided if the opposite is not sure either.
    "likely": lambda probability, sure: graded(
        probability >= sure, "undecided" if probability > 1 - sure else "does not hold"
    ),
    # An epoch, None if none, comes before another one.
    "comes_before": lambda epoch, other: graded(epoch is not None and epoch < other),
    # A value rounds to a whole number, or lies no further from another than a margin.
    "rounds_to": lambda value, to: graded(round(value) == to),
    "within": lambda value, to, margin: graded(abs(value - to) <= margin),
    # The first of several values is the largest.
    "larger": lambda value, *others: graded(value > max(others)),
    # A value lies on one side of a limit, which is in units of another value if there is one.
    "at_most": lambda value, unit=1, *, limit: graded(value <= limit * unit),
    "below": lambda value, unit=1, *, limit: graded(value < limit * unit),
    "at_least": lambda value, unit=1, *, limit: graded(value >= limit * unit),
    "above": lambda value, unit=1, *, limit: graded(value > limit * unit),
}
