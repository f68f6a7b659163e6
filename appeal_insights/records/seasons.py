"""Seasons by market with their days: Ramadan and the feasts, Easter, the sales of November, the turn of the year."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendars import Calendar, Status, read_calendars

COLUMNS = ["season", "first", "last", "status"]
THURSDAY = 3


def seasons(market: str, *, calendar: Calendar | None = None) -> pd.DataFrame:
    """Every season that touches a market, in order of days, in all the years that are vouched for (2015 to 2030).

    Takes   calendar  the market's own, if Ramadan is to be that of a file of one's own; else the one that is shipped.
    Gives   season (key), first, last (days, both of it), status (confirmed or estimated). No row where none touches it.
    Raises  BadCalendar   there is no calendar for such a market.
    """
    if calendar is None:
        known = read_calendars()
        if market not in known:
            raise BadCalendar.of("calendar.unknown", given=market, known=sorted(known))
        calendar = known[market]
    found = [
        (name, *days) for name, said in _declared()["seasons"].items() if market in said["markets"]
        for days in _days(said, calendar)
    ]  # fmt: skip
    rows = pd.DataFrame(found, columns=COLUMNS)
    rows = rows.astype({"season": "str", "first": "datetime64[us]", "last": "datetime64[us]", "status": "str"})
    return rows.sort_values(["first", "season"], ignore_index=True)


def season_names() -> dict[str, dict[str, str]]:
    """What each season is called: key -> {'en': ..., 'zh': ...}."""
    return {name: said["name"] for name, said in _declared()["seasons"].items()}


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads(files("appeal_insights.records").joinpath("seasons.toml").read_text(encoding="utf-8"))


def _days(said: dict[str, Any], calendar: Calendar) -> Iterator[tuple[date, date, Status]]:
    """First day, last day and status of a season, year by year."""
    first, last = _declared()["years"]["first"], _declared()["years"]["last"]
    rule = said.get("rule", "")
    if "ramadan" in rule:
        for month in calendar.ramadan:
            start = month.first if rule == "ramadan" else month.last + timedelta(days=1)
            end = month.last if rule == "ramadan" else start + timedelta(days=said["days"] - 1)
            if first <= start.year <= last:
                yield start, end, month.status
        return
    for start in said.get("starts") or [_start(said, year) for year in range(first, last + 1)]:
        estimated = "estimated_from" in said and start >= said["estimated_from"]
        yield start, start + timedelta(days=said["days"] - 1), "estimated" if estimated else "confirmed"


def _start(said: dict[str, Any], year: int) -> date:
    if "fixed" in said:
        return date.fromisoformat(f"{year}-{said['fixed']}")
    named = {"easter": _easter, "orthodox_easter": _orthodox_easter, "fourth_friday": _fourth_friday}[said["rule"]]
    return named(year) + timedelta(days=said.get("shift", 0))


def _fourth_friday(year: int) -> date:
    """The day after the fourth Thursday of November, which is not always the fourth Friday."""
    first = date(year, 11, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 21 + 1)


def _easter(year: int) -> date:
    """Easter Sunday. Source  the anonymous Gregorian computus (Meeus, Astronomical Algorithms, 1991, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - correction + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _orthodox_easter(year: int) -> date:
    """Easter Sunday by the Julian calendar, told on the Gregorian one: 13 days later. Source  Meeus, as above."""
    moon = (19 * (year % 19) + 15) % 30
    month, day = divmod(moon + (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7 + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)
