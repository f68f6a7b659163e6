"""Which segments fell, and since when: narrow ones rather than wide ones, recovered ones not, quiet ones never."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from appeal_insights.findings.service_asked import span
from appeal_insights.findings.service_fell import falls_of
from appeal_insights.findings.service_held import KIND

END = date(2026, 11, 16)
DAYS = pd.date_range("2026-05-18", periods=182)
MARKETS, QUEUES = ("DE", "FR", "GB", "SA"), ("general", "live", "seller")


@dataclass(frozen=True)
class Told:
    """What a store would answer: due and in time by day, market and queue."""

    rows: pd.DataFrame
    end: date = END

    @property
    def now(self) -> Any:
        return span(self.end - timedelta(days=28), self.end)

    @property
    def before(self) -> Any:
        return span(self.end - timedelta(days=56), self.end - timedelta(days=28))

    def scope(self, of: str, more: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: values for name, values in more.items() if name in self.rows}

    def table(self, name: str, of: str, periods: Any, by: Any, **more: Any) -> pd.DataFrame:
        return self.rows.groupby([*by, "period"])[["numerator", "denominator"]].sum().reset_index()


def days_of(seed: int, *, size: int = 14, rate: float = 0.97, site: bool = False) -> pd.DataFrame:
    """Days on which nothing happens."""
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([MARKETS, QUEUES, DAYS], names=["market", "queue", "period"]).to_frame(
        index=False
    )
    due = rng.poisson(size, len(rows))
    rows = rows.assign(subject_type="appeal", clock="decide", denominator=due, numerator=rng.binomial(due, rate))
    return rows.assign(site=rows["queue"].map({"seller": "south"}).fillna("north")) if site else rows


def spoilt(rows: pd.DataFrame, rate: float, since: str, until: str = "2026-11-15", **segment: str) -> pd.DataFrame:
    """The same with another share in time in one segment between two days."""
    hit = rows["period"].between(since, until)
    for name, value in segment.items():
        hit &= rows[name] == value
    kept = (rows["denominator"] * rate).round().astype("int64")
    return rows.assign(numerator=rows["numerator"].where(~hit, kept))


def falls(rows: pd.DataFrame, **more: Any) -> Any:
    return falls_of(Told(rows), "sla_attainment", KIND, ("market", "queue"), **more)  # type: ignore[arg-type]


def named(found: Any) -> list[tuple[str, str]]:
    return [(row["market"], row["queue"]) for row in found.rows.to_dict("records")]


@pytest.mark.parametrize("seed", range(8))
def test_where_nothing_happens_nothing_is_told(seed):
    found = falls(days_of(seed))
    assert found.rows.empty
    assert (found.watched, found.refused) == (1 + 4 + 3 + 12, 0)


def test_a_market_that_fell_is_named_with_its_date_and_its_counts():
    rows = spoilt(days_of(1), 0.80, "2026-10-05", market="SA")
    [row] = falls(rows).rows.to_dict("records")
    assert (row["market"], row["queue"], row["way"]) == ("SA", "", "watched")
    assert abs((row["since"].date() - date(2026, 10, 5)).days) <= 3
    assert row["since_low"] <= row["since"] <= row["since_high"]
    newest = rows[(rows["market"] == "SA") & (rows["period"] >= "2026-10-19")]
    assert (row["numerator"], row["denominator"]) == (newest["numerator"].sum(), newest["denominator"].sum())
    assert row["rate"] == pytest.approx(0.80, abs=0.01)
    assert row["rate_before"] == pytest.approx(0.97, abs=0.01)
    assert row["change"] == pytest.approx(row["rate"] - row["rate_before"])
    assert row["change_low"] < row["change"] < row["change_high"] < 0


def test_two_small_segments_are_named_and_not_the_queue_market_or_site_that_holds_them():
    rows = days_of(2, site=True)
    for market in ("DE", "GB"):
        rows = spoilt(rows, 0.45, "2026-11-07", market=market, queue="seller")
    found = falls(rows, also=("site",))
    assert sorted(named(found)) == [("DE", "seller"), ("GB", "seller")]
    assert found.rows["since"].between("2026-11-06", "2026-11-08").all()
    assert (found.rows["site"] == "").all()


def test_a_site_is_named_where_all_that_it_works_on_fell():
    rows = days_of(3, site=True)
    rows = rows.assign(site=rows["market"].map({"DE": "lisbon", "FR": "lisbon"}).fillna("sofia"))
    found = falls(spoilt(rows, 0.70, "2026-10-19", site="lisbon"), also=("site",))
    assert found.rows[["market", "queue", "site"]].to_numpy().tolist() == [["", "", "lisbon"]]


def test_what_came_back_is_no_fall():
    assert falls(spoilt(days_of(4), 0.70, "2026-08-31", "2026-09-20", market="FR")).rows.empty


def test_a_thin_segment_is_still_held_against_the_weeks_before():
    rows = days_of(5, size=2)
    found = falls(spoilt(rows, 0.0, "2026-10-26", market="DE", queue="live"))
    assert found.refused > 0
    assert named(found) == [("DE", "live")]
    assert found.rows["way"].tolist() == ["compared"]


def test_a_share_that_rose_is_told_the_right_way_round():
    rows = days_of(6, rate=0.10)
    found = falls(spoilt(rows, 0.40, "2026-10-05", queue="live"), rises=True)
    [row] = found.rows.to_dict("records")
    assert (row["market"], row["queue"]) == ("", "live")
    assert row["rate"] == pytest.approx(0.40, abs=0.02)
    assert row["rate_before"] == pytest.approx(0.10, abs=0.01)
    assert row["numerator"] / row["denominator"] == pytest.approx(row["rate"])
    assert 0 < row["change_low"] < row["change"] < row["change_high"]


def test_a_short_history_is_compared_though_it_cannot_be_watched():
    rows = days_of(7)
    rows = spoilt(rows[rows["period"] >= "2026-09-21"], 0.6, "2026-11-01", market="GB")
    found = falls(rows)
    assert (found.watched, named(found)) == (0, [("GB", "")])


def test_nothing_due_is_nothing_told():
    found = falls(days_of(8).assign(numerator=0, denominator=0))
    assert found.rows.empty
    assert (found.watched, found.refused, found.expected) == (0, 0, 0.0)


def test_a_promise_that_fell_as_a_whole_is_said_to_have_even_where_a_part_is_told():
    rows = spoilt(spoilt(days_of(9), 0.4, "2026-11-02", market="DE", queue="live"), 0.4, "2026-11-02", market="GB")
    found = falls(rows)
    assert found.whole[KIND].drop_duplicates().to_numpy().tolist() == [["appeal", "decide"]]
    assert falls(days_of(9)).whole.empty


def test_where_all_fell_alike_only_the_whole_is_told():
    found = falls(spoilt(days_of(10), 0.8, "2026-10-05"))
    assert named(found) == [("", "")]
