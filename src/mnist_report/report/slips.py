"""The slips of the paper, `slips.yaml`: what is printed, what is right, what it comes to.

An effect is always *set right minus as printed*: positive where a slip costs accuracy.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from mnist_report.core import files
from mnist_report.evaluation.seeds import Values, welch
from mnist_report.figures.names import KERNELS
from mnist_report.models.classical.pca import with_signs_of_2019
from mnist_report.models.scratch.neural_network import cross_entropy, minibatches
from mnist_report.scores.scores import auc_hard
from mnist_report.scores.uncertainty import holm, paired_difference

Floats = NDArray[np.float64]

SLIPS = Path(__file__).with_name("slips.yaml")

#: The grid of the paper's cell 19, its folds, and the minibatch of cell 26.
PRINTED_C = (0.01, 0.1, 1, 10, 100, 1000, 10000)
PRINTED_GAMMA = (0.0001, 0.0001, 0.001, 0.01, 0.1, 1)
PRINTED_FOLDS = 5
PRINTED_MINIBATCH = 50

#: Components that cell 7 fits, and where the text below cell 3 sees the images of a 0.
PRINTED_COMPONENTS = 100
PRINTED_ZEROS = (-4.0, -2.0)

#: The network and the SVM as the paper compares them: the code as printed, seed by seed.
NETWORK, SVM = "slips_network.minibatches_as_printed", "spread_svm_final.test"


#: One of them, with the fields that `slips.yaml` explains.
Slip = Mapping[str, Any]


def load_slips() -> list[dict[str, Any]]:
    """Read the slips; one that was not measured has no effects."""
    return [{"shown": "", "effects": []} | item for item in files.read_yaml(SLIPS)]


def effects(slips: Sequence[Slip], values: Values) -> pd.DataFrame:
    """Return a row for each effect of a slip, with ``min`` and ``max`` over single seeds."""
    rows = []
    for slip in slips:
        for effect in slip["effects"]:
            printed, right = values[effect["printed"]], values[effect["right"]]
            gains = right - printed
            row = {
                "slip": slip["id"],
                "group": slip["group"],
                "label": slip["label"] + (f": {effect['name']}" if "name" in effect else ""),
                "measure": effect["measure"],
                "name": effect.get("name", effect["measure"]),
            }
            ends = {"min": gains.min(), "max": gains.max()}
            rows.append(row | paired_difference(printed, right) | ends)
    return pd.DataFrame(rows)


def leads(values: Values) -> dict[str, dict[str, float]]:
    """Return the AUC of the network less that of the SVM (`welch`), and the fewer ``seeds``.

    ``printed`` are scores against labels, as below cell 27; else both have the same.
    """
    found = {}
    for name, of_svm, of_network in (
        ("printed", "auc_hard", "auc_scores"),
        ("scores", "auc_scores", "auc_scores"),
        ("labels", "auc_hard", "auc_hard"),
    ):
        svm, network = values[f"{SVM}.{of_svm}"], values[f"{NETWORK}.{of_network}"]
        found[name] = welch(svm, network) | {"seeds": min(len(svm), len(network))}
    return found


def label_identity(values: Values) -> dict[str, float]:
    """Return how far the AUC of labels is off 1 - 5/9 (1 - accuracy), over runs on test images.

    With ten classes of one size, so that false alarms are (1 - accuracy) / 9, it is just that.
    """
    runs = [n for n in values if n.endswith(".auc_hard") and ".train." not in n]
    auc, accuracy = (
        np.concatenate([values[f"{run.removesuffix('auc_hard')}{measure}"] for run in runs])
        for measure in ("auc_hard", "accuracy")
    )
    gaps = np.abs(auc - (1 - 5 / 9 * (1 - accuracy)))
    return {"runs": len(gaps), "median": float(np.median(gaps)), "largest": float(gaps.max())}


def kernel_choice(values: Values) -> dict[str, Any]:
    """Return the kernel ``favoured`` by the AUC of labels on training rows, as in cell 17.

    That is the first of equal ones, in ``times`` of the ``draws``; beside it are its mean AUCs.
    """
    start = "spread_svm_kernels.kernels"
    names = [k for k in KERNELS if f"{start}.{k}.train.auc_hard" in values]
    chosen = np.argmax([values[f"{start}.{name}.train.auc_hard"] for name in names], axis=0)
    counts = np.bincount(chosen)
    name = names[counts.argmax()]
    means = {on: float(values[f"{start}.{name}.{on}.auc_hard"].mean()) for on in ("train", "test")}
    return means | {"draws": len(chosen), "times": int(counts.max()), "favoured": KERNELS[name]}


def final_rows(values: Values) -> tuple[dict[str, Floats], dict[str, float]]:
    """Return the final SVM's AUC of labels on the ``fewest``, ``middle`` and ``most`` rows tried.

    Beside the values of each are its number of rows and mean AUC.
    """
    start = "origins.final.rows_"
    sizes = sorted(int(name.removeprefix(start)) for name in values if name.startswith(start))
    kept: dict[str, Floats] = {}
    facts: dict[str, float] = {}
    tried = {"fewest": sizes[0], "middle": sizes[(len(sizes) - 1) // 2], "most": sizes[-1]}
    for name, size in tried.items():
        kept[f"final_rows.{name}"] = drawn = values[f"{start}{size}"]
        facts |= {name: size, f"auc_{name}": float(np.mean(drawn))}
    return kept, facts


def reading(scores: Floats, labels: NDArray[np.int64]) -> dict[str, int]:
    """Count the images within half a unit of where the paper sees the zeros, signs as in 2019."""
    distance = np.linalg.norm(with_signs_of_2019(scores[:, :2]) - PRINTED_ZEROS, axis=1)
    found = labels[distance < 0.5].tolist()
    return {"near": len(found), "ones": found.count(1), "zeros": found.count(0)}


def components_printed(cumulative: Sequence[float]) -> dict[str, float]:
    """Return how far the paper's curve of explained variance goes, and what share it reaches."""
    count = min(PRINTED_COMPONENTS, len(cumulative))
    return {"printed": count, "share": float(cumulative[count - 1])}


def soft_margin(support_vectors: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return the support vectors at the lowest and highest price of slack."""
    by_price = sorted((float(name[2:]), count) for name, count in support_vectors.items())
    ends = {"low": by_price[0], "high": by_price[-1]}
    return {end: {"C": price, "support_vectors": count} for end, (price, count) in ends.items()}


def facts_of_the_code(rows: int) -> dict[str, dict[str, float]]:
    """Return what follows from the printed code alone, on so many training rows."""
    candidates = len(PRINTED_C) * len(PRINTED_GAMMA)
    repeated = candidates - len(set(PRINTED_C)) * len(set(PRINTED_GAMMA))
    # The paper's AUC where a class is never predicted: ten rows of each, those of 3 taken for 4.
    labels = np.repeat(np.arange(10), 10)
    predicted = np.where(labels == 3, 4, labels)
    as_printed = roc_auc_score(pd.get_dummies(labels), pd.get_dummies(predicted))
    # The colours that cell 18's ``contourf``, told no levels, gives to the labels.
    levels = Figure().subplots().contourf(np.tile(np.arange(10), (2, 1))).levels
    truth = np.array([[1.0, 0.0]])
    batches = minibatches(rows, PRINTED_MINIBATCH, "as_printed")
    seen = sum(batch.stop - batch.start for batch in batches)
    return {
        "contourf": {"bands": len(list(levels)) - 1},
        "get_dummies": {
            "printed": float(as_printed),
            "right": auc_hard(labels, predicted, np.arange(10)),
        },
        "grid": {
            "candidates": candidates,
            "repeated": repeated,
            "fits": PRINTED_FOLDS * candidates,
            "repeated_fits": PRINTED_FOLDS * repeated,
        },
        # The images that its loop never takes.
        "minibatches": {"rows": rows, "unseen": rows - seen},
        # The loss of two classes, in nats, where the truth is 0 and ŷ is 0.9 or 0.999.
        "mistake": {
            name: cross_entropy(truth, np.log([[1 - y_hat, y_hat]]))
            for name, y_hat in (("at_0_9", 0.9), ("at_0_999", 0.999))
        },
    }


def judge_slips(
    slips: Sequence[Slip],
    values: Values,
    results: Mapping[str, Any],
    cumulative: Sequence[float],
    train_scores: Floats,
    train_labels: NDArray[np.int64],
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table of effects; and these, who leads, and the facts that the text tells.

    `cumulative` is the share of the variance that the first 1, 2 ... components explain.
    """
    by_rows, sizes = final_rows(values)
    table, ahead = effects(slips, {**values, **by_rows}), leads(values)
    corrected = holm([*table["p"], *(lead["p"] for lead in ahead.values())])
    table["p_holm"] = corrected[: len(table)]
    for lead, p in zip(ahead.values(), corrected[len(table) :], strict=True):
        lead["p_holm"] = p
    shown = table.drop(columns=["group", "label", "measure"]).set_index("name")
    by_slip = {
        slip: rows.drop(columns="slip").to_dict("index")
        for slip, rows in shown.groupby("slip", sort=False)
    }
    rows = results["scale"]["train"]["rows"]
    overflow = results["slips_network"]["overflow"]
    return table.drop(columns="name"), {
        "effects": by_slip,
        "leads": ahead,
        "facts": {
            "reading": reading(train_scores, train_labels),
            "components": components_printed(cumulative),
            "soft_margin": soft_margin(results["svm_intuition"]["overlapping"]["support_vectors"]),
            "final_rows": sizes,
            "final_draw": {"share": results["svm_final"]["unique_rows"] / rows},
            "kernel_choice": kernel_choice(values),
            "label_identity": label_identity(values),
            **facts_of_the_code(rows),
            # The first whole outputs at which the code without guards gives no number.
            "guards": {
                "nan_from": overflow["largest_safe_logit"] + 1,
                "infinite_from": overflow["largest_safe_gap"] + 1,
            },
        },
    }
