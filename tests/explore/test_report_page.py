"""The report in a real Chromium: its script runs, links lead somewhere, phones do not scroll."""

import re

from mnist_report.core import paths
from mnist_report.report.render import to_html


def test_the_report_works_on_screens_and_phones(browser, tmp_path):
    markdown = (paths.REPORT / "report.md").read_text(encoding="utf-8")
    page = tmp_path / "report.html"
    page.write_text(to_html(markdown), encoding="utf-8")
    for width in (1280, 390):
        browser.open(page, width)
        assert not [e for e in browser.events if e.get("method") == "Runtime.exceptionThrown"]
        assert browser.js("document.documentElement.scrollWidth") <= width
        dead = """[...document.querySelectorAll('a[href^="#"]')].map((a) => a.hash.slice(1))
            .filter((id) => !document.getElementById(decodeURIComponent(id)))"""
        assert browser.js(dead) == []
    [total] = re.findall(r"<summary>The table of all (\d+) numbers", markdown)
    for verdict in ("all", "differs"):
        shown = browser.js(f"""(() => {{
            const select = document.querySelectorAll(".filter select")[1];
            select.value = "{verdict}";
            select.dispatchEvent(new Event("change", {{ bubbles: true }}));
            const rows = [...document.querySelectorAll("#table-numbers tbody tr")];
            return rows.filter((row) => !row.hidden).length;
        }})()""")
        differing = len(re.findall(r"^\| .* \| differs \|$", markdown, re.MULTILINE))
        assert shown == {"all": int(total), "differs": differing}[verdict] > 0
    # A link into a fold opens it.
    browser.js('location.hash = "table-numbers"')
    assert browser.js("""new Promise((done) => setTimeout(() =>
        done(document.getElementById("table-numbers").closest("details").open), 300))""")
