"""From templates to documents: Markdown as Git hosts show it, and from that one HTML file, one PDF.

What HTML and PDF need beyond the Markdown, `templates/report.lua` adds.
"""

import ast
import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import pypandoc
import typst

from mnist_report.core import files, paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import Params
from mnist_report.figures.names import KERNELS, MODELS
from mnist_report.report import words
from mnist_report.report.ledger import VERDICTS, Number
from mnist_report.report.slips import Slip
from mnist_report.report.statements import judge_statements, load_statements
from mnist_report.studies.paper import changed

#: The stages that draw the pictures of a folder, where they are not the folder's name.
_DRAWN_BY = {"slips": "judge", "statements": "judge", "verdicts": "judge", "costs": "report"}

#: Markdown with TeX mathematics, Git hosts' heading anchors, and no HTML of anybody's.
_READER = (
    "markdown-raw_html-raw_tex-raw_attribute-markdown_in_html_blocks-native_divs"
    "+gfm_auto_identifiers-citations"
)


@dataclass
class Document:
    """What templates can call, on every printed number, judged."""

    verdicts: Sequence[Number]

    def figure(self, picture: str, by: str, data: str, alt: str, caption: str) -> str:
        """Place a picture, a path below ``plots``, above its caption, which links what made it.

        Drawn is it `by` ``module.function`` of `mnist_report.figures`, from the files `data`, which
        are parted by blanks.
        """
        folder = picture.split("/")[0]
        stage = _DRAWN_BY.get(folder, folder)
        path = f"report/{picture}" if folder == "costs" else f"plots/{picture}"
        module, function = by.split(".")
        links = (
            f"[{function}](../src/mnist_report/figures/{module}.py)",
            f"[stage {stage}](../stages/{stage}.py)",
            *(f"[data](../{file})" for file in data.split()),
            f"[picture](../{path})",
        )
        return (
            f'<a id="{_anchor(picture)}"></a>![{words.escape(alt)}](../{path})\n\n'
            f"**Figure <{picture}>.** {' '.join(caption.split())} *{' · '.join(links)}*"
        )

    def table(self, name: str, caption: str, data: str | None = None) -> str:
        """Head a table, which follows, with its number and caption; `data` as `figure` has it."""
        link = f" *[data](../{data})*" if data else ""
        anchor = f'<a id="{_anchor(name)}"></a>'
        return f"{anchor}**Table <{name}>.** {' '.join(caption.split())}{link}\n"

    def ref(self, name: str) -> str:
        """Name a figure or a table as a link to it; `_number` puts its number in."""
        return f"[{_kind(name)} <{name}>](#{_anchor(name)})"

    def source(self, path: str, start: str) -> str:
        """Return a statement of the project's own code: the one whose first line has `start`.

        What a function says of itself stands in the file.
        """
        text = (paths.ROOT / path).read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.stmt) and start in lines[node.lineno - 1]:
                found = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
                return re.sub(r'\n *""".*?"""', "", found, count=1, flags=re.DOTALL)
        raise UserError(f"a template quotes '{start}', which {path} does not hold")

    def compare(self, prefix: str) -> list[Number]:
        """Return the printed numbers whose id starts with `prefix`, each judged."""
        return [row for row in self.verdicts if row.id.startswith(prefix)]

    def judged(self, entry_id: str) -> Number:
        """Return one printed number, judged."""
        if found := [row for row in self.verdicts if row.id == entry_id]:
            return found[0]
        raise UserError(f"a template asks for '{entry_id}', which paper.yaml does not hold")


def render_markdown(
    metrics: Mapping[str, Any], judged: Sequence[Number], slips: Sequence[Slip], params: Params
) -> str:
    """Render the whole report as Markdown, with paths as seen from the folder `report`."""
    try:
        text = words.ENVIRONMENT.get_template("report.md.j2").render(
            doc=Document(judged),
            m=metrics,
            p=params,
            changed=changed(params),
            slips=[
                {**slip, "shown": words.ENVIRONMENT.from_string(slip["shown"]).render(metrics)}
                for slip in slips
            ],
            statements=judge_statements(metrics),
            not_judged=load_statements()["not_judged"],
            citation=files.read_yaml(paths.CITATION),
            kernel_names=KERNELS,
            model_names=MODELS,
            number_verdicts=VERDICTS,
        )
    except jinja2.UndefinedError as error:
        raise UserError(
            f"the report's template asks for what the results do not hold: {error}; "
            "run 'dvc repro' so that every stage's results are there"
        ) from error
    text = _number(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    text = re.sub(r"(?<![\w\]])\[(\d+)\](?!\()", r"[[\1]](#references)", text)
    return text.replace("<!-- contents -->\n", _contents(text))


def to_html(markdown: str) -> str:
    """Turn the Markdown into one HTML file that holds its pictures, style and MathML."""
    options = "--embed-resources --mathml --toc --toc-depth=3 --number-sections --section-divs"
    html = _pandoc(
        markdown,
        "html5",
        *options.split(),
        f"--resource-path=report:{_from_root('')}",
        f"--template={_from_root('report.html')}",
        "--metadata=lang:en",
    )
    # Browsers set no space beside a function's name.
    space = '<mspace width="0.17em"></mspace>'
    html = re.sub(r'(<mi mathvariant="normal">log</mi>)', rf"{space}\1{space}", html)
    # A hat that combines with the letter before it finds none there, and stands askew.
    return html.replace(
        "\N{COMBINING CIRCUMFLEX ACCENT}</mo>", "\N{MODIFIER LETTER CIRCUMFLEX ACCENT}</mo>"
    )


def to_pdf(markdown: str) -> bytes:
    """Turn the Markdown into a PDF of the version's date: the same text gives the same bytes."""
    citation = files.read_yaml(paths.CITATION)
    released = citation["date-released"]
    year, month, day = map(int, released.split("-"))
    source = _pandoc(
        markdown,
        "typst",
        f"--template={_from_root('report.typ')}",
        f"--variable=author:{citation['authors'][0]['name']}",
        f"--variable=released:{released}",
        f"--variable=date:year: {year}, month: {month}, day: {day}",
    )
    # typst's stubs take the bytes of a document for a list of documents.
    root = str(paths.ROOT)
    compiled = typst.compile(source.encode(), root=root, ignore_system_fonts=True)  # type: ignore[type-var]
    assert isinstance(compiled, bytes)  # noqa: S101
    return compiled


def _pandoc(markdown: str, to: str, *arguments: str) -> str:
    try:
        text: str = pypandoc.convert_text(
            _in_pandocs_terms(markdown),
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


def _in_pandocs_terms(markdown: str) -> str:
    """Write the only HTML of our Markdown, anchors and folds, as Pandoc does without HTML."""
    for html, pandocs in (
        (r'<a id="([\w-]+)"></a>(!\[.*\]\(.*\))$', r"\2{#\1}"),
        (r'<a id="([\w-]+)"></a>', r"[]{#\1}"),
        (r"^<details>\n<summary>(.*)</summary>$", r'::: {.fold title="\1"}'),
        (r"^</details>$", ":::"),
    ):
        markdown = re.sub(html, pandocs, markdown, flags=re.MULTILINE)
    return markdown


def _from_root(template: str) -> str:
    """Return a template's path from the root: under the C locale Pandoc reads only ASCII paths."""
    return os.path.relpath(words.TEMPLATES / template, paths.ROOT)


def _kind(name: str) -> str:
    return "Figure" if name.endswith(".png") else "Table"


def _anchor(name: str) -> str:
    return re.sub("[/_]", "-", f"{_kind(name).lower()}-{name.removesuffix('.png')}")


def _number(text: str) -> str:
    """Put numbers for names of figures and tables, each in the order in which they stand."""
    for kind in ("Figure", "Table"):
        shown = dict.fromkeys(re.findall(rf"\*\*{kind} <(.+?)>\.\*\*", text))
        for number, name in enumerate(shown, 1):
            text = text.replace(f"{kind} <{name}>", f"{kind} {number}")
        if unknown := re.search(rf"{kind} <(.+?)>", text):
            raise UserError(f"a template refers to {kind} {unknown[1]}, which it does not show")
    return text


def _contents(markdown: str) -> str:
    """List the second-level headings as links, with the anchors that Git hosts make."""
    anchors = {
        heading: re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", markdown, flags=re.MULTILINE)
    }
    return "".join(f"- [{heading}](#{anchor})\n" for heading, anchor in anchors.items())
