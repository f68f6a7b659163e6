"""The case list without a browser: controls, what they list, and the files that it writes."""

import csv

import pytest

from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.cases import explore_cases
from appeal_insights.findings.cases import cases
from appeal_insights.findings.view import View
from appeal_insights.reports.case_list import write_case_list
from tests.demo import AFTER
from tests.helpers import decided, english_left, make_store


@pytest.fixture
def explorer(demo):
    return explore_cases(workspace=demo.root, during=AFTER, audience="analyst")


def test_it_lists_what_the_call_lists(explorer, demo):
    theirs = cases(store="demo", during=AFTER, audience="analyst", workspace=demo.root)
    assert explorer.seen.table.equals(theirs.table)
    assert theirs.exhibits()[0].title in explorer.list.value
    explorer.part.value = "numerator"
    explorer.filters.filter.value = "market"
    explorer.filters.values.value = ("DE", "FR")
    theirs = cases(store="demo", during=AFTER, part="numerator", where="market=DE,FR", audience="analyst",
                   workspace=demo.root)  # fmt: skip
    assert explorer.seen.found == theirs.found == 300
    assert explorer.seen.table["in_numerator"].all()


def test_columns_are_chosen_and_a_sample_drawn(explorer):
    explorer.columns.value = ("record", "market", "outcome")
    explorer.most.value = "50"
    assert explorer.seen.table.shape == (50, 3)
    newest = list(explorer.seen.table["record"])
    explorer.sampled.value = "yes"
    drawn = list(explorer.seen.table["record"])
    assert drawn != newest
    explorer.seed.value = 2
    assert list(explorer.seen.table["record"]) != drawn


def test_a_stakeholder_reads_why_there_is_no_list_and_has_nothing_to_write(demo):
    explorer = explore_cases(workspace=demo.root, during=AFTER)
    assert "could point at a person" in explorer.list.value
    assert explorer.seen is None
    assert explorer.write.disabled
    assert explorer.frame.holds.exhibits() == []


@pytest.mark.parametrize(
    ("during", "says"),
    [("2024", "Nothing was counted in 2024"), ("last wek", "Cannot read"), ("<img src=x>", "&lt;img")],
)
def test_what_cannot_be_listed_is_said_in_its_place(explorer, during, says):
    explorer.during.value = during
    assert says in explorer.list.value
    assert "<img" not in explorer.list.value
    assert explorer.seen is None
    explorer.during.value = AFTER
    assert explorer.seen.found == 3828


def test_another_metric_offers_its_own_columns(explorer):
    explorer.columns.value = ("record", "outcome")
    explorer.metric.value = "appeal_rate"
    offered = {value for _, value in explorer.columns.options}
    assert "actor" in offered
    assert "outcome" not in offered
    assert explorer.seen.metric.id == "appeal_rate"


def test_a_link_carries_it_to_a_colleague_who_sees_what_theirs_may(explorer, demo):
    explorer.part.value = "rest"
    explorer.columns.value = ("record", "market")
    token = explorer.frame.parts["link"].text.value
    assert View.from_token(token) == explorer.view
    same = explore_cases(workspace=demo.root, view=token, audience="analyst")
    assert same.seen.table.equals(explorer.seen.table)
    assert explore_cases(workspace=demo.root, view=token).seen is None


@pytest.mark.parametrize(
    "asked",
    [{"part": "numerators"}, {"columns": "markt"}, {"where": "markt=DE"}, {"metric": "overturn"}, {"store": "other"}],
)
def test_a_link_that_does_not_fit_changes_nothing(explorer, asked):
    before = explorer.view
    with pytest.raises(AppealInsightsError):
        explorer.frame.open(View("cases", {"store": "demo", **asked}).token())
    assert explorer.view == before


def test_every_label_is_said_in_the_language_chosen(explorer):
    explorer.language.value = "zh-CN"
    labels = [part.description for part in explorer._own if getattr(part, "description", "")]
    assert english_left(" ".join(labels)) == []
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in label) for label in labels)
    assert "条记录" in explorer.list.value


EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def evil(tmp_path):
    """A store in which values look like formulas."""
    (tmp_path / "notebooks").mkdir()
    rows = decided([("2026-11-02", "DE", "upheld", 3)], policy=EVIL, queue="+1-1", site="@x")
    make_store(tmp_path / "data" / "store" / "evil.duckdb", rows)
    return tmp_path


def test_no_cell_of_a_file_can_become_a_formula(evil):
    found = cases(store="evil", during="2026-W45", columns="record,policy,queue,site", audience="analyst",
                  workspace=evil)  # fmt: skip
    with write_case_list(found, form="csv", workspace=evil).open(encoding="utf-8-sig", newline="") as file:
        head, first, *rest = list(csv.reader(file))
    assert head == ["Record", "Policy", "Queue", "Site"]
    assert first[1:] == [f"'{EVIL}", "'+1-1", "'@x"]
    assert len(rest) == 2


def test_a_workbook_holds_every_row_as_text(evil):
    found = cases(store="evil", during="2026-W45", columns="record,policy", audience="analyst", workspace=evil)
    path = write_case_list(found, form="xlsx", workspace=evil)
    assert write_case_list(found, form="xlsx", workspace=evil) == path
    import zipfile

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert sheet.count("<row ") == 4


def test_the_button_writes_the_list_on_the_screen(demo, tmp_path):
    root = demo.copy(tmp_path)
    explorer = explore_cases(workspace=root, during=AFTER, audience="analyst")
    explorer.most.value, explorer.form.value = "1000", "csv"
    explorer.write.click()
    [path] = (root / "data" / "exports").iterdir()
    assert path.name in explorer.said.value
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 1001
