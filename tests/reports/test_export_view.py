"""What is on the screen as files: they hold the same numbers, nothing that was hidden, and need nothing beside them."""

import re
import zipfile
from html import unescape
from xml.etree import ElementTree

import pytest

from appeal_insights.errors import AppealInsightsError, BadParameter
from appeal_insights.findings.answer import Asking
from appeal_insights.findings.glance import glance
from appeal_insights.findings.glance_exhibits import glance_breakdown, glance_heat, glance_trend
from appeal_insights.findings.shown import Exhibit
from appeal_insights.findings.view import View
from appeal_insights.reports.export_view import FORMS, export_view
from appeal_insights.reports.view_run import run_of
from tests.helpers import decided, make_store

VIEW = View("metric", {"store": "few", "metric": "overturn_rate", "by": "market", "during": "2026-W44..2026-W45"})
HOSTILE = "<img src=x onerror=alert(1)>"
CASES = [
    (day, market, outcome, n)
    for day in ("2026-10-26", "2026-11-02")
    for market, outcome, n in (("DE", "upheld", 37), ("DE", "reversed", 13), ("FR", "upheld", 31), ("GB", "upheld", 12))
] + [("2026-11-02", "MT", "upheld", 3)]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "few.duckdb", decided(CASES, content_language=HOSTILE))
    return tmp_path


def shown(place, *, audience="stakeholder", spoken=("en",), view=VIEW):
    asking = Asking("trend", **view.arguments("metric", "by", "during", "where"), every="week")
    seen = glance(asking, store="few", audience=audience, workspace=place)
    return [make(seen, one) for one in spoken for make in (glance_trend, glance_breakdown, glance_heat)]


def written(place, form, *, audience="stakeholder", language="en", spoken=("en",), view=VIEW):
    exhibits = shown(place, audience=audience, spoken=spoken, view=view)
    return export_view(view, exhibits, form=form, language=language, audience=audience, workspace=place)


def strings(path):
    """Every text and number of a workbook, as its XML has them."""
    with zipfile.ZipFile(path) as book:
        return " ".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def test_the_page_stands_alone_and_holds_the_numbers_of_the_screen(place):
    [file] = written(place, "html")
    page = file.read_text(encoding="utf-8")
    assert file.parent == place / "data" / "exports"
    assert "default-src 'none'" in unescape(page)
    assert not re.findall(r'(?:src|href)="https?:', page)
    for one in shown(place):
        for row in one.cells.rows:
            assert all(str(cell) in page for cell in row)
    assert VIEW.token() in page
    assert "ap.query(" in page


def test_the_same_view_is_written_to_the_same_place_with_the_same_bytes(place):
    [first] = written(place, "html")
    before = first.read_bytes()
    assert written(place, "html") == [first]
    assert first.read_bytes() == before
    [other] = written(place, "html", audience="analyst")
    assert other != first
    assert [path.suffix for path in (place / "data" / "exports").iterdir()] == [".html", ".html"]


def test_the_workbook_has_the_counts_as_numbers(place):
    [file] = written(place, "xlsx")
    held = strings(file)
    for number in ("<v>26</v>", "<v>100</v>"):  # DE over both weeks: 2 x 13 of 2 x 50
        assert number in held


@pytest.mark.parametrize("form", FORMS)
def test_no_file_holds_what_the_audience_may_not_see(place, form):
    for file in written(place, form):
        held = strings(file) if form == "xlsx" else file.read_bytes().decode("latin-1")
        assert "MT" not in re.findall(r"\bMT\b", held)


def test_an_analyst_has_it_all(place):
    [file] = written(place, "xlsx", audience="analyst")
    assert "MT" in strings(file)


def test_a_picture_of_each_chart_and_language(place):
    made = written(place, "svg", language="both", spoken=("en", "zh-CN"))
    assert [path.name.rsplit("-stakeholder-")[1] for path in made] == [
        "trend-en.svg", "heat-en.svg", "trend-zh-CN.svg", "heat-zh-CN.svg",
    ]  # fmt: skip
    for path in made:
        root = ElementTree.fromstring(path.read_bytes())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "改判率" in made[2].read_text(encoding="utf-8")
    pictures = written(place, "png")
    assert [path.read_bytes()[:8] for path in pictures] == [b"\x89PNG\r\n\x1a\n"] * 2


def test_what_came_from_data_stays_text(place):
    view = VIEW.but(by="content_language", where=f"content_language={HOSTILE}")
    [file] = written(place, "html", view=view)
    page = file.read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("form", "exhibits", "says"),
    [
        ("pdf", [Exhibit("x", "en", "x", ["y"])], "Choose one of"),
        ("html", [], "Nothing is shown here"),
        ("html", [Exhibit("x", "en", "x", ["too few"])], "Nothing is shown here"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(place, form, exhibits, says):
    with pytest.raises(AppealInsightsError) as raised:
        export_view(VIEW, exhibits, form=form, workspace=place)
    assert says in raised.value.say("en")
    assert not (place / "data" / "exports").exists()


def test_tables_alone_make_no_picture(place):
    with pytest.raises(BadParameter, match="no chart here"):
        export_view(VIEW, [one for one in shown(place) if one.chart is None], form="png", workspace=place)


def asked(place, **changed):
    return run_of(VIEW.but(**changed), language="both", audience="analyst", workspace=place)


def test_a_trend_becomes_a_run_that_compares_its_newest_complete_periods(place):
    """The store was loaded on Monday 2026-11-16, so week 47 is not over."""
    told = asked(place, during="2026-W40..2026-W47", where="market=DE,FR")
    assert told.notebook == "02_overturn_root_cause"
    assert (told.parameters["before"], told.parameters["after"]) == ("2026-W41..2026-W43", "2026-W44..2026-W46")
    assert told.command == (
        "appeal-insights run 02_overturn_root_cause -p store=few -p language=both -p audience=analyst "
        "-p where=market=DE,FR -p metric=overturn_rate -p before=2026-W41..2026-W43 -p after=2026-W44..2026-W46"
    )
    assert told.call.startswith('ap.run("02_overturn_root_cause", {"store": "few", "language": "both"')
    long = asked(place, during="2026-W30..2026-W46", every="week").parameters
    assert (long["before"], long["after"]) == ("2026-W39..2026-W42", "2026-W43..2026-W46")


def test_a_comparison_keeps_its_own_periods_and_other_metrics_have_other_reports(place):
    compared = View("compare", {"store": "few", "before": "2026-W44", "after": "2026-W45"})
    told = run_of(compared, workspace=place).parameters
    assert (told["before"], told["after"], told["audience"]) == ("2026-W44", "2026-W45", "stakeholder")
    audited = asked(place, metric="handling_accuracy")
    assert (audited.notebook, audited.parameters["start"], audited.parameters["end"]) == (
        "03_accuracy_drift", "2026-10-26", "2026-11-08",
    )  # fmt: skip
    assert asked(place, metric="sla_attainment").notebook == "04_service_levels"


def test_a_scope_that_cannot_be_typed_is_left_to_the_call(place):
    told = asked(place, where='{"market": ["a,b"]}')
    assert told.command == f"# {told.call}"
    assert '"where": {"market": ["a,b"]}' in told.call


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"during": "2026-W46"}, "A root-cause run compares two"),
        ({"during": ""}, "names no period"),
        ({"metric": "appeal_rate"}, "No report asks why appeal_rate"),
    ],
)
def test_what_no_run_can_ask_is_said(place, changed, says):
    with pytest.raises(BadParameter) as raised:
        asked(place, **changed)
    assert says in raised.value.say("en")
