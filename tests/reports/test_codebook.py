"""The codebook has everything that is declared, in both languages, and nothing in it can act."""

import html
import re

import pytest
from typer.testing import CliRunner

import appeal_insights as ap
from appeal_insights.cli import app
from appeal_insights.errors import BadContract, BadInput
from appeal_insights.language import LANGUAGES, words
from appeal_insights.metrics.headers import header, headers
from appeal_insights.metrics.metric import metrics
from appeal_insights.records.contract import all_facts, contract
from appeal_insights.reports.codebook import Entry, Fact, codebook_page, entries, terms
from tests.pages import HOSTILE


@pytest.fixture(scope="module")
def found():
    return list(entries())


@pytest.fixture(scope="module")
def page(found):
    return codebook_page(found)


def test_every_column_metric_query_and_term_has_its_entry(found):
    keys = {kind: {entry.key for entry in found if entry.kind == kind} for kind in ("metric", "query", "term")}
    assert keys["metric"] == set(metrics())
    assert keys["query"] == set(headers())
    assert keys["term"] == {entry.key for entry in terms()} >= {"appeal", "overturn_rate"}
    columns = {(entry.group, entry.key) for entry in found if entry.kind == "column"}
    assert columns == {(fact, name) for fact in all_facts() for name in contract(fact).everything}


def test_an_entry_has_an_address_of_its_own_which_the_page_has_once(found, page):
    anchors = [entry.anchor for entry in found]
    assert len(set(anchors)) == len(anchors)
    assert re.findall(r'<article id="([^"]+)"', page) == anchors


def test_an_entry_says_itself_in_both_languages(found, page):
    for entry in found:
        for told in (entry.name, entry.says, *(fact.told for fact in entry.facts)):
            assert set(told) == set(LANGUAGES), entry.anchor
            assert all(text.strip() for text in told.values()), entry.anchor
        assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.says["zh-CN"]), entry.anchor
        assert entry.says["en"] in html.unescape(page)


def test_the_question_of_a_query_is_the_one_its_file_asks():
    for name, one in headers().items():
        assert words()[f"codebook.asks.{name}"]["en"] == " ".join(one.asks.split()), name


def test_a_metric_says_how_it_is_counted(found):
    of = {entry.key: {fact.label: fact.told for fact in entry.facts} for entry in found if entry.kind == "metric"}
    rate = of["overturn_rate"]
    assert rate["numerator"]["en"] == metrics()["overturn_rate"].numerator
    assert "decision: decided_at, decided_on" in rate["bases"]["zh-CN"]
    assert rate["settles"]["zh-CN"] == "submission：时间段结束后 28 天\nenforcement：时间段结束后 212 天"
    assert of["backlog"]["opens"]["en"] == "received_at"
    assert "restricted_seconds" in of["restricted_hours"]["numerator"]["en"]
    assert "denominator" not in of["received"]


def test_a_column_says_its_type_its_values_and_what_it_is_for(found):
    of = {(entry.group, entry.key): {fact.label: fact.told for fact in entry.facts} for entry in found}
    market = of["appeals", "market"]
    assert "a dimension to break by" in market["is"]["en"]
    assert "可拆分的维度" in market["is"]["zh-CN"]
    assert "decision_upheld" in of["appeals", "outcome"]["values"]["en"].split("\n")
    assert of["appeals", "outcome"]["known"]["zh-CN"] == "裁决时"


def test_the_page_may_run_its_own_script_and_reach_nothing(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy
    assert not re.search(r'(src|href)="(?!#|data:,)', page)
    assert " style=" not in page


def test_the_page_is_the_same_each_time(found, page):
    assert codebook_page(list(entries())) == page


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_text(text):
    told = dict.fromkeys(LANGUAGES, text)
    page = codebook_page([Entry("term", text, told, told, [Fact("note", told), Fact("values", told, code=True)])])
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "<svg" not in page
    assert "onmouseover=alert" not in re.sub(r"&#3[49];[^<]*", "", page)
    assert html.unescape(page).count(text) >= 4


def test_the_codebook_is_written_into_a_workspace(tmp_path, page):
    (tmp_path / "notebooks").mkdir()
    assert ap.codebook(tmp_path) == tmp_path / "data" / "codebook.html"
    assert (tmp_path / "data" / "codebook.html").read_text(encoding="utf-8") == page
    shown = CliRunner().invoke(app, ["codebook", "--workspace", str(tmp_path)])
    assert shown.exit_code == 0
    assert shown.stdout.strip() == str(tmp_path / "data" / "codebook.html")


def test_without_a_workspace_nothing_is_written(tmp_path):
    with pytest.raises(BadInput):
        ap.codebook(tmp_path / "nowhere")


def test_a_header_is_read_in_its_parts_and_refused_without_one():
    one = header("-- What?\n--\n-- reads   a   x\n--         b   y\n-- gives   c\n--\n-- A note.\n\nselect 1")
    assert (one.asks, one.reads, one.gives, one.note) == ("What?", "a   x\nb   y", "c", "A note.")
    with pytest.raises(BadContract, match="asks, reads and gives"):
        header("-- What?\n--\n-- reads   a\n\nselect 1")
