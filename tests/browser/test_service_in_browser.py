"""The page of a review of service levels as a stakeholder opens it, and the hand-over as the desk prints it."""

import re
from pathlib import Path

import pytest

from appeal_insights.reports.run import run
from tests.demo import shell
from tests.reports.test_workbook import Book

pytestmark = pytest.mark.browser

NOTEBOOK = "04_service_levels"
MOST_BYTES = 5_000_000  # in two languages, each chart twice: drawn, and still for who has no scripts
CHARTS = ("promise_by_week", "landing", "heat", "forecast", "hours_needed")
TWIN = "details.data"


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    return demo.copy(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def made(place):
    """The review of the demo's half-year, in both languages."""
    return run(NOTEBOOK, {"store": "service", "language": "both"}, workspace=place, progress=False)


@pytest.fixture(scope="module")
def sheet(place) -> Path:
    """The hand-over of the desk, by the command that it gives at the end of a shift."""
    given = ("store=service", "view=handover", "language=both", "audience=analyst")
    there = set(place.glob("data/runs/*"))
    said = shell("run", NOTEBOOK, *(word for one in given for word in ("-p", one)), f"--workspace={place}")
    assert said.code == 0, said.err
    [new] = {path for path in place.glob("data/runs/*") if path.is_dir()} - there
    return new / f"{NOTEBOOK}.html"


def test_every_chart_is_drawn_with_its_numbers_and_nothing_is_asked_of_any_network(made, page_offline, colours_in):
    opened = page_offline(made.html)
    names = [figure.get_attribute("id").split("-")[0] for figure in opened.figures]
    assert sorted(names) == sorted([*CHARTS, *CHARTS]), "each in two languages"
    for figure in opened.figures:
        assert figure.get_attribute("data-drawn") == "yes"
        assert len(colours_in(figure.query_selector(".chart"))) > 3
        assert figure.query_selector(f"{TWIN} table tbody tr"), figure.get_attribute("id")
    opened.check_quiet()
    assert made.html.stat().st_size < MOST_BYTES


def test_the_first_screen_has_the_promise_the_fall_and_the_next_step_in_both_languages(made, page_offline):
    opened = page_offline(made.html, width=1280, height=900)
    leads = opened.page.query_selector_all("figure.lead")
    english, chinese = (lead.inner_text() for lead in leads)
    for number in ("95.5%", "4,476", "4,685", "98.8%", "GB · seller_support", "67.9%", "163"):
        assert number in english
        assert number in chinese
    assert "Target 95.0%: met." in english
    assert "目标 95.0%：达标" in chinese
    assert leads[0].bounding_box()["y"] + leads[0].bounding_box()["height"] < 900


def test_the_workbook_has_the_numbers_of_the_page(made, page_offline):
    page = page_offline(made.html).page
    row = page.locator("#promises tbody tr", has_text="Appeals decided").first.inner_text()
    kept, due = (int(number.replace(",", "")) for number in re.findall(r"([\d,]+) / ([\d,]+)", row)[0])
    assert (kept, due) == (4476, 4685)
    book = Book(made.html.with_suffix(".xlsx").read_bytes())
    [found] = [row for row in book.rows("Every promise of the last 28 da") if kept in row]
    assert found[0].startswith("Appeals decided")
    assert due in found
    assert found[1] == pytest.approx(kept / due)


def test_a_narrow_page_does_not_scroll_sideways(made, page_offline):
    page = page_offline(made.html, width=400).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_no_single_case_stands_on_a_page_for_stakeholders(made, page_offline):
    said = page_offline(made.html).page.inner_text("main")
    assert not re.search(r"\b[ATD]0{3,}\d+\b", said)


def test_the_hand_over_is_one_sheet_of_paper_in_each_language(sheet, page_offline):
    opened = page_offline(sheet)
    assert opened.page.locator("#handover, #handover-2").count() == 2
    assert opened.page.locator("#urgent tbody tr").first.inner_text().startswith("T")
    printed = opened.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    opened.check_quiet()


def test_the_hand_over_tells_both_desks_the_same(sheet, page_offline):
    page = page_offline(sheet).page
    english, chinese = (page.locator(name).inner_text() for name in ("#handover", "#handover-2"))
    assert "London 06:00, Shanghai 14:00" in english
    assert "伦敦 06:00，上海 14:00" in chinese
    for number in ("56", "163", "206", "277", "52", "33"):
        assert number in english
        assert number in chinese
