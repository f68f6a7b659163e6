"""The days on which a change may have begun: every probability, the 90 % set, the median, and events by number."""

import json

import pandas as pd
import pytest

from appeal_insights.charts.change_dates import change_dates, change_dates_alt
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.pages import HOSTILE

ALARM = {
    "series": "GB",
    "change_date": pd.Timestamp("2025-06-11"),
    "low": pd.Timestamp("2025-06-10"),
    "high": pd.Timestamp("2025-06-12"),
    "alarm_day": pd.Timestamp("2025-06-16"),
}


def dates() -> pd.DataFrame:
    """Sixty days up to the alarm; 95 % on three of them, next to nothing before June."""
    day = pd.date_range("2025-04-18", "2025-06-16").astype("datetime64[us]")
    known = {"2025-06-09": 0.04, "2025-06-10": 0.2, "2025-06-11": 0.5, "2025-06-12": 0.25}
    chance = [known.get(f"{one:%Y-%m-%d}", 0.01 / 56) for one in day]
    return pd.DataFrame({"day": day, "probability": chance})


def launches(title: str = "New tool") -> pd.DataFrame:
    days = pd.to_datetime(["2025-06-10", "2025-06-14", "2024-01-01"])
    return pd.DataFrame({"starts_on": days, "number": [4, 5, 1], "title": [title, "New rule", "Long ago"]})


def drawn(table=None, alarm=ALARM, **more):
    table = dates() if table is None else table
    return spec_of(change_dates(table, title="When", description="Bars", alarm=alarm, **more))


def held(spec, column):
    return [pd.DataFrame(rows) for rows in spec["datasets"].values() if column in rows[0]]


def test_every_day_that_matters_has_its_probability_and_those_of_the_set_are_dark():
    [rows] = held(drawn(), "probability")
    assert rows["day"].iloc[[0, -1]].tolist() == ["2025-06-05T00:00:00", "2025-06-16T00:00:00"]
    inside = rows[rows["part"] == "in_set"]
    assert inside["probability"].tolist() == [0.2, 0.5, 0.25]
    assert rows["until"].iloc[0] == "2025-06-06T00:00:00"


def test_no_day_of_a_flat_posterior_is_cut_off():
    flat = dates().assign(probability=1 / 60)
    [rows] = held(drawn(flat), "probability")
    assert len(rows) == 60


def test_the_median_and_the_alarm_stand_in_the_middle_of_their_days():
    lines = pd.concat(held(drawn(), "at"))
    assert lines["at"].tolist() == ["2025-06-11T12:00:00", "2025-06-16T12:00:00"]
    assert lines["text"].tolist() == ["Median: 11 June 2025", "Alarm: 16 June 2025"]


def test_events_keep_their_numbers_and_those_of_other_days_are_left_out():
    [rows] = held(drawn(events=launches()), "named")
    assert rows["named"].tolist() == ["4. New tool", "5. New rule"]


def test_the_text_tells_the_reading_and_the_events_inside_the_set():
    told = change_dates_alt(ALARM, "en", events=launches())
    assert "change of GB" in told
    assert "90% set: 10 June 2025 to 12 June 2025; median: 11 June 2025; alarm: 16 June 2025" in told
    assert told.endswith("Known events inside: New tool.")
    assert change_dates_alt(ALARM, "en", events=launches().tail(2)).endswith("No listed event falls inside.")
    sure = {**ALARM, "low": ALARM["change_date"], "high": ALARM["change_date"]}
    assert "90% 区间：2025年6月11日；" in change_dates_alt(sure, "zh-CN")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(events=launches(text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    assert "alert" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    picture = str(still(drawn(language="zh-CN"), "zh-CN"))
    for word in ("中位数：2025年6月11日", "预警：2025年6月16日", "6月9日"):
        assert word in picture
    assert "Median" not in picture


@pytest.mark.parametrize(
    ("change", "alarm", "why"),
    [
        (lambda table: table.drop(columns="probability"), ALARM, "no column 'probability'"),
        (lambda table: pd.concat([table, table]), ALARM, "two rows"),
        (lambda table: table[:0], ALARM, "no row"),
        (lambda table: table.assign(probability=1.2), ALARM, "not between 0 and 1"),
        (lambda table: table, {**ALARM, "low": None}, "lacks low"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, alarm, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(dates()), alarm)
