"""Calendars as declared: weekend, opening hours, holidays and own days of a market or site, and since when.

calendars.toml has those of the markets; a file of one's own adds to them and changes them.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NoReturn

from appeal_insights.errors import BadCalendar
from appeal_insights.records.checking import market_zones

Status = Literal["confirmed", "estimated"]
Span = tuple[int, int]  # minutes from the midnight that starts the day; the second may lie on the next day
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST = date(1900, 1, 1)
ALWAYS = datetime(1900, 1, 1)  # known since ever

_DEFAULT, _RAMADAN = "default", "ramadan"
_KEYS = ("like", "zone", "holidays", "subdivision", "weekend", "hours", "ramadan", "ramadan_days", "days", "first")
_DAY_KEYS = ("date", "first", "last", "name", "open", "status", "known_from")
_RULE_KEYS = ("from", "days", "open")
_SPAN = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")


@dataclass(frozen=True)
class Rule:
    """From `start` on these days of the week are meant (0 is Monday), with these hours."""

    start: date
    days: frozenset[int]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class OwnDays:
    """Days that somebody said something of: shut, open for some hours, or worked like any other (spans is None)."""

    first: date
    last: date
    spans: tuple[Span, ...] | None
    name: str = ""
    status: Status = "confirmed"
    known_from: datetime = ALWAYS


@dataclass(frozen=True)
class Calendar:
    """What a market or site works by. Of rules and own days that say different things the last one counts."""

    name: str
    zone: str
    country: str  # whose public holidays count; empty: nobody's
    subdivision: str | None
    weekends: tuple[Rule, ...] | None  # None: as the library of holidays says
    hours: tuple[Rule, ...]
    ramadan_hours: tuple[Span, ...] | None
    ramadan: tuple[OwnDays, ...]
    days: tuple[OwnDays, ...]
    first: date  # the first day that it vouches for


def read_calendars(*own: Path | Mapping[str, Any]) -> dict[str, Calendar]:
    """The calendars of all markets, changed and added to by files of one's own, of which a later one has precedence.

    In a file `days` and `ramadan_days` add to what was said before; every other key replaces it.

    Raises  BadCalendar   a file cannot be read, or says what no calendar can be.
    """
    said: dict[str, dict[str, Any]] = {market: {} for market in market_zones()}
    for table in (_shipped(), *(_read(one) if isinstance(one, Path) else one for one in own)):
        for name, entry in table.items():
            if not isinstance(entry, Mapping):
                _bad(name, entry, "hours, weekend, ...")
            said[name] = _over(said.get(name, {}), entry)
    ramadan = said.pop(_RAMADAN)
    default = said.pop(_DEFAULT)
    return {name: _calendar(name, _inherited(name, said, default), ramadan) for name in said}


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(files("appeal_insights.records").joinpath("calendars.toml").read_text(encoding="utf-8"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadCalendar.of("calendar.file", path=path, reason=str(error)) from error


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    added = {key: [*base.get(key, []), *own[key]] for key in ("days", "ramadan_days") if key in own}
    return {**base, **own, **added}


def _inherited(name: str, said: Mapping[str, dict[str, Any]], default: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a calendar, over what is said of the one that it is like, over the default."""
    chain, at = [name], name
    while like := said[at].get("like"):
        if like not in said:
            raise BadCalendar.of("calendar.unknown", given=str(like), known=sorted(said))
        if like in chain:
            raise BadCalendar.of("calendar.circle", name=name)
        chain.append(at := like)
    merged = dict(default)
    for one in reversed(chain):
        merged = _over(merged, {"holidays": one, "zone": market_zones()[one]} if one in market_zones() else {})
        merged = _over(merged, said[one])
    return merged


def _calendar(name: str, said: Mapping[str, Any], ramadan: Mapping[str, Any]) -> Calendar:
    if strange := [key for key in said if key not in _KEYS]:
        raise BadCalendar.of("calendar.key", name=name, given=strange[0], known=_KEYS)
    zone = said.get("zone")
    if zone not in _zones():
        _bad(f"{name}.zone", zone, "Asia/Riyadh")
    hours = _rules(name, "hours", said["hours"])
    short = said.get("ramadan")
    return Calendar(
        name=name,
        zone=str(zone),
        country=str(said.get("holidays", "")),
        subdivision=said.get("subdivision"),
        weekends=None if said["weekend"] == "library" else _rules(name, "weekend", said["weekend"]),
        hours=hours,
        ramadan_hours=None if short is None else _spans(f"{name}.ramadan", short),
        ramadan=tuple(_own_days(f"{name}.ramadan_days", one) for one in _ramadan_days(said, ramadan)),
        days=tuple(sorted((_own_days(f"{name}.days", one) for one in said.get("days", [])), key=_known_from)),
        first=_day(f"{name}.first", said["first"]),
    )


def _ramadan_days(said: Mapping[str, Any], ramadan: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*ramadan["days"], *said.get("ramadan_days", [])]


@cache
def _zones() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _rules(name: str, key: str, said: object) -> tuple[Rule, ...]:
    """Rules, from one table each; a plain list is one rule for ever, of days or of hours for all days."""
    where = f"{name}.{key}"
    if not isinstance(said, list):
        _bad(where, said, '["sat", "sun"]' if key == "weekend" else '["09:00-18:00"]')
    if not any(isinstance(one, dict) for one in said):
        said = [{"days" if key == "weekend" else "open": said}]
    return tuple(_rule(where, one) for one in said)


def _rule(where: str, said: object) -> Rule:
    if not isinstance(said, dict) or not said.keys() <= set(_RULE_KEYS):
        _bad(where, said, '{ from = 2022-01-01, days = ["fri"], open = ["09:00-12:00"] }')
    days = said.get("days", list(WEEKDAYS))
    if not isinstance(days, list) or not set(days) <= set(WEEKDAYS):
        _bad(where, days, ", ".join(WEEKDAYS))
    start = _day(where, said.get("from", FIRST))
    return Rule(start, frozenset(map(WEEKDAYS.index, days)), _spans(where, said.get("open", [])))


def _own_days(where: str, said: object) -> OwnDays:
    if not isinstance(said, dict) or not said.keys() <= set(_DAY_KEYS):
        _bad(where, said, '{ date = 2026-03-20, name = "Eid al-Fitr", open = [] }')
    first, last = _day(where, said.get("date", said.get("first"))), _day(where, said.get("date", said.get("last")))
    status = said.get("status", "confirmed")
    if last < first:
        _bad(where, f"{first}..{last}", "first = 2026-03-20, last = 2026-03-24")
    if status not in ("confirmed", "estimated"):
        _bad(where, status, "confirmed, estimated")
    spans = None if said.get("open") == "usual" else _spans(where, said.get("open", []))
    known_from = _instant(where, said["known_from"]) if "known_from" in said else ALWAYS
    return OwnDays(first, last, spans, str(said.get("name", "")), status, known_from)


def _spans(where: str, said: object) -> tuple[Span, ...]:
    """Opening hours in their order. Hours that end before they start end on the next day."""
    if not isinstance(said, list):
        _bad(where, said, '["09:00-18:00"]')
    return tuple(sorted(_span(where, one) for one in said))


def _span(where: str, said: object) -> Span:
    found = _SPAN.fullmatch(said) if isinstance(said, str) else None
    if not found:
        _bad(where, said, "09:00-18:00")
    hours, minutes, until_hours, until_minutes = map(int, found.groups())
    opens, closes = hours * 60 + minutes, until_hours * 60 + until_minutes
    if opens >= 24 * 60 or closes > 24 * 60 or opens == closes:
        _bad(where, said, "09:00-18:00")
    return opens, closes if closes > opens else closes + 24 * 60


def _instant(where: str, said: object) -> datetime:
    """An instant in UTC, as stores keep it. A time without a zone could be anybody's."""
    if not isinstance(said, datetime) or said.tzinfo is None:
        _bad(where, said, "2026-03-19T18:30:00Z")
    return said.astimezone(UTC).replace(tzinfo=None)


def _known_from(days: OwnDays) -> datetime:
    return days.known_from


def _day(where: str, said: object) -> date:
    if not isinstance(said, date) or isinstance(said, datetime):
        _bad(where, said, "2026-03-20")
    return said


def _bad(where: str, given: object, example: str) -> NoReturn:
    raise BadCalendar.of("calendar.entry", where=where, given=str(given), example=example)
