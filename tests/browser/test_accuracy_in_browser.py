"""The page of an accuracy review as a stakeholder opens it; and one whose names are markup and code."""

import shutil
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from appeal_insights.reports.run import run
from tests.browser.test_hostile_store_in_browser import looked_over, plain
from tests.demo import PROJECT
from tests.helpers import make_store
from tests.pages import HOSTILE

pytestmark = pytest.mark.browser

NOTEBOOK = "03_accuracy_drift"
MOST_BYTES = 4_000_000  # in two languages, each chart twice: drawn, and still for who has no scripts
FIRST, DAYS, CHANGE = date(2025, 11, 17), 240, 180
SITES = HOSTILE[:3]


@pytest.fixture(scope="module")
def made(demo, tmp_path_factory):
    """The report on the demo's year of audits, in both languages."""
    root = demo.copy(tmp_path_factory.mktemp("accuracy"))
    return run(NOTEBOOK, {"store": "quality", "language": "both"}, workspace=root, progress=False)


def audits() -> pd.DataFrame:
    """Thirty audits a day of three policies with hostile names; the second falls by thirty points on day 180."""
    rng, rows = np.random.default_rng(3), []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for place, policy in enumerate(HOSTILE[:3]):
            right = 0.6 if place == 1 and number >= CHANGE else 0.9
            for nth in range(10):
                verdict = "correct" if rng.random() < right else "incorrect"
                rows.append(
                    (f"{day}T10:00:00Z", policy, SITES[nth % 3], HOSTILE[(nth + place) % len(HOSTILE)], verdict)
                )
    table = pd.DataFrame(rows, columns=["decided_at", "policy", "site", "reviewer", "verdict"])
    return table.assign(
        audit_id=[f"q{number}" for number in range(len(table))], subject_type="appeal", subject_id="x", market="GB",
        decision="decision_upheld", purpose="random", audited_at=table["decided_at"], queue=HOSTILE[4],
        error_type=np.where(table["verdict"] == "incorrect", "wrong_policy", None),
    )  # fmt: skip


def events() -> pd.DataFrame:
    starts = f"{FIRST + timedelta(days=CHANGE)}T06:00:00Z"
    table = pd.DataFrame({"event_id": [f"e{nth}" for nth in range(2)], "title_en": HOSTILE[5:7], "starts_at": starts})
    return table.assign(title_zh=table["title_en"], event_type="tooling_change", scope="market=GB")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The same notebook over that store, for an analyst, who sees every name."""
    root = tmp_path_factory.mktemp("hostile_audits")
    (root / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / f"{NOTEBOOK}.ipynb", root / "notebooks")
    store = make_store(root / "data" / "store" / "hostile.duckdb", audits(), fact="audits")
    make_store(store, events(), fact="known_events")
    end = str(FIRST + timedelta(days=DAYS - 1))
    given = {"store": "hostile", "by": "policy", "language": "both", "audience": "analyst", "end": end}
    return run(NOTEBOOK, given, workspace=root, progress=False)


def test_every_chart_is_drawn_and_nothing_is_asked_of_any_network(made, page_offline, colours_in):
    opened = page_offline(made.html)
    assert len(opened.figures) >= 14, "seven in each language"
    for figure in opened.figures:
        assert len(colours_in(figure.query_selector(".chart"))) > 3
    opened.check_quiet()
    assert made.html.stat().st_size < MOST_BYTES


def test_the_first_screen_has_the_rate_the_newest_alarm_and_the_next_step_in_both_languages(made, page_offline):
    english, chinese = (lead.inner_text() for lead in page_offline(made.html).page.query_selector_all("figure.lead"))
    for number in ("90.2%", "16,119", "IT · adult_nudity", "4.98"):
        assert number in english
        assert number in chinese
    assert "Next: Read 50 decisions" in english
    assert "下一步：请抽读" in chinese


def test_no_person_stands_on_a_page_for_stakeholders(made, page_offline):
    said = page_offline(made.html).page.content()
    assert "R-0" not in said
    assert "Q-0" not in said


def test_a_narrow_page_does_not_scroll_sideways(made, page_offline):
    page = page_offline(made.html, width=400).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_hostile_series_sites_persons_and_events_are_text(hostile, page_offline):
    opened = page_offline(hostile.html)
    said = looked_over(opened)
    for text in HOSTILE[:7]:
        assert plain(text) in said
    opened.check_quiet()
    page = page_offline(hostile.html, scripts=False).page
    assert page.locator("main script:not(.spec)").count() == 0
    assert page.locator("img, iframe, object, embed, form, input, base, link:not([rel=icon])").count() == 0
