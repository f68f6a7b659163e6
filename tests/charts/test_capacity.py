"""Inflow and hours drawn: the numbers of the tables, days off marked, and a short plan set off without colour too."""

import json

import numpy as np
import pandas as pd
import pytest

from appeal_insights.charts.capacity import BAND, EXPECTED, forecast_alt, forecast_chart, hours_alt, hours_chart
from appeal_insights.charts.theme import DARK, LIGHT, spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_theme import WHITE, lab, linear, times

MONDAY = pd.Timestamp("2026-11-02")
TOLD = {"title": "More next week", "unit": "Cases a day", "description": "Two weeks"}


def seen() -> pd.DataFrame:
    days = pd.date_range(MONDAY, periods=7)
    return pd.DataFrame({"day": days, "count": [100, 90, 95, 99, 80, 20, 16], "closed": [False] * 5 + [True] * 2})


def later() -> pd.DataFrame:
    days = pd.date_range(MONDAY + pd.Timedelta(days=7), periods=7)
    expected = np.array([100.0, 90, 95, 99, 80, 20, 16])
    told = {"day": days, "expected": expected, "low": 0.8 * expected, "high": 1.3 * expected}
    return pd.DataFrame(told).assign(closed=[False] * 5 + [True] * 2)


def plan(*needed: float | None, planned: float = 100) -> pd.DataFrame:
    weeks = pd.date_range(MONDAY, periods=len(needed), freq="7D")
    table = pd.DataFrame({"week": weeks, "planned": planned, "needed": pd.Series(needed, dtype=float)})
    return table.assign(
        low_needed=0.9 * table["needed"],
        high_needed=1.2 * table["needed"],
        short=(table["needed"] - planned).clip(lower=0),
    )


PLAN = plan(90, 120, None)


def held(spec, column):
    return [pd.DataFrame(rows) for rows in spec["datasets"].values() if column in rows[0]]


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def grey(colour: str) -> float:
    return float(lab(linear(colour))[0])


def test_the_forecast_holds_the_numbers_of_its_tables():
    spec = spec_of(forecast_chart(seen(), later(), **TOLD))
    [counted] = held(spec, "count")
    assert counted["count"].tolist() == seen()["count"].tolist()
    for rows in held(spec, "expected"):
        assert (
            rows[["expected", "low", "high"]].to_numpy().tolist()
            == later()[["expected", "low", "high"]].to_numpy().tolist()
        )
    counted_line, expected_line = marks(spec, "line")
    assert counted_line["encoding"]["y"]["scale"]["zero"] is True
    assert expected_line["encoding"]["strokeDash"]["scale"]["range"] == [[1, 0], [5, 3]]
    assert spec["description"] == "Two weeks"


def test_days_off_are_marked_seen_and_ahead():
    [off] = marks(spec_of(forecast_chart(seen(), later(), **TOLD)), "rule")
    name = off["data"]["name"]
    rows = spec_of(forecast_chart(seen(), later(), **TOLD))["datasets"][name]
    assert [row["day"][:10] for row in rows] == ["2026-11-07", "2026-11-08", "2026-11-14", "2026-11-15"]
    plain = forecast_chart(seen().drop(columns="closed"), later().drop(columns="closed"), **TOLD)
    assert marks(spec_of(plain), "rule") == []
    assert (
        marks(spec_of(forecast_chart(seen().assign(closed=False), later().drop(columns="closed"), **TOLD)), "rule")
        == []
    )


def test_a_day_that_was_not_counted_leaves_a_gap():
    [counted] = held(spec_of(forecast_chart(seen().drop(index=3), later(), **TOLD)), "count")
    assert counted["count"].isna().tolist() == [False, False, False, True, False, False, False]


def test_one_day_ahead_has_its_interval_too():
    spec = spec_of(forecast_chart(seen(), later()[:1], **TOLD))
    assert len(marks(spec, "bar")) == 1
    assert marks(spec, "area") == []


def test_hours_hold_the_numbers_of_the_table_and_say_which_weeks_are_short():
    spec = spec_of(hours_chart(PLAN, **TOLD))
    [rows] = held(spec, "needed")
    assert rows["label"].tolist() == ["2026-W45", "2026-W46", "2026-W47"]
    assert rows["kind"].tolist() == ["needed", "short", "too_late"]
    assert rows["planned"].tolist() == [100, 100, 100]
    assert rows["high_needed"].tolist()[:2] == pytest.approx([108, 144])
    points = marks(spec, "point")
    assert points[0]["encoding"]["shape"]["scale"]["domain"] == ["planned", "needed", "short", "too_late"]
    assert points[0]["encoding"]["shape"]["scale"]["range"] == ["square", "circle", "diamond", "cross"]
    assert points[1]["encoding"]["y"]["field"] == "planned"  # where nothing is needed that could be had


def test_a_plan_that_is_enough_has_no_legend_of_what_is_not_there():
    spec = spec_of(hours_chart(plan(90, 95), **TOLD))
    [points] = marks(spec, "point")
    assert points["encoding"]["shape"]["scale"]["domain"] == ["planned", "needed"]


def test_colours_stay_apart_in_grey():
    assert abs(grey(DARK) - grey(EXPECTED)) > 10
    assert abs(grey(EXPECTED) - grey(BAND)) > 25
    assert abs(grey(LIGHT) - grey(DARK)) > 40
    for line in (DARK, EXPECTED):
        assert (WHITE[1] + 0.05) / (times([(0.2126, 0.7152, 0.0722)], linear(line))[0] + 0.05) >= 3


def test_the_texts_for_who_cannot_see_say_the_numbers():
    total = pd.DataFrame({"days": [7], "expected": [500.4], "low": [450.0], "high": [560.0]})
    told = forecast_alt(seen(), later(), total, "en")
    assert told == (
        "Cases by day: 500 from 2 November 2026 to 8 November 2026. For the 7 days until 15 November 2026, 500 are "
        "expected in all, between 450 and 560; 2 of these days are days off."
    )
    assert "预计合计 500 件" in forecast_alt(seen(), later(), total, "zh-CN")
    assert hours_alt(plan(90, 120), "en") == (
        "Hours by week, 2026-W45 to 2026-W46: 200 planned, 210 needed in all. "
        "The plan is short in 1 of 2 weeks, by 20 hours."
    )
    assert hours_alt(PLAN, "en").endswith("not in these totals: 1.")
    assert hours_alt(PLAN, "zh-CN").endswith("有 1 周无论多少工时都无法达标，不计入以上合计。")


def test_chinese_words_come_with_the_language():
    inflow = str(still(spec_of(forecast_chart(seen(), later(), language="zh-CN", **TOLD)), "zh-CN"))
    hours = str(still(spec_of(hours_chart(PLAN, language="zh-CN", **TOLD)), "zh-CN"))
    for word in ("实际", "预测区间", "休息日"):
        assert word in inflow
    for word in ("计划工时", "计划不足", "无法达标"):
        assert word in hours
    assert "Needed" not in hours
    assert "Day off" not in inflow


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(spec_of(forecast_chart(seen(), later().assign(reviewer="R1"), **TOLD)))
    assert "reviewer" not in json.dumps(spec_of(forecast_chart(seen().assign(reviewer="R1"), later(), **TOLD)))
    assert "reviewer" not in json.dumps(spec_of(hours_chart(PLAN.assign(reviewer="R1"), **TOLD)))


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda: forecast_chart(seen().drop(columns="count"), later(), **TOLD), "no column 'count'"),
        (lambda: forecast_chart(seen(), later().drop(columns="low"), **TOLD), "no column 'low'"),
        (lambda: forecast_chart(seen(), later()[:0], **TOLD), "has no row"),
        (lambda: forecast_chart(seen(), seen().assign(expected=1, low=1, high=1), **TOLD), "two rows"),
        (lambda: forecast_chart(seen().assign(count="many"), later(), **TOLD), "no number"),
        (lambda: hours_chart(PLAN[:0], **TOLD), "the table has 0"),
        (lambda: hours_chart(plan(*[90] * 54), **TOLD), "the table has 54"),
        (lambda: hours_chart(pd.concat([PLAN, PLAN]), **TOLD), "two rows"),
        (lambda: hours_chart(PLAN.drop(columns="short"), **TOLD), "no column 'short'"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(draw, why):
    with pytest.raises(BadTable, match=why):
        draw()
