"""What a calendar says of each day, as far as it was known then, and when that is on the clock of the world.

The library `holidays` knows the public holidays, the days worked in place of others and, where a calendar does not say,
the weekends. It has no memory: what one of its releases took for right, only an own day with `known_from` keeps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from inspect import signature
from typing import Any
from zoneinfo import ZoneInfo

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendars import Calendar, OwnDays, Rule, Span, Status
from appeal_insights.records.checking import clock

ESTIMATED = "estimated"  # stands in the library's English name of a day that waits for the moon or an announcement
SHOW_ESTIMATED = "islamic_show_estimated"  # an option of some countries of the library
_EPOCH = datetime(1970, 1, 1)
_EARLY, _LATE = 0, 1  # of an hour that clocks repeat


@dataclass(frozen=True)
class Day:
    """One day of a calendar: hours are on the wall clock, as minutes from the midnight that starts the day."""

    date: date
    weekend: bool
    spans: tuple[Span, ...]
    holiday: str = ""  # or what else is said of the day: a make-up day, an own one
    status: Status = "confirmed"
    ramadan: bool = False


def days_of(calendar: Calendar, first: date, last: date, *, as_of: datetime | None = None) -> list[Day]:
    """Every day from the first to the last as it was known at `as_of` (UTC); if None, by all that is known.

    An own day comes before a holiday, that before a day worked in place of another, that before the weekend; hours in
    Ramadan come before the others.

    Raises  BadCalendar   the library of holidays is missing or does not know the country; a day before the first one
                          that the calendar vouches for.
    """
    if first < calendar.first:
        raise BadCalendar.of("calendar.early", name=calendar.name, given=str(first), first=str(calendar.first))
    public = _Public(calendar, first.year, last.year)
    own = {day: said for said in calendar.days if _known(said, as_of) for day in _within(said, first, last)}
    ramadan = {day: said for said in _ramadan(calendar, as_of) for day in _within(said, first, last)}
    return [
        _day(calendar, day, public, own.get(day), ramadan.get(day))
        for day in (first + timedelta(days=place) for place in range((last - first).days + 1))
    ]


def _day(calendar: Calendar, day: date, public: "_Public", own: OwnDays | None, ramadan: OwnDays | None) -> Day:
    weekend = public.weekend(day) if calendar.weekends is None else _in_force(calendar.weekends, day)
    usual, status = _usual(calendar, day, ramadan)
    fast = ramadan is not None
    if own:
        spans = usual if own.spans is None else own.spans
        return Day(day, weekend, spans, own.name, own.status, fast)
    if name := public.holidays.get(day):
        return Day(day, weekend, (), name, "estimated" if ESTIMATED in name else "confirmed", fast)
    if day in public.made_up:
        return Day(day, weekend, usual, "worked in place of another day", "confirmed", fast)
    return Day(day, weekend, (), ramadan=fast) if weekend else Day(day, weekend, usual, status=status, ramadan=fast)


def _usual(calendar: Calendar, day: date, ramadan: OwnDays | None) -> tuple[tuple[Span, ...], Status]:
    """The hours of that day if it is worked, and how sure they are."""
    rules = [rule for rule in calendar.hours if rule.start <= day and day.weekday() in rule.days]
    hours = rules[-1].spans if rules else ()
    if ramadan is None or calendar.ramadan_hours is None or not hours:
        return hours, "confirmed"
    return calendar.ramadan_hours, ramadan.status


def _in_force(weekends: tuple[Rule, ...], day: date) -> bool:
    """Whether the weekend that is in force on that day has it: the last one declared that has started."""
    started = [rule for rule in weekends if rule.start <= day]
    return bool(started) and day.weekday() in started[-1].days


def _known(said: OwnDays, as_of: datetime | None) -> bool:
    return as_of is None or said.known_from <= as_of


def _ramadan(calendar: Calendar, as_of: datetime | None) -> list[OwnDays]:
    """The months of Ramadan. One that was said later replaces those that it shares days with."""
    kept: list[OwnDays] = []
    if calendar.ramadan_hours is not None:
        for said in sorted((one for one in calendar.ramadan if _known(one, as_of)), key=lambda one: one.known_from):
            kept = [one for one in kept if one.last < said.first or said.last < one.first] + [said]
    return kept


def _within(said: OwnDays, first: date, last: date) -> Iterator[date]:
    day = max(said.first, first)
    while day <= min(said.last, last):
        yield day
        day += timedelta(days=1)


class _Public:
    """What the library says of a country: holidays by name, days worked in place of others, and weekends."""

    def __init__(self, calendar: Calendar, first: int, last: int) -> None:
        self.holidays: Mapping[date, str] = {}
        self.made_up: frozenset[date] = frozenset()
        self._library: Any = None
        if calendar.country:
            self._library = _library(calendar.name, calendar.country, calendar.subdivision, first, last)
            self.holidays = dict(self._library.items())
            self.made_up = frozenset(getattr(self._library, "weekend_workdays", ())) - self.holidays.keys()
        elif calendar.weekends is None:
            raise BadCalendar.of("calendar.no_weekend", name=calendar.name)

    def weekend(self, day: date) -> bool:
        return bool(self._library.is_weekend(day))


@cache
def _library(name: str, country: str, subdivision: str | None, first: int, last: int) -> Any:
    try:
        import holidays  # here: who counts around the clock needs no holidays
    except ImportError as error:
        raise BadCalendar.of("calendar.no_library", name=name) from error
    which: dict[str, Any] = {"subdiv": subdivision, "years": range(first, last + 1)}
    try:
        plain = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise BadCalendar.of("calendar.country", name=name, country=f"{country} {subdivision or ''}".strip()) from error
    if "en_US" in (plain.supported_languages or ()):
        which["language"] = "en_US"  # in its own language a day does not say `estimated`
    if SHOW_ESTIMATED in signature(type(plain).__init__).parameters:
        which[SHOW_ESTIMATED] = True  # Saudi Arabia's do not say it either unless asked
    return holidays.country_holidays(country, **which)


def open_intervals(calendar: Calendar, days: list[Day]) -> list[tuple[int, int]]:
    """When it is open, in seconds since 1970 UTC: in order, apart from each other, each with its end.

    Hours that clocks skip are not there, hours that they repeat count twice: 00:00-24:00 is 23, 24 or 25 hours.
    """
    merged: list[tuple[int, int]] = []
    zone = clock(calendar.zone)
    for day in days:
        for opens_at, closes_at in day.spans:
            opens, closes = utc_second(zone, day.date, opens_at, _EARLY), utc_second(zone, day.date, closes_at, _LATE)
            if closes <= opens:
                continue
            if merged and opens <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
            else:
                merged.append((opens, closes))
    return merged


def utc_second(zone: ZoneInfo, day: date, minutes: int, fold: int = _EARLY) -> int:
    """When clocks of the zone show that time of the day. One that they skip is when they went forward over it."""
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    before, after = (_offset(local.replace(tzinfo=zone, fold=one)) for one in (_EARLY, _LATE))
    seconds = int((local - _EPOCH).total_seconds())
    if after <= before:
        return seconds - (before, after)[fold]
    return _change(zone, seconds - after, seconds - before)


def _change(zone: ZoneInfo, early: int, late: int) -> int:
    """The second between the two in which the clocks of the zone changed."""
    new = _offset(datetime.fromtimestamp(late, UTC).astimezone(zone))
    while late - early > 1:
        middle = (early + late) // 2
        changed = _offset(datetime.fromtimestamp(middle, UTC).astimezone(zone)) == new
        early, late = (early, middle) if changed else (middle, late)
    return late


def _offset(local: datetime) -> int:
    return int((local.utcoffset() or timedelta()).total_seconds())
