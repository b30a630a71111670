"""The slips of the paper: what is printed, what is right, and what the difference costs.

`slips.yaml` lists them. An effect is always *set right minus as printed*, so a slip that costs
accuracy has a positive one.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML
from sklearn.metrics import roc_auc_score

from mnist_report.core.trees import at
from mnist_report.evaluation.seeds import Summary, by_seed, welch
from mnist_report.evaluation.signs import with_signs_of_2019
from mnist_report.figures.names import KERNELS
from mnist_report.models.scratch.neural_network import cross_entropy, minibatches
from mnist_report.scores.scores import auc_hard
from mnist_report.scores.uncertainty import paired_difference, spread

Group = Literal["text", "judging", "network", "formulas", "undefined", "ignored", "gone"]
Measure = Literal["accuracy", "auc", "loss"]

#: Dotted name to a value for each of the seeds 0, 1, 2 ...
Values = Mapping[str, Sequence[float]]
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


@dataclass(frozen=True)
class Comparison:
    """What was measured of a slip; the fields are explained in `slips.yaml`."""

    measure: Measure
    printed: str
    right: str


@dataclass(frozen=True)
class Slip:
    """One slip; the fields are explained in `slips.yaml`."""

    id: str
    group: Group
    section: str
    place: str
    printed: str
    right: str
    shown: str = ""
    label: str = ""
    effects: tuple[Comparison, ...] = ()

    def evidence(self, metrics: Mapping[str, Any]) -> str:
        """Return the sentence that shows the slip, its numbers filled in.

        Parameters
        ----------
        metrics
            Stage name to the content of its metrics file.

        Raises
        ------
        KeyError
            If a number is not there.
        """
        return _Sentence().vformat(self.shown, (), metrics)


class _Sentence(string.Formatter):
    """Fills ``{stage.key.key:format}``.

    Beside Python's formats, ``.2p`` writes hundredths, as points with two digits, and ``span``
    the extremes of a spread over seeds.
    """

    def get_field(
        self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, str]:
        return at(kwargs, field_name), field_name

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401
        if format_spec == "span":
            ends = dict.fromkeys((value["min"], value["max"]))
            return " to ".join(f"{end:g}" for end in ends)
        if format_spec.endswith("p"):
            value, format_spec = 100 * value, f"{format_spec[:-1]}f"
        text: str = super().format_field(value, format_spec)
        return text.replace("-", "\N{MINUS SIGN}").replace("%", " %")


def load_slips(path: Path = SLIPS) -> list[Slip]:
    """Read the slips; ids are unique, and so are the effects of each.

    Raises
    ------
    ValueError
        If an id stands twice, or what was measured has no label for the figure.
    TypeError
        If an entry lacks a field or has one too many.
    """
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    slips = []
    for item in content:
        effects = tuple(Comparison(**effect) for effect in item.pop("effects", ()))
        slips.append(Slip(**item, effects=effects))
    listed: list[list[str]] = [[slip.id for slip in slips]]
    listed += [[effect.measure for effect in slip.effects] for slip in slips]
    for names in listed:
        if len(set(names)) != len(names):
            raise ValueError(f"an id stands twice in {path.name}")
    for slip in slips:
        if slip.effects and not slip.label:
            raise ValueError(f"{slip.id} in {path.name} was measured and has no label")
    return slips


def read_values(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[float]]:
    """Return the values of every metric in the order of the seeds, as ``<stage>.<metric>``.

    Parameters
    ----------
    tables
        Study to its ``results/<study>.csv``: columns ``metric``, ``seed``, ``value``.
    """
    return {
        f"{stage}.{metric}": values.tolist()
        for stage, table in tables.items()
        for metric, values in by_seed(table).items()
    }


def paired(printed: Sequence[float], right: Sequence[float]) -> dict[str, float]:
    """Return the effect of a slip measured both ways with the same seeds.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high``, ``seeds`` (Student's 95 % interval of the mean), ``min`` and
        ``max`` of the differences of single seeds.
    """
    differences = np.subtract(right, printed, dtype=np.float64)
    return {
        **paired_difference(printed, right),
        "min": float(differences.min()),
        "max": float(differences.max()),
    }


def unpaired(printed: Summary, right: Summary) -> dict[str, float]:
    """Return the effect of a slip from mean, sd and seeds of either side.

    Returns
    -------
    dict
        What `welch` returns, and ``seeds``, those of the side with fewer.
    """
    return {**welch(printed, right), "seeds": min(printed["seeds"], right["seeds"])}


def effects(slips: Sequence[Slip], values: Values) -> dict[str, dict[Measure, dict[str, float]]]:
    """Return what each slip costs: set right minus as printed.

    Parameters
    ----------
    values
        What the slips name as ``printed`` and ``right``.

    Returns
    -------
    dict
        Slip to measure to what `paired` returns. Slips that were not measured are left out.
    """
    return {
        slip.id: {
            effect.measure: paired(values[effect.printed], values[effect.right])
            for effect in slip.effects
        }
        for slip in slips
        if slip.effects
    }


def as_table(slips: Sequence[Slip], measured: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each of the `effects`.

    Columns are ``slip``, ``label``, ``measure``, ``mean``, ``low``, ``high``, ``seeds``, ``min``
    and ``max``.
    """
    rows = [
        {
            "slip": slip.id,
            "label": slip.label,
            "measure": effect.measure,
            **measured[slip.id][effect.measure],
        }
        for slip in slips
        for effect in slip.effects
    ]
    columns = ["slip", "label", "measure", "mean", "low", "high", "seeds", "min", "max"]
    return pd.DataFrame(rows, columns=columns)


def leads(values: Values) -> dict[str, dict[str, float]]:
    """Return the AUC of the network less that of the SVM, by the measures that are compared.

    Returns
    -------
    dict
        ``printed`` (the network's scores against the SVM's labels, as below the paper's cell
        27), ``scores`` and ``labels`` (the same of both), each as `unpaired` returns it.
    """
    by = {
        "printed": ("auc_hard", "auc_scores"),
        "scores": ("auc_scores", "auc_scores"),
        "labels": ("auc_hard", "auc_hard"),
    }
    return {
        name: unpaired(spread(values[f"{SVM}.{of_svm}"]), spread(values[f"{NETWORK}.{of_network}"]))
        for name, (of_svm, of_network) in by.items()
    }


def kernel_choice(values: Values) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Return what choosing a kernel on training rows keeps on test images, draw by draw.

    As in the paper's cell 17 the kernel with the highest AUC of labels is chosen, the first of
    equal ones. The one chosen on the test images is the best that could have been chosen, so
    its AUC is never below the other's.

    Parameters
    ----------
    values
        Holds ``spread_svm_kernels.kernels.<kernel>.<train or test>.<auc_hard or accuracy>``.

    Returns
    -------
    values : dict
        ``kernel_choice.<training or test>.<accuracy or auc_hard>``: the test images' measure of
        the kernel chosen, for each draw.
    facts : dict
        ``draws``, ``differ`` (draws in which the two choices differ), and the kernels mostly
        chosen by name, ``training`` and ``test``.
    """
    start = "spread_svm_kernels.kernels"
    names = [k for k in KERNELS if f"{start}.{k}.train.auc_hard" in values]

    def table(rows: str, measure: str) -> NDArray[np.float64]:
        return np.array([values[f"{start}.{name}.{rows}.{measure}"] for name in names])

    chosen = {
        "training": table("train", "auc_hard").argmax(axis=0),
        "test": table("test", "auc_hard").argmax(axis=0),
    }
    draws = np.arange(len(chosen["test"]))
    kept = {
        f"kernel_choice.{on}.{measure}": table("test", measure)[kernel, draws].tolist()
        for on, kernel in chosen.items()
        for measure in ("accuracy", "auc_hard")
    }
    facts = {
        "draws": len(draws),
        "differ": int((chosen["training"] != chosen["test"]).sum()),
        **{on: KERNELS[names[np.bincount(kernel).argmax()]] for on, kernel in chosen.items()},
    }
    return kept, facts


def final_rows(values: Values) -> tuple[dict[str, Sequence[float]], dict[str, float]]:
    """Return the final SVM's AUC of labels on the fewest and on the most rows that were tried.

    Parameters
    ----------
    values
        Holds ``origins.final.rows_<n>``.

    Returns
    -------
    values : dict
        ``final_rows.fewest`` and ``final_rows.most``, in the paper's setting 3,000 as in its text
        and 30,000 as in its code.
    facts : dict
        ``fewest`` and ``most``, the numbers of rows, with the mean AUC of either.
    """
    start = "origins.final.rows_"
    sizes = sorted(int(name.removeprefix(start)) for name in values if name.startswith(start))
    kept: dict[str, Sequence[float]] = {}
    facts: dict[str, float] = {}
    for name, size in (("fewest", sizes[0]), ("most", sizes[-1])):
        kept[f"final_rows.{name}"] = values[f"{start}{size}"]
        facts |= {name: size, f"auc_{name}": float(np.mean(values[f"{start}{size}"]))}
    return kept, facts


def unseen(rows: int) -> dict[str, int]:
    """Count the images that the paper's minibatch loop never takes, of `rows`."""
    seen = sum(
        batch.stop - batch.start for batch in minibatches(rows, PRINTED_MINIBATCH, "as_printed")
    )
    return {"rows": rows, "unseen": rows - seen}


def grid_repeats() -> dict[str, int]:
    """Count the candidates and fits of the paper's search, and those done twice."""
    candidates = len(PRINTED_C) * len(PRINTED_GAMMA)
    repeated = candidates - len(set(PRINTED_C)) * len(set(PRINTED_GAMMA))
    return {
        "candidates": candidates,
        "repeated": repeated,
        "fits": PRINTED_FOLDS * candidates,
        "repeated_fits": PRINTED_FOLDS * repeated,
    }


def reading(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, int]:
    """Count the images near the place at which the paper sees the zeros, signs as in 2019.

    Parameters
    ----------
    scores : (n, 2 or more) float64
        The training images on the first components.
    labels : (n,) int
        Their digits.

    Returns
    -------
    dict
        ``near``: the images within half a unit; ``ones`` and ``zeros`` among them.
    """
    distance = np.linalg.norm(with_signs_of_2019(scores[:, :2]) - PRINTED_ZEROS, axis=1)
    found = labels[distance < 0.5]
    return {
        "near": len(found),
        "ones": int((found == 1).sum()),
        "zeros": int((found == 0).sum()),
    }


def components_printed(cumulative: Sequence[float]) -> dict[str, float]:
    """Return how far the paper's curve of explained variance goes, and what share it reaches.

    Parameters
    ----------
    cumulative
        Share of the variance that the first 1, 2, 3 ... components explain.
    """
    count = min(PRINTED_COMPONENTS, len(cumulative))
    return {"printed": count, "share": float(cumulative[count - 1])}


def soft_margin(support_vectors: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return the support vectors at the lowest and at the highest price of slack.

    Parameters
    ----------
    support_vectors
        ``C_<price>`` to their number, from the metrics of stage ``svm_intuition``.
    """
    by_price = {float(name.removeprefix("C_")): count for name, count in support_vectors.items()}
    return {
        name: {"C": price, "support_vectors": by_price[price]}
        for name, price in (("low", min(by_price)), ("high", max(by_price)))
    }


def guards(overflow: Mapping[str, float]) -> dict[str, float]:
    """Return the first whole outputs at which the code without guards gives no number.

    Parameters
    ----------
    overflow
        From the metrics of stage ``slips_network``.
    """
    return {
        "nan_from": overflow["largest_safe_logit"] + 1,
        "infinite_from": overflow["largest_safe_gap"] + 1,
    }


def mistake() -> dict[str, float]:
    """Return the loss of two classes, in nats, where the truth is 0 and ŷ is 0.9 or 0.999."""
    truth = np.array([[1.0, 0.0]])
    return {
        name: cross_entropy(truth, np.log([[1 - y_hat, y_hat]]))
        for name, y_hat in (("at_0_9", 0.9), ("at_0_999", 0.999))
    }


def get_dummies_example() -> dict[str, float]:
    """Take the paper's AUC where a class is never predicted, and the right one.

    Ten rows of each of ten classes; those of class 3 are taken for 4, all others are right.
    """
    labels = np.repeat(np.arange(10), 10)
    predicted = np.where(labels == 3, 4, labels)
    printed = roc_auc_score(pd.get_dummies(labels), pd.get_dummies(predicted))
    return {"printed": float(printed), "right": auc_hard(labels, predicted, np.arange(10))}


def judge_slips(
    slips: Sequence[Slip],
    values: Values,
    results: Mapping[str, Any],
    cumulative: Sequence[float],
    train_scores: NDArray[np.float64],
    train_labels: NDArray[np.int64],
) -> dict[str, Any]:
    """Return what every slip costs (``effects``), who leads, and the facts that the text tells.

    Parameters
    ----------
    values
        From `read_values`.
    results
        Stage name to the content of its results file.
    cumulative
        Share of the variance that the first k principal components explain, k = 1, 2 ...
    train_scores : (n, 3) float64
        The training images on the first three components.
    train_labels : (n,) int
        Their digits.
    """
    chosen, choice = kernel_choice(values)
    by_rows, sizes = final_rows(values)
    rows = results["scale"]["train"]["rows"]
    return {
        "effects": effects(slips, {**values, **chosen, **by_rows}),
        "leads": leads(values),
        "facts": {
            "reading": reading(train_scores, train_labels),
            "components": components_printed(cumulative),
            "soft_margin": soft_margin(results["svm_intuition"]["overlapping"]["support_vectors"]),
            "final_rows": sizes,
            "final_draw": {"share": results["svm_final"]["unique_rows"] / rows},
            "kernel_choice": choice,
            "get_dummies": get_dummies_example(),
            "grid": grid_repeats(),
            "minibatches": unseen(rows),
            "mistake": mistake(),
            "guards": guards(results["slips_network"]["overflow"]),
        },
    }
