"""The two reports of the demo as a stakeholder opens them: from a file, with the network off."""

import os
from pathlib import Path

import pytest

from appeal_insights.reports.run import run
from tests.demo import AFTER, BEFORE, OWN_DECISIONS, PROJECT, TIKTOK

pytestmark = pytest.mark.browser

MOST_BYTES = 2_000_000
PICTURE = PROJECT / "docs" / "report.png"
REPORTS = {
    "sample": {"store": "demo", "before": BEFORE, "after": AFTER},
    "published": {**TIKTOK, "where": OWN_DECISIONS, "language": "both"},
}


@pytest.fixture(scope="module")
def reports(demo, tmp_path_factory):
    """Both reports, run once."""
    root = demo.copy(tmp_path_factory.mktemp("reports"))
    made = {
        name: run("02_overturn_root_cause", asked, workspace=root, progress=False) for name, asked in REPORTS.items()
    }
    return {name: one.html for name, one in made.items()}


@pytest.mark.parametrize("name", REPORTS)
def test_every_chart_of_a_report_is_drawn_and_nothing_is_asked_of_any_network(reports, page_offline, colours_in, name):
    opened = page_offline(reports[name])
    assert len(opened.figures) >= 2
    for figure in opened.figures:
        assert len(colours_in(figure.query_selector(".chart"))) > 5
    opened.check_quiet()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_weighs_less_than_two_megabytes(reports, name):
    assert reports[name].stat().st_size < MOST_BYTES


def test_the_first_screen_of_the_sample_report_names_the_segment_and_the_event(reports, page_offline):
    lead = page_offline(reports["sample"]).page.inner_text("figure.lead")
    assert "misleading_claims" in lead
    assert "New misleading claims model" in lead


def test_the_report_of_the_published_figures_tells_the_same_in_both_languages(reports, page_offline):
    leads = page_offline(reports["published"]).page.query_selector_all("figure.lead")
    english, chinese = (lead.inner_text() for lead in leads)
    for number in ("15,411,338", "14,589,660", "46.2%", "48.1%", "1.98"):
        assert number in english
        assert number in chinese


def test_the_picture_in_the_readme_is_of_this_report(reports, page_offline, tmp_path):
    """The picture is taken at every run; `make picture` keeps it."""
    opened = page_offline(reports["sample"], width=1240, height=1120)
    taken = tmp_path / PICTURE.name
    opened.page.screenshot(path=taken)
    assert taken.stat().st_size > 20_000
    if os.environ.get("APPEAL_INSIGHTS_KEEP_PICTURE") == "1":
        Path(PICTURE).write_bytes(taken.read_bytes())
    assert PICTURE.exists(), "Take the picture with: make picture"
