"""Seasons fall where calendars say: dates that everybody can look up, and those of the library of holidays."""

from dataclasses import replace
from datetime import date, timedelta

import holidays
import pandas as pd
import pytest

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendars import OwnDays, read_calendars
from appeal_insights.records.seasons import season_names, seasons

YEARS = range(2015, 2031)


def days_of(market: str, season: str) -> dict[int, tuple[date, date, str]]:
    rows = seasons(market)
    rows = rows[rows["season"] == season]
    return {row.first.year: (row.first.date(), row.last.date(), row.status) for row in rows.itertuples()}


@pytest.mark.parametrize(
    ("market", "season", "first", "last"),
    [
        ("SA", "ramadan", date(2025, 3, 1), date(2025, 3, 29)),
        ("SA", "ramadan", date(2026, 2, 18), date(2026, 3, 19)),
        ("SA", "eid_al_fitr", date(2025, 3, 30), date(2025, 4, 1)),
        ("SA", "eid_al_fitr", date(2026, 3, 20), date(2026, 3, 22)),
        ("AE", "eid_al_adha", date(2025, 6, 6), date(2025, 6, 9)),
        ("DE", "easter", date(2025, 4, 18), date(2025, 4, 21)),
        ("DE", "easter", date(2026, 4, 3), date(2026, 4, 6)),
        ("GR", "orthodox_easter", date(2026, 4, 10), date(2026, 4, 13)),
        ("GB", "black_friday", date(2025, 11, 28), date(2025, 12, 1)),
        ("GB", "black_friday", date(2026, 11, 27), date(2026, 11, 30)),
        ("SA", "white_friday", date(2026, 11, 27), date(2026, 11, 30)),
        ("GB", "black_friday", date(2024, 11, 29), date(2024, 12, 2)),  # the fifth Friday of that month
        ("CN", "double_eleven", date(2026, 11, 11), date(2026, 11, 11)),
        ("CN", "chinese_new_year", date(2026, 2, 17), date(2026, 2, 23)),
        ("GB", "christmas_new_year", date(2026, 12, 24), date(2027, 1, 1)),
    ],
)
def test_seasons_fall_on_the_days_that_everybody_can_look_up(market, season, first, last):
    assert days_of(market, season)[first.year][:2] == (first, last)


def test_what_was_reckoned_ahead_says_so():
    for season in ("ramadan", "eid_al_fitr", "eid_al_adha"):
        found = days_of("SA", season)
        assert found[2025][2] == "confirmed"
        assert found[2027][2] == "estimated"
    assert {one[2] for one in days_of("GB", "easter").values()} == {"confirmed"}


def holiday(country: str, name: str) -> set[date]:
    more = {"islamic_show_estimated": True} if country == "SA" else {}
    known = holidays.country_holidays(country, years=YEARS, language="en_US", **more)
    return {day for day, title in known.items() if name in title}


@pytest.mark.parametrize(
    ("market", "season", "country", "name", "shift"),
    [
        ("GB", "easter", "GB", "Good Friday", 0),
        ("GR", "orthodox_easter", "GR", "Easter Monday", 3),
        ("CN", "chinese_new_year", "CN", "Chinese New Year", 0),
        ("AE", "eid_al_fitr", "AE", "Eid al-Fitr", 0),
        ("SA", "eid_al_adha", "SA", "Eid al-Adha", 0),
    ],
)
def test_the_library_of_holidays_has_the_same_days_in_every_year(market, season, country, name, shift):
    there = holiday(country, name)
    found = days_of(market, season)
    assert set(found) == set(YEARS)
    missing = [first for first, _, _ in found.values() if first + timedelta(days=shift) not in there]
    assert missing == []


def test_every_market_of_a_season_has_a_calendar_and_every_season_a_name_in_both_languages():
    names = season_names()
    assert len(names) == 10
    assert all(set(name) == {"en", "zh"} for name in names.values())
    for market in read_calendars():
        rows = seasons(market)
        assert set(rows["season"]) <= set(names)
        assert (rows["first"] <= rows["last"]).all()
        assert not rows.duplicated(["season", "first"]).any()
    assert set(seasons("SA")["season"]) == {
        "ramadan", "eid_al_fitr", "eid_al_adha", "white_friday", "double_eleven",
    }  # fmt: skip
    assert seasons("always").empty


def test_two_ramadans_of_one_year_are_both_there():
    rows = seasons("SA")
    assert (rows["season"].eq("ramadan") & rows["first"].dt.year.eq(2030)).sum() == 2


def test_a_market_whose_moon_was_seen_a_day_later_has_its_own_days():
    known = read_calendars()["MA"]
    later = OwnDays(date(2026, 2, 19), date(2026, 3, 20), None)
    rows = seasons("MA", calendar=replace(known, ramadan=(later,)))
    of = rows.set_index("season")
    assert of.loc["ramadan", "first"] == pd.Timestamp("2026-02-19")
    assert of.loc["eid_al_fitr", "first"] == pd.Timestamp("2026-03-21")
    assert of.loc["eid_al_fitr", "status"] == "confirmed"


def test_a_market_that_nobody_knows_is_answered_with_the_nearest():
    with pytest.raises(BadCalendar, match="'GBR'"):
        seasons("GBR")
