"""From templates to documents: Markdown as Git hosts show it, and from that one HTML file, one PDF.

Templates never hold a recomputed number: they take numbers from the results and figures from the
plots. What HTML and PDF need beyond the Markdown, `templates/report.lua` adds.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import pypandoc
import typst

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import Params
from mnist_report.figures.names import KERNELS, MODELS
from mnist_report.report import origins, words
from mnist_report.report.ledger import VERDICTS, Judged
from mnist_report.report.slips import Slip
from mnist_report.report.statements import JudgedStatement, judge_statements, load_not_judged
from mnist_report.studies.paper import changed

TEMPLATES = Path(__file__).with_name("templates")

#: The stages that draw the pictures of a folder, where they are not the folder's name.
_DRAWN_BY = {"slips": "judge", "statements": "judge", "verdicts": "judge", "costs": "report"}

#: Markdown with TeX mathematics, Git hosts' heading anchors, and no HTML of anybody's.
_READER = (
    "markdown-raw_html-raw_tex-raw_attribute-markdown_in_html_blocks-native_divs"
    "+gfm_auto_identifiers-citations"
)


@dataclass
class Document:
    """What templates can call.

    `metrics` is stage to results, `verdicts` has every printed number, judged.
    """

    metrics: Mapping[str, Any]
    verdicts: Sequence[Judged]

    def figure(self, stage: str, name: str, alt: str, caption: str) -> str:
        """Place a picture of a folder of `plots`, or of ``costs``, above its caption.

        `alt` says what it shows, for a reader who cannot see it; `caption` what to see in it.
        """
        folder = "report/costs" if stage == "costs" else f"plots/{stage}"
        script = f"stages/{_DRAWN_BY.get(stage, stage)}.py"
        return (
            f"![{words.escape(alt)}](../{folder}/{name})\n\n**{self.ref(stage, name)}.** "
            f"{' '.join(caption.split())} *Made by [`{script}`](../{script}).*"
        )

    def ref(self, stage: str, name: str) -> str:
        """Name a figure; `_number_figures` puts its number in."""
        return f"Figure <{stage}/{name}>"

    def best_kernel(self, rows: str, measure: str) -> str:
        """Name the kernel with the highest `measure` on ``train`` or ``test`` rows."""
        kernels: dict[str, Any] = self.metrics["svm_kernels"]["kernels"]
        return max(kernels, key=lambda kernel: float(kernels[kernel][rows][measure]))

    @cached_property
    def statements(self) -> list[JudgedStatement]:
        """Every statement of the paper, judged."""
        return judge_statements(self.metrics)

    def compare(self, prefix: str) -> list[Judged]:
        """Return the printed numbers whose id starts with `prefix`, each judged."""
        return [row for row in self.verdicts if row.entry.id.startswith(prefix)]

    def judged(self, entry_id: str) -> Judged:
        """Return one printed number, judged."""
        for row in self.verdicts:
            if row.entry.id == entry_id:
                return row
        raise UserError(f"a template asks for '{entry_id}', which paper.yaml does not hold")

    def sizes(self) -> list[origins.Size]:
        """Return how well each size of the final training set explains the printed AUC."""
        printed = float(self.judged("svm_final.auc_hard").entry.printed)
        return origins.sizes(self.metrics["origins"]["final"], printed)

    def origins(self, kernel: str) -> list[origins.Candidate]:
        """Return what the printed AUC of a kernel may come from, the best candidate first."""
        printed = float(self.judged(f"svm_kernels.auc.{kernel}").entry.printed)
        return origins.candidates(self.metrics["origins"]["kernels"][kernel], printed)


def render_markdown(
    metrics: Mapping[str, Any], judged: Sequence[Judged], slips: Sequence[Slip], params: Params
) -> str:
    """Render the whole report as Markdown, with paths as seen from the folder `report`.

    `metrics` is stage to results, `judged` has every printed number. Raises UserError if a template
    asks for what is not there.
    """
    environment = words.environment(jinja2.FileSystemLoader(TEMPLATES))
    try:
        text = environment.get_template("report.md.j2").render(
            doc=Document(metrics, judged),
            m=metrics,
            p=params,
            changed=changed(params),
            slips=slips,
            not_judged=load_not_judged(),
            kernel_names=KERNELS,
            model_names=MODELS,
            number_verdicts=VERDICTS,
            origin_gammas=origins.GAMMAS,
            origin_rows=origins.ROWS,
        )
    except jinja2.UndefinedError as error:
        raise UserError(
            f"the report's template asks for what the results do not hold: {error}; "
            "run 'dvc repro' so that every stage's results are there"
        ) from error
    text = _number_figures(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    return text.replace("<!-- contents -->\n", _contents(text))


def to_html(markdown: str) -> str:
    """Turn the Markdown into one HTML file that holds its pictures, style and MathML."""
    html = _pandoc(
        markdown,
        "html5",
        "--embed-resources",
        "--mathml",
        "--toc",
        "--toc-depth=3",
        "--number-sections",
        "--section-divs",
        "--resource-path=report",
        f"--template={_from_root('report.html')}",
        "--metadata=lang:en",
    )
    # A hat that combines with the letter before it finds none there, and stands askew.
    return html.replace(
        "\N{COMBINING CIRCUMFLEX ACCENT}</mo>", "\N{MODIFIER LETTER CIRCUMFLEX ACCENT}</mo>"
    )


def to_pdf(markdown: str) -> bytes:
    """Turn the Markdown into a PDF without a date: the same text gives the same bytes."""
    source = _pandoc(markdown, "typst", f"--template={_from_root('report.typ')}")
    # typst's stubs take the bytes of a document for a list of documents.
    compiled = typst.compile(
        source.encode(),  # type: ignore[type-var]
        root=str(paths.ROOT),
        ignore_system_fonts=True,
    )
    assert isinstance(compiled, bytes)  # noqa: S101
    return compiled


def _pandoc(markdown: str, to: str, *arguments: str) -> str:
    try:
        text: str = pypandoc.convert_text(
            markdown,
            to,
            format=_READER,
            # A picture that is not there is a warning to pandoc; here it is an error.
            # Tables take the width of their cells; pandoc would squeeze those with long lines.
            # The first heading becomes the title.
            extra_args=[
                "--standalone",
                "--fail-if-warnings",
                "--columns=10000",
                "--shift-heading-level-by=-1",
                f"--lua-filter={_from_root('report.lua')}",
                *arguments,
            ],
            verify_format=False,
            cworkdir=str(paths.ROOT),
        )
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"pandoc could not make the report: {reason}; run 'dvc repro'") from error
    return text


def _from_root(template: str) -> str:
    """Return a template's path from the root: under the C locale Pandoc reads only ASCII paths."""
    return os.path.relpath(TEMPLATES / template, paths.ROOT)


def _number_figures(text: str) -> str:
    """Put numbers for names, in the order in which the figures stand."""
    shown = dict.fromkeys(re.findall(r"\*\*Figure <(.+?)>\.\*\*", text))
    numbers = {name: number for number, name in enumerate(shown, 1)}
    for name in re.findall(r"Figure <(.+?)>", text):
        if name not in numbers:
            raise UserError(f"a template refers to figure {name}, which it does not show")
    return re.sub(r"Figure <(.+?)>", lambda found: f"Figure {numbers[found[1]]}", text)


def _contents(markdown: str) -> str:
    """List the second-level headings as links, with the anchors that Git hosts make."""
    lines = []
    for heading in re.findall(r"^## (.+)$", markdown, flags=re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        lines.append(f"- [{heading}](#{anchor})")
    return "\n".join(lines) + "\n"
