"""Where the month will end, who would have to recover, and the same days of a year before."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from appeal_insights.findings import service_year
from appeal_insights.findings.service_asked import span
from appeal_insights.findings.service_landing import landing_of
from appeal_insights.findings.service_year import year_before_of
from appeal_insights.records.calendars import read_calendars


@dataclass(frozen=True)
class Told:
    """What a store would answer: due and in time by day and market, with one target."""

    rows: pd.DataFrame
    end: date
    target: float | None = 0.95

    @property
    def now(self) -> Any:
        return span(self.end - timedelta(days=28), self.end)

    @property
    def store(self) -> "Told":
        return self

    def span(self, table: str, day: str) -> tuple[date, date]:
        return self.rows["period"].min().date(), self.rows["period"].max().date()

    def table(self, name: str, of: str, periods: Any, by: Any, **more: Any) -> pd.DataFrame:
        first, end = pd.Timestamp(periods[0].start), pd.Timestamp(periods[-1].end)
        inside = self.rows[(self.rows["period"] >= first) & (self.rows["period"] < end)]
        keys = [*by, *(["period"] if name == "trend" else [])]
        inside = inside.assign(subject_type="appeal", clock="decide")
        found = inside.groupby(keys)[["numerator", "denominator"]].sum().reset_index()
        segment = found.get("market", "")
        return found.assign(rate=found["numerator"] / found["denominator"], target=self.target, segment=segment)


def days(first: str, last: str, **kept: int) -> pd.DataFrame:
    """A hundred due a day and market, of which so many in time."""
    every = pd.date_range(first, last)
    rows = [(market, day, number, 100) for market, number in kept.items() for day in every]
    return pd.DataFrame(rows, columns=["market", "period", "numerator", "denominator"])


def month_of(rows: pd.DataFrame, target: float | None = 0.95, end: date = date(2026, 11, 16)) -> Any:
    told = Told(rows, end, target)
    now = told.table("breakdown", "", [told.now], ["market"])
    before = told.table("breakdown", "", [span(end - timedelta(days=56), told.now.start)], ["market"])
    sides = before[["market", "numerator", "denominator"]]
    segments = now.merge(sides, on="market", how="left", suffixes=("", "_before"))
    return landing_of(told, ("market",), segments)  # type: ignore[arg-type]


def test_a_month_that_goes_on_as_it_was_ends_where_it_was():
    landed = month_of(days("2026-08-01", "2026-11-15", DE=90, FR=94))
    [ends] = landed.ends.to_dict("records")
    assert (ends["start"], ends["end"], ends["through"]) == (date(2026, 11, 1), date(2026, 12, 1), date(2026, 11, 15))
    assert (ends["numerator"], ends["denominator"]) == (15 * 184, 15 * 200)
    assert ends["projected"] == pytest.approx(0.92, abs=1e-4)
    assert ends["low"] <= 0.92 <= ends["high"]
    # 30 days of 200 want 5,700 in time; 2,760 are; 2,940 of the 3,000 to come would have to be.
    assert ends["needed"] == pytest.approx(0.98, abs=1e-4)
    assert landed.days["to_date"].tolist() == pytest.approx([0.92] * 15)
    assert landed.recovery.empty  # nobody was better before, so no return closes the gap


def test_the_one_market_whose_return_closes_the_gap_is_named():
    rows = days("2026-08-01", "2026-11-15", DE=99, FR=98, GB=96)
    rows.loc[(rows["market"] == "FR") & (rows["period"] >= "2026-11-01"), "numerator"] = 84
    landed = month_of(rows)
    assert landed.ends["gap"].iloc[0] < 0
    [row] = landed.recovery.to_dict("records")
    assert (row["market"], row["kept"], row["due"]) == ("FR", 15 * 84, 15 * 100)
    assert row["level"] == pytest.approx((13 * 98 + 15 * 98) / 2800)


def test_no_target_no_gap_and_too_short_a_history_no_landing():
    assert month_of(days("2026-08-01", "2026-11-15", DE=90), target=None).ends["standing"].iloc[0] == "no_target"
    assert month_of(days("2026-10-20", "2026-11-15", DE=90)) is None


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(service_year, "calendars_of", lambda store: read_calendars())


def year(rows: pd.DataFrame, end: date) -> dict[str, dict[str, Any]]:
    return {row["market"]: row for row in year_before_of(Told(rows, end)).to_dict("records")}  # type: ignore[arg-type]


def test_the_same_weekdays_a_year_before_are_compared(shipped):
    then, now = days("2025-08-01", "2025-11-30", DE=90), days("2025-12-01", "2026-10-31", DE=95)
    row = year(pd.concat([then, now]), date(2026, 9, 14))["DE"]
    assert (row["fair"], row["compared"], row["reason"]) == (True, 28, "")
    assert (row["numerator_before"], row["denominator_before"]) == (28 * 90, 2800)
    assert (row["numerator_after"], row["denominator_after"]) == (28 * 95, 2800)
    assert row["change"] == pytest.approx(0.05)
    assert row["change_low"] < 0.05 < row["change_high"]


def test_ramadan_is_compared_with_ramadan_where_it_is_kept(shipped):
    """Ramadan of 2025 began on 1 March, of 2026 on 18 February: the 28 days up to 17 March lie in the later one."""
    rows = days("2025-02-01", "2026-03-31", SA=90, DE=90)
    rows.loc[rows["period"].between("2025-03-01", "2025-03-28"), "numerator"] = 50
    found = year(rows, date(2026, 3, 18))
    assert found["SA"]["fair"]
    assert found["SA"]["numerator_before"] == found["SA"]["compared"] * 50
    # In Germany these are the weekdays of 19 February to 18 March 2025.
    assert found["DE"]["compared"] == 28
    assert found["DE"]["numerator_before"] == 10 * 90 + 18 * 50


def test_records_that_do_not_go_back_have_no_fair_comparison(shipped):
    row = year(days("2026-05-18", "2026-11-15", DE=95), date(2026, 11, 16))["DE"]
    assert (row["fair"], row["compared"], row["reason"], row["without"]) == (False, 0, "no_data", 28)
