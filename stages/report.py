"""Stage `report`: the metrics and plots of every stage as Markdown, one HTML file and a PDF."""

from mnist_report import files, paths
from mnist_report.report.ledger import load_ledger
from mnist_report.report.render import render_markdown, report_title, to_html, to_pdf
from mnist_report.stage import Stage, run_stage

STAGES = ("fetch", "scale", "pca")


def main(stage: Stage) -> None:
    metrics = {name: files.read_json(paths.metrics_file(name)) for name in STAGES}
    ledger = load_ledger()
    title = report_title(metrics["fetch"])
    files.write_text(paths.REPORT / "report.md", render_markdown("git", metrics, ledger))
    html = to_html(render_markdown("html", metrics, ledger), title)
    files.write_text(paths.REPORT / "report.html", html)
    files.write_bytes(
        paths.REPORT / "report.pdf", to_pdf(render_markdown("pdf", metrics, ledger), title)
    )


if __name__ == "__main__":
    run_stage("report", main)
