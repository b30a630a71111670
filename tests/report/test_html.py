"""The look of the report: what a phone, a keyboard, a screen reader and a printer need of it."""

import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from matplotlib import image

from mnist_report import paths
from mnist_report.errors import UserError
from mnist_report.report import render
from mnist_report.report.ledger import Verdict
from mnist_report.report.render import Document, to_html, to_pdf

ROOT = Path(__file__).resolve().parents[2]
TITLE = "A <small> report"
CLAIM_VERDICTS = ("holds", "holds in part", "does not hold")
WORDS = tuple(render._VERDICT_LOOKS)
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
POINTS_PER_MM = 72 / 25.4


def markdown(target):
    """Return a small report with everything in it that the real one has."""
    document = Document(target, {}, [])
    verdicts = "".join(f"| {document.verdict(word)} | 1 |\n" for word in WORDS)
    tall = document.figure("s", "tall.png", 'A "tall" picture of stripes.', "Look *up*.")
    wide = document.figure("s", "wide.png", "A wide picture of stripes.", "Look aside.")
    return f"""
Words before any heading, with `code` and a [link](https://example.org/).

| verdict | count |
|:--|--:|
{verdicts}

## One

$$x = \\frac{{1}}{{2}}, \\qquad \\hat y = 3$$

{tall}

### Same

A formula $a^2$ and $\\hat y$ in a line.

| a | b | c |
|:--|--:|:--|
| 1 | 2 | $x$ |

Table: What the columns say.

### Same

{wide}

## Two & three

| d |
|:--|
| 1 |
"""


@dataclass
class Element:
    """An element of an HTML document, and the text and elements in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: "Element | None" = None
    children: list["Element | str"] = field(default_factory=list)

    def all(self, *tags):
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags or not tags:
                    found.append(child)
                found += child.all(*tags)
        return found

    def around(self):
        return [] if self.parent is None else [self.parent, *self.parent.around()]

    @property
    def text(self):
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())

    def get(self, name):
        return self.attributes.get(name)


class Tree(HTMLParser):
    """Build the tree of a document, with `faults` where its tags do not fit together."""

    def __init__(self, html):
        super().__init__()
        self.root = self.at = Element("", {})
        self.faults = []
        self.feed(html)
        self.close()
        if self.at is not self.root:
            self.faults.append(f"<{self.at.tag}> is not closed")

    def handle_starttag(self, tag, attributes):
        if len(dict(attributes)) < len(attributes):
            self.faults.append(f"<{tag}> has an attribute twice")
        element = Element(tag, dict(attributes), self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag):
        if tag != self.at.tag or self.at.parent is None:
            self.faults.append(f"</{tag}> closes <{self.at.tag}>")
        else:
            self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Put the small report's pictures where the report looks for them."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "plots" / "s").mkdir(parents=True)
    for name, shape in {"tall": (2000, 200), "wide": (20, 3000)}.items():
        image.imsave(folder / "plots" / "s" / f"{name}.png", np.indices(shape).sum(0) % 2, dpi=150)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "ROOT", folder)
        yield


@pytest.fixture(scope="module", params=["small", "committed"])
def tree(request, pictures):
    if request.param == "small":
        return Tree(to_html(markdown("html"), TITLE))
    return Tree((ROOT / "report" / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tree):
    return tree.root


@pytest.fixture(scope="module")
def pdf(pictures):
    return to_pdf(markdown("pdf"), TITLE)


def style():
    return re.sub(r"/\*.*?\*/", "", (render.TEMPLATES / "report.css").read_text("utf-8"))


# The page as HTML


def test_the_tree_reader_sees_faults():
    assert Tree("<p>a<br>b <em>c</em></p>").faults == []
    assert Tree("<p><em>a</p></em>").faults == ["</p> closes <em>", "<p> is not closed"]
    assert Tree("<p>a").faults == ["<p> is not closed"]
    assert Tree('<p id="a" id="b">a</p>').faults == ["<p> has an attribute twice"]


def test_tags_fit_together(tree):
    assert tree.faults == []
    # A browser ends a paragraph before a block, which tears what is around it apart.
    blocks = ("div", "figure", "table", "p", "ul", "ol", "section", "h2", "h3", "pre")
    assert [p.text for p in tree.root.all("p") if p.all(*blocks)] == []


def test_ids_are_unique_and_links_inside_the_page_lead_to_them(page):
    ids = [element.get("id") for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    inside = [a.get("href")[1:] for a in page.all("a") if a.get("href").startswith("#")]
    assert len(inside) > 3
    assert set(inside) <= set(ids)


def test_a_browser_loads_nothing(page):
    assert page.all("script", "iframe", "object", "embed", "video", "audio", "base") == []
    loaded = [element.get("src") for element in page.all() if "src" in element.attributes]
    loaded += [link.get("href") for link in page.all("link")]
    assert len(loaded) >= 3
    assert [address[:80] for address in loaded if not address.startswith("data:")] == []
    styles = " ".join(style.text for style in page.all("style"))
    assert "--paper" in styles
    assert not re.search(r"url\(|@import|image-set", styles)
    assert not any(name.startswith("on") for e in page.all() for name in e.attributes)


def test_the_page_says_its_language_title_and_width(page):
    [html], [title], [heading] = page.all("html"), page.all("title"), page.all("h1")
    assert html.get("lang") == "en"
    assert title.text == heading.text != ""
    metas = {meta.get("name"): meta.get("content") for meta in page.all("meta")}
    assert metas["viewport"] == "width=device-width, initial-scale=1"  # and nothing against zoom
    assert metas["color-scheme"] == "light dark"


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(h.tag[1]) for h in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[:2] == [1, 2]
    assert levels.count(1) == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []


def test_the_contents_list_every_section_in_order(page):
    [nav], [main] = page.all("nav"), page.all("main")
    sections = [h.parent.get("id") for h in main.all("h2", "h3")]
    assert [link.get("href") for link in nav.all("a")] == [f"#{name}" for name in sections]
    assert nav.get("aria-label")
    assert nav.get("tabindex") == "0"  # beside the text it scrolls
    assert [child.text for child in nav.all("summary")] == ["Contents"]


def test_the_first_link_skips_to_the_text(page):
    first, [main] = page.all("a")[0], page.all("main")
    assert first.get("href") == f"#{main.get('id')}"


def test_every_picture_has_words_and_a_caption_of_its_own(page):
    shown = page.all("img")
    assert len(shown) >= 2
    for picture in shown:
        figure = picture.parent
        assert figure.tag == "figure"
        [caption] = figure.all("figcaption")
        assert len(picture.get("alt").split()) >= 3
        assert re.match(r"Figure \d+\. \w", caption.text)
        assert picture.get("alt") not in caption.text
        # A second name beside `alt` would be read instead of it.
        assert not {"role", "aria-label", "title"} & set(picture.attributes)


def test_what_may_be_too_wide_scrolls_in_a_box_that_takes_the_focus(page):
    formulas = [m for m in page.all("math") if m.get("display") == "block"]
    tables = page.all("table")
    assert formulas
    assert len(tables) >= 3
    for wide, kind in [(f, "formula") for f in formulas] + [(t, "table") for t in tables]:
        box = wide.parent
        assert box.get("class") == kind
        assert box.get("tabindex") == "0"
        assert box.get("role") == "group"
        assert box.get("aria-label").strip(": ") not in ("", "Table")
    for kind in ("table", "formula"):
        assert re.search(rf"\.{kind} \{{[^}}]*overflow-x: auto", style())
    assert re.search(r"figure img \{[^}]*max-width: 100%", style())


def test_a_table_is_named_by_its_caption_or_by_what_it_stands_under(pictures):
    page = Tree(to_html(markdown("html"), TITLE)).root
    assert [table.parent.get("aria-label") for table in page.all("table")] == [
        f"Table: {TITLE}",
        "Table: What the columns say.",
        "Table: Two & three",
    ]


def test_accents_stand_on_their_letters(page):
    # A combining character has nothing to combine with in an element of its own.
    accents = [m.text for m in page.all("mo") if m.get("accent") == "true"]
    assert accents
    assert [a for a in accents if unicodedata.combining(a)] == []


# Colours


def schemes():
    """Return the custom properties of the light and of the dark scheme."""
    light = re.search(r":root \{(.*?)\}", style(), re.DOTALL)[1]
    dark = re.search(
        r"@media screen and \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", style(), re.DOTALL
    )[1]
    one, two = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block)) for block in (light, dark))
    return {"light": one, "dark": one | two}


def contrast(one, two):
    """Return the contrast ratio of WCAG 2.1 of two colours, 1 to 21."""

    def luminance(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return linear @ (0.2126, 0.7152, 0.0722)

    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # The lightest grey that passes on white, and the next one.
    assert contrast("#767676", "#ffffff") > 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme):
    colours = schemes()[scheme]
    written = set(re.findall(r"(?<![\w-])color: var\(--(\w+)\)", style()))
    assert written == {"ink", "soft", "link", "good", "fair", "bad"}
    # On the card lie pictures only.
    grounds = set(re.findall(r"background: var\(--(\w+)\)", style())) - {"card"}
    assert grounds == {"paper", "shade"}
    weak = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text in written
        for ground in grounds
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert weak == {}


def test_colours_change_with_the_scheme_and_stand_in_one_place():
    both = schemes()
    assert all(
        both["light"][name] != both["dark"][name] for name in both["light"] if name != "card"
    )
    assert contrast(both["dark"]["card"], "#ffffff") == 1  # figures are drawn on white
    rules = re.sub(r"--\w+: #[0-9a-f]{6};", "", style())
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", rules)
    assert set(re.findall(r"var\(--(\w+)\)", rules)) <= set(both["light"])


# Verdicts


def test_every_verdict_has_a_look():
    assert {*get_args(Verdict), *CLAIM_VERDICTS} <= set(WORDS)
    with pytest.raises(UserError, match="perhaps"):
        Document("html", {}, []).verdict("perhaps")


def test_verdicts_stand_out_without_colour(pictures):
    page = Tree(to_html(markdown("html"), TITLE)).root
    shown = [span for span in page.all("span") if "verdict" in (span.get("class") or "").split()]
    assert len(shown) == len(WORDS)
    signs = {}
    for span, word in zip(shown, WORDS, strict=True):
        [sign] = span.all("span")
        assert sign.get("aria-hidden") == "true"
        assert span.text == f"{sign.text} {word}"
        [colour] = set(span.get("class").split()) - {"verdict"}
        assert re.search(rf"^\.{colour} \{{ color:", style(), re.MULTILINE)
        assert signs.setdefault(colour, sign.text) == sign.text
    assert len(set(signs.values())) == len(signs) == 4


def test_on_a_git_host_a_verdict_is_its_word():
    document = Document("git", {}, [])
    assert [document.verdict(word) for word in WORDS] == list(WORDS)


def test_the_pdf_has_a_colour_and_a_letter_for_every_verdict(pdf):
    source = (render.TEMPLATES / "report.typ").read_text("utf-8")
    for _, colour in render._VERDICT_LOOKS.values():
        assert f"#let {colour} = " in source
    # A sign that no font holds would be drawn as glyph 0 of the text's font.
    mapped = re.findall(rb"<([0-9A-F]{4})> *<([0-9A-F]{4})>", b"".join(streams(pdf)))
    glyphs = {chr(int(letter, 16)): int(glyph, 16) for glyph, letter in mapped}
    for sign, _ in render._VERDICT_LOOKS.values():
        assert glyphs.get(sign, 0) > 0


# The PDF


def streams(pdf):
    """Yield the compressed parts of a PDF."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            continue


def test_pictures_of_the_pdf_have_words(pdf):
    assert b"/Alt(A 'tall' picture of stripes.)" in pdf
    assert b"/Alt(A wide picture of stripes.)" in pdf


def test_pictures_of_the_pdf_keep_their_shape_and_are_not_cut(pdf):
    matrix = rb"q ([\d.]+) 0 0 ([\d.]+) ([\d.]+) ([\d.]+) cm/x\d+ Do"
    drawn = re.findall(matrix, b"".join(streams(pdf)))
    width, height, left, bottom = np.array(drawn, dtype=float).T / POINTS_PER_MM
    assert sorted(width / height) == pytest.approx([200 / 2000, 3000 / 20], rel=1e-3)
    assert (left >= 20).all()
    assert (left + width <= 190).all()
    assert (bottom >= 20).all()
    assert (bottom + height <= 277).all()


def test_the_contents_of_the_pdf_follow_the_words_before_the_first_heading():
    source = render._pandoc(markdown("pdf"), "typst", "--shift-heading-level-by=-1")
    before, after = source.split("#contents")
    assert "Words before any heading" in before
    assert "verdict" in before
    assert after.lstrip().startswith("= One")


@pytest.mark.parametrize("alt", ['say "so"', "back\\\\slash", "#panic() $x$ \\#"])
def test_words_for_a_picture_do_not_break_the_pdf(pictures, alt):
    written = alt.replace('"', '\\"')
    pdf = to_pdf(f'![Caption](/plots/s/wide.png){{alt="{written}"}}\n', TITLE)
    assert b"/Alt(" in pdf


def test_the_c_locale_and_a_folder_beyond_ascii(tmp_path):
    folder = tmp_path / "ein Ordner für Ümläute"
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "from mnist_report.report.render import to_html, to_pdf\n"
        "assert 'é' in to_html('é', 'é')\n"
        "assert to_pdf('é', 'é').startswith(b'%PDF')\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("LANG", "PYTHONUTF8")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment | {"LC_ALL": "C", "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
