"""One HTML file with everything inside: what may be shown is shown, all else is text or gone."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from appeal_insights.errors import BadInput, BadRun
from appeal_insights.reports.export import export, read, render
from tests.pages import (
    ABOUT,
    CHINESE,
    HOSTILE,
    change_spec,
    exhibit,
    finding,
    notebook,
    shown,
    table,
    trend_spec,
    written,
)

MERMAID = {"text/vnd.mermaid": "graph", "application/javascript": "alert(1)"}


class Parts(HTMLParser):
    """Every element with its attributes, and the text inside by element."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag, **wanted):
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def html(cache):
    """The page of a notebook, as text."""
    return lambda *parts, about=ABOUT: render(notebook(*parts), about=about, cache=cache)


def body(html):
    return html.partition("<main")[2].partition("</main>")[0]


def test_the_first_title_of_the_notebook_is_the_title_of_the_page(html):
    page = Parts(html("# Why *now*?\n\nAsked by operations.", "# Again"))
    assert page.texts["h1"] == ["Why now?"]
    assert page.texts["title"] == ["Why did the overturn rate rise?"]
    assert page.texts["h2"][0] == "Again"


def test_a_notebook_without_a_title_gets_that_of_the_run(html):
    assert Parts(html("Hello")).texts["h1"] == ["Why did the overturn rate rise?"]


def test_the_contents_lead_to_each_section(html):
    page = Parts(html("# T", "## Did it move?", "### Detail", "## A & B"))
    assert [link["href"] for link in page.all("a")] == ["#report", "#section-1", "#section-2"]
    assert [heading["id"] for heading in page.all("h2") if "id" in heading] == ["section-1", "section-2"]
    assert "".join(page.texts["a"]).endswith("Did it move?A & B")


def test_a_page_is_language_title_landmarks_and_a_way_past_them(html):
    page = Parts(html("# T", "## S"))
    assert page.all("html", lang="en")
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert page.all("a", class_="skip", href="#report")
    assert page.all("main", id="report")


def test_the_foot_says_what_the_page_is_made_of(html):
    foot = html("# T").partition("<footer>")[2]
    for text in (
        "About this report",
        "Data as of",
        "16 November 2026 06:00 UTC",
        "Fingerprint",
        "7c1e9a0f",
        "stakeholders",
    ):
        assert text in foot


def test_a_chinese_page_speaks_chinese(html):
    text = html("# 标题", "## 是否变动？", exhibit(spec=trend_spec(), language="zh-CN", table=table()), about=CHINESE)
    assert '<html lang="zh-CN">' in text
    for word in ("目录", "显示代码", "图中数据", "关于本报告", "适用对象"):
        assert word in text
    assert "Contents" not in text
    assert "星期日" in text  # the dates of its charts


def test_a_page_in_both_languages_says_its_own_words_in_both(html):
    text = html("# T", "## S", exhibit(), about=replace(ABOUT, language="both"))
    assert "Contents / 目录" in text
    assert "Show code / 显示代码" in text


def test_an_exhibit_is_a_figure_with_its_text_its_table_and_its_notes(html):
    text = html(exhibit(spec=trend_spec(), table=table(), notes=["The last week is not settled."]))
    page = Parts(text)
    assert page.all("figure", id="trend", lang="en", **{"aria-label": "A rising line"})
    assert page.all("div", role="img", **{"aria-labelledby": "trend-title"})
    assert "It rose" in page.texts["figcaption"]
    assert "The last week is not settled." in page.texts["p"]
    assert page.texts["td"] == ["DE", "+2.10", "GB", "\N{MINUS SIGN}0.30"]
    assert len(page.all("td", class_="right")) == 2
    assert page.all("details", class_="data")
    assert "open" not in page.all("details", class_="data")[0]


def test_an_exhibit_without_a_chart_shows_its_table_at_once(html):
    page = Parts(html(exhibit(table=table())))
    assert page.texts["td"][0] == "DE"
    assert not page.all("details", class_="data")
    assert not page.all("div", role="img")


def test_an_exhibit_that_only_tells_stands_out_and_needs_no_title(html):
    text = html(exhibit("summary", title="", alt="", notes=["It rose by 4 points."]))
    assert Parts(text).all("figure", class_="exhibit told lead")
    assert Parts(html(exhibit("limits"))).all("figure", class_="exhibit told")
    assert "It rose by 4 points." in Parts(text).texts["p"]
    assert not Parts(text).all("figcaption")


def test_a_table_that_its_chart_already_brought_is_not_shown_a_second_time(html):
    twin = shown({"application/vnd.appeal-insights.twin+json": {"of": "trend"}, "text/html": "<p>again</p>"})
    assert "again" not in body(html(twin))


def test_a_chinese_paragraph_on_an_english_page_says_so(html):
    text = html("It rose, in **all** of 3 markets.\n\n改判率上升，见 `DE`。\n\n- 一\n- one")
    assert "<p>It rose" in text
    assert '<p lang="zh-CN">改判率上升' in text
    assert '<li lang="zh-CN">一</li>\n<li>one</li>' in text


def test_the_specification_travels_whole_but_for_the_title_which_the_caption_says(html):
    given = change_spec()
    held = json.loads(re.search(r'class="spec">(.*?)</script>', html(exhibit(spec=given)), re.DOTALL)[1])
    assert held == {name: part for name, part in given.items() if name not in ("title", "$schema")}


def test_the_same_exhibit_in_two_languages_has_two_names(html):
    page = Parts(html(exhibit(), exhibit(language="zh-CN")))
    assert [figure["id"] for figure in page.all("figure")] == ["trend", "trend-2"]
    assert [figure["lang"] for figure in page.all("figure")] == ["en", "zh-CN"]


def test_a_finding_is_an_article_with_what_it_says_and_its_evidence(html):
    page = Parts(html(finding(("en", "zh-CN"))))
    [article] = page.all("article")
    assert article == {"class": "finding likely", "id": "F1"}
    assert page.texts["h3"] == ["DE brought the rise"] * 2
    assert page.texts["dt"][:5] == ["size", "segment", "ruled_out", "owner", "next_step"]
    assert [part["lang"] for part in page.all("div", class_="telling")] == ["en", "zh-CN"]
    assert "evidence" in page.texts["summary"]


def test_a_query_is_folded_away_under_its_title(html):
    data = {"language": "sql", "title": "trend: how did it move?", "text": "select 1 < 2"}
    page = Parts(html(shown({"application/vnd.appeal-insights.code+json": data})))
    assert page.all("details", class_="listing")
    assert "trend: how did it move?" in page.texts["summary"]
    assert "select 1 < 2" in page.texts["code"]


def test_code_is_there_and_folded_and_has_one_button(html):
    page = Parts(html(exhibit(), exhibit(name="b")))
    assert page.texts["code"] == ["inquiry.trend"] * 2
    assert len(page.all("details", class_="code")) == 2
    assert page.texts["button"] == ["Show code"]


def test_markup_from_elsewhere_keeps_its_tables_and_loses_everything_else(html):
    given = (
        '<table border="1" class="dataframe" onclick="alert(1)"><style>td {color: red}</style><tr><td style="x" '
        'colspan="2">1</td><td><a href="https://example.org">link</a><img src="https://example.org/x.png"></td></tr>'
        "</table><script>alert(1)</script><iframe src='https://example.org'></iframe><form><input></form>"
    )
    text = html(shown({"text/html": given, "text/plain": "no"}))
    kept = '<table><tbody><tr><td colspan="2">1</td><td>link</td></tr></tbody></table>'
    assert f'<div class="scroll" tabindex="0">{kept}</div>' in text
    assert "example.org" not in text


def test_the_first_type_of_the_list_wins(html):
    everything = {"text/plain": "plain", "text/html": "<p>rich</p>", **MERMAID}
    assert "<p>rich</p>" in body(html(shown(everything)))
    assert "plain" not in body(html(shown(everything)))
    assert '<pre class="output" tabindex="0">a &lt; b</pre>' in html(shown({"text/plain": "a < b", **MERMAID}))


def test_an_image_is_shown_only_as_base64(html):
    page = Parts(html(shown({"image/png": "iVBORw0K\nGgo=", "text/plain": "A plot"})))
    assert page.all("img", src="data:image/png;base64,iVBORw0KGgo=", alt="A plot")
    assert not Parts(html(shown({"image/png": 'x" onerror="alert(1)'}))).all("img")


def test_what_is_not_on_the_list_leaves_a_visible_note(html):
    text = body(html(shown(MERMAID)))
    assert "An output of the kind application/javascript, text/vnd.mermaid is left out of shared reports." in text
    assert "graph" not in text


def test_a_bare_chart_is_not_drawn_because_nobody_decided_that_it_may_be_shown(html):
    text = body(html(shown({"application/vnd.vegalite.v5+json": trend_spec(), "text/plain": "A rising line"})))
    assert "A rising line" in text
    assert "dataset" not in text


def test_what_a_cell_printed_is_shown_and_what_it_complained_is_not(html):
    said = [
        {"output_type": "stream", "name": "stdout", "text": "12 < 13 rows\n"},
        {"output_type": "stream", "name": "stderr", "text": "a warning"},
        {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["\x1b[31mBadTable\x1b[0m: <no>"]},
    ]
    made = notebook(*[exhibit()] * 3)
    for cell, output in zip(made.cells, said, strict=True):
        cell.outputs = [type(made)(output)]
    text = render(made, about=ABOUT)
    assert "12 &lt; 13 rows" in text
    assert "a warning" not in text
    assert '<pre class="error" tabindex="0">BadTable: &lt;no&gt;</pre>' in text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_ever_text(html, text):
    """Nothing that it could open is open: the page has the same elements and attributes as with a harmless one."""

    def everywhere(word):
        about = replace(ABOUT, title=word, facts=[(word, word)], audience=word)
        outputs = [
            exhibit(title=word, alt=word, spec=trend_spec(word, word), table=table(word), notes=[word]),
            exhibit("change", title=word, spec=change_spec(word, word)),
            finding(text=word),
            shown({"application/vnd.appeal-insights.code+json": {"language": "sql", "title": word, "text": word}}),
            shown({"text/plain": word}),
            shown({word: word}),
        ]
        return Parts(html("# T", "## S", *outputs, about=about))

    hostile, harmless = everywhere(text), everywhere("harmless")
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert [set(found) for _, found in hostile.elements] == [set(found) for _, found in harmless.elements]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_prose_brings_no_script_no_handler_and_no_link(html, text):
    page = Parts(html(f"# {text}", f"## {text}", text, f"- {text}\n\n> {text}"))
    assert len(page.all("script")) == 1
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    assert {link["href"][0] for link in page.all("a")} == {"#"}


def test_nothing_is_fetched_from_anywhere(html):
    page = Parts(html("# T [x](https://example.org) ![y](https://example.org/y.png)", exhibit(spec=trend_spec())))
    for tag, found in page.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert found.get(name, "#")[:1] == "#" or found[name].startswith("data:"), (tag, found)
    assert "url(" not in "".join(page.texts["style"])
    assert "@import" not in "".join(page.texts["style"])


def test_the_policy_allows_these_scripts_and_this_style_and_nothing_else(html):
    text = html(exhibit(spec=trend_spec()))
    [policy] = Parts(text).all("meta", **{"http-equiv": "Content-Security-Policy"})
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (*scripts, style)]
    assert len(scripts) == 2
    assert policy["content"] == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'; style-src 'sha256-{hashes[2]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_a_page_without_charts_carries_no_charting_script(html):
    text = html("# T", exhibit(table=table()))
    assert len(text) < 15_000
    assert len(Parts(text).all("script")) == 1


def test_seven_charts_and_the_library_stay_under_two_megabytes(html):
    text = html("# T", *(exhibit(f"trend-{number}", spec=trend_spec(), table=table()) for number in range(7)))
    assert len(text.encode()) < 2_000_000
    assert len(text.partition("<style>")[2].partition("</style>")[0]) < 15_000


def test_the_same_notebook_gives_the_same_bytes(tmp_path, cache):
    made = written(
        notebook("# T", "## S", exhibit(spec=trend_spec(), table=table()), finding()), tmp_path / "run.ipynb"
    )
    one, two = (export(made, tmp_path / name, about=ABOUT, cache=cache) for name in ("1.html", "2.html"))
    other_cache = export(made, tmp_path / "3.html", about=ABOUT, cache=tmp_path / "cache")
    assert one.read_bytes() == two.read_bytes() == other_cache.read_bytes()
    assert b"\r" not in one.read_bytes()


def test_the_library_is_bundled_once(tmp_path, monkeypatch):
    made = notebook(exhibit(spec=trend_spec()))
    first = render(made, about=ABOUT, cache=tmp_path)
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda *_, **__: pytest.fail("bundled a second time"))
    assert render(made, about=ABOUT, cache=tmp_path) == first


def test_a_cache_that_cannot_be_written_costs_time_and_no_report(tmp_path):
    (tmp_path / "file").write_text("")
    assert "</html>" in render(notebook(exhibit(spec=trend_spec())), about=ABOUT, cache=tmp_path / "file" / "cache")


def test_a_failed_export_leaves_what_was_there(tmp_path):
    there = tmp_path / "report.html"
    there.write_text("yesterday")
    made = written(notebook(exhibit(alt="", spec=trend_spec())), tmp_path / "run.ipynb")
    with pytest.raises(BadRun, match="lacks: alt"):
        export(made, there, about=ABOUT)
    assert there.read_text() == "yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "run.ipynb"]


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (exhibit(title="", spec={"mark": "point"}), "lacks: title"),
        (exhibit(alt="", spec={"mark": "point"}), "lacks: alt"),
        (exhibit(name=""), "lacks: id"),
        (exhibit(language="fr"), "No language 'fr'"),
        (exhibit(spec={"data": {"url": "https://example.org/x.csv"}}), "names an outside address"),
        (exhibit(spec={"layer": [{"encoding": {"href": {"field": "a"}}}]}), "names an outside address"),
        (finding(grade="certain"), "No grade 'certain'"),
        (shown({"application/vnd.appeal-insights.finding+json": [1]}), "not names and values"),
    ],
)
def test_an_output_that_is_not_whole_is_refused(output, why):
    with pytest.raises(BadRun, match=why):
        render(notebook(output), about=ABOUT)


def test_a_column_of_the_data_may_have_any_name(html):
    assert "example" in html(exhibit(spec={"data": {"values": [{"url": "example"}]}, "mark": "point"}))


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "run.ipynb").write_text("{")
    for name in ("run.ipynb", "gone.ipynb"):
        with pytest.raises(BadInput, match="Cannot read the notebook"):
            read(tmp_path / name)
