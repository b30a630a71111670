"""Stage `judge`: what every printed number, every statement and every slip comes to."""

from dataclasses import replace

import numpy as np

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.data.scaled import load_scaled
from mnist_report.evaluation import evidence, rules
from mnist_report.evaluation.candidates import candidates, sizes
from mnist_report.evaluation.seeds import read_values
from mnist_report.figures import slips as slip_figures
from mnist_report.figures import statements as statement_figures
from mnist_report.figures import verdicts as figures
from mnist_report.figures.epochs import printed_epochs
from mnist_report.figures.origins import kernel_candidates
from mnist_report.figures.style import plot
from mnist_report.report import ledger, slips, statements

#: Stages and studies whose results are read; of studies every value is read besides.
RESULTS = (
    "fetch", "scale", "pca", "svm_intuition", "svm_kernels", "svm_gridsearch", "svm_final",
    "scratch_nn", "keras_dense", "cnn", "comparison", "slips_network", "origins",
    "spread_svm_kernels", "spread_svm_gridsearch", "spread_svm_final", "spread_scratch_nn",
    "spread_keras_dense", "spread_cnn",
)  # fmt: skip


def main(stage: Stage) -> None:
    data, entries, known = load_scaled(), ledger.load_ledger(), slips.load_slips()
    results = {name: files.read_json(paths.RESULTS / f"{name}.json") for name in RESULTS}
    values = read_values()
    sources = {each["id"]: each["evidence"] for each in statements.load_statements()["statements"]}
    spectrum = files.read_csv(paths.PLOTS / "pca" / "explained_variance.csv")
    train_scores = np.asarray(files.load_array(paths.PCA / "train_scores.npy"))
    components, mean = (files.load_array(paths.PCA / f"{n}.npy") for n in ("components", "mean"))
    test_scores = (data.test_images.astype(np.float64) - mean) @ components[:3].T

    cumulative, ratios = spectrum["cumulative"].tolist(), spectrum["ratio"].to_numpy(np.float64)
    effects, found = slips.judge_slips(
        known, values, results, cumulative, train_scores, data.train_labels
    )
    beside = {
        "printed": ledger.printed_seconds(entries),
        "benchmark": files.read_json(paths.BENCHMARKS / "statements.json"),
    }
    projected = replace(data, train_images=train_scores, test_images=test_scores)
    measured = evidence.Measured(results | beside, values, ratios, projected)
    results["statements"] = {"statements": evidence.gather(measured, sources)}
    judged = statements.judge_statements(results)
    numbers = ledger.judge_all(entries, results, values)
    table = ledger.as_table(numbers)
    scores = (row.verdict for row in numbers if row.kind in ledger.SCORES)
    by_verdict = ledger.tally((row.verdict for row in numbers), ledger.VERDICTS)
    by_kernel, aucs = results["origins"]["kernels"], ledger.printed_aucs(entries)
    final = next(float(entry.printed) for entry in entries if entry.id == "svm_final.auc_hard")
    counts = {
        "numbers": by_verdict,
        "scores": ledger.tally(scores, ledger.VERDICTS),
        "folds": ledger.folds_of_the_search(entries, values),
        "calibration": ledger.calibrate(numbers),
        "statements": ledger.tally((row["verdict"] for row in judged), rules.VERDICTS),
        "origins": {
            "kernels": {name: candidates(by_kernel[name], auc) for name, auc in aucs.items()},
            "sizes": sizes(results["origins"]["final"], final),
        },
    }

    grown = sources["cubic_growth"]
    costs = effects[effects["group"].isin(["rows", "network"])]
    plot("slips", "costs.png", slip_figures.effects, costs)
    yardsticks = effects[effects["group"] == "yardstick"]
    words = "AUC so taken minus AUC of labels (percentage points)"
    plot("slips", "yardsticks.png", slip_figures.effects, yardsticks, words)
    fifty = sources["more_than_fifty"]
    by_number, enough = measured.by_number(fifty["values"]), fifty["enough"]
    accuracy_by_components = statement_figures.accuracy_by_components
    plot("statements", "components.png", accuracy_by_components, by_number, enough)
    kinds = (grown[kind] for kind in ("counted", "noisy", "timed"))
    growth = evidence.growth_curves(measured, *kinds)
    plot("statements", "growth.png", statement_figures.growth, growth)
    losses = {
        name: measured.curves(sources["relu_converges"][side])
        for name, side in (("sigmoid", "other"), ("relu", "one"))
    }
    adam = measured.curve("ablations_network.adam.epoch_*.loss")
    plot("statements", "convergence.png", statement_figures.convergence, losses, adam)
    dropout = {
        name: evidence.dropout_curves(measured, sources[f"dropout_{name}"]["network"])
        for name in ("dense", "cnn")
    }
    plot("statements", "dropout.png", statement_figures.dropout, dropout)
    scaling = {
        network: {
            pixels: measured.curve(sources[f"scaling_{short}"][pixels])
            for pixels in ("scaled", "unscaled")
        }
        for network, short in (("scratch_nn", "scratch"), ("keras_dense", "dense"), ("cnn", "cnn"))
    }
    plot("statements", "scaling.png", statement_figures.scaling, scaling)
    plot("verdicts", "numbers.png", figures.deviations, table)
    plot("verdicts", "origins.png", kernel_candidates, by_kernel, aucs)
    for network in ("keras_dense", "cnn"):
        spread = results[f"spread_{network}"]["epochs"]
        theirs = ledger.printed_by_epoch(entries, network)
        plot("verdicts", f"{network}_epochs.png", printed_epochs, spread, theirs)

    files.write_csv(paths.PLOTS / "slips" / "effects.csv", effects)
    files.write_csv(paths.PLOTS / "statements" / "statements.csv", statements.as_table(judged))
    files.write_csv(paths.PLOTS / "statements" / "rules.csv", statements.rules_table(results))
    files.write_csv(paths.PLOTS / "verdicts" / "numbers.csv", table)
    files.write_json(paths.RESULTS / "slips.json", found)
    files.write_json(paths.RESULTS / "statements.json", results["statements"])
    files.write_json(paths.RESULTS / "verdicts.json", counts)
    files.write_json(paths.METRICS / "verdicts.json", {"agree": by_verdict["agrees"]})
