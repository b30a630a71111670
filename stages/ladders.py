"""Stage `ladders`: how far each method goes, step by step, and the best of each side by side."""

import numpy as np
import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.data.randomness import generator
from mnist_report.data.scaled import load_scaled
from mnist_report.evaluation import ladders
from mnist_report.evaluation.comparison import LABEL_ERRORS, by_seeds_and_images, wrong_by_all
from mnist_report.figures import ladders as figures
from mnist_report.figures.comparison import hardest_images
from mnist_report.figures.names import MODELS, SHORT
from mnist_report.figures.style import plot
from mnist_report.studies import frontier

#: How many images that defeat all are shown.
SHOWN = 12


def main(stage: Stage) -> None:
    data = load_scaled()
    labels = data.test_labels
    timed = files.read_json(paths.BENCHMARKS / "frontier.json")
    tables, best, tried = {}, {}, {}
    for name in MODELS:
        study = name.removesuffix("_final")
        found = files.read_json(paths.RESULTS / f"frontier_{study}.json")
        paper = files.read_json(paths.RESULTS / f"spread_{name}.json")
        answers = ladders.read_answers(found, paper, labels)
        table = ladders.gains(answers, labels, generator(0, "ladders"))
        table["cpu_seconds"] = pd.Series(timed["cpu_seconds"][study])
        table["size"] = {step: ladders.size(found.get(step, {})) for step in table.index}
        tables[name], best[name] = table, answers["best"]
        tried[name] = frontier.tried(found)

    wrong = wrong_by_all(labels, {name: ladders.vote(given) for name, given in best.items()})
    shown = wrong.iloc[:SHOWN].rename(columns=SHORT)
    # Of these very images alone there is a published list of label errors.
    mnist = files.read_json(paths.RESULTS / "fetch.json")["comparable_with_paper"]
    wrong["label_error"] = mnist & wrong["image"].isin(LABEL_ERRORS)

    named = {MODELS[name]: table for name, table in tables.items()}
    plot("ladders", "cost.png", figures.error_by_cost, named)
    plot("ladders", "wrong.png", hardest_images, data.test_images[shown["image"]], shown)
    steps = pd.concat(tables, names=["model"]).reset_index()
    files.write_csv(paths.PLOTS / "ladders" / "ladders.csv", steps)
    files.write_csv(paths.PLOTS / "ladders" / "wrong.csv", wrong)
    rivals = ladders.rivals(best, labels)
    pairs = [(one, other) for one, others in rivals["tests"].items() for other in others]
    right = {name: answers == labels for name, answers in best.items()}
    found = {
        "steps": {name: t.replace({np.nan: None}).to_dict("index") for name, t in tables.items()},
        "tried": tried,
        "held_back": frontier.held_back(data),
        "timed": {key: timed[key] for key in ("dataset", "machine")},
        **rivals,
        "by_seeds_and_images": by_seeds_and_images(right, pairs, generator(0, "rivals")),
        "wrong_by_all": len(wrong),
        "label_errors": int(wrong["label_error"].sum()),
    }
    files.write_json(paths.RESULTS / "ladders.json", found)
