"""The rules that judge the paper's statements, each verdict of each statement, and the words."""

import copy
import re

import pytest

from mnist_report.evaluation.evidence import EVIDENCE
from mnist_report.report import claims
from mnist_report.report.claims import CLAIMS, TOPICS, VERDICTS, judge_claims

HOLDS, IN_PART, FAILS, UNTESTED = VERDICTS


def difference(low, high, **more):
    return {"mean": (low + high) / 2, "low": low, "high": high, "seeds": 5, **more}


def ratio(low, middle, high):
    return {"median": middle, "min": low, "max": high, "rounds": 3}


AHEAD, CLOSE, BEHIND = difference(0.01, 0.03), difference(-0.01, 0.03), difference(-0.03, -0.01)
LEVEL = difference(0.0, 0.0)
SLOWER, UNSURE, FASTER = ratio(1.5, 2, 2.5), ratio(0.9, 1.1, 1.2), ratio(0.4, 0.5, 0.6)


def scaling(first=AHEAD, rises=AHEAD):
    pair = {"scaled": 0.1, "unscaled": 0.2}
    return {
        "epochs": 3,
        "first_loss": {**pair, "advantage": first},
        "rises": {**pair, "advantage": rises},
        "last_loss": {**pair, "advantage": AHEAD},
    }


def dropout(loss=AHEAD, rise=AHEAD, accuracy=AHEAD, left=LEVEL):
    return {
        "epochs": 10,
        "with": {"loss": 0.07, "lowest_epoch": 8, "rise": left},
        "without": {"loss": 0.09, "lowest_epoch": 4, "rise": AHEAD},
        "loss_advantage": loss,
        "rise_advantage": rise,
        "accuracy_advantage": accuracy,
    }


def against(*advantages, pair=0.01, p=0.001, measures=("accuracy", "auc_scores", "loss")):
    named = dict(zip(measures, advantages, strict=True))
    return {
        **{
            name: {
                "one": 0.9,
                "other": 0.92,
                "seeds_one": 3,
                "seeds_other": 5,
                "advantage": advantage,
            }
            for name, advantage in named.items()
        },
        "pair": {"difference": pair, "p_holm": p},
    }


def rates(*advantages, best):
    return {
        "epochs": 3,
        "first_loss": 0.2,
        "best_rate": 0.3,
        "best_first_loss": 0.25,
        "relu_rate": 0.3,
        "sigmoid_rate": 1.0,
        "relu_first_loss": 0.2,
        "sigmoid_first_loss": 0.3,
        "sigmoid_last_loss": 0.1,
        "relu_epochs_to_that": 2,
        "advantage_at_best": best,
        "advantage": {f"eta_{k}": value for k, value in enumerate(advantages)},
    }


def kernel_times(fit, predict):
    def part(values):
        return {"seconds": 5.0, "others": dict(zip(("poly", "sigmoid"), values, strict=True))}

    return {"rows": 10000, "rounds": 3, "fit": part(fit), "predict": part(predict)}


def rbf(train, hard, scores, accuracy):
    def measure(advantages):
        return {"rbf": 0.9, "advantage": dict(zip(("linear", "poly"), advantages, strict=True))}

    return {
        "train": {"auc_hard": measure(train)},
        "test": {
            "auc_hard": measure(hard),
            "auc_scores": measure(scores),
            "accuracy": measure(accuracy),
        },
    }


def grid(among, alone):
    return {
        "draws": 10,
        "among_best": among,
        "alone_best": alone,
        "gamma_best": 10,
        "ties": 3.9,
        "accuracy": 0.88,
        "behind_best": 0.0,
        "ahead_of_other_gammas": AHEAD,
    }


def growth(counted, timed=None):
    def price(counted, timed):
        # What counts is the last step; over all numbers of rows the cost grows more slowly.
        work = difference(counted - 0.1, counted + 0.1)
        entry = {"counted": {"rows": 10000, **difference(1.4, 1.6), "last_step": work}}
        if timed is not None:
            seconds = ratio(timed - 0.1, timed, timed + 0.1)
            entry["timed"] = {"rows": 20000, **ratio(1.4, 1.5, 1.6), "last_step": seconds}
        return entry

    return {"C_1": price(1.5, timed and 1.5), "C_1000": price(counted, timed)}


def svm_scaling(*advantages):
    parts = iter(advantages)
    return {
        kernel: {
            measure: {"scaled": 1.0, "unscaled": 2.0, "advantage": next(parts)}
            for measure in ("accuracy", "iterations")
        }
        for kernel in ("linear", "rbf")
    }


def zeros(first, second):
    return {
        "component_1": {"mean": first, "sd": 1.5},
        "component_2": {"mean": second, "sd": 0.9},
    }


def three(accuracy, p):
    return {"accuracy": accuracy, "accuracy_two": 0.45, "p": p, "clear": 1, "labels": 10}


def more(*gains, best=0.965):
    return {
        "accuracy": 0.96,
        "best": 100,
        "best_accuracy": best,
        "gain": {f"k_{k}": gain for k, gain in zip((100, 784), gains, strict=True)},
    }


def times(epoch, image, image_cpu, printed=6.0):
    return {
        "printed": {"cnn_seconds": 30 * printed, "dense_seconds": 30.0, "epoch": printed},
        "cnn_seconds": 4.0,
        "dense_seconds": 12.0,
        "epoch": epoch,
        "image": image,
        "image_cpu": image_cpu,
    }


def trained(learned, shortfall):
    return {
        "untrained": 0.1,
        "learned": learned,
        "accuracy": 0.92,
        "auc_scores": 0.995,
        "paper_start": 0.92,
        "better_start": 0.95,
        "shortfall": shortfall,
    }


def left_over(after):
    return {"first": 0.0165, "after": after, "after_components": 50, "share_left": 0.18}


def advantage_of_fifty(value):
    return {
        "components": 784,
        "accuracy": 0.95,
        "accuracy_of_fifty": 0.96,
        "advantage_of_fifty": value,
        "best": 40,
        "best_accuracy": 0.961,
    }


def identity(gap, same):
    return {"points": 389, "pairs": 10000, "largest_difference": gap, "same_decisions": same}


def labels(clear):
    return {
        "accuracy": 0.45,
        "by_guessing": 0.11,
        "labels": 10,
        "clear": clear,
        "best_f1": 0.91,
        "best_label": 1,
    }


def activation_cost(value):
    return {"sigmoid_seconds": 0.4, "relu_seconds": 0.3, "ratio": value}


def dense(low, mean):
    return {"mean": mean, "sd": 0.001, "min": low, "max": 0.985, "seeds": 3}


ALL_SCRATCH = ("auc_scores", "auc_hard", "accuracy")


def svm(*advantages, **more):
    mixed = {"as_printed": AHEAD}
    return mixed | against(*advantages, measures=ALL_SCRATCH, **more)


def cnn(*advantages, **more):
    return against(*advantages, measures=("accuracy", "loss"), **more)


#: Statement, evidence, verdict. The numbers right at a limit stand beside those just past it.
CASES = [
    ("scaling_svm", svm_scaling(AHEAD, AHEAD, AHEAD, AHEAD), HOLDS),
    ("scaling_svm", svm_scaling(AHEAD, AHEAD, AHEAD, BEHIND), IN_PART),
    ("scaling_svm", svm_scaling(BEHIND, LEVEL, BEHIND, BEHIND), FAILS),
    *(
        (name, evidence, verdict)
        for name in ("scaling_scratch", "scaling_dense", "scaling_cnn")
        for evidence, verdict in (
            (scaling(), HOLDS),
            (scaling(rises=LEVEL), IN_PART),
            (scaling(CLOSE, CLOSE), IN_PART),
            (scaling(BEHIND, LEVEL), FAILS),
        )
    ),
    ("two_components", {"share": 0.1551}, HOLDS),
    ("two_components", {"share": 0.1649}, HOLDS),
    ("two_components", {"share": 0.1680}, IN_PART),
    ("two_components", {"share": 0.1700}, FAILS),
    ("two_components", {"share": 0.1549}, FAILS),
    ("place_of_zeros", zeros(-3.9, -2.1), HOLDS),
    ("place_of_zeros", zeros(-3.9, -0.7), IN_PART),
    ("place_of_zeros", zeros(3.9, 2.1), FAILS),
    ("place_of_zeros", zeros(-3.4, -2.6), FAILS),
    ("two_components_labels", labels(4), HOLDS),
    ("two_components_labels", labels(5), FAILS),
    ("three_components", {"share": 0.2251}, HOLDS),
    ("three_components", {"share": 0.2351}, FAILS),
    ("three_components_labels", three(0.5, 0.049), HOLDS),
    ("three_components_labels", three(0.5, 0.05), IN_PART),
    ("three_components_labels", three(0.45, 0.001), FAILS),
    ("fifty_components", {"share": 0.825, "for_80_percent": 44}, HOLDS),
    ("fifty_components", {"share": 0.851, "for_80_percent": 30}, FAILS),
    ("fifty_components", {"share": 0.749, "for_80_percent": None}, FAILS),
    ("gain_beyond_fifty", left_over(0.0033), HOLDS),
    ("gain_beyond_fifty", left_over(0.0034), FAILS),
    ("more_than_fifty", more(CLOSE, BEHIND), HOLDS),
    ("more_than_fifty", more(AHEAD, BEHIND, best=0.9649), IN_PART),
    ("more_than_fifty", more(AHEAD, BEHIND, best=0.9651), FAILS),
    ("noise_components", advantage_of_fifty(AHEAD), HOLDS),
    ("noise_components", advantage_of_fifty(CLOSE), IN_PART),
    ("noise_components", advantage_of_fifty(BEHIND), FAILS),
    ("kernel_identity", identity(1e-12, 1.0), HOLDS),
    ("kernel_identity", identity(1e-12, 0.99), IN_PART),
    ("kernel_identity", identity(1e-3, 0.5), FAILS),
    ("cubic_growth", growth(2.5, 2.5), HOLDS),
    ("cubic_growth", growth(2.5), HOLDS),
    ("cubic_growth", growth(2.5, 2.4), IN_PART),
    ("cubic_growth", growth(2.4, 2.4), FAILS),
    ("cubic_growth", growth(2.4), FAILS),
    ("linear_fastest", kernel_times((SLOWER, SLOWER), (SLOWER, SLOWER)), HOLDS),
    ("linear_fastest", kernel_times((SLOWER, SLOWER), (SLOWER, FASTER)), IN_PART),
    ("linear_fastest", kernel_times((SLOWER, UNSURE), (SLOWER, UNSURE)), IN_PART),
    ("linear_fastest", kernel_times((SLOWER, FASTER), (SLOWER, FASTER)), FAILS),
    ("rbf_slowest", kernel_times((FASTER, FASTER), (FASTER, FASTER)), HOLDS),
    ("rbf_slowest", kernel_times((FASTER, SLOWER), (FASTER, FASTER)), IN_PART),
    ("rbf_slowest", kernel_times((FASTER, SLOWER), (SLOWER, FASTER)), FAILS),
    ("rbf_best", rbf(*[(AHEAD, AHEAD)] * 4), HOLDS),
    ("rbf_best", rbf((BEHIND, AHEAD), *[(AHEAD, AHEAD)] * 3), IN_PART),
    ("rbf_best", rbf(*[(AHEAD, CLOSE)] * 4), IN_PART),
    ("rbf_best", rbf(*[(AHEAD, BEHIND)] * 4), FAILS),
    ("grid_best", grid(10, 10), HOLDS),
    ("grid_best", grid(10, 9), IN_PART),
    ("grid_best", grid(5, 0), IN_PART),
    ("grid_best", grid(4, 4), FAILS),
    ("untrained_poor", {"accuracy": 0.22, "by_guessing": 0.11}, HOLDS),
    ("untrained_poor", {"accuracy": 0.23, "by_guessing": 0.11}, FAILS),
    ("trained_correctly", trained(AHEAD, CLOSE), HOLDS),
    ("trained_correctly", trained(AHEAD, AHEAD), IN_PART),
    ("trained_correctly", trained(BEHIND, AHEAD), FAILS),
    ("scratch_beats_svm", svm(AHEAD, AHEAD, AHEAD), HOLDS),
    ("scratch_beats_svm", svm(AHEAD, BEHIND, BEHIND, pair=-0.01), IN_PART),
    ("scratch_beats_svm", svm(BEHIND, BEHIND, BEHIND, pair=-0.01), FAILS),
    ("relu_faster", activation_cost(SLOWER), HOLDS),
    ("relu_faster", activation_cost(UNSURE), IN_PART),
    ("relu_faster", activation_cost(FASTER), FAILS),
    *(
        (name, evidence, verdict)
        for name in ("relu_converges", "adam_faster")
        for evidence, verdict in (
            (rates(AHEAD, AHEAD, best=AHEAD), HOLDS),
            (rates(AHEAD, BEHIND, best=AHEAD), IN_PART),
            (rates(AHEAD, AHEAD, best=BEHIND), IN_PART),
            (rates(BEHIND, LEVEL, best=BEHIND), FAILS),
        )
    ),
    *(
        (name, evidence, verdict)
        for name in ("dropout_dense", "dropout_cnn")
        for evidence, verdict in (
            (dropout(), HOLDS),
            (dropout(left=AHEAD), IN_PART),
            (dropout(left=CLOSE), HOLDS),
            (dropout(accuracy=CLOSE), IN_PART),
            (dropout(BEHIND, LEVEL, BEHIND), FAILS),
        )
    ),
    ("dense_98", dense(0.9801, 0.982), HOLDS),
    ("dense_98", dense(0.98, 0.982), IN_PART),
    ("dense_98", dense(0.97, 0.98), FAILS),
    ("dense_beats_scratch", against(AHEAD, AHEAD, AHEAD), HOLDS),
    ("dense_beats_scratch", against(AHEAD, AHEAD, CLOSE), IN_PART),
    ("dense_beats_scratch", against(BEHIND, BEHIND, BEHIND, pair=-0.01), FAILS),
    ("cnn_slow", times(SLOWER, SLOWER, SLOWER), HOLDS),
    ("cnn_slow", times(FASTER, SLOWER, SLOWER), IN_PART),
    ("cnn_slow", times(FASTER, FASTER, FASTER), IN_PART),
    ("cnn_slow", times(FASTER, FASTER, FASTER, printed=0.9), FAILS),
    # The seeds decide; two trained models speak up only where they contradict them.
    ("cnn_beats_dense", cnn(AHEAD, AHEAD, p=0.2), HOLDS),
    ("cnn_beats_dense", cnn(AHEAD, AHEAD, pair=-0.01, p=0.2), HOLDS),
    ("cnn_beats_dense", cnn(AHEAD, AHEAD, pair=-0.01, p=0.04), IN_PART),
    ("cnn_beats_dense", cnn(CLOSE, CLOSE, p=0.2), IN_PART),
    ("cnn_beats_dense", cnn(BEHIND, BEHIND, pair=-0.01), FAILS),
    ("cnn_beats_dense", cnn(BEHIND, BEHIND, pair=0.01, p=0.04), IN_PART),
]


def judged(name, evidence):
    [row] = [
        row
        for row in judge_claims({"claims": {"claims": {name: evidence}}})
        if row.claim.id == name
    ]
    return row.finding


@pytest.mark.parametrize(("name", "evidence", "verdict"), CASES)
def test_verdict(name, evidence, verdict):
    given = copy.deepcopy(evidence)
    finding = judged(name, evidence)
    assert finding.verdict == verdict
    assert evidence == given
    # One sentence, in which no mark of a table and no minus sign of a keyboard stands.
    assert finding.sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]|\||\s-\d|nan|inf|\n|\*", finding.sentence)


def test_every_statement_has_every_verdict_that_it_can_have():
    found = {}
    for name, _, verdict in CASES:
        found.setdefault(name, set()).add(verdict)
    two_ways = {
        "two_components_labels",
        "three_components",
        "fifty_components",
        "gain_beyond_fifty",
        "untrained_poor",
    }
    assert {name for name, verdicts in found.items() if len(verdicts) == 2} == two_ways
    assert all({HOLDS, FAILS} <= verdicts for verdicts in found.values())
    assert set(found) == {claim.id for claim in CLAIMS}


def test_statements_and_evidence_have_the_same_names_in_the_same_order():
    assert [claim.id for claim in CLAIMS] == list(EVIDENCE)
    assert len(set(EVIDENCE)) == len(EVIDENCE)
    assert {claim.topic for claim in CLAIMS} == set(TOPICS)
    # Topics follow one another; none is taken up again.
    order = [TOPICS.index(claim.topic) for claim in CLAIMS]
    assert order == sorted(order)


def test_without_evidence_nothing_is_judged():
    rows = judge_claims({"claims": {"claims": {}}})
    assert len(rows) == len(CLAIMS)
    assert {row.finding.verdict for row in rows} == {UNTESTED}


def test_the_table_has_a_row_for_each_statement():
    table = claims.as_table(
        judge_claims({"claims": {"claims": {"three_components": {"share": 0.2297}}}})
    )
    assert list(table.columns) == ["id", "place", "statement", "verdict", "sentence"]
    assert list(table["id"]) == [claim.id for claim in CLAIMS]
    [row] = table[table["id"] == "three_components"].to_dict("records")
    assert row["verdict"] == HOLDS
    assert row["sentence"] == "They explain 22.97 %."


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.001, 0.2, HOLDS), (0.0, 0.2, IN_PART), (-0.2, 0.2, FAILS), (-0.2, -0.1, FAILS)],
)
def test_beyond_chance(low, high, verdict):
    assert claims.beyond_chance(difference(low, high)) == verdict


@pytest.mark.parametrize(
    ("low", "middle", "verdict"),
    [
        (1.01, 2, HOLDS),
        (1.01, 1.05, HOLDS),
        (1.01, 1.04, IN_PART),
        (1.0, 2, IN_PART),
        (0.5, 1.0, FAILS),
    ],
)
def test_in_every_round(low, middle, verdict):
    assert claims.in_every_round(ratio(low, middle, 3)) == verdict


def test_parts_make_a_verdict():
    assert claims.together([HOLDS, HOLDS]) == HOLDS
    assert claims.together([HOLDS, FAILS]) == IN_PART
    assert claims.together([FAILS]) == FAILS
    assert claims.strictest([HOLDS, IN_PART, HOLDS]) == IN_PART
    assert claims.strictest([FAILS, IN_PART]) == FAILS


def test_sentences_carry_the_numbers():
    sentence = judged("dense_98", dense(0.9796, 0.9804)).sentence
    assert "Over 3 seeds" in sentence
    assert "98.04 % in the mean, 97.96 % to 98.50 %" in sentence
    sentence = judged("scratch_beats_svm", svm(BEHIND, CLOSE, AHEAD, pair=-0.0613)).sentence
    assert "(behind by 0.0100 to 0.0300)" in sentence
    assert "(−0.0100 to +0.0300, within chance)" in sentence
    assert "(ahead by 0.0100 to 0.0300)" in sentence
    assert "−6.13 points" in sentence
    sentence = judged("relu_converges", rates(AHEAD, BEHIND, best=AHEAD)).sentence
    assert "at 1 of 2 learning rates (η = 0)" in sentence
    assert "needs 2 to reach" in sentence
    sentence = judged("cnn_slow", times(FASTER, FASTER, FASTER)).sentence
    assert "epochs take 180 seconds in the mean, those of the dense network 30, so 6.0 " in sentence
    sentence = judged("cubic_growth", growth(2.4, 2.6)).sentence
    assert "exponent of 1.50 (1.40 to 1.60) at C = 1000, in the last step 2.40" in sentence
    assert "in the last step 2.60 and 1.50" in sentence
