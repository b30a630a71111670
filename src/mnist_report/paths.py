"""Where everything lies: the one place that knows the layout of the checkout."""

from pathlib import Path

#: The checkout that this code belongs to (under ``dvc exp run --temp`` a temporary one).
ROOT = Path(__file__).resolve().parents[2]

PARAMS = ROOT / "params.yaml"
DATA = ROOT / "data"
RAW = DATA / "raw"
SCALED = DATA / "scaled"
MODELS = ROOT / "models"
METRICS = ROOT / "metrics"
PLOTS = ROOT / "plots"
REPORT = ROOT / "report"


def metrics_file(stage: str) -> Path:
    """Return the path of a stage's metrics, ``metrics/<stage>.json``."""
    return METRICS / f"{stage}.json"


def plot_file(stage: str, name: str) -> Path:
    """Return the path of one of a stage's plots, ``plots/<stage>/<name>``."""
    return PLOTS / stage / name
