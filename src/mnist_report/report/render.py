"""From templates to documents: Markdown for a Git host, one HTML file, one PDF.

Templates never hold a recomputed number: they take numbers from the metrics and figures from the
plots. Markdown is rendered once for each target, since a Git host, a browser and a page of paper
want figures written in different ways.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import jinja2
import pypandoc
import typst

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.names import KERNELS
from mnist_report.report.ledger import Entry, Judged, judge

Target = Literal["git", "html", "pdf"]
TARGETS: tuple[Target, ...] = get_args(Target)

TEMPLATES = Path(__file__).with_name("templates")

#: How a figure's file is named from where each document looks for it.
_FIGURE_FOLDER = {"git": "../plots", "html": "plots", "pdf": "/plots"}

#: Markdown with TeX mathematics, Git hosts' heading anchors, and no HTML of anybody's.
_READER = (
    "markdown-raw_html-raw_tex-raw_attribute-markdown_in_html_blocks-native_divs"
    "+gfm_auto_identifiers-citations"
)


@dataclass
class Document:
    """What a template can call while it is rendered for one target.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file.
    ledger
        What the paper prints.
    """

    target: Target
    metrics: Mapping[str, Any]
    ledger: Sequence[Entry]
    figure_numbers: dict[str, int] = field(default_factory=dict)
    all_numbered: bool = False

    def figure(self, stage: str, name: str, alt: str, caption: str) -> str:
        """Place a picture of a stage, numbered in the order of appearance.

        Parameters
        ----------
        alt
            What the picture shows, for a reader who cannot see it.
        caption
            What to see in it.
        """
        number = self.figure_numbers.setdefault(f"{stage}/{name}", len(self.figure_numbers) + 1)
        path = f"{_FIGURE_FOLDER[self.target]}/{stage}/{name}"
        script = f"stages/{stage}.py"
        caption = " ".join(caption.split())
        if self.target == "git":
            source = f"[`{script}`](../{script})"
            return f"![{escape(alt)}]({path})\n\n**Figure {number}.** {caption} *Made by {source}.*"
        words = f"**Figure {number}.** {caption} *Made by* `{script}`*.*"
        return f'![{words}]({path}){{alt="{_attribute(alt)}"}}'

    def ref(self, stage: str, name: str) -> str:
        """Name a figure by its number, which is known once the whole document was rendered.

        Raises
        ------
        UserError
            If no template shows the figure.
        """
        number = self.figure_numbers.get(f"{stage}/{name}")
        if number is None and self.all_numbered:
            raise UserError(f"a template refers to figure {stage}/{name}, which it does not show")
        return f"Figure {number}"

    def best_kernel(self, rows: str, measure: str) -> str:
        """Name the kernel with the highest `measure` on ``train`` or ``test`` rows."""
        kernels: dict[str, Any] = self.metrics["svm_kernels"]["kernels"]
        return max(kernels, key=lambda kernel: float(kernels[kernel][rows][measure]))

    def compare(self, prefix: str) -> list[Judged]:
        """Return the printed numbers whose id starts with `prefix`, each judged."""
        return [judge(e, self.metrics) for e in self.ledger if e.id.startswith(prefix)]

    def judged(self, entry_id: str) -> Judged:
        """Return one printed number, judged.

        Raises
        ------
        UserError
            If the ledger has no such entry.
        """
        for entry in self.ledger:
            if entry.id == entry_id:
                return judge(entry, self.metrics)
        raise UserError(f"a template asks for '{entry_id}', which paper.yaml does not hold")


def render_markdown(
    target: Target, metrics: Mapping[str, Any], ledger: Sequence[Entry], params: Mapping[str, Any]
) -> str:
    """Render the whole report as Markdown for one target.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file.
    ledger
        What the paper prints.
    params
        Sections of `params.yaml` that the text names.

    Raises
    ------
    UserError
        If a template asks for a number or a figure that is not there.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (Markdown, not HTML; `escape` is Markdown's)
    )
    for function in (fixed, percent, count, plain, power, escape, like, short, difference_like):
        environment.filters[function.__name__] = function
    document = Document(target, metrics, ledger)
    try:
        template = environment.get_template("report.md.j2")
        # References may stand before their figures: the first pass numbers, the second names.
        for _ in range(2):
            text = template.render(
                doc=document,
                m=metrics,
                p=params,
                target=target,
                title=report_title(metrics["fetch"], escape),
                kernel_names=KERNELS,
            )
            document.all_numbered = True
    except jinja2.UndefinedError as error:
        raise UserError(
            f"the report's template asks for what the metrics do not hold: {error}; "
            "run 'dvc repro' so that every stage's metrics are there"
        ) from error
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    return text.replace("<!-- contents -->\n", _contents(text)) if target == "git" else text


def report_title(
    fetched: Mapping[str, Any], quote: Callable[[str], str] = lambda text: text
) -> str:
    """Return the report's title, which says so when the data are not the paper's.

    Parameters
    ----------
    fetched
        The metrics of stage `fetch`.
    quote
        What to do with the data set's own title, which may hold any character.
    """
    title = "An Approximation to the MNIST Dataset, recomputed"
    if fetched["comparable_with_paper"]:
        return title
    return f"{title} on {quote(fetched['title'])} (this is not MNIST)"


def to_html(markdown: str, title: str) -> str:
    """Turn Markdown into one HTML file that holds its pictures, style and MathML."""
    return _pandoc(
        markdown,
        "html5",
        "--standalone",
        "--embed-resources",
        "--mathml",
        "--toc",
        "--toc-depth=2",
        "--number-sections",
        "--section-divs",
        f"--resource-path={paths.ROOT}",
        f"--template={TEMPLATES / 'report.html'}",
        f"--css={TEMPLATES / 'report.css'}",
        f"--metadata=title:{title}",
        "--metadata=lang:en",
    )


def to_pdf(markdown: str, title: str) -> bytes:
    """Turn Markdown into a PDF; the file holds no date, so the same text gives the same bytes."""
    source = _pandoc(
        markdown,
        "typst",
        "--standalone",
        "--shift-heading-level-by=-1",
        f"--template={TEMPLATES / 'report.typ'}",
        f"--metadata=title:{title}",
    )
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
            extra_args=["--fail-if-warnings", "--columns=10000", *arguments],
            verify_format=False,
        )
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"pandoc could not make the report: {reason}; run 'dvc repro'") from error
    return text


def _contents(markdown: str) -> str:
    """List the second-level headings as links, with the anchors that Git hosts make."""
    lines = []
    for heading in re.findall(r"^## (.+)$", markdown, flags=re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        lines.append(f"- [{heading}](#{anchor})")
    return "\n".join(lines) + "\n"


def fixed(value: float, digits: int) -> str:
    """Write a number with `digits` digits after the point."""
    return f"{value:.{digits}f}"


def plain(value: float) -> str:
    """Write a number the short way: 10, 0.01, 1e-05."""
    return f"{value:.6g}"


def power(value: float) -> str:
    """Write a small number as a multiple of a power of ten, in TeX."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


def like(value: float, printed: str) -> str:
    """Write a number with as many digits after the point as a printed one has, at most eight."""
    return fixed(value, _decimals(printed))


def short(printed: str) -> str:
    """Cut a printed number after eight digits behind the point, with dots where any are cut off."""
    whole, _, decimals = printed.partition(".")
    return f"{whole}.{decimals[:8]}…" if len(decimals) > 8 else printed


def difference_like(value: float, printed: str) -> str:
    """Write a difference with a sign, to one digit more than the printed number shows."""
    text = f"{value:+.{_decimals(printed) + 1}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else "0"


def _decimals(printed: str) -> int:
    return min(len(printed.partition(".")[2]), 8)


def percent(value: float, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.{digits}f} %"


def count(value: float) -> str:
    """Write a whole number with commas between thousands."""
    return f"{int(value):,}"


def escape(text: str) -> str:
    """Take the special meaning from every character that Markdown or HTML gives one."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>&$~^\"'@:])", r"\\\1", one_line)


def _attribute(text: str) -> str:
    return " ".join(text.split()).replace("\\", "").replace('"', "'")
