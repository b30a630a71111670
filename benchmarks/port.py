"""Run the notebook for class and note what its parts take: the yardstick for the stages.

    python benchmarks/port.py

`notebooks/the_paper_today.py` is a plain port of the paper: nothing tuned, nothing pinned. It needs
the images in `data/raw`. Printed as JSON: wall and CPU seconds of each part, and the peak memory.
"""

import contextlib
import io
import itertools
import json
import os
import re
import resource
import runpy
import sys
import tempfile
import time
from pathlib import Path

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "the_paper_today.py"

#: What begins a cell of code, with the name of the part that its seconds go to.
MARKER = re.compile(r"^# %% (\w+).*", re.MULTILINE)

#: The part that begins, the wall and the CPU clock.
laps: list[tuple[str, float, float]] = []


def lap(part: str) -> None:
    """Note that a part of the notebook begins."""
    laps.append((part, time.perf_counter(), time.process_time()))


def draw_figures() -> None:
    """Draw what a notebook would show."""
    from matplotlib import pyplot as plt

    for number in plt.get_fignums():
        plt.figure(number).savefig(io.BytesIO())
    plt.close("all")


def run() -> None:
    """Run the notebook as one script, in which each cell's marker is a call of `lap`."""
    lap("imports")
    # TensorFlow has no GPU to complain about.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    plt.show = draw_figures
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        script = Path(folder) / NOTEBOOK.name
        cells = NOTEBOOK.read_text(encoding="utf-8")
        script.write_text(MARKER.sub(r'lap("\1")', cells), encoding="utf-8")
        runpy.run_path(str(script), init_globals={"lap": lap})
    lap("end")


def sections() -> dict[str, dict[str, float]]:
    """Return the seconds of each part: from its beginnings to those of what follows."""
    seconds: dict[str, dict[str, float]] = {}
    for (part, wall, cpu), (_, wall_end, cpu_end) in itertools.pairwise(laps):
        spent = seconds.setdefault(part, {"wall": 0.0, "cpu": 0.0})
        spent["wall"] += wall_end - wall
        spent["cpu"] += cpu_end - cpu
    return seconds


if __name__ == "__main__":
    run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"sections": sections(), "peak_gib": peak}))
