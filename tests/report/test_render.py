"""The report says what the results say; its figures; other people's text; the documents."""

import os
import re
import shutil
import string
import subprocess
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pypandoc
import pytest
from matplotlib import image

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params
from mnist_report.report import ledger, render, slips, statements
from mnist_report.report.render import TARGETS, Document, escape, to_html, to_pdf

LEDGER, SLIPS = ledger.load_ledger(), slips.load_slips()
TEMPLATES = sorted(render.TEMPLATES.glob("*.j2"))
PARAMS = load_params()


def rendered(target, results, params=PARAMS, entries=LEDGER):
    return render.render_markdown(target, results, entries, SLIPS, params)


def foreign(results, title):
    """Return the results as a data set of somebody's own would make them."""
    own = {"dataset": "own", "title": title, "comparable_with_paper": False}
    return results | {"fetch": results["fetch"] | own}


@pytest.fixture(scope="module")
def report(made_up):
    """Return the report of made-up results for a Git host."""
    return rendered("git", made_up)


def words(html):
    """Return the text of a piece of HTML in which there is no tag."""
    assert "<" not in html
    return " ".join(unescape(html).split())


# Figures


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Return a function that renders another report than the real one."""
    monkeypatch.setattr(render, "TEMPLATES", tmp_path)

    def put(text, target="git"):
        (tmp_path / "report.md.j2").write_text(text, encoding="utf-8")
        return rendered(target, {"fetch": {"comparable_with_paper": True}}, entries=[])

    return put


A, B = (f'{{{{ doc.figure("s", "{name}.png", "alt {name}", "Caption.") }}}}' for name in "ab")
REF_A, REF_B = (f'{{{{ doc.ref("s", "{name}.png") }}}}' for name in "ab")


def test_figures_are_numbered_as_they_appear_and_named_by_number(template):
    # Each document looks for pictures from another place.
    for target, folder in {"git": "../plots/s", "html": "plots/s", "pdf": "/plots/s"}.items():
        text = template(f"See {REF_A} and {REF_B}.\n\n{B}\n\n{A}\n\nAgain {REF_B}.\n", target)
        assert "See Figure 2 and Figure 1." in text
        assert "Again Figure 1." in text
        assert re.findall(r"\*\*Figure (\d)\.\*\*", text) == ["1", "2"]
        assert re.findall(r"\]\((.*?png)\)", text) == [f"{folder}/b.png", f"{folder}/a.png"]


def test_what_is_not_there_is_refused_in_one_line(template):
    for text, words in (
        (f"{A}\n\nSee {REF_B}.\n", r"s/b\.png, which it does not show"),
        ("{{ m.fetch.nothing }}\n", r"nothing.*dvc repro"),
        ('{{ doc.judged("no.such").verdict }}\n', r"no\.such.*paper\.yaml"),
        ('{{ doc.verdict("perhaps") }}\n', "perhaps"),
    ):
        for target in TARGETS:
            with pytest.raises(UserError, match=words) as caught:
                template(text, target)
            assert "\n" not in str(caught.value)


def test_a_picture_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(UserError, match=r"a\.png.*dvc repro"):
        to_html('![words](plots/s/a.png){alt="a"}\n', "Title")
    with pytest.raises((UserError, RuntimeError), match=r"a\.png"):
        to_pdf('![words](/plots/s/a.png){alt="a"}\n', "Title")


def test_figures_and_contents_of_the_real_report(report, made_up):
    numbers = [int(number) for number in re.findall(r"\*\*Figure (\d+)\.\*\*", report)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(number) for number in re.findall(r"Figure (\d+)", report)} == set(numbers)
    placed = re.findall(r"^!\[([^\]]+)\]\(\.\./([\w/.]+)\)$", report, flags=re.MULTILINE)
    assert len(placed) == len(numbers) == len({path for _, path in placed})
    assert all(len(alt.split()) >= 3 for alt, _ in placed)
    drawn = [paths.ROOT / path for _, path in placed if path.startswith("plots/")]
    made_by = {paths.ROOT / path for path in re.findall(r"Made by \[`.*?`\]\(\.\./(.*?)\)", report)}
    assert [path for path in {*drawn, *made_by} if not path.is_file()] == []
    for target in ("html", "pdf"):
        same = re.findall(r"\]\(/?([\w/.]+png)\)", rendered(target, made_up))
        assert same == [path for _, path in placed]

    headings = re.findall(r"^## (.+)$", report, flags=re.MULTILINE)
    links = re.findall(r"^- \[(.+)\]\(#([\w-]+)\)$", report, flags=re.MULTILINE)
    assert [name for name, _ in links] == headings
    # Pandoc makes the anchors of Git hosts as well: an independent opinion on them.
    html = pypandoc.convert_text("\n\n".join(f"## {h}" for h in headings), "html", "gfm")
    assert [anchor for _, anchor in links] == re.findall('<h2 id="(.*?)"', html)


# Numbers


def leaves(tree):
    if isinstance(tree, dict | list):
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(value)
    else:
        yield tree


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
        if any(plain in (f"{v:.{decimals}f}", f"{100 * v:.{decimals}f}") for v in values):
            found.append(typed)
    return found


def test_no_recomputed_number_is_typed_into_a_template(committed):
    text = "82.5 % and 0.8246, 0.825 with 331 components; 784, 0.99, 2010.825 and 1,234"
    assert typed_results(text, [0.8246468636828882, 331], {"331"}) == ["82.5", "0.8246", "0.825"]
    values = {
        v for v in leaves(committed) if isinstance(v, int | float) and not isinstance(v, bool)
    }
    # Numbers that somebody chose are no results: parameters, and what the paper prints.
    given = {str(value) for value in leaves(PARAMS.model_dump())} | {
        entry.printed for entry in LEDGER
    }
    for path in TEMPLATES:
        prose = re.sub(
            r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", path.read_text("utf-8"), flags=re.DOTALL
        )
        assert typed_results(prose, values, given) == [], path.name


def test_the_report_says_of_every_printed_number_what_the_results_say(report, made_up):
    lines = report.splitlines()
    for row in ledger.judge_all(LEDGER, made_up):
        whole, _, decimals = row.entry.printed.partition(".")
        digits, more = min(len(decimals), 8), min(len(decimals) + 1, 5)
        printed = f"{whole}.{decimals[:8]}…" if len(decimals) > 8 else row.entry.printed
        value = "–" if row.value is None else f"{row.value:.{digits}f}"
        spread = "–"
        if row.spread is not None:
            spread = f"{row.spread.mean:.{more}f} ± {row.spread.sd:.{more}f}"
        cells = (row.entry.what, row.entry.place, printed, value, spread, row.verdict)
        assert f"| {' | '.join(cells)} |" in lines, row.entry.id
    # In its section, and in the table of all numbers.
    missing = "| sum of 50, in words | below cell 8 | 0.80 | – | – | not computed |"
    assert lines.count(missing) == 2


def test_the_report_says_of_every_statement_and_slip_what_the_results_say(report, made_up):
    lines = report.splitlines()
    judged = statements.judge_statements(made_up)
    for row in judged:
        told = f"{row.statement.statement} *({row.statement.place})*"
        assert f"| {told} | {row.finding.verdict} | {row.finding.sentence} |" in lines
    holding = sum(row.finding.verdict == "holds" for row in judged)
    assert f"Of {len(judged)} statements {holding} hold" in report
    counts = made_up["verdicts"]["statements"].values()
    assert f"| statements | {len(judged)} | {' | '.join(map(str, counts))} |" in lines
    reproduced, near, off, unknown, missing, _ = made_up["verdicts"]["numbers"].values()
    cells = (len(LEDGER), reproduced, near, off, unknown + missing)
    assert f"| printed numbers | {' | '.join(map(str, cells))} |" in lines
    for slip in SLIPS:
        start = f"| {slip.section}: {slip.place} | {slip.printed} | {slip.right} |"
        [line] = [line for line in lines if line.startswith(start)]
        assert slip.evidence(made_up) in line
        # A cell for each column of its table, and none empty.
        assert all(cell.strip() for cell in line.strip("|").split("|"))
        for effect in slip.effects:
            measured = made_up["slips"]["effects"][slip.id][effect.measure]
            factor, digits = {"accuracy": (100, 2), "auc": (100, 3), "loss": (1, 4)}[effect.measure]
            gain, low, high = (
                f"{factor * measured[end]:+.{digits}f}".replace("-", "−")
                for end in ("mean", "low", "high")
            )
            assert f": {gain} ({low} to {high})." in line, slip.id
    # And in sentences.
    text = " ".join(report.split())
    one, two = (made_up["pca"]["explained_variance_ratio"][number] for number in "12")
    assert f"explain {100 * one:.1f} % and {100 * two:.1f} % of the variance" in text
    assert f"a mean of {made_up['scale']['train']['pixel_mean']:.4f} over" in text


def test_settings_that_are_not_the_papers_are_named_in_the_summary(report, made_up):
    assert "Not the paper's settings" not in report
    network = PARAMS.scratch_nn.model_copy(update={"epochs": 3})
    text = rendered("git", made_up, PARAMS.model_copy(update={"scratch_nn": network}))
    told = "**Not the paper's settings.** This run used `scratch_nn.epochs` = 3 (the paper: 2)."
    assert told in text[: text.index("## ")]


def test_the_report_says_that_other_data_are_not_mnist(report, made_up):
    assert "not MNIST" not in report
    results = foreign(made_up, "Mine")
    text = rendered("git", results)
    assert text.splitlines()[0].endswith("recomputed on Mine (this is not MNIST)")
    assert "**This is not MNIST.** The pipeline ran on Mine." in text[: text.index("## ")]
    # No printed number gets a verdict.
    assert not re.search(r"\| (not )?reproduced|\| near", text)
    assert text.count("| not comparable |") >= len(LEDGER)


def test_every_verdict_stands_out_by_a_sign_and_by_a_colour_that_there_is():
    assert {*ledger.VERDICTS, *statements.VERDICTS} == set(render._VERDICT_LOOKS)
    style, source = (
        (render.TEMPLATES / name).read_text("utf-8") for name in ("report.css", "report.typ")
    )
    for word, (sign, colour) in render._VERDICT_LOOKS.items():
        assert Document("git", {}, []).verdict(word) == word
        assert f"{sign}]" in Document("html", {}, []).verdict(word)
        assert f"{sign}\N{NO-BREAK SPACE}{word}" in Document("pdf", {}, []).verdict(word)
        assert re.search(rf"^\.{colour} \{{ color:", style, re.MULTILINE)
        assert f"#let {colour} = " in source
    assert len(set(render._VERDICT_LOOKS.values())) == 4


def test_number_formats():
    for text, expected in (
        (render.percent(0.82465), "82.5 %"),
        (render.count(60000.0), "60,000"),
        (render.plain(1e-5), "1e-05"),
        (render.power(2.5e-13), r"$2.5 \times 10^{-13}$"),
        (render.difference_like(0.0246, "0.80"), "+0.025"),
        (render.difference_like(-0.0246, "0.80"), "−0.025"),
        (render.difference_like(0.0, "0.80"), "0"),
    ):
        assert text == expected


# The documents


def test_text_of_other_people_stays_text():
    """Escaped, it comes out of Pandoc as it went in, alone and inside a sentence."""
    doubled = "".join(f"{letter}{letter}" for letter in string.punctuation)
    starts = ["# a", "1. a", "- a", "> a", "| a | b |", "::: a", "--- ", "```a", "    a\nb"]
    texts = [string.punctuation, doubled, *starts, "http://a.b www.a.b a@b.c", "<b>&lt;</b>"]
    source = "\n\n".join(f"{escape(text)}\n\nSee {escape(text)} there." for text in texts)
    for reader in (render._READER, "gfm"):
        html = pypandoc.convert_text(source, "html", format=reader)
        found = [words(inner) for inner in re.findall("<p>(.*?)</p>", html, flags=re.DOTALL)]
        given = [" ".join(text.split()) for text in texts]
        assert found == [line for text in given for line in (text, f"See {text} there.")]


def test_documents_need_nothing_else_and_show_a_title_as_it_was_given(
    made_up, tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    results = foreign(made_up, '</title><script>alert(1)</script> #panic() $x^2$ "Tiny" & *1*')
    title = render.report_title(results["fetch"])
    source = rendered("html", results)
    for path in re.findall(r"\]\((.*?png)\)", source):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        image.imsave(tmp_path / path, np.eye(8))
    html, pdf = to_html(source, title), to_pdf(rendered("pdf", results), title)
    for tag in ("title", "h1"):
        [heading] = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, flags=re.DOTALL)
        assert words(heading) == title
    assert "<script" not in html
    # What a PDF states of itself, in its XML metadata.
    stated = re.search(rb'<rdf:li xml:lang="x-default">(.*?)</rdf:li>', pdf, flags=re.DOTALL)
    assert words(stated[1].decode()) == title

    pictures = re.findall("<img [^>]*>", html)
    assert len(pictures) == html.count("<figcaption") == source.count("**Figure ") > 40
    assert len(pictures) == pdf.count(b"/Alt(")
    for element in (*pictures, *re.findall("<link [^>]*>", html)):
        assert re.search('(src|href)="data:', element)
    assert not re.search(r"<style>[^<]*(url\(|@import)", html)
    assert all(len(re.search('alt="(.*?)"', picture)[1].split()) >= 3 for picture in pictures)
    inside = set(re.findall('href="#(.+?)"', html))
    assert len(inside) > 20
    assert inside <= set(re.findall(' id="(.+?)"', html))
    # The same results give the same bytes, everywhere and at any time.
    for name in (str(tmp_path), str(Path.home()), "CreationDate", "ModDate"):
        assert name not in html
        assert name.encode() not in pdf


def test_the_c_locale_and_a_folder_beyond_ascii(tmp_path):
    folder = tmp_path / "ein Ordner für Ümläute"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(paths.ROOT / "src", folder / "src", ignore=ignored)
    code = (
        "from mnist_report.report.render import to_html, to_pdf\n"
        "assert 'é' in to_html('é', 'é')\n"
        "assert to_pdf('é', 'é').startswith(b'%PDF')\n"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("LANG", "PYTHONUTF8")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=kept | {"LC_ALL": "C", "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
