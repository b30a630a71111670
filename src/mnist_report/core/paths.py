"""Where everything lies: the one place that knows the layout of the checkout."""

import os
from pathlib import Path

#: The checkout that this code belongs to (under ``dvc exp run --temp`` a temporary one).
ROOT = Path(__file__).resolve().parents[3]

#: The checkout that the user stands in. ``dvc exp run --temp`` and ``--queue`` work in a copy and
#: name the checkout that they were started from in ``DVC_ROOT``.
USER_ROOT = Path(os.environ.get("DVC_ROOT") or ROOT)

PARAMS = ROOT / "params.yaml"
CITATION = ROOT / "CITATION.cff"
DATA = ROOT / "data"
RAW = DATA / "raw"
SCALED = DATA / "scaled"
MODELS = ROOT / "models"
PCA = MODELS / "pca"
#: The best networks of the ladders, kept in Git.
BEST = MODELS / "best"
#: What each final model says of the test images, kept for the comparison of all models.
SCORES = DATA / "scores"
#: What long studies have measured so far, shared by a checkout and its experiments.
STUDIES = USER_ROOT / "data" / "studies"
METRICS = ROOT / "metrics"
RESULTS = ROOT / "results"
PLOTS = ROOT / "plots"
REPORT = ROOT / "report"
#: What the scripts beside them have measured, kept in Git.
BENCHMARKS = ROOT / "benchmarks"

#: Stages whose outputs are not named after them.
_ELSEWHERE = {
    "fetch": ("data/raw/*",),
    "scale": ("data/scaled/*",),
    "judge": ("metrics/verdicts.json", "results/verdicts.json", "results/statements.json",
              "results/slips.json", "plots/verdicts/*", "plots/statements/*", "plots/slips/*"),
    "explore": ("report/explore.html",),
    "report": ("report/report.*", "report/costs/*"),
}  # fmt: skip


def outputs(stage: str) -> list[Path]:
    """Return the files of a stage that lie here, sorted; a study goes by its own name."""
    named = (f"{folder}/{stage}.*" for folder in ("metrics", "results", "models", "data/scores"))
    patterns = (*named, f"plots/{stage}/*", f"models/{stage}/*", *_ELSEWHERE.get(stage, ()))
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()})
