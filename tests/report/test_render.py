"""The report says what the results say; its figures; HTML and PDF made from its Markdown."""

import re
from html import unescape
from importlib import import_module

import pytest
from jinja2 import FileSystemLoader

from mnist_report.core import paths
from mnist_report.core.errors import UserError
from mnist_report.core.params import load_params
from mnist_report.core.trees import flatten
from mnist_report.evaluation import rules
from mnist_report.evaluation.seeds import read_values
from mnist_report.report import ledger, render, slips, statements, words
from mnist_report.report.render import to_html, to_pdf

LEDGER, SLIPS, PARAMS = ledger.load_ledger(), slips.load_slips(), load_params()


def judged(results):
    return ledger.judge_all(LEDGER, results, read_values())


def rendered(results, params=PARAMS):
    return render.render_markdown(results, judged(results), SLIPS, params)


@pytest.fixture(scope="module")
def report(made_up):
    return rendered(made_up)


def test_a_quoted_statement_of_the_code_is_whole_and_without_what_it_says_of_itself(tmp_path):
    source = render.Document([]).source
    code = source("src/mnist_report/scores/uncertainty.py", "def wilson_interval")
    assert code.startswith("def wilson_interval(") and code.endswith("float(interval.high)")
    assert '"""' not in code
    with pytest.raises(UserError, match="no such line"):
        source("src/mnist_report/scores/uncertainty.py", "no such line")


def test_what_is_not_there_is_refused_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(words.ENVIRONMENT, "loader", FileSystemLoader(tmp_path))
    results = {"fetch": {"comparable_with_paper": True}, "statements": {"statements": {}}}
    for text, said in (
        ('See {{ doc.ref("s/b.png") }}.\n', r"s/b\.png, which it does not show"),
        ("{{ m.fetch.nothing }}\n", r"nothing.*dvc repro"),
        ('{{ doc.judged("no.such").verdict }}\n', r"no\.such.*paper\.yaml"),
    ):
        (tmp_path / "report.md.j2").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=said) as caught:
            render.render_markdown(results, [], [], PARAMS)
        assert "\n" not in str(caught.value)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"a\.png.*dvc repro"):
        to_html("![a](../plots/s/a.png)\n")


def test_every_link_of_the_report_leads_somewhere(report):
    anchors = re.findall(r'<a id="(.+?)"></a>', report)
    assert len(anchors) == len(set(anchors))
    pictures = re.findall(r'^<a id="figure-\S+"></a>!\[[^\]]+\]\((.+)\)$', report, re.MULTILINE)
    tables = re.findall(r'^<a id="table-\S+"></a>\*\*Table (\d+)\.', report, re.MULTILINE)
    assert len(pictures) + len(tables) == len(anchors)
    assert [int(number) for number in tables] == list(range(1, len(tables) + 1))
    # Every table has a caption right above it.
    assert len(re.findall(r"^\|[:|-]+\|$", report, re.MULTILINE)) == len(tables)
    numbers = dict(re.findall(r'<a id="(.+?)"></a>(?:!.*\n\n)?\*\*(\w+ \d+)\.', report))
    for number, inside in re.findall(r"\[([^\]]+)\]\(#((?:figure|table)-.+?)\)", report):
        assert numbers[inside] == number
    for path in set(re.findall(r"\]\(\.\./(.+?)\)", report)):
        # The report makes these itself; the test suite may run before it.
        assert (paths.ROOT / path).is_file() or path.startswith("report/"), path
    drawn = re.findall(r"\[(\w+)\]\(\.\./src/mnist_report/figures/(\w+)\.py\)", report)
    assert len(drawn) == len(pictures)
    for function, module in drawn:
        assert hasattr(import_module(f"mnist_report.figures.{module}"), function), function

    listed = re.findall(r"^(\d+)\. ", report[report.index("## References") :], re.MULTILINE)
    assert set(re.findall(r"\[\[(\d+)\]\]\(#references\)", report)) == set(listed)


def test_no_recomputed_number_is_typed_into_a_template(committed):
    values = [v for _, v in flatten(committed) if type(v) in (int, float)]
    # Numbers that somebody chose are no results: parameters, and what the paper prints.
    given = {str(value) for value in re.findall(r"[\d.]+", str(PARAMS))}
    given |= {entry.printed for entry in LEDGER}
    for path in set(words.TEMPLATES.glob("*.j2")) - {words.TEMPLATES / "references.md.j2"}:
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
        decimals = min(len(row.printed.partition(".")[2]), 8)
        printed = re.sub(r"(\.\d{8})\d+", r"\1…", row.printed)
        value = "–" if row.value is None else f"{row.value:.{decimals}f}"
        spread = "–"
        if row.spread is not None:
            parts = (row.spread["mean"], row.spread["sd"])
            spread = " ± ".join(f"{part:.{min(decimals + 1, 5)}f}" for part in parts)
        cells = (row.what, row.place, printed, value, spread, row.verdict)
        assert [line for line in lines if line.endswith(f"| {' | '.join(cells)} |")], row.id
    missing = "| principal components | sum of 50, in words | below cell 8 | 0.80 | – | – |"
    assert f"{missing} not computed |" in lines


def test_the_report_says_of_every_statement_and_slip_what_the_results_say(report, made_up):
    lines = report.replace("](#references)", "").replace("[[", "[").splitlines()
    for row in statements.judge_statements(made_up):
        assert f"| {row['statement']} | {row['own_run']} | {row['verdict']} |" in lines
        told = f'{row["statement"]} *"{row["quote"]}" ({row["place"]})*'
        start = f"| {told} | {row['verdict']} | {row['sentence']} "
        [line] = [line for line in lines if line.startswith(start)]
        assert line.endswith(f"{row['own_why']} |")
        assert row["more"] in line
        # What does not hold is told at once.
        told = f"| {row['statement']} | {row['verdict']} | {row['sentence']} |"
        assert (told in lines) == (
            row["verdict"] in ("holds in part", "undecided", "does not hold")
        )
    for slip in SLIPS:
        start = f"| {slip['section']}: {slip['place']} | {slip['printed']} | {slip['right']} |"
        [line] = [line for line in lines if line.startswith(start)]
        assert words.ENVIRONMENT.from_string(slip["shown"]).render(made_up) in line
    one = made_up["pca"]["explained_variance_ratio"]["1"]
    assert f"explain {100 * one:.1f} % and" in report


def test_other_settings_and_other_data_are_named_in_the_summary(report, made_up):
    assert not re.search("Settings were changed|not MNIST", report)
    network = PARAMS.scratch_nn.model_copy(update={"epochs": 3})
    own = {"dataset": "own", "title": "Mine", "comparable_with_paper": False}
    results = made_up | {"fetch": made_up["fetch"] | own}
    text = rendered(results, PARAMS.model_copy(update={"scratch_nn": network}))
    summary = text[: text.index("## ")]
    assert "This run used `scratch_nn.epochs` = 3 (before: 2)." in summary
    assert summary.splitlines()[0].endswith("recomputed on Mine (this is not MNIST)")
    assert "**This is not MNIST.** The pipeline ran on Mine." in summary
    # No printed number gets a verdict.
    numbers = text[text.index("## Every printed number") :]
    assert not re.search(r"\| (agrees|undecided|differs) \|\n", numbers)
    assert text.count("| not comparable |") >= len(LEDGER)


def test_every_verdict_stands_out_by_a_sign_and_a_colour():
    verdicts = [*ledger.VERDICTS, *rules.VERDICTS]
    table = "\n".join(("| verdict | n |", "|:--|--:|", *(f"| {word} | 1 |" for word in verdicts)))
    html = to_html(f"# Title\n\n{table}\n")
    found = re.findall(r'class="verdict \w+"><span\s+aria-hidden="true">.</span> (.*?)<', html)
    assert found == verdicts
    # Typst stops at a colour that report.typ does not have.
    assert to_pdf(f"# Title\n\n{table}\n").startswith(b"%PDF")
    with pytest.raises(UserError, match="perhaps"):
        to_html(table.replace("holds in part", "perhaps"))


def test_documents_show_every_figure_of_the_markdown_and_need_nothing_else(report):
    # Both writers stop at a picture that does not exist.
    html, pdf = to_html(report), to_pdf(report)
    alts = re.findall(r"^<a .*></a>!\[(.*)\]\(", report, flags=re.MULTILINE)
    figure = r"<figure id=[^>]*>\s*<img ([^>]*)>\s*<figcaption>(.*?)</figcaption>"
    figures = re.findall(figure, html, re.DOTALL)
    assert (
        len(figures) == html.count("<img ") == len(re.findall(rb"/Alt[(<]", pdf)) == len(alts) > 40
    )
    for number, (alt, (picture, caption)) in enumerate(zip(alts, figures, strict=True), 1):
        assert len(alt.split()) >= 3
        shown = unescape(re.search('alt="(.*?)"', picture)[1]).replace("’", "'")
        assert words.escape(shown) == alt
        assert 'src="data:' in picture and re.search('width="[0-9]+" height="[0-9]+"', picture)
        assert caption.startswith(f"<strong>Figure {number}.</strong>")
        assert 'href="../stages/' in caption
    assert html.count("<table") == html.count("<caption>")
    inside = re.findall('href="#(.+?)"', html)
    assert set(inside) <= set(re.findall(' id="(.+?)"', html))
    # The same results give the same bytes, everywhere and at any time.
    assert str(paths.ROOT) not in html
    assert bytes(paths.ROOT) not in pdf
    # The one date is that of the version.
    released = re.search(r'date-released: "(.+)"', paths.CITATION.read_text("utf-8"))[1]
    dates = set(re.findall(rb"Date\(D:(\d{8})", pdf))
    assert dates == {released.replace("-", "").encode()}
