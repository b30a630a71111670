"""Stage `report`: the results and plots of every stage as Markdown, one HTML file and a PDF."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from mnist_report.core import files, paths
from mnist_report.core.tracking import Stage
from mnist_report.evaluation.costs import summary
from mnist_report.evaluation.seeds import read_values
from mnist_report.figures import costs as figures
from mnist_report.figures.style import draw
from mnist_report.report.ledger import judge_all, load_ledger
from mnist_report.report.render import render_markdown, to_html, to_pdf
from mnist_report.report.slips import load_slips


def main(stage: Stage) -> None:
    results = {path.stem: files.read_json(path) for path in sorted(paths.RESULTS.glob("*.json"))}
    results["costs"] = costs = summary(files.read_json(paths.BENCHMARKS / "results.json"))
    table = pd.DataFrame.from_dict(costs["stages"], orient="index").rename_axis("stage")
    folder = paths.REPORT / "costs"
    files.write_json(folder / "costs.json", costs)
    files.write_csv(folder / "stages.csv", table.reset_index())
    files.write_bytes(folder / "stages.png", draw(figures.stages, costs["stages"]))

    judged = judge_all(load_ledger(), results, read_values())
    markdown = render_markdown(results, judged, load_slips(), stage.params)
    files.write_text(paths.REPORT / "report.md", markdown)
    # Both wait for Pandoc first. While pypandoc works, it changes the folder of the whole process:
    # to the one where this process is anyway.
    with ThreadPoolExecutor() as pool:
        html, pdf = pool.submit(to_html, markdown), pool.submit(to_pdf, markdown)
    files.write_text(paths.REPORT / "report.html", html.result())
    files.write_bytes(paths.REPORT / "report.pdf", pdf.result())
