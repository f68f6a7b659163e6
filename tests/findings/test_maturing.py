"""Weeks of submission as an inquiry shows them: followed by age, the young marked, with an estimate of their end."""

import pandas as pd
import pytest

from appeal_insights.findings.overturn import investigate
from appeal_insights.records.workspace import Workspace
from tests.helpers import make_store


def weekly(weeks: int) -> pd.DataFrame:
    """From 2026-07-06 on a hundred appeals each Monday: thirty reversed after a day, forty upheld after five.

    Thirty wait: decided upheld after ten days. What is decided after the last of the weeks is not there yet.
    """
    rows = []
    for week in range(weeks):
        monday = pd.Timestamp("2026-07-06T10:00:00Z") + pd.Timedelta(weeks=week)
        for count, after, outcome in ((30, 1, "reversed"), (40, 5, "upheld"), (30, 10, "upheld")):
            rows += [
                {"received_at": monday, "decided_at": monday + pd.Timedelta(days=after), "outcome": outcome}
            ] * count
    table = pd.DataFrame(rows)
    end = pd.Timestamp("2026-07-06T00:00:00Z") + pd.Timedelta(weeks=weeks)
    late = table["decided_at"] >= end
    table["outcome"] = ("decision_" + table["outcome"]).mask(late)
    table["decided_at"] = table["decided_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").mask(late)
    table["received_at"] = table["received_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return table.assign(appeal_id=[f"a{place}" for place in range(len(table))], market="GB")


@pytest.fixture
def inquiry(tmp_path):
    (tmp_path / "notebooks").mkdir()
    make_store(Workspace(tmp_path).store("s"), weekly(14))
    return investigate(store="s", before="2026-W38..2026-W39", after="2026-W40..2026-W41", language="both",
                       as_of="2026-10-12T00:00:00Z", workspace=tmp_path)  # fmt: skip


def test_a_week_is_followed_by_age_and_all_that_was_submitted_stays_in_the_whole(inquiry):
    """30 of 100 are overturned after a day; of those decided by then all are, though in the end it is 30 of 100."""
    found = inquiry.evidence.cohorts.incidence.set_index(["period", "days"])
    early, late = found.loc[("2026-W30", 3)], found.loc[("2026-W30", 28)]
    assert (early["incidence"], early["rate"], early["open"]) == (pytest.approx(0.3), 1.0, pytest.approx(0.7))
    assert (late["incidence"], late["rate"], late["open"]) == (pytest.approx(0.3), pytest.approx(0.3), pytest.approx(0))
    assert late["mature"]


def test_the_newest_weeks_are_marked_and_where_they_end_is_estimated(inquiry):
    """The week of 5 October has thirty reversals and forty rejections: 30 of 70 reads 42.9 %, and ends at 30 %."""
    young = inquiry.evidence.cohorts.nowcast.set_index("period")
    newest = young.loc["2026-W41"]
    assert (newest["numerator"], newest["denominator"]) == (30, 70)
    assert newest["low"] <= 0.3 <= newest["high"] or newest["reason"]
    exhibit = inquiry.cohorts.parts[0]
    assert exhibit.notes[0].startswith("2026-W41 reads 42.9% now (30 of 70 decided).")
    assert "weeks of submission have not settled" in exhibit.title
    by_week = {row[0]: row for row in exhibit.cells.rows}
    assert by_week["2026-W37"][1:4] == ["100", "30.0%", "30.0%"]
    assert by_week["2026-W37"][-1] == "settled"
    assert by_week["2026-W41"][-1] != "settled"
    assert inquiry.cohorts.parts[1].language == "zh-CN"


def test_what_is_not_dated_by_day_has_no_cohorts(demo):
    told = demo.investigate(store="tiktok", before="2025-H2", after="2026-H1")
    assert told.evidence.cohorts is None
    [only] = {part.notes[0] for part in told.cohorts.parts if part.language == "en"}
    assert only.startswith("Nothing here says on which day a case was submitted")
