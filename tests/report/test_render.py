"""The report says what the results say; its figures; HTML and PDF made from its Markdown."""

import re
from html import unescape

import pypandoc
import pytest

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params
from mnist_report.core.trees import flatten
from mnist_report.evaluation import rules
from mnist_report.report import ledger, render, slips, statements
from mnist_report.report.render import to_html, to_pdf
from mnist_report.report.words import escape

LEDGER, SLIPS, PARAMS = ledger.load_ledger(), slips.load_slips(), load_params()


def judged(results):
    return ledger.judge_all(LEDGER, results, ledger.read_values())


def rendered(results, params=PARAMS):
    return render.render_markdown(results, judged(results), SLIPS, params)


@pytest.fixture(scope="module")
def report(made_up):
    return rendered(made_up)


def render_template(monkeypatch, folder, text):
    monkeypatch.setattr(render, "TEMPLATES", folder)
    (folder / "report.md.j2").write_text(text, encoding="utf-8")
    return render.render_markdown({"fetch": {"comparable_with_paper": True}}, [], [], PARAMS)


A, B = (f'{{{{ doc.figure("s", "{name}.png", "alt {name}", "Caption.") }}}}' for name in "ab")
REF_A, REF_B = (f'{{{{ doc.ref("s", "{name}.png") }}}}' for name in "ab")


def test_figures_are_numbered_as_they_appear_and_named_by_number(monkeypatch, tmp_path):
    text = render_template(monkeypatch, tmp_path, f"See {REF_A} and {REF_B}.\n\n{B}\n\n{A}\n")
    assert "See Figure 2 and Figure 1." in text
    assert re.findall(r"s/\w\.png|Figure \d\.\*", text) == [
        "s/b.png", "Figure 1.*", "s/a.png", "Figure 2.*",
    ]  # fmt: skip


def test_what_is_not_there_is_refused_in_one_line(monkeypatch, tmp_path):
    for text, words in (
        (f"{A}\n\nSee {REF_B}.\n", r"s/b\.png, which it does not show"),
        ("{{ m.fetch.nothing }}\n", r"nothing.*dvc repro"),
        ('{{ doc.judged("no.such").verdict }}\n', r"no\.such.*paper\.yaml"),
    ):
        with pytest.raises(UserError, match=words) as caught:
            render_template(monkeypatch, tmp_path, text)
        assert "\n" not in str(caught.value)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"a\.png.*dvc repro"):
        to_html("![a](../plots/s/a.png)\n")


def test_figures_and_contents_of_the_real_report(report):
    placed = re.findall(r"^!\[[^\]]+\]\((.+)\)$", report, flags=re.MULTILINE)
    assert len(placed) == len(set(placed))
    named = {int(number) for number in re.findall(r"Figure (\d+)", report)}
    assert named == set(range(1, len(placed) + 1))
    made_by = re.findall(r"Made by \[`.*?`\]\((.*?)\)", report)
    assert [path for path in made_by if not (paths.REPORT / path).is_file()] == []

    headings = re.findall(r"^## (.+)$", report, flags=re.MULTILINE)
    links = re.findall(r"^- \[(.+)\]\(#([\w-]+)\)$", report, flags=re.MULTILINE)
    assert [name for name, _ in links] == headings
    # Pandoc makes the anchors of Git hosts as well: an independent opinion on them.
    html = pypandoc.convert_text("\n\n".join(f"## {h}" for h in headings), "html", "gfm")
    assert [anchor for _, anchor in links] == re.findall('<h2 id="(.*?)"', html)


def test_no_recomputed_number_is_typed_into_a_template(committed):
    values = [v for _, v in flatten(committed) if type(v) in (int, float)]
    # Numbers that somebody chose are no results: parameters, and what the paper prints.
    given = {str(value) for value in re.findall(r"[\d.]+", str(PARAMS))}
    given |= {entry.printed for entry in LEDGER}
    for path in render.TEMPLATES.glob("*.j2"):
        prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text("utf-8"), flags=re.DOTALL)
        for typed in re.findall(r"(?<![\w.:/-])\d[\d,]*(?:\.\d+)?(?![\w:/])", prose):
            plain = typed.replace(",", "")
            digits = len(plain.partition(".")[2])
            # Shorter ones agree with something by chance.
            if len(plain.replace(".", "").strip("0")) >= 3 and plain not in given:
                roundings = (f"{scale * v:.{digits}f}" for v in values for scale in (1, 100))
                assert plain not in roundings, (path.name, typed)


def test_the_report_says_of_every_printed_number_what_the_results_say(report, made_up):
    lines = report.splitlines()
    for row in judged(made_up):
        decimals = min(len(row.entry.printed.partition(".")[2]), 8)
        printed = re.sub(r"(\.\d{8})\d+", r"\1…", row.entry.printed)
        value = "–" if row.value is None else f"{row.value:.{decimals}f}"
        spread = "–"
        if row.spread is not None:
            parts = (row.spread.mean, row.spread.sd)
            spread = " ± ".join(f"{part:.{min(decimals + 1, 5)}f}" for part in parts)
        cells = (row.entry.what, row.entry.place, printed, value, spread, row.verdict)
        assert f"| {' | '.join(cells)} |" in lines, row.entry.id
    missing = "| sum of 50, in words | below cell 8 | 0.80 | – | – | not computed |"
    assert lines.count(missing) == 2  # in its section, and in the table of all numbers


def test_the_report_says_of_every_statement_and_slip_what_the_results_say(report, made_up):
    lines = report.splitlines()
    for row in statements.judge_statements(made_up):
        known, finding = row.statement, row.finding
        told = f'{known.statement} *"{known.quote}" ({known.place})*'
        start = f"| {told} | {row.own} | {finding.verdict} | {finding.sentence} "
        [line] = [line for line in lines if line.startswith(start)]
        assert line.endswith(f"{known.own_why} |")
    for slip in SLIPS:
        start = f"| {slip.section}: {slip.place} | {slip.printed} | {slip.right} |"
        [line] = [line for line in lines if line.startswith(start)]
        assert slip.evidence(made_up) in line
    one = made_up["pca"]["explained_variance_ratio"]["1"]
    assert f"explain {100 * one:.1f} % and" in report


def test_other_settings_and_other_data_are_named_in_the_summary(report, made_up):
    assert not re.search("Not the paper's settings|not MNIST", report)
    network = PARAMS.scratch_nn.model_copy(update={"epochs": 3})
    own = {"dataset": "own", "title": "Mine", "comparable_with_paper": False}
    results = made_up | {"fetch": made_up["fetch"] | own}
    text = rendered(results, PARAMS.model_copy(update={"scratch_nn": network}))
    summary = text[: text.index("## ")]
    assert "This run used `scratch_nn.epochs` = 3 (the paper: 2)." in summary
    assert summary.splitlines()[0].endswith("recomputed on Mine (this is not MNIST)")
    assert "**This is not MNIST.** The pipeline ran on Mine." in summary
    # No printed number gets a verdict.
    assert not re.search(r"\| (agrees|undecided|differs) \|\n", text)
    assert text.count("| not comparable |") >= len(LEDGER)


def test_every_verdict_stands_out_by_a_sign_and_a_colour():
    verdicts = [*ledger.VERDICTS, *rules.VERDICTS]
    table = "\n".join(("| verdict | n |", "|:--|--:|", *(f"| {word} | 1 |" for word in verdicts)))
    html = to_html(f"# Title\n\n{table}\n")
    found = re.findall(r'class="verdict (\w+)"><span\s+aria-hidden="true">(.)</span> (.*?)<', html)
    assert [word for _, _, word in found] == verdicts
    looks = {word: (colour, sign) for colour, sign, word in found}
    assert looks["agrees"] == looks["holds"] == ("good", "✓")
    assert looks["undecided"] == looks["holds in part"] == ("fair", "≈")
    assert looks["differs"] == looks["does not hold"] == ("bad", "✗")
    # Typst stops at a colour that report.typ does not have.
    assert to_pdf(f"# Title\n\n{table}\n").startswith(b"%PDF")
    with pytest.raises(UserError, match="perhaps"):
        to_html(table.replace("holds in part", "perhaps"))


def test_documents_show_every_figure_of_the_markdown_and_need_nothing_else(report):
    # Both writers stop at a picture that does not exist.
    html, pdf = to_html(report), to_pdf(report)
    alts = re.findall(r"^!\[(.*)\]\(", report, flags=re.MULTILINE)
    figure = r"<figure>\s*<img ([^>]*)>\s*<figcaption>(.*?)</figcaption>"
    figures = re.findall(figure, html, re.DOTALL)
    assert len(figures) == html.count("<img ") == pdf.count(b"/Alt(") == len(alts) > 40
    for number, (alt, (picture, caption)) in enumerate(zip(alts, figures, strict=True), 1):
        assert len(alt.split()) >= 3
        assert escape(unescape(re.search('alt="(.*?)"', picture)[1])) == alt
        assert 'src="data:' in picture
        assert caption.startswith(f"<strong>Figure {number}.</strong>")
        assert "<code>stages/" in caption
    assert "../" not in re.sub('"data:[^"]*"', "", html)
    inside = re.findall('href="#(.+?)"', html)
    assert len(inside) == len(set(inside))  # the contents are listed once
    assert set(inside) <= set(re.findall(' id="(.+?)"', html))
    # The same results give the same bytes, everywhere and at any time.
    assert str(paths.ROOT) not in html
    assert all(name not in pdf for name in (bytes(paths.ROOT), b"CreationDate", b"ModDate"))
