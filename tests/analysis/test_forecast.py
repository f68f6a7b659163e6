"""What comes in: weekdays, days off and trends carried on, intervals that hold as often as they say, and refusals."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis.forecast import FEWEST_DAYS, MOST_DAYS, forecast, forecast_segments, look_ahead
from appeal_insights.errors import BadParameter, BadTable
from benchmarks.forecast import AHEAD, KINDS, score, series
from benchmarks.forecast import ours as forecast_of_ours

MONDAY = pd.Timestamp("2026-09-07")
WEEK = np.array([100, 120, 110, 105, 95, 40, 30])


def past(weeks: int, shape=WEEK, **columns) -> pd.DataFrame:
    days = pd.date_range(MONDAY, periods=7 * weeks)
    return pd.DataFrame({"day": days, "count": np.tile(shape, weeks)}).assign(**columns)


def ahead(table: pd.DataFrame, days: int = 14, **columns) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.date_range(table["day"].max() + pd.Timedelta(days=1), periods=days)}).assign(
        **columns
    )


def test_weeks_that_are_all_alike_go_on():
    table = past(8)
    found = forecast(table, ahead(table))
    assert found["day"].iloc[0] == MONDAY + pd.Timedelta(weeks=8)
    assert found["expected"].to_numpy() == pytest.approx(np.tile(WEEK, 2), rel=0.01)
    assert (found["high"] - found["low"]).max() < 5
    assert ((found["low"] <= found["expected"]) & (found["expected"] <= found["high"])).all()


def test_a_day_off_brings_as_much_less_as_days_off_did():
    """Half the usual on three Wednesdays: so on the fourth, and on no other day."""
    table = past(10, closed=False)
    off = table.index.isin([9, 30, 51])
    table = table.assign(closed=off, count=np.where(off, 55, table["count"]))
    later = ahead(table, closed=False)
    later.loc[2, "closed"] = True
    found = forecast(table, later)["expected"]
    assert found[2] == pytest.approx(55, rel=0.05)
    assert found[9] == pytest.approx(110, rel=0.02)


def test_weekends_without_any_case_stay_without():
    table = past(10, np.array([100, 120, 110, 105, 95, 0, 0]), closed=False)
    table["closed"] = table["day"].dt.day_of_week >= 5
    found = forecast(table, ahead(table, closed=[day % 7 >= 5 for day in range(14)]))
    assert found["expected"][5:7].max() < 0.5
    assert found["expected"][:5].to_numpy() == pytest.approx([100, 120, 110, 105, 95], rel=0.02)


def test_a_level_that_shifted_is_the_level_from_then_on():
    rng = np.random.default_rng(6)
    table = past(20)
    table["count"] = rng.poisson(np.where(np.arange(140) < 100, 5, 9) * table["count"])
    week = look_ahead(table, ahead(table)).by_week()
    assert week["expected"].tolist() == pytest.approx([9 * 600] * 2, rel=0.03)
    assert (week["low"] < 9 * 600).all()
    assert (week["high"] > 9 * 600).all()


def test_days_that_miss_together_make_a_week_less_sure_than_days_on_their_own():
    """Were each day's error its own, the interval of a week were the root of its days' squares."""
    rng = np.random.default_rng(3)
    table = past(20)
    table["count"] = rng.poisson(table["count"] * 20 * np.exp(np.cumsum(rng.normal(0, 0.06, 140))))
    found = look_ahead(table, ahead(table, 28))
    day, week = found.by_day(), found.by_week()
    alone = np.sqrt(((day["high"] - day["low"]) ** 2).to_numpy().reshape(4, 7).sum(axis=1))
    assert (week["high"] - week["low"]).to_numpy()[-1] > 1.5 * alone[-1]
    assert week["expected"].tolist() == pytest.approx(day["expected"].to_numpy().reshape(4, 7).sum(axis=1).tolist())
    assert found.total()["expected"].iloc[0] == pytest.approx(week["expected"].sum())


def test_a_week_that_is_partly_ahead_says_how_many_of_its_days():
    table = past(8).iloc[:-3]
    week = look_ahead(table, ahead(table, 12)).by_week()
    assert week["week"].tolist() == list(pd.date_range(MONDAY + pd.Timedelta(weeks=7), periods=3, freq="7D"))
    assert week["days"].tolist() == [3, 7, 2]
    assert look_ahead(table, ahead(table, 12)).total()["days"].tolist() == [12]


def test_a_short_history_is_less_sure_than_a_long_one():
    rng = np.random.default_rng(1)
    long = past(40)
    long["count"] = rng.poisson(long["count"] * rng.gamma(100, 0.01, 280))
    widths = [np.ptp(forecast(long.tail(days), ahead(long))[["low", "high"]], axis=1).sum() for days in (28, 280)]
    assert widths[0] > 1.15 * widths[1]


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_eighty_percent_hold_about_that_often(kind):
    """16 series of one kind, of eight weeks and of half a year: 448 days, which hang together by series."""
    found = []
    for repeat in range(8):
        for history in (56, 182):
            rng = np.random.default_rng([history, KINDS.index(kind), repeat])
            found.append(score(series(rng, kind, history, 300), history, forecast_of_ours))
    mean = pd.DataFrame(found).mean()
    assert 0.7 < mean["day"] < 0.95
    assert mean["week"] > 0.65
    assert mean["wape"] < mean["naive_wape"]


def test_row_order_changes_nothing_and_neither_does_a_time_of_day():
    table = past(8)
    later = ahead(table, AHEAD)
    first = forecast(table, later)
    assert forecast(table.sample(frac=1, random_state=1), later[::-1]).equals(first)
    assert forecast(table.assign(day=table["day"] + pd.Timedelta(hours=5)), later).equals(first)


def test_a_day_that_is_not_there_is_not_known_rather_than_nought():
    table = past(12)
    holes = table.drop(index=[10, 11, 40])
    assert forecast(holes, ahead(table))["expected"].to_numpy() == pytest.approx(np.tile(WEEK, 2), rel=0.01)


def test_only_the_newest_days_are_learned_from():
    table = past(80)
    old = table.index < len(table) - MOST_DAYS
    assert forecast(table.assign(count=np.where(old, 9_000, table["count"])), ahead(table)).equals(
        forecast(table, ahead(table))
    )


def test_segments_are_forecast_each_on_its_own_and_a_refusal_has_its_reason():
    big, small, new = past(8, segment="DE"), past(8, WEEK // 25, segment="MT"), past(3, segment="FR")
    later = ahead(big)
    found = forecast_segments(
        pd.concat([small, new.assign(day=new["day"] + pd.Timedelta(weeks=5)), big]), later, by="segment"
    )
    assert found.days.drop(columns="segment").equals(forecast(big, later))
    assert found.weeks["segment"].tolist() == ["DE", "DE"]
    assert found.refused["segment"].tolist() == ["FR", "MT"]
    why = [error.say("en") for error in found.refused["reason"]]
    assert why[0] == f"21 days are too few to forecast from. Give {FEWEST_DAYS} or more."
    assert why[1].startswith("3.0 cases a day on average are too few")
    assert "21 天" in found.refused["reason"][0].say("zh-CN")


def test_each_segment_can_have_its_own_days_off():
    both = pd.concat([past(8, segment=name, closed=False) for name in ("DE", "SA")])
    both.loc[(both["segment"] == "SA") & both.index.isin([4, 25, 46]), ["count", "closed"]] = [20, True]
    later = pd.concat([ahead(both, segment=name, closed=False) for name in ("DE", "SA")], ignore_index=True)
    later.loc[(later["segment"] == "SA") & (later["day"].dt.day_of_week == 4), "closed"] = True
    found = forecast_segments(both, later, by="segment").days
    fridays = found[found["day"].dt.day_of_week == 4].groupby("segment")["expected"].mean()
    assert fridays.tolist() == pytest.approx([95, 20], rel=0.05)


def test_no_segment_at_all_leaves_empty_tables():
    found = forecast_segments(past(2, segment="DE"), ahead(past(2)), by="segment")
    assert (len(found.days), len(found.weeks), len(found.refused)) == (0, 0, 1)
    assert list(found.weeks) == ["segment", "week", "days", "expected", "low", "high"]


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        (lambda table, later: (table.tail(27), later), BadTable, "27 days are too few"),
        (lambda table, later: (table.assign(count=9), later), BadTable, "9.0 cases a day"),
        (lambda table, later: (table, table.tail(1)), BadTable, "2026-11-01 is not ahead"),
        (lambda table, later: (table, later[:0]), BadTable, "no rows"),
        (lambda table, later: (pd.concat([table, table]), later), BadTable, "2026-09-07 is there more than once"),
        (lambda table, later: (table, pd.concat([later, later])), BadTable, "2026-11-02 is there more than once"),
        (lambda table, later: (table.assign(count=-1), later), BadTable, "'count' is -1"),
        (lambda table, later: (table.drop(columns="day"), later), BadTable, "No column 'day'"),
    ],
)
def test_what_cannot_be_forecast_is_refused(change, error, why):
    table = past(8)
    with pytest.raises(error, match=why):
        forecast(*change(table, ahead(table)))


def test_days_nobody_counted_that_were_written_as_nought_are_refused_and_left_out_are_not():
    table = past(12)
    lost = np.random.default_rng(4).random(len(table)) < 0.2
    with pytest.raises(BadTable, match="Days differ too much"):
        forecast(table.assign(count=table["count"].mask(lost, 0)), ahead(table))
    assert forecast(table[~lost], ahead(table))["expected"].to_numpy() == pytest.approx(np.tile(WEEK, 2), rel=0.01)


def test_a_confidence_or_a_number_of_draws_that_cannot_be_is_refused():
    table = past(8)
    with pytest.raises(BadParameter, match="level of 80"):
        forecast(table, ahead(table), confidence=80)
    with pytest.raises(BadParameter, match="0 draws"):
        look_ahead(table, ahead(table), draws=0)
