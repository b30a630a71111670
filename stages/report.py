"""Stage `report`: the metrics and plots of every stage as Markdown, one HTML file and a PDF."""

from concurrent.futures import ThreadPoolExecutor

from mnist_report import files, paths
from mnist_report.report.errata import load_slips
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
    "comparison",
    "spread_svm_kernels",
    "spread_svm_gridsearch",
    "spread_svm_final",
    "spread_scratch_nn",
    "spread_keras_dense",
    "spread_cnn",
    "origins",
    "errata_network",
    "errata_svm",
    "ablations_svm",
    "ablations_network",
    "ablations_keras",
    "errata",
    "claims",
    "verdicts",
    "costs",
)


def main(stage: Stage) -> None:
    metrics = {name: files.read_json(paths.metrics_file(name)) for name in STAGES}
    params = {
        "scratch_nn": stage.params.scratch_nn.model_dump(),
        "keras_dense": stage.params.keras_dense.model_dump(),
        "cnn": stage.params.cnn.model_dump(),
        "ablations": {"svm_rows": stage.params.ablations.svm_rows},
    }
    ledger, slips = load_ledger(), load_slips()
    title = report_title(metrics["fetch"])
    markdown = {
        target: render_markdown(target, metrics, ledger, slips, params) for target in TARGETS
    }
    # Both wait for Pandoc first. While pypandoc works, it changes the folder of the whole process:
    # to the one where this process is anyway.
    with ThreadPoolExecutor() as pool:
        html = pool.submit(to_html, markdown["html"], title)
        pdf = pool.submit(to_pdf, markdown["pdf"], title)
    files.write_text(paths.REPORT / "report.md", markdown["git"])
    files.write_text(paths.REPORT / "report.html", html.result())
    files.write_bytes(paths.REPORT / "report.pdf", pdf.result())


if __name__ == "__main__":
    run_stage("report", main)
