"""What the slips cost."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score
from sklearn.utils.extmath import svd_flip

from mnist_report.core import files, paths
from mnist_report.core.trees import flatten
from mnist_report.evaluation.seeds import read_values
from mnist_report.report import slips
from mnist_report.report.ledger import load_ledger
from mnist_report.scores.scores import auc_hard

SLIPS = slips.load_slips()


def test_all_that_is_said_of_slips_is_worked_out_of_the_studies(committed):
    tables = {path.stem: files.read_csv(path) for path in paths.RESULTS.glob("*.csv")}
    spectrum = files.read_csv(paths.PLOTS / "pca" / "explained_variance.csv")["cumulative"]
    projected = np.zeros((20, 3)), np.arange(20) % 10
    table, found = slips.judge_slips(SLIPS, read_values(), committed, spectrum.tolist(), *projected)
    assert [name for name, _ in flatten(found)] == [name for name, _ in flatten(committed["slips"])]
    rows = committed["scale"]["train"]["rows"]
    assert found["facts"]["guards"] == {"nan_from": 710, "infinite_from": 746}
    assert found["facts"]["final_draw"] == {"share": committed["svm_final"]["unique_rows"] / rows}

    # A column for each measurement, a row for each seed.
    wide = {name: table.pivot(index="seed", columns="metric") for name, table in tables.items()}
    by_seed = pd.concat([t["value"].add_prefix(f"{name}.") for name, t in wide.items()], axis=1)
    by_seed["final_rows.fewest"] = by_seed["origins.final.rows_3000"]
    by_seed["final_rows.most"] = by_seed["origins.final.rows_30000"]
    assert list(found["effects"]) == [slip["id"] for slip in SLIPS if slip["effects"]]
    for slip in SLIPS:
        for effect in slip["effects"]:
            shown = found["effects"][slip["id"]][effect.get("name", effect["measure"])]
            gain = (by_seed[effect["right"]] - by_seed[effect["printed"]]).dropna()
            assert shown["mean"] == pytest.approx(gain.mean())
            assert (shown["min"], shown["max"]) == pytest.approx((gain.min(), gain.max()))
            assert shown["seeds"] == len(gain)
    network = by_seed["slips_network.minibatches_as_printed.auc_scores"].mean()
    for name, measure in (("printed", "auc_hard"), ("scores", "auc_scores")):
        svm = by_seed[f"spread_svm_final.test.{measure}"].mean()
        assert found["leads"][name]["mean"] == pytest.approx(network - svm)

    assert len(table) == sum(len(slip["effects"]) for slip in SLIPS)
    assert table.notna().all(axis=None)
    assert not table.duplicated(["label", "measure"]).any()
    # All effects and leads are one family, in which the smallest p counts once for each of them.
    together = [each for of_slip in found["effects"].values() for each in of_slip.values()]
    together += found["leads"].values()
    surest = min(together, key=lambda each: each["p"])
    assert surest["p_holm"] == pytest.approx(len(together) * surest["p"])
    assert all(each["p"] <= each["p_holm"] <= 1 for each in together)


def test_the_kernel_that_training_rows_favour_is_judged_there_and_on_test_images():
    start = "spread_svm_kernels.kernels"
    by_hand = {
        # Three draws: trained rows choose linear, linear, RBF.
        "linear.train.auc_hard": [0.99, 0.99, 0.90],
        "rbf.train.auc_hard": [0.95, 0.95, 0.95],
        "linear.test.auc_hard": [0.90, 0.94, 0.92],
        "rbf.test.auc_hard": [0.93, 0.92, 0.91],
    }
    facts = slips.kernel_choice({f"{start}.{k}": np.array(v) for k, v in by_hand.items()})
    means = {"train": pytest.approx(0.96), "test": pytest.approx(0.92)}
    assert facts == means | {"draws": 3, "times": 2, "favoured": "linear"}


def test_the_auc_of_labels_is_the_accuracy_in_other_words():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 50)
    values = {}
    for run, share in enumerate((0.1, 0.5)):
        # Of every class as many are right; what the others are taken for does not matter.
        predicted = np.where(np.arange(500) % 50 < 50 * share, rng.integers(0, 10, 500), labels)
        values[f"s.{run}.accuracy"] = np.array([accuracy_score(labels, predicted)])
        values[f"s.{run}.auc_hard"] = np.array([auc_hard(labels, predicted, np.arange(10))])
    values["s.1.auc_hard"] += 0.01
    values["s.train.auc_hard"] = values["s.train.accuracy"] = np.array([0.5])
    gaps = {"runs": 2, "median": 0.005, "largest": 0.01}
    assert slips.label_identity(values) == pytest.approx(gaps, abs=1e-9)


def test_images_are_counted_where_the_paper_sees_the_zeros(monkeypatch):
    # The second component turns: its score of largest size, -5, has to be positive.
    scores = np.array(
        [[9, 0, 0], [-4, 2.2, 8], [-3.8, 2, 0], [-4.5, 1.5, 0], [-4, -2, 0], [0, -5, 0]]
    )
    labels = np.array([5, 1, 7, 0, 0, 6])
    assert slips.reading(scores, labels) == {"near": 2, "ones": 1, "zeros": 0}
    assert slips.reading(scores, 1 - labels % 2) == {"near": 2, "ones": 0, "zeros": 2}
    # These signs are those of the scikit-learn of 2019.
    X = np.random.default_rng(0).normal(size=(60, 5)) * [5, 3, 1, 1, 1]
    U, S, V = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    scores = svd_flip(U, V, u_based_decision=True)[0] * S
    monkeypatch.setattr(slips, "PRINTED_ZEROS", tuple(scores[7, :2]))
    only_one = np.where(np.arange(60) == 7, 1, 9)
    assert slips.reading(scores * [-1, 1, 1, 1, -1], only_one)["ones"] == 1


def test_facts_worked_out_by_hand():
    # The printed loop over minibatches, as it stands in cell 26.
    for rows in (60000, 1437, 400, 51):
        seen, c = set(), 0
        for _ in range(int(rows / 51)):
            seen |= set(range(c, c + 50))
            c += 51
        facts = slips.facts_of_the_code(rows)
        assert facts["minibatches"] == {"rows": rows, "unseen": rows - len(seen)}
    # The grid has its repeats where the paper prints rows twice.
    means = [entry.id for entry in load_ledger() if entry.id.startswith("svm_grid.")]
    means = [name for name in means if name.endswith(".mean")]
    facts = slips.facts_of_the_code(60000)
    repeats = facts["grid"]
    assert repeats["candidates"] == len(means) == 42
    assert repeats["repeated"] == sum(name.endswith("b.mean") for name in means) == 7
    assert (repeats["fits"], repeats["repeated_fits"]) == (5 * 42, 5 * 7)
    # The printed curve ends at its hundredth component.
    uniform = np.full(784, 1 / 784).cumsum().tolist()
    assert slips.components_printed(uniform) == {"printed": 100, "share": pytest.approx(100 / 784)}
    assert slips.components_printed([0.4, 1.0]) == {"printed": 2, "share": 1.0}
    # As matplotlib's contourf draws ten levels.
    assert facts["contourf"] == {"bands": 6}
    # Prices of slack are ordered as numbers.
    assert slips.soft_margin({"C_1000": 136, "C_1e-05": 400, "C_1": 141}) == {
        "low": {"C": 1e-5, "support_vectors": 400},
        "high": {"C": 1000, "support_vectors": 136},
    }
    loss = facts["mistake"]
    assert (loss["at_0_9"], loss["at_0_999"]) == pytest.approx((math.log(10), math.log(1000)))


def test_a_class_that_is_never_predicted_shifts_the_columns():
    example = slips.facts_of_the_code(60000)["get_dummies"]
    # Right: nine classes at 1 but for 4, which takes ten wrong rows of 90, and class 3 at 0.5.
    assert example["right"] == pytest.approx((8 + 0.5 + (1 + 80 / 90) / 2) / 10)
    # As printed the columns are 0 1 2 4 5 ... held against 0 1 2 3 4 ...: three are right, and of
    # class 3 all rows are among those taken for 4; the others have none of their own rows.
    shifted = [1, 1, 1, (1 + 80 / 90) / 2, *[80 / 90 / 2] * 5]
    assert example["printed"] == pytest.approx(np.mean(shifted))
