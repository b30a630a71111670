"""The rules that judge the paper's statements: from evidence to one of four verdicts.

*holds*
    The evidence bears it out. For a comparison that means beyond chance: the 95 % interval of
    the difference over seeds lies above 0 or, without seeds, p is below 0.05; of times, each round
    of the benchmark agrees and the gain can be noticed.
*holds in part*
    It holds in one respect and not in another; or the evidence points its way, but not beyond
    chance, or not noticeably.
*does not hold*
    The evidence points the other way, or shows nothing at all.
*not tested*
    These data or these parameters give no evidence.

`report/statements.yaml` says which rules judge a statement, by which thresholds.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args

from mnist_report.core.trees import at

Verdict = Literal["holds", "holds in part", "does not hold", "not tested"]
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
    first = at(evidence, names[0]) if evidence else None
    judged: dict[str, Any] = {", ".join(names): first}
    if isinstance(first, Mapping) and all(isinstance(each, Mapping) for each in first.values()):
        judged = {f"{names[0]}.{key}": each for key, each in first.items()}
    known = {name: each if isinstance(each, Mapping) else {} for name, each in judged.items()}
    return [
        {
            "rule": rule["rule"],
            "of": name,
            "thresholds": ", ".join(f"{key} {value}" for key, value in thresholds.items()),
            "n": numbers.get("seeds", numbers.get("rounds")),
            **{key: numbers.get(key) for key in ("p", "low", "high")},
            "verdict": apply(rule, partial(at, evidence)) if evidence else "not tested",
        }
        for name, numbers in known.items()
    ]


def together(parts: Sequence[Verdict]) -> Verdict:
    """Return what the tested parts come to: one that holds beside one that does not is *in part*.

    Where none holds, one that does not decides against those that are within chance.
    """
    tested = {part for part in parts if part != "not tested"}
    if len(tested) == 1:
        return tested.pop()
    if "holds" in tested:
        return "holds in part"
    return "does not hold" if tested else "not tested"


def strictest(parts: Sequence[Verdict]) -> Verdict:
    """Return the worst verdict: what is best of all is beaten by none, whatever is not tested."""
    return max(parts, key=["holds", "holds in part", "not tested", "does not hold"].index)


def graded(holds: bool, in_part: bool = False) -> Verdict:
    """Return the better verdict that is granted, *does not hold* if none is."""
    if holds:
        return "holds"
    return "holds in part" if in_part else "does not hold"


def of_all(rule: Callable[..., Verdict], sum_up: Callable[..., Verdict]) -> Callable[..., Verdict]:
    """Return the rule that judges several pieces of evidence each by another rule."""
    return lambda each, **thresholds: sum_up([rule(one, **thresholds) for one in each.values()])


def limited(compare: Callable[[float, float], bool]) -> Callable[..., Verdict]:
    """Return the rule that compares a value with a limit, in units of another if there is one."""
    return lambda value, unit=1, *, limit: graded(compare(value, limit * unit))


# Comparisons over seeds or rows


def beyond_chance(difference: Evidence) -> Verdict:
    """Judge that a difference is above 0; no difference in any seed tells nothing."""
    if difference["low"] == difference["high"] == 0:
        return "not tested"
    return graded(difference["low"] > 0, difference["mean"] > 0)


def no_gain(differences: Mapping[str, Evidence], worth_while: float) -> Verdict:
    """Judge that no gain is worth while: all intervals lie below that, or none above it."""
    return graded(
        all(each["high"] < worth_while for each in differences.values()),
        all(each["low"] < worth_while for each in differences.values()),
    )


def interval_above(interval: Evidence, limit: float) -> Verdict:
    """Judge that an interval lies above a limit; one that holds the limit counts in part."""
    return graded(interval["low"] >= limit, interval["high"] > limit)


def no_rise(difference: Evidence) -> Verdict:
    """Object if a difference lies above 0 beyond chance."""
    return "does not hold" if difference["low"] > 0 else "not tested"


def paired_test(pair: Evidence, p_below: float) -> Verdict:
    """Say which of two trained models is better, by `difference` and `p_holm`, if any."""
    if pair["p_holm"] >= p_below:
        return "not tested"
    return graded(pair["difference"] > 0)


def more_right(value: float, before: float, p: float, p_below: float) -> Verdict:
    """Judge that a share is above one before, from the p of a test on the same rows."""
    return graded(value > before and p < p_below, value > before)


# Comparisons over rounds of a benchmark


def in_every_round(ratio: Evidence, noticeable: float) -> Verdict:
    """Judge that a ratio is above 1 in each round and noticeable in the median."""
    return graded(ratio["min"] > 1 and ratio["median"] >= noticeable, ratio["median"] > 1)


# Single numbers


def rounds_to(value: float, to: float) -> Verdict:
    """Judge that a value rounds to a whole number."""
    return graded(round(value) == to)


def within(value: float, to: float, margin: float) -> Verdict:
    """Judge that a value lies no further from another than a margin."""
    return graded(abs(value - to) <= margin)


def larger(value: float, *others: float) -> Verdict:
    """Judge that the first of several values is the largest."""
    return graded(value > max(others))


def likely(probability: float, sure: float) -> Verdict:
    """Judge that something is as good as sure; more likely than not counts in part."""
    return graded(probability >= sure, probability > 1 / 2)


def in_every_draw(alone: int, among: int, draws: int, share: float) -> Verdict:
    """Judge that something is best alone in every draw; among the best in a share, in part."""
    return graded(alone == draws, among >= share * draws)


RULES: dict[str, Callable[..., Verdict]] = {
    rule.__name__: rule
    for rule in (
        beyond_chance, no_gain, interval_above, no_rise, paired_test, more_right, in_every_round,
        rounds_to, within, larger, likely, in_every_draw,
    )
} | {
    "each_beyond_chance": of_all(beyond_chance, together),
    "best_of_all": of_all(beyond_chance, strictest),
    "beats_all_in_every_round": of_all(in_every_round, strictest),
    "at_most": limited(operator.le),
    "below": limited(operator.lt),
    "at_least": limited(operator.ge),
    "above": limited(operator.gt),
}  # fmt: skip
