"""What a calendar says of a day: by declaration, by the library of holidays, by own days, as it was known then."""

import tomllib
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import holidays
import numpy as np
import pytest

from appeal_insights.errors import BadCalendar
from appeal_insights.records import calendar_days
from appeal_insights.records.business_time import due, open_seconds, open_time
from appeal_insights.records.calendar_days import Day, days_of, open_intervals, utc_second
from appeal_insights.records.calendars import WEEKDAYS, read_calendars
from appeal_insights.records.checking import clock, market_zones
from tools.docs import ROOT

NINE_TO_SIX = ((9 * 60, 18 * 60),)
OWN = {"zone": "UTC", "holidays": "", "weekend": ["sat", "sun"], "hours": ["09:00-18:00"]}
# A moon to be sighted on the evening of Wednesday 18 March 2026; it was not, so the feast came a day later.
SIGHTED = datetime(2026, 3, 18, 17)
FEAST = {
    "feast": {
        "zone": "Asia/Riyadh",
        "holidays": "",
        "weekend": ["fri", "sat"],
        "days": tomllib.loads("""days = [
            { date = 2026-03-19, name = "Eid al-Fitr", status = "estimated", known_from = 2025-01-01T00:00:00Z },
            { date = 2026-03-19, open = "usual", name = "the day before", known_from = 2026-03-18T17:00:00Z },
            { date = 2026-03-22, name = "Eid al-Fitr", known_from = 2026-03-18T17:00:00Z },
        ]""")["days"],
    }
}


def said_of(name: str, day: str, *own, **how) -> Day:
    when = date.fromisoformat(day)
    return days_of(read_calendars(*own)[name], when, when, **how)[0]


def from_toml(text: str) -> dict:
    return tomllib.loads(text)


# The markets.


def test_every_market_has_a_calendar_on_its_own_clock():
    calendars = read_calendars()
    assert {market: calendars[market].zone for market in market_zones()} == market_zones()
    assert calendars["CN"].zone == "Asia/Shanghai"


@pytest.mark.parametrize("market", [*market_zones(), "CN"])
def test_weekends_are_those_that_the_library_knows_of_each_day(market):
    library = holidays.country_holidays(market)
    days = days_of(read_calendars()[market], date(2015, 1, 1), date(2030, 12, 31))
    assert [day.date for day in days if day.weekend != library.is_weekend(day.date)] == []


@pytest.mark.parametrize("market", ["SA", "DE", "CN", "HU"])
def test_worked_days_are_those_that_the_library_knows(market):
    library = holidays.country_holidays(market)
    days = days_of(read_calendars()[market], date(2024, 1, 1), date(2026, 12, 31))
    assert [day.date for day in days if bool(day.spans) != library.is_working_day(day.date)] == []


def test_ramadan_is_as_the_library_reckons_to_within_a_day_and_in_no_two_years_at_once():
    from holidays.calendars.islamic import _IslamicLunar

    reckoned = {day for year in range(2015, 2031) for day, _ in _IslamicLunar().ramadan_beginning_dates(year)}
    months = read_calendars()["SA"].ramadan
    starts = [month.first for month in months]
    assert len(starts) == 17
    assert all(min(abs(start - other) for other in reckoned) <= timedelta(days=1) for start in starts)
    assert {(month.last - month.first).days + 1 for month in months} == {29, 30}
    assert {(after - start).days for start, after in pairwise(starts)} <= {353, 354, 355}


def test_a_weekend_can_be_left_to_the_library():
    own = {"AE": {"weekend": "library"}}
    assert [said_of("AE", day, own).weekend for day in ("2021-12-26", "2022-01-09")] == [False, True]


# Holidays, and how sure they are.


def test_a_holiday_that_waits_for_the_moon_is_estimated_whatever_the_language_of_the_country():
    eid = said_of("SA", "2027-03-09")
    assert eid.holiday.startswith("Eid al-Fitr")
    assert (eid.status, eid.spans) == ("estimated", ())
    assert said_of("SA", "2026-09-23").status == "confirmed"


def test_a_day_worked_in_place_of_another_says_so():
    assert said_of("CN", "2026-01-04") == Day(
        date(2026, 1, 4), True, NINE_TO_SIX, "worked in place of another day", "confirmed"
    )


def test_hours_in_ramadan_are_as_sure_as_ramadan():
    assert said_of("SA", "2025-03-03") == Day(date(2025, 3, 3), False, ((540, 900),), ramadan=True)
    assert said_of("SA", "2027-02-15").status == "estimated"
    assert said_of("SA", "2027-02-07") == Day(date(2027, 2, 7), False, NINE_TO_SIX)
    assert said_of("DE", "2025-03-03") == Day(date(2025, 3, 3), False, NINE_TO_SIX)


def test_a_country_that_starts_ramadan_a_day_later_replaces_the_whole_month():
    own = from_toml("""OM.ramadan_days = [{ first = 2025-03-02, last = 2025-03-30 }]""")
    assert not said_of("OM", "2025-03-01", own).ramadan
    assert said_of("OM", "2025-03-30", own).ramadan
    assert not said_of("OM", "2025-03-30").ramadan
    assert said_of("OM", "2026-02-18", own).ramadan  # other years stay


def test_an_own_day_has_precedence_over_the_library():
    own = from_toml("""[[DE.days]]
        first = 2026-04-02
        last = 2026-04-03
        name = "release"
        open = "usual"
    """)
    assert said_of("DE", "2026-04-03").holiday == "Good Friday"
    assert said_of("DE", "2026-04-03", own) == Day(date(2026, 4, 3), False, NINE_TO_SIX, "release")
    assert said_of("DE", "2026-04-06", own).holiday == "Easter Monday"


# What was known when.


@pytest.mark.parametrize(
    ("as_of", "shut", "due_at"),
    [
        (datetime(2026, 3, 17, 12), [("2026-03-19", "estimated")], "2026-03-22T07:00"),
        (SIGHTED - timedelta(seconds=1), [("2026-03-19", "estimated")], "2026-03-22T07:00"),
        (SIGHTED, [("2026-03-22", "confirmed")], "2026-03-19T07:00"),
        (None, [("2026-03-22", "confirmed")], "2026-03-19T07:00"),
    ],
)
def test_a_feast_that_came_later_than_estimated_is_where_it_was_thought_to_be_at_the_time(as_of, shut, due_at):
    """From Wednesday 17:00, two hours. The feast on Thursday: Sunday 10:00. On Sunday: Thursday 10:00, in Riyadh."""
    feast = read_calendars(FEAST)["feast"]
    days = days_of(feast, date(2026, 3, 18), date(2026, 3, 24), as_of=as_of)
    assert [(str(day.date), day.status) for day in days if not (day.spans or day.weekend)] == shut
    made = open_time([feast], date(2026, 3, 1), date(2026, 3, 31), as_of=as_of)
    assert due(made, "feast", np.datetime64("2026-03-18T14:00"), 2 * 3600) == np.datetime64(due_at)


def test_what_was_reported_before_a_correction_is_reported_again():
    corrected = {
        "feast": {"days": from_toml("days = [{date = 2026-03-25, known_from = 2026-03-26T00:00:00Z}]")["days"]}
    }
    span = np.datetime64("2026-03-15"), np.datetime64("2026-03-30")

    def reported(*own, as_of=None) -> int:
        made = open_time([read_calendars(*own)["feast"]], date(2026, 3, 1), date(2026, 3, 31), as_of=as_of)
        return open_seconds(made, "feast", *span).item().total_seconds() / 3600

    before = datetime(2026, 3, 20)
    assert reported(FEAST, as_of=before) == reported(FEAST, corrected, as_of=before) == 10 * 9
    assert reported(FEAST, corrected) == 9 * 9


def test_of_what_was_said_of_a_day_the_newest_counts_whatever_the_order_in_the_file():
    own = {"feast": {**FEAST["feast"], "days": FEAST["feast"]["days"][::-1]}}
    assert said_of("feast", "2026-03-19", own).spans == NINE_TO_SIX
    assert said_of("feast", "2026-03-19", own, as_of=datetime(2026, 1, 1)).spans == ()


# A file of one's own.


def test_a_file_changes_a_market_and_adds_a_site(tmp_path):
    path = tmp_path / "calendars.toml"
    path.write_text(
        """
        [SA]
        hours = ["08:00-17:00"]

        [riyadh-1]
        like = "SA"
        days = [{ date = 2026-11-22, name = "stocktaking", open = ["08:00-12:00"] }]
        """,
        encoding="utf-8",
    )
    site = read_calendars(path)["riyadh-1"]
    assert (site.zone, site.country) == ("Asia/Riyadh", "SA")
    assert said_of("SA", "2026-11-22", path).spans == ((480, 1020),)
    assert said_of("riyadh-1", "2026-11-22", path) == Day(date(2026, 11, 22), False, ((480, 720),), "stocktaking")
    assert said_of("riyadh-1", "2026-11-23", path).spans == ((480, 1020),)
    assert said_of("SA", "2026-11-22").spans == NINE_TO_SIX


def test_the_file_that_the_docs_show_says_what_they_say():
    page = (ROOT / "docs" / "calendars.md").read_text(encoding="utf-8")
    shown = from_toml(page.partition("```toml\n")[2].partition("```")[0])
    assert said_of("riyadh-1", "2026-11-22", shown).spans == ()
    assert said_of("riyadh-1", "2026-07-01", shown).spans == ((420, 720), (780, 960))
    assert said_of("riyadh-1", "2026-07-02", shown).spans == ((420, 720),)  # a Thursday
    assert said_of("riyadh-1", "2027-03-14", shown).spans == ((420, 720), (780, 960))
    assert said_of("riyadh-1", "2027-03-14", shown, as_of=datetime(2027, 3, 1)).status == "estimated"
    assert said_of("OM", "2025-03-30", shown).ramadan
    assert said_of("night-desk", "2026-06-12", shown).spans == ((1320, 1800),)


def test_hours_change_from_a_day_on():
    own = {"SA": {"hours": [{"open": ["09:00-18:00"]}, {"from": date(2026, 7, 1), "open": ["07:00-15:00"]}]}}
    assert said_of("SA", "2026-06-30", own).spans == NINE_TO_SIX
    assert said_of("SA", "2026-07-01", own).spans == ((420, 900),)


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"SA": {"hour": ["09:00-18:00"]}}, "SA has a key 'hour'. Did you mean 'hours'"),
        ({"SA": {"hours": ["9-18"]}}, "9-18 for SA.hours .* like 09:00-18:00"),
        ({"SA": {"hours": ["09:00-09:00"]}}, "SA.hours"),
        ({"SA": {"hours": ["09:00-24:30"]}}, "SA.hours"),
        ({"SA": {"hours": "09:00-18:00"}}, "SA.hours"),
        ({"SA": {"hours": [{"until": 1}]}}, "SA.hours"),
        ({"SA": {"weekend": ["friday"]}}, "SA.weekend .* like mon, tue"),
        ({"SA": {"weekend": [{"from": "2022", "days": ["fri"]}]}}, "2022 for SA.weekend"),
        ({"SA": {"days": [{"open": []}]}}, "SA.days"),
        ({"SA": {"days": [{"first": date(2026, 1, 2), "last": date(2026, 1, 1)}]}}, "2026-01-02..2026-01-01"),
        ({"SA": {"days": [{"date": date(2026, 1, 2), "status": "likely"}]}}, "likely .* confirmed, estimated"),
        ({"SA": {"days": [{"date": date(2026, 1, 2), "known_from": datetime(2026, 1, 1)}]}}, "known|SA.days"),
        ({"SA": {"first": "2010"}}, "SA.first"),
        ({"SA": 3}, "3 for SA"),
        ({"site": {"hours": ["09:00-18:00"]}}, "None for site.zone"),
        ({"site": {"zone": "Asia/Riyad"}}, "Asia/Riyad for site.zone"),
        ({"site": {"like": "SAU"}}, "No calendar 'SAU'"),
        ({"a": {"like": "b"}, "b": {"like": "a"}}, "like itself"),
    ],
)
def test_a_wrong_declaration_is_told_where_it_is(own, told):
    with pytest.raises(BadCalendar, match=told) as error:
        read_calendars(own)
    assert error.value.say("zh-CN") != error.value.say("en")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("[SA", encoding="utf-8")
    with pytest.raises(BadCalendar, match=r"own\.toml"):
        read_calendars(path)


def test_days_before_the_first_that_is_vouched_for_are_refused_unless_somebody_vouches():
    with pytest.raises(BadCalendar, match="SA is known from 2015-01-01 on, not on 2012-01-05"):
        said_of("SA", "2012-01-05")
    own = {"SA": {"first": date(2010, 1, 1), "weekend": "library"}}
    assert said_of("SA", "2012-01-05", own).weekend  # a Thursday, weekend in Saudi Arabia until June 2013
    assert not said_of("SA", "2014-01-02", own).weekend


def test_a_country_that_the_library_does_not_know_and_a_weekend_that_nobody_said_are_told():
    with pytest.raises(BadCalendar, match="XX"):
        said_of("XX", "2026-01-01", {"XX": {"zone": "UTC", "holidays": "XX"}})
    with pytest.raises(BadCalendar, match="no country"):
        said_of("own", "2026-01-01", {"own": {**OWN, "weekend": "library"}})


def test_without_the_library_a_calendar_of_own_days_works_and_others_say_what_to_do(monkeypatch):
    calendar_days._library.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "holidays", None)
    assert said_of("own", "2026-01-01", {"own": OWN}).spans == NINE_TO_SIX
    with pytest.raises(BadCalendar, match="need the package holidays"):
        said_of("SA", "2026-01-01")
    calendar_days._library.cache_clear()


# Wall clocks.


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "fold", "utc"),
    [
        ("Asia/Riyadh", "2026-03-29", 9 * 60, 0, "2026-03-29T06:00"),
        ("Europe/Berlin", "2026-03-29", 2 * 60 + 30, 0, "2026-03-29T01:00"),  # skipped: when clocks went forward
        ("Europe/Berlin", "2026-03-29", 2 * 60 + 30, 1, "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25", 2 * 60 + 30, 0, "2026-10-25T00:30"),  # repeated: the first, the second
        ("Europe/Berlin", "2026-10-25", 2 * 60 + 30, 1, "2026-10-25T01:30"),
        ("Europe/Berlin", "2026-10-24", 24 * 60, 0, "2026-10-24T22:00"),
        ("Africa/Cairo", "2026-04-24", 0, 0, "2026-04-23T22:00"),  # no midnight: Friday starts at one
        ("Asia/Beirut", "2026-03-29", 30, 1, "2026-03-28T22:00"),
        ("Asia/Kathmandu", "2026-01-01", 9 * 60, 0, "2026-01-01T03:15"),
    ],
)
def test_a_time_on_the_wall_is_an_instant(zone, day, minutes, fold, utc):
    found = utc_second(clock(zone), date.fromisoformat(day), minutes, fold)
    assert np.datetime64(found, "s") == np.datetime64(utc)


def test_around_the_clock_is_one_interval_over_every_change_of_clocks():
    always = read_calendars({"own": {**OWN, "zone": "Europe/Berlin", "weekend": [], "hours": ["00:00-24:00"]}})["own"]
    days = days_of(always, date(2026, 1, 1), date(2026, 12, 31))
    assert [closes - opens for opens, closes in open_intervals(always, days)] == [365 * 86400]


def test_the_shipped_file_uses_the_days_of_the_week_that_it_says():
    text = files("appeal_insights.records").joinpath("calendars.toml").read_text(encoding="utf-8")
    for entry in tomllib.loads(text).values():
        for day in entry.get("weekend", []):
            assert set(day["days"] if isinstance(day, dict) else [day]) <= set(WEEKDAYS)
