"""The report: figures, numbers, what other people's text can do to it, and its bytes."""

import functools
import json
import re
import string
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import jinja2
import numpy as np
import pypandoc
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import image
from ruamel.yaml import YAML

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.evaluation.costs import rows_of
from mnist_report.report import render
from mnist_report.report.claims import Verdict as ClaimVerdict
from mnist_report.report.errata import load_slips
from mnist_report.report.ledger import Entry, Verdict, load_ledger
from mnist_report.report.render import (
    Document,
    count,
    difference_like,
    duration,
    escape,
    fixed,
    like,
    percent,
    report_title,
    short,
    to_html,
    to_pdf,
)

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(render.TEMPLATES.glob("*.j2"))
LEDGER = load_ledger()
SLIPS = load_slips()
SCRIPT = "<script>alert(1)</script>"
SPECIALS = string.punctuation


def committed_metrics():
    files = sorted((ROOT / "metrics").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def committed_params():
    return YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def rendered(target, metrics, ledger=LEDGER):
    return render.render_markdown(target, metrics, ledger, SLIPS, committed_params())


def leaves(tree):
    if isinstance(tree, dict | list):
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(value)
    else:
        yield tree


def made_up(tree):
    """Return metrics of the same shape with other shares in them: x becomes 0.8 x + 0.05."""
    if isinstance(tree, dict):
        return {key: made_up(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [made_up(value) for value in tree]
    return 0.8 * tree + 0.05 if isinstance(tree, float) else tree


@pytest.fixture
def metrics():
    return made_up(committed_metrics())


def foreign(metrics, title):
    """Return the metrics as a data set of somebody's own would make them."""
    metrics["fetch"] |= {"dataset": "own", "title": title, "comparable_with_paper": False}
    return metrics


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder in the place of the checkout, with a small picture for every figure."""
    root = tmp_path_factory.mktemp("illustrated")
    environment = jinja2.Environment()
    for template in TEMPLATES:
        tree = environment.parse(template.read_text(encoding="utf-8"))
        for call in tree.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Getattr) and call.node.attr == "figure":
                path = root / "plots" / Path(*(name.as_const() for name in call.args[:2]))
                path.parent.mkdir(parents=True, exist_ok=True)
                image.imsave(path, np.eye(8))
    return root


def make(folder, target, title=None):
    """Make the report of made-up metrics, on a data set of that title or on MNIST."""
    metrics = made_up(committed_metrics())
    if title is not None:
        metrics = foreign(metrics, title)
    convert = {"html": to_html, "pdf": to_pdf}[target]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "ROOT", folder)
        return convert(rendered(target, metrics), report_title(metrics["fetch"]))


@pytest.fixture(scope="module")
def document(folder):
    """Return a function that makes a report and remembers it, for each takes a second."""
    return functools.cache(functools.partial(make, folder))


class Page(HTMLParser):
    """What stands in an HTML document: tags with their attributes, text, and style sheets."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "meta", "link", "br", "hr", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in {*self.open, "everything"}:
            self.texts[tag] = self.texts.get(tag, "") + data

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag="everything"):
        return " ".join(self.texts.get(tag, "").split())

    def addresses(self):
        """Return every address that a browser may load or a reader may follow."""
        styles = [self.texts.get("style", "")]
        for _, attributes in self.tags:
            styles.append(attributes.get("style") or "")
            for name in ("src", "href", "xlink:href", "srcset", "poster", "action", "data"):
                if attributes.get(name):
                    yield attributes[name]
        for style in styles:
            yield from re.findall(r"url\(\s*['\"]?([^'\")]*)", style)
            yield from re.findall(r"@import\s+['\"]([^'\"]*)", style)


def own_addresses_only(page):
    others = []
    for address in page.addresses():
        parts = urlsplit(address)
        if parts.scheme != "data" and (parts.scheme or parts.netloc):
            others.append(address[:80])
    return others == []


def test_the_page_reader_sees_other_peoples_addresses():
    html = '<p style="background: url(\'http://a.b/c\')"><img src="{}"><a href="#x">y</a>'
    assert not own_addresses_only(Page(html.format("x.png")))
    assert not own_addresses_only(Page('<img src="//a.b/c.png">'))
    assert not own_addresses_only(Page("<style>@import 'https://a.b'; </style>"))
    assert own_addresses_only(Page('<img src="data:image/png;base64,AA=="><a href="#x">y</a>'))


# Figures


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """Return a function that puts another report into the place of the real one."""

    def put(text):
        (tmp_path / "report.md.j2").write_text(text, encoding="utf-8")
        monkeypatch.setattr(render, "TEMPLATES", tmp_path)

    return put


A, B = (f'{{{{ doc.figure("s", "{name}.png", "alt {name}", "Caption.") }}}}' for name in "ab")
REF_A, REF_B = (f'{{{{ doc.ref("s", "{name}.png") }}}}' for name in "ab")
FETCHED = {"fetch": {"comparable_with_paper": True, "title": "MNIST"}}


@pytest.mark.parametrize("target", ["git", "html", "pdf"])
def test_figures_are_numbered_as_they_appear_and_named_by_number(templates, target):
    templates(f"See {REF_A} and {REF_B}.\n\n{B}\n\n{A}\n\nAgain {REF_B}.\n")
    text = rendered(target, FETCHED, [])
    assert "See Figure 2 and Figure 1." in text
    assert "Again Figure 1." in text
    assert re.findall(r"\*\*Figure (\d)\.\*\*", text) == ["1", "2"]
    assert text.index("s/b.png") < text.index("s/a.png")


def test_a_reference_to_a_figure_that_is_not_there_is_an_error(templates):
    templates(f"{A}\n\nSee {REF_B}.\n")
    with pytest.raises(UserError, match=r"b\.png"):
        rendered("git", FETCHED, [])


def test_a_number_that_is_not_there_is_an_error(templates):
    templates("{{ m.fetch.nothing }}\n")
    with pytest.raises(UserError, match=r"nothing.*dvc repro"):
        rendered("git", FETCHED, [])


@pytest.mark.parametrize("target", ["git", "html", "pdf"])
def test_a_ledger_entry_that_is_not_there_is_an_error(templates, target):
    templates('{{ doc.judged("no.such").verdict }}\n')
    with pytest.raises(UserError, match=r"no\.such"):
        rendered(target, FETCHED, [])


def test_figures_of_every_target_lie_where_the_document_looks():
    folders = {"git": "../plots/s/a.png", "html": "plots/s/a.png", "pdf": "/plots/s/a.png"}
    for target, path in folders.items():
        assert f"]({path})" in Document(target, {}, []).figure("s", "a.png", "alt", "Caption.")


def test_a_picture_that_is_not_there_is_an_error_in_html(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises((UserError, RuntimeError), match=r"a\.png"):
        to_html('![words](plots/s/a.png){alt="a"}\n', "Title")


def test_a_picture_that_is_not_there_is_an_error_in_pdf(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises((UserError, RuntimeError), match=r"a\.png"):
        to_pdf('![words](/plots/s/a.png){alt="a"}\n', "Title")


def test_figures_of_the_real_report(metrics):
    text = rendered("git", metrics)
    numbers = [int(number) for number in re.findall(r"\*\*Figure (\d+)\.\*\*", text)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(number) for number in re.findall(r"Figure (\d+)", text)} == set(numbers)
    placed = re.findall(r"^!\[([^\]]+)\]\(\.\./(plots/[\w/.]+)\)$", text, flags=re.MULTILINE)
    assert len(placed) == len(numbers) == len({path for _, path in placed})
    stages = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    made = {path for stage in stages.values() for item in stage.get("plots", []) for path in item}
    assert {path for _, path in placed} <= made


def test_the_same_figures_are_in_every_document(metrics):
    found = {
        target: re.findall(r"plots/([\w/.]+png)", rendered(target, metrics))
        for target in ("git", "html", "pdf")
    }
    assert found["git"] == found["html"] == found["pdf"]


def test_the_contents_lead_to_the_headings(metrics):
    text = rendered("git", metrics)
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    links = re.findall(r"^- \[(.+)\]\(#([\w-]+)\)$", text, flags=re.MULTILINE)
    assert [name for name, _ in links] == headings
    # Pandoc makes the anchors of Git hosts as well: an independent opinion on them.
    page = Page(pypandoc.convert_text(text, "html", format="gfm"))
    anchors = {attributes.get("id") for tag, attributes in page.tags if tag == "h2"}
    assert {anchor for _, anchor in links} == anchors


# Numbers


def prose(template):
    """Return what a template says outside Jinja's braces."""
    text = template.read_text(encoding="utf-8")
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", text, flags=re.DOTALL)


def typed_results(text, values, given):
    """Return the numbers in `text` that are roundings of one of `values`.

    Only numbers of three digits or more: shorter ones agree with something by chance.
    """
    found = []
    for typed in re.findall(r"(?<![\w.:/-])\d[\d,]*(?:\.\d+)?(?![\w:/])", text):
        plain = typed.replace(",", "").rstrip(".")
        decimals = len(plain.partition(".")[2])
        if len(plain.replace(".", "").strip("0")) < 3 or plain in given:
            continue
        roundings = {f"{factor * value:.{decimals}f}" for value in values for factor in (1, 100)}
        if plain in roundings:
            found.append(typed)
    return found


def test_typed_results_are_recognised():
    values = [0.8246468636828882, 331]
    text = "82.5 % and 0.8246, 0.825 with 331 components; 784, 0.99, 2010.825 and 1,234"
    assert typed_results(text, values, set()) == ["82.5", "0.8246", "0.825", "331"]
    assert typed_results(text, values, {"331"}) == ["82.5", "0.8246", "0.825"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_recomputed_number_is_typed_into_a_template(template):
    metrics = committed_metrics()
    values = [v for v in leaves(metrics) if isinstance(v, int | float) and not isinstance(v, bool)]
    # Numbers that somebody chose are no results: parameters, and what the paper prints.
    given = {str(value) for value in leaves(committed_params())} | {
        entry.printed for entry in LEDGER
    }
    assert typed_results(prose(template), values, given) == []


def test_numbers_of_the_report_come_from_the_metrics(metrics):
    text = " ".join(rendered("git", metrics).split())
    one, two = (metrics["pca"]["explained_variance_ratio"][number] for number in "12")
    assert f"explain {100 * one:.1f} % and {100 * two:.1f} % of the variance" in text
    assert f"a mean of {metrics['scale']['train']['pixel_mean']:.4f} over" in text
    old = committed_metrics()["pca"]["explained_variance_ratio"]["1"]
    assert f"{100 * old:.1f} %" not in text


def test_a_metric_that_is_missing_is_said_to_be_not_computed(metrics):
    metrics["pca"]["explained_variance_sum"].pop("50")
    rows = [
        line
        for line in rendered("git", metrics).splitlines()
        if line.startswith("| sum of 50, in words |")
    ]
    # In its section, and in the table of all numbers.
    assert [row.endswith("| 0.80 | – | – | not computed |") for row in rows] == [True, True]


@pytest.mark.parametrize("section", ["data.", "pca."])
def test_tables_show_every_entry_of_a_section_with_its_verdict(metrics, section):
    table = rf"^\| (.+) \| .+ \| .+ \| .+ \| .+ \| ({'|'.join(get_args(Verdict))}) \|$"
    rows = re.findall(table, rendered("git", metrics), flags=re.MULTILINE)
    judged = Document("git", metrics, LEDGER).compare(section)
    assert len(judged) > 1
    assert {(row.entry.what, row.verdict) for row in judged} <= set(rows)


def test_verdicts_are_counted_in_the_summary(metrics):
    verdicts = [row.verdict for row in Document("git", metrics, LEDGER).verdicts]
    counts = {verdict: verdicts.count(verdict) for verdict in get_args(Verdict)}
    metrics["verdicts"]["numbers"] = counts
    expected = [
        len(LEDGER),
        counts["reproduced"],
        counts["near"],
        counts["not reproduced"],
        counts["cannot be checked"] + counts["not computed"],
    ]
    row = f"| printed numbers | {' | '.join(map(str, expected))} |"
    assert row in rendered("git", metrics).splitlines()


def test_statements_are_counted_in_the_summary_and_in_their_section(metrics):
    claims = Document("git", metrics, LEDGER).claims
    verdicts = [row.finding.verdict for row in claims]
    metrics["verdicts"]["claims"] = {
        verdict: verdicts.count(verdict) for verdict in get_args(ClaimVerdict)
    }
    text = rendered("git", metrics)
    counts = (verdicts.count(verdict) for verdict in get_args(ClaimVerdict))
    row = f"| statements | {len(claims)} | {' | '.join(map(str, counts))} |"
    assert row in text.splitlines()
    assert f"Of {len(claims)} statements {verdicts.count('holds')} hold" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0123, "0.012 seconds"),
        (119, "120 seconds"),
        (120, "2 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (4 * 86400, "4 days"),
        (1234 * 31_557_600, "1,200 years"),
    ],
)
def test_durations_are_in_the_largest_unit_of_which_there_are_two(seconds, text):
    assert duration(seconds) == text


def test_number_formats():
    assert fixed(0.12345, 3) == "0.123"
    assert rows_of("rows_60000") == 60_000
    assert percent(0.82465) == "82.5 %"
    assert percent(1.0, 0) == "100 %"
    assert count(60000) == "60,000"
    assert count(7.0) == "7"
    assert like(0.168005884, "0.16") == "0.17"
    assert like(60000, "6000") == "60000"
    assert like(0.16800588458, "0.16800588410864079") == "0.16800588"
    assert short("0.16800588410864079") == "0.16800588…"
    assert [short(text) for text in ("0.80", "6000")] == ["0.80", "6000"]
    assert difference_like(0.0246, "0.80") == "+0.025"
    assert difference_like(-0.0246, "0.80") == "−0.025"
    assert difference_like(0.0, "0.80") == "0"
    assert difference_like(54000, "6000") == "+54000.0"


# Text of other people


def paragraphs(html):
    """Return the text of each paragraph, and the names of all tags that are not one."""
    page = Page(html.replace("</p>", "\0</p>"))
    texts = page.texts.get("p", "").split("\0")[:-1]
    return [" ".join(text.split()) for text in texts], {tag for tag, _ in page.tags} - {"p"}


HOSTILE = [
    SCRIPT,
    "<img src=x onerror=alert(1)>",
    "</title></head><body>",
    "Tiny <digits>",
    "*stars* _and_ __lines__ `code` ~~gone~~ ~sub~ ^sup^",
    "[link](http://a.b) ![image](x.png) [ref]: x [^1] ^[note]",
    "# heading #",
    "1. one",
    "1) one",
    "- item",
    "+ item",
    "> quote",
    "| a | b |",
    "$x^2$ and $$y$$ \\(z\\) \\[w\\]",
    "\\alpha \\begin{x} \\\\",
    "&lt; &amp; &#60;",
    "quotes \"double\" and 'single' -- dash --- ... dots",
    "http://a.b/c www.a.b someone@a.b @cite [@cite] :smile:",
    "{.class #id key=value} []{.x} <!-- comment -->",
    "::: div",
    "% title",
    "--- ",
    "***",
    "    indented",
    "```python",
    "a  b\nc\r\nd",
    "#let x = 1; #panic() $ @label <label> //comment /* c */",
    SPECIALS,
    "".join(f"{letter}{letter}" for letter in SPECIALS),
]


@pytest.mark.parametrize("reader", [render._READER, "gfm"])
def test_hostile_text_stays_text(reader):
    """Escaped, it comes out of Pandoc as it went in, alone and inside a sentence."""
    texts = [" ".join(text.split()) for text in HOSTILE]
    source = "\n\n".join(f"{escape(text)}\n\nSee {escape(text)} there." for text in HOSTILE)
    found, tags = paragraphs(pypandoc.convert_text(source, "html", format=reader))
    assert tags == set()
    assert found == [line for text in texts for line in (text, f"See {text} there.")]


LETTERS = st.one_of(
    st.sampled_from(SPECIALS + " 1aé"),
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]),
)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=40).filter(str.strip), min_size=50, max_size=50)
)
def test_any_text_stays_text(texts):
    source = "\n\n".join(f"See {escape(text)} there." for text in texts)
    found, tags = paragraphs(pypandoc.convert_text(source, "html", format=render._READER))
    assert tags == set()
    assert found == [f"See {' '.join(text.split())} there." for text in texts]


def typeset(source):
    """Return the text of every heading, as Typst reads it; markup in one would not be text."""

    def text(content):
        if "children" in content:
            return "".join(map(text, content["children"]))
        return {"space": " "}.get(content["func"]) or content["text"]

    found = typst.query(source.encode(), "heading", field="body", ignore_system_fonts=True)
    return [text(content) for content in json.loads(found)]


def test_hostile_text_stays_text_in_the_pdf():
    texts = [" ".join(text.split()) for text in [*HOSTILE, '#eval("1 + 1") #panic()', "a" * 80]]
    markdown = "\n\n".join(f"# See {escape(text)} there." for text in texts)
    source = "#let contents = none\n" + render._pandoc(markdown, "typst")
    # Typst draws three dots as one letter.
    assert typeset(source) == [f"See {text} there.".replace("...", "…") for text in texts]
    with pytest.raises(KeyError):
        typeset("= See *this* there.")


TITLES = [SCRIPT, "Tiny <digits>", "</title><b>", SPECIALS, 'Tiny "1" & [x](y) *z* $5 #a @b']
TITLES.append(r'#eval("1") $x^2$ \input{x} [a]{.b}')


@pytest.mark.parametrize("title", TITLES)
def test_a_title_never_becomes_markup_in_html(document, title):
    plain, page = Page(document("html")), Page(document("html", title))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert own_addresses_only(page)
    assert f"The pipeline ran on {title}. No figure" in page.text("p")


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_shown_as_it_was_given_in_html(document, title):
    expected = f"recomputed on {title} (this is not MNIST)"
    page = Page(document("html", title))
    assert page.text("h1").endswith(expected)
    assert page.text("title").endswith(expected)


@pytest.mark.parametrize("title", TITLES)
def test_a_title_does_not_break_the_pdf(document, title):
    pdf = document("pdf", title)
    assert pdf.startswith(b"%PDF-")
    assert pdf_title(pdf).startswith("An Approximation to the MNIST Dataset, recomputed on")


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_shown_as_it_was_given_in_the_pdf(metrics, title):
    fetched = foreign(metrics, title)["fetch"]
    pdf = to_pdf("Text.\n", report_title(fetched))
    assert pdf_title(pdf).endswith(f"recomputed on {title} (this is not MNIST)")


def pdf_title(pdf):
    """Return the title that a PDF states of itself, in its XML metadata."""
    stated = re.search(rb'<rdf:li xml:lang="x-default">(.*?)</rdf:li>', pdf, flags=re.DOTALL)
    return Page(stated[1].decode()).text()


def test_the_report_says_that_other_data_are_not_mnist(metrics):
    assert "not MNIST" not in rendered("git", metrics)
    text = rendered("git", foreign(metrics, "Mine"))
    assert text.splitlines()[0].endswith("on Mine (this is not MNIST)")
    assert "**This is not MNIST.** The pipeline ran on Mine." in text


# The documents


def check_page(page):
    assert own_addresses_only(page)
    assert page.named("script") == []
    shown = page.named("img")
    assert len(shown) == len(page.named("figure")) == len(page.named("figcaption")) > 0
    assert all(len(picture["alt"].split()) >= 3 for picture in shown)
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in shown)
    [html] = page.named("html")
    assert html["lang"] == "en"
    targets = {attributes.get("id") for _, attributes in page.tags}
    inside = {link["href"][1:] for link in page.named("a") if link["href"].startswith("#")}
    assert inside - {""} <= targets


def test_the_html_needs_no_other_file_and_every_figure_has_words(document, folder):
    page = Page(document("html"))
    check_page(page)
    assert len(page.named("img")) == len(list(folder.rglob("*.png")))
    assert "<style" not in page.text()
    assert page.texts["style"]


def test_the_committed_html_needs_no_other_file_and_every_figure_has_words():
    check_page(Page((ROOT / "report" / "report.html").read_text(encoding="utf-8")))


def test_sections_are_numbered_from_one(document):
    numbers = re.findall(r'"header-section-number">([\d.]+)<', document("html"))
    assert numbers[0] == "1"
    assert not [number for number in numbers if number.startswith("0")]


def test_mathematics_is_mathml(document):
    page = Page(document("html"))
    assert page.named("math")
    assert "$" not in page.text("p")


def test_the_same_input_gives_the_same_bytes(metrics, document, folder):
    assert rendered("git", metrics) == rendered("git", metrics)
    html, pdf = document("html"), document("pdf")
    time.sleep(1.1)  # a clock of whole seconds that got into a file would show
    assert (make(folder, "html"), make(folder, "pdf")) == (html, pdf)
    assert b"CreationDate" not in pdf
    assert b"ModDate" not in pdf


def test_documents_name_no_folder_of_this_machine(document, folder):
    html, pdf = document("html"), document("pdf")
    for name in (str(folder), str(ROOT), str(Path.home())):
        assert name not in html
        assert name.encode() not in pdf


def test_compare_takes_the_entries_of_one_section():
    ledger = [
        Entry(f"{part}.x", part, "place", "1", f"{part}.value") for part in ("data", "pca", "svm")
    ]
    document = Document("git", {"pca": {"value": 1}}, ledger)
    assert [judged.entry.what for judged in document.compare("pca.")] == ["pca"]
    assert [judged.verdict for judged in document.compare("")] == [
        "not computed",
        "reproduced",
        "not computed",
    ]
