"""Stage `report`: the metrics and plots of every stage as Markdown, one HTML file and a PDF."""

from mnist_report import files, paths
from mnist_report.report.ledger import load_ledger
from mnist_report.report.render import TARGETS, render_markdown, report_title, to_html, to_pdf
from mnist_report.stage import Stage, run_stage

STAGES = (
    "fetch",
    "scale",
    "pca",
    "svm_intuition",
    "svm_kernels",
    "svm_gridsearch",
    "svm_final",
    "scratch_nn",
    "keras_dense",
    "cnn",
)


def main(stage: Stage) -> None:
    metrics = {name: files.read_json(paths.metrics_file(name)) for name in STAGES}
    params = {
        "scratch_nn": stage.params.scratch_nn.model_dump(),
        "keras_dense": stage.params.keras_dense.model_dump(),
        "cnn": stage.params.cnn.model_dump(),
    }
    ledger = load_ledger()
    title = report_title(metrics["fetch"])
    markdown = {target: render_markdown(target, metrics, ledger, params) for target in TARGETS}
    files.write_text(paths.REPORT / "report.md", markdown["git"])
    files.write_text(paths.REPORT / "report.html", to_html(markdown["html"], title))
    files.write_bytes(paths.REPORT / "report.pdf", to_pdf(markdown["pdf"], title))


if __name__ == "__main__":
    run_stage("report", main)
