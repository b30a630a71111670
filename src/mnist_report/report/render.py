"""From templates to documents: Markdown for a Git host, one HTML file, one PDF.

Templates never hold a recomputed number: they take numbers from the metrics and figures from the
plots. Markdown is rendered once for each target, since a Git host, a browser and a page of paper
want figures written in different ways.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import jinja2
import pypandoc
import typst

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import Params
from mnist_report.figures.names import KERNELS, MODELS
from mnist_report.report import origins
from mnist_report.report.ledger import REACH, VERDICTS, Entry, Judged, Spread, judge_all
from mnist_report.report.slips import Slip
from mnist_report.report.statements import JudgedStatement, judge_statements
from mnist_report.studies.paper import changed

Target = Literal["git", "html", "pdf"]
TARGETS: tuple[Target, ...] = get_args(Target)

TEMPLATES = Path(__file__).with_name("templates")

#: How the top of the checkout is named from where each document looks for pictures.
_TOP = {"git": "../", "html": "", "pdf": "/"}

#: The stages that draw the pictures of a folder, where they are not the folder's name.
_DRAWN_BY = {"slips": "judge", "statements": "judge", "verdicts": "judge", "costs": "report"}

#: How a verdict is shown: its sign, and the name of its colour in `report.css` and `report.typ`.
_VERDICT_LOOKS = {
    "reproduced": ("✓", "good"),
    "near": ("≈", "fair"),
    "not reproduced": ("✗", "bad"),
    "cannot be checked": ("–", "unjudged"),
    "not computed": ("–", "unjudged"),
    "not comparable": ("–", "unjudged"),
    "not tested": ("–", "unjudged"),
    "holds": ("✓", "good"),
    "holds in part": ("≈", "fair"),
    "does not hold": ("✗", "bad"),
}

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
        stage
            The folder of `plots` that it lies in, or ``costs``.
        alt
            What the picture shows, for a reader who cannot see it.
        caption
            What to see in it.
        """
        number = self.figure_numbers.setdefault(f"{stage}/{name}", len(self.figure_numbers) + 1)
        folder = "report/costs" if stage == "costs" else f"plots/{stage}"
        path = f"{_TOP[self.target]}{folder}/{name}"
        script = f"stages/{_DRAWN_BY.get(stage, stage)}.py"
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

    def verdict(self, word: str) -> str:
        """Write a verdict so that it stands out: by a sign before it, and by its colour.

        A Git host has no colours of ours; there the word stands alone.

        Raises
        ------
        UserError
            If there is no such verdict.
        """
        if word not in _VERDICT_LOOKS:
            raise UserError(f"a template shows the verdict '{word}', which render.py does not know")
        sign, colour = _VERDICT_LOOKS[word]
        if self.target == "git":
            return word
        if self.target == "html":
            return f'[[{sign}]{{aria-hidden="true"}} {word}]{{.verdict .{colour}}}'
        return f'[{sign}\N{NO-BREAK SPACE}{word}]{{typst:text:fill="{colour}"}}'

    def best_kernel(self, rows: str, measure: str) -> str:
        """Name the kernel with the highest `measure` on ``train`` or ``test`` rows."""
        kernels: dict[str, Any] = self.metrics["svm_kernels"]["kernels"]
        return max(kernels, key=lambda kernel: float(kernels[kernel][rows][measure]))

    @cached_property
    def verdicts(self) -> list[Judged]:
        """Every printed number, judged."""
        return judge_all(self.ledger, self.metrics)

    @property
    def possible(self) -> list[str]:
        """The verdicts that a number can have where the data are the paper's."""
        return [verdict for verdict in VERDICTS if verdict != "not comparable"]

    def origins(self, kernel: str) -> list[origins.Candidate]:
        """Return what the printed AUC of a kernel may come from, the best candidate first."""
        printed = float(self.judged(f"svm_kernels.auc.{kernel}").entry.printed)
        return origins.candidates(self.metrics["origins"]["kernels"][kernel], printed)

    @cached_property
    def statements(self) -> list[JudgedStatement]:
        """Every statement of the paper, judged."""
        return judge_statements(self.metrics)

    def compare(self, prefix: str) -> list[Judged]:
        """Return the printed numbers whose id starts with `prefix`, each judged."""
        return [row for row in self.verdicts if row.entry.id.startswith(prefix)]

    def judged(self, entry_id: str) -> Judged:
        """Return one printed number, judged.

        Raises
        ------
        UserError
            If the ledger has no such entry.
        """
        for row in self.verdicts:
            if row.entry.id == entry_id:
                return row
        raise UserError(f"a template asks for '{entry_id}', which paper.yaml does not hold")


def render_markdown(
    target: Target,
    metrics: Mapping[str, Any],
    ledger: Sequence[Entry],
    slips: Sequence[Slip],
    params: Params,
) -> str:
    """Render the whole report as Markdown for one target.

    Parameters
    ----------
    metrics
        Stage name to the content of its metrics file.
    ledger
        What the paper prints.
    slips
        Its slips.
    params
        What `params.yaml` says.

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
    for function in FILTERS:
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
                changed=changed(params),
                slips=slips,
                target=target,
                title=report_title(metrics["fetch"], escape),
                kernel_names=KERNELS,
                model_names=MODELS,
                origin_gammas=origins.GAMMAS,
                origin_rows=origins.ROWS,
                reach=REACH,
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
    html = _pandoc(
        markdown,
        "html5",
        "--standalone",
        "--embed-resources",
        "--mathml",
        "--toc",
        "--toc-depth=3",
        "--number-sections",
        "--section-divs",
        "--resource-path=.",
        f"--template={_from_root('report.html')}",
        f"--css={_from_root('report.css')}",
        f"--metadata=title:{title}",
        "--metadata=lang:en",
    )
    # What Pandoc writes although HTML has no use for it: validators say so at every place.
    html = re.sub(r'<img role="img" aria-label="[^"]*"', "<img", html)
    html = html.replace('<style type="text/css">', "<style>").replace(" />", ">")
    # A hat that combines with the letter before it finds none there, and stands askew.
    return html.replace(
        "\N{COMBINING CIRCUMFLEX ACCENT}</mo>", "\N{MODIFIER LETTER CIRCUMFLEX ACCENT}</mo>"
    )


def to_pdf(markdown: str, title: str) -> bytes:
    """Turn Markdown into a PDF; the file holds no date, so the same text gives the same bytes."""
    source = _pandoc(
        markdown,
        "typst",
        "--standalone",
        "--shift-heading-level-by=-1",
        f"--template={_from_root('report.typ')}",
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


def _from_root(template: str) -> str:
    """Return the path of a template from the root: under the C locale Pandoc reads no others.

    A checkout may lie in a folder whose name has letters beyond ASCII.
    """
    return os.path.relpath(TEMPLATES / template, paths.ROOT)


def _pandoc(markdown: str, to: str, *arguments: str) -> str:
    try:
        text: str = pypandoc.convert_text(
            markdown,
            to,
            format=_READER,
            # A picture that is not there is a warning to pandoc; here it is an error.
            # Tables take the width of their cells; pandoc would squeeze those with long lines.
            extra_args=[
                "--fail-if-warnings",
                "--columns=10000",
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


def over_seeds(spread: Spread, printed: str) -> str:
    """Write mean and sd over seeds, to one digit more than the printed number, at most five."""
    digits = min(_decimals(printed) + 1, 5)
    return f"{fixed(spread.mean, digits)} ± {fixed(spread.sd, digits)}"


def first_capital(text: str) -> str:
    """Begin a heading with a capital letter and leave the rest."""
    return text[:1].upper() + text[1:]


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


#: What templates can write after a bar.
FILTERS: tuple[Callable[..., object], ...] = (
    fixed,
    percent,
    count,
    plain,
    power,
    escape,
    like,
    short,
    difference_like,
    over_seeds,
    first_capital,
)
