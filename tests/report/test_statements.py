"""The rules that judge the paper's statements, each verdict of each statement, and the words."""

import copy
import re
from fnmatch import fnmatchcase

import pytest

from measured import MEASURED
from mnist_report.evaluation.evidence import EVIDENCE, gather
from mnist_report.report import statements
from mnist_report.report.statements import STATEMENTS, TOPICS, VERDICTS, judge_statements

# Hand-made differences that are all the same differ in their last bits.
pytestmark = pytest.mark.filterwarnings("ignore:Precision loss")

HOLDS, IN_PART, FAILS, UNTESTED = VERDICTS


def difference(low, high):
    return {"mean": (low + high) / 2, "low": low, "high": high, "seeds": 5}


def ratio(low, middle, high):
    return {"median": middle, "min": low, "max": high, "rounds": 3}


AHEAD, CLOSE, BEHIND = difference(0.01, 0.03), difference(-0.01, 0.03), difference(-0.03, -0.01)
LEVEL = difference(0.0, 0.0)
SLOWER, UNSURE, FASTER = ratio(1.5, 2, 2.5), ratio(0.9, 1.1, 1.2), ratio(0.4, 0.5, 0.6)

#: Takes the place of what is to be left out.
GONE = object()


def growth(counted, timed):
    """Return an SVM's cost at a large C: what grows with which exponent in the last step."""
    return {"C_1000.counted.last_step.mean": counted, "C_1000.timed.last_step.median": timed}


def pair(difference, p):
    return {"pair.difference": difference, "pair.p_holm": p}


def grid(among, alone):
    return {"draws": 10, "among_best": among, "alone_best": alone}


def today(ratio):
    return dict.fromkeys(("epoch", "image", "image_cpu"), ratio)


#: Statements to what decides on them, each with its verdict: patterns of dotted names in the
#: evidence, and their values. Numbers right at a limit stand beside those just past it.
CASES = {
    "scaling_svm": [
        ({"*.advantage": AHEAD}, HOLDS),
        ({"*.advantage": AHEAD, "rbf.iterations.advantage": BEHIND}, IN_PART),
        ({"*.advantage": BEHIND, "linear.iterations.advantage": LEVEL}, FAILS),
    ],
    "scaling_scratch": [
        ({"*.advantage": AHEAD}, HOLDS),
        ({"*.advantage": AHEAD, "rises.advantage": LEVEL}, IN_PART),
        ({"*.advantage": CLOSE}, IN_PART),
        # Where the loss ends does not count.
        ({"*.advantage": BEHIND, "rises.advantage": LEVEL, "last_loss.advantage": AHEAD}, FAILS),
    ],
    "scaling_dense scaling_cnn": [
        ({"first_loss.advantage": AHEAD}, HOLDS),
        ({"first_loss.advantage": CLOSE}, IN_PART),
        ({"first_loss.advantage": LEVEL}, FAILS),
    ],
    "two_components": [
        ({"share": 0.1551}, HOLDS),
        ({"share": 0.1649}, HOLDS),
        ({"share": 0.1680}, IN_PART),
        ({"share": 0.1700}, FAILS),
        ({"share": 0.1549}, FAILS),
    ],
    "place_of_zeros": [
        ({"component_1.mean": -3.9, "component_2.mean": -2.1}, HOLDS),
        ({"component_1.mean": -3.9, "component_2.mean": -0.7}, IN_PART),
        ({"component_1.mean": 3.9, "component_2.mean": 2.1}, FAILS),
        ({"component_1.mean": -3.4, "component_2.mean": -2.6}, FAILS),
    ],
    "two_components_labels": [
        ({"clear": 4, "labels": 10}, HOLDS),
        ({"clear": 5, "labels": 10}, FAILS),
    ],
    "three_components": [({"share": 0.2251}, HOLDS), ({"share": 0.2351}, FAILS)],
    "three_components_labels": [
        ({"accuracy": 0.5, "accuracy_two": 0.45, "p": 0.049}, HOLDS),
        ({"accuracy": 0.5, "accuracy_two": 0.45, "p": 0.05}, IN_PART),
        ({"accuracy": 0.45, "accuracy_two": 0.45, "p": 0.001}, FAILS),
    ],
    "fifty_components": [
        ({"share": 0.849, "for_80_percent": 30}, HOLDS),
        ({"share": 0.851, "for_80_percent": 30}, FAILS),
        ({"share": 0.749, "for_80_percent": None}, FAILS),
    ],
    "gain_beyond_fifty": [
        ({"first": 0.0165, "after": 0.0033}, HOLDS),
        ({"first": 0.0165, "after": 0.0034}, FAILS),
    ],
    "more_than_fifty": [
        ({"gain.*": CLOSE}, HOLDS),
        ({"gain.*": AHEAD, "accuracy": 0.96, "best_accuracy": 0.9649}, IN_PART),
        ({"gain.*": AHEAD, "accuracy": 0.96, "best_accuracy": 0.9651}, FAILS),
    ],
    "noise_components": [
        ({"advantage_of_fifty": AHEAD}, HOLDS),
        ({"advantage_of_fifty": CLOSE}, IN_PART),
        ({"advantage_of_fifty": BEHIND}, FAILS),
    ],
    "kernel_identity": [
        ({"largest_difference": 1e-12, "same_decisions": 1.0}, HOLDS),
        ({"largest_difference": 1e-12, "same_decisions": 0.99}, IN_PART),
        ({"largest_difference": 1e-3, "same_decisions": 0.5}, FAILS),
    ],
    "cubic_growth": [
        # What counts is the last step; over all numbers of rows the cost may grow more slowly.
        (growth(2.5, 2.5) | {"C_1000.counted.mean": 1.5, "C_1000.timed.median": 1.5}, HOLDS),
        (growth(2.5, 2.5) | {"*.timed": GONE}, HOLDS),
        (growth(2.5, 2.4), IN_PART),
        (growth(2.4, 2.4), FAILS),
        (growth(2.4, 2.5) | {"*.timed": GONE}, FAILS),
    ],
    "linear_fastest": [
        ({"*.others.*": SLOWER}, HOLDS),
        ({"*.others.*": SLOWER, "predict.others.rbf": FASTER}, IN_PART),
        ({"*.others.*": SLOWER, "*.others.rbf": UNSURE}, IN_PART),
        ({"*.others.*": SLOWER, "*.others.rbf": FASTER}, FAILS),
    ],
    "rbf_slowest": [
        ({"*.others.*": FASTER}, HOLDS),
        ({"*.others.*": FASTER, "fit.others.poly": SLOWER}, IN_PART),
        ({"*.others.*": FASTER, "*.others.poly": SLOWER}, FAILS),
    ],
    "rbf_best": [
        ({"*.advantage.*": AHEAD}, HOLDS),
        # Two measures on training rows do not count.
        ({"*.advantage.*": AHEAD, "train.a*[sy].advantage.*": BEHIND}, HOLDS),
        ({"*.advantage.*": AHEAD, "train.auc_hard.advantage.linear": BEHIND}, IN_PART),
        ({"*.advantage.*": AHEAD, "*.advantage.sigmoid": CLOSE}, IN_PART),
        ({"*.advantage.*": AHEAD, "*.advantage.sigmoid": BEHIND}, FAILS),
    ],
    "grid_best": [
        (grid(10, 10), HOLDS),
        (grid(10, 9), IN_PART),
        (grid(5, 0), IN_PART),
        (grid(4, 4), FAILS),
    ],
    "untrained_poor": [
        ({"accuracy": 0.22, "by_guessing": 0.11}, HOLDS),
        ({"accuracy": 0.23, "by_guessing": 0.11}, FAILS),
    ],
    "trained_correctly": [
        ({"learned": AHEAD, "shortfall": CLOSE}, HOLDS),
        ({"learned": AHEAD, "shortfall": AHEAD}, IN_PART),
        ({"learned": BEHIND, "shortfall": AHEAD}, FAILS),
    ],
    "scratch_beats_svm dense_beats_scratch cnn_beats_dense": [
        ({"*.advantage": AHEAD}, HOLDS),
        ({"*.advantage": AHEAD, "accuracy.advantage": CLOSE}, IN_PART),
        ({"*.advantage": CLOSE}, IN_PART),
        ({"*.advantage": BEHIND} | pair(-0.01, 0.001), FAILS),
        # The seeds decide; two trained models speak up only where they contradict them.
        ({"*.advantage": AHEAD} | pair(-0.01, 0.2), HOLDS),
        ({"*.advantage": AHEAD} | pair(-0.01, 0.04), IN_PART),
        ({"*.advantage": BEHIND} | pair(0.01, 0.2), FAILS),
        ({"*.advantage": BEHIND} | pair(0.01, 0.04), IN_PART),
    ],
    "relu_faster": [
        ({"ratio": SLOWER}, HOLDS),
        ({"ratio": UNSURE}, IN_PART),
        ({"ratio": FASTER}, FAILS),
    ],
    "relu_converges adam_faster": [
        ({"advantage.*": AHEAD, "advantage_at_best": AHEAD}, HOLDS),
        ({"advantage.*": AHEAD, "advantage.eta_1": BEHIND, "advantage_at_best": AHEAD}, IN_PART),
        ({"advantage.*": AHEAD, "advantage_at_best": BEHIND}, IN_PART),
        ({"advantage.*": BEHIND, "advantage.eta_1": LEVEL, "advantage_at_best": BEHIND}, FAILS),
    ],
    "dropout_dense dropout_cnn": [
        ({"*_advantage": AHEAD, "with.rise": LEVEL}, HOLDS),
        # Less overfitting is not none.
        ({"*_advantage": AHEAD, "with.rise": AHEAD}, IN_PART),
        ({"*_advantage": AHEAD, "with.rise": CLOSE}, HOLDS),
        ({"*_advantage": AHEAD, "with.rise": LEVEL, "accuracy_advantage": CLOSE}, IN_PART),
        ({"*_advantage": BEHIND, "rise_advantage": LEVEL}, FAILS),
    ],
    "dense_98": [
        ({"min": 0.9801, "mean": 0.982}, HOLDS),
        ({"min": 0.98, "mean": 0.982}, IN_PART),
        ({"min": 0.97, "mean": 0.98}, FAILS),
    ],
    "cnn_slow": [
        ({"printed.epoch": 6.0} | today(SLOWER), HOLDS),
        ({"printed.epoch": 6.0} | today(SLOWER) | {"epoch": FASTER}, IN_PART),
        ({"printed.epoch": 6.0} | today(FASTER), IN_PART),
        ({"printed.epoch": 0.9} | today(FASTER), FAILS),
    ],
}


@pytest.fixture(scope="module")
def judged():
    """Return a function that judges a statement by hand-made evidence with changes in it."""
    gathered = gather(MEASURED)

    def put(tree, pattern, value, prefix=""):
        """Put a value wherever the pattern fits; return how often it did."""
        count = 0
        for key, branch in list(tree.items()):
            if fnmatchcase(prefix + key, pattern):
                tree[key] = value
                if value is GONE:
                    del tree[key]
                count += 1
            elif isinstance(branch, dict):
                count += put(branch, pattern, value, f"{prefix}{key}.")
        return count

    def judge(name, changes):
        evidence = copy.deepcopy(gathered[name])
        for pattern, value in changes.items():
            assert put(evidence, pattern, value), f"nothing in {name} is called {pattern}"
        given = copy.deepcopy(evidence)
        rows = judge_statements({"statements": {"statements": {name: evidence}}})
        assert evidence == given
        assert [row.statement.id for row in rows if row.finding.verdict != UNTESTED] == [name]
        return next(row.finding for row in rows if row.statement.id == name)

    return judge


def test_every_verdict_of_every_statement(judged):
    found = {}
    for names, cases in CASES.items():
        for name in names.split():
            for changes, verdict in cases:
                finding = judged(name, changes)
                assert finding.verdict == verdict, (name, changes)
                # One sentence, in which no mark of a table and no minus sign of a keyboard stands.
                assert finding.sentence.endswith(".")
                wrong = r"[.!?] [A-Z]|\||\s-\d|nan|inf|\n|\*"
                assert not re.search(wrong, finding.sentence), finding.sentence
                found.setdefault(name, set()).add(verdict)
    # Those with a yes or a no have two verdicts, the others three.
    two_ways = {
        "two_components_labels",
        "three_components",
        "fifty_components",
        "gain_beyond_fifty",
        "untrained_poor",
    }
    assert {name for name, verdicts in found.items() if len(verdicts) == 2} == two_ways
    assert all({HOLDS, FAILS} <= verdicts for verdicts in found.values())
    assert set(found) == {statement.id for statement in STATEMENTS}


def test_statements_and_evidence_have_the_same_names_in_the_same_order():
    assert [statement.id for statement in STATEMENTS] == list(EVIDENCE)
    # Topics follow one another; none is taken up again.
    order = [TOPICS.index(statement.topic) for statement in STATEMENTS]
    assert order == sorted(order)
    assert set(order) == set(range(len(TOPICS)))


def test_the_table_has_a_row_for_each_statement_tested_or_not():
    found = {"three_components": {"share": 0.2297}}
    table = statements.as_table(judge_statements({"statements": {"statements": found}}))
    assert list(table.columns) == ["id", "place", "statement", "verdict", "sentence"]
    assert list(table["id"]) == [statement.id for statement in STATEMENTS]
    [row] = table[table["id"] == "three_components"].to_dict("records")
    assert (row["verdict"], row["sentence"]) == (HOLDS, "They explain 22.97 %.")
    assert (table["verdict"] == UNTESTED).sum() == len(STATEMENTS) - 1


def test_rules_at_their_thresholds():
    for low, high, verdict in (
        (0.001, 0.2, HOLDS),
        (0.0, 0.2, IN_PART),
        (-0.2, 0.2, FAILS),
        (-0.2, -0.1, FAILS),
    ):
        assert statements.beyond_chance(difference(low, high)) == verdict
    for low, middle, verdict in (
        (1.01, 2, HOLDS),
        (1.01, 1.05, HOLDS),
        (1.01, 1.04, IN_PART),
        (1.0, 2, IN_PART),
        (0.5, 1.0, FAILS),
    ):
        assert statements.in_every_round(ratio(low, middle, 3)) == verdict
    assert statements.together([HOLDS, HOLDS]) == HOLDS
    assert statements.together([HOLDS, FAILS]) == IN_PART
    assert statements.together([FAILS]) == FAILS
    assert statements.strictest([HOLDS, IN_PART, HOLDS]) == IN_PART
    assert statements.strictest([FAILS, IN_PART]) == FAILS


def test_sentences_carry_the_numbers(judged):
    dense = {"mean": 0.9804, "min": 0.9796, "max": 0.985, "seeds": 3}
    three = {"auc_scores.advantage": BEHIND, "auc_hard.advantage": CLOSE}
    three |= {"accuracy.advantage": AHEAD} | pair(-0.0613, 0.01)
    rates = {"advantage.*": AHEAD, "advantage.eta_1": BEHIND, "relu_epochs_to_that": 2}
    for name, changes, *words in (
        ("dense_98", dense, "Over 3 seeds", "98.04 % in the mean, 97.96 % to 98.50 %"),
        ("scratch_beats_svm", three, "(behind by 0.0100 to 0.0300)", "−6.13 points"),
        ("scratch_beats_svm", three, "(−0.0100 to +0.0300, within chance)", "(ahead by 0.0100"),
        ("relu_converges", rates, "at 1 of 2 learning rates (η = 0.03)", "needs 2 to reach"),
        ("relu_converges", rates | {"relu_epochs_to_that": None}, "never reaches"),
        ("cnn_slow", {}, "take 192 seconds in the mean, those of the dense network 32, so 6.0 "),
        ("cubic_growth", growth(2.4, 2.6), "exponent of 3.00 (3.00 to 3.00) at C = 1000, in the"),
        ("cubic_growth", growth(2.4, 2.6), "in the last step 2.40", "in the last step 2.60"),
    ):
        sentence = judged(name, changes).sentence
        assert [part for part in words if part not in sentence] == []
