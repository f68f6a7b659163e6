"""A team's own calendar files in a store: taken in like records, kept whole, each with the instant it is known from."""

import json
import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard, cast

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendars import ALWAYS, Calendar, read_calendars
from appeal_insights.records.store import Store, Writing

CALENDARS = "calendars"  # what their loads are called, and where the store keeps them
SUFFIX = ".toml"
_DAYS = ("days", "ramadan_days")  # of an entry: what it says of single days


def is_calendars(source: object) -> TypeGuard[Path]:
    """Whether a source is a calendar file by its name."""
    return isinstance(source, Path) and source.suffix == SUFFIX


def calendars_of(store: Writing | Store, as_of: datetime | None = None) -> dict[str, Calendar]:
    """The calendars of all markets, with what the store's own files change and add, as known at `as_of` (UTC).

    Of a file that was taken in after that only own days count, since each says itself from when it was known.
    """
    kept = [(_since(one), _said(one)) for one in _kept(store)]
    if not kept:
        return dict(_usual())
    if as_of is None:
        return read_calendars(*(said for _, said in kept))
    names = {*_usual()}.union(*(said for since, said in kept if since <= as_of))
    return read_calendars(*(said if since <= as_of else _days_only(said, names) for since, said in kept))


@cache
def _usual() -> dict[str, Calendar]:
    return read_calendars()


def loaded_at(store: Writing | Store) -> set[datetime]:
    """The instants from which the store's own files are known, but for the first, which is known since ever."""
    return {_since(one) for one in _kept(store)} - {ALWAYS}


def keep_calendars(target: Writing, file: Path, moment: datetime) -> int:
    """Add a calendar file to the store. Gives how many calendars it speaks of.

    What the first file says counts as known since ever; a later one is known from its load on, but for own days that
    say `known_from` themselves. So a report of an earlier day stays as it was.

    Raises  BadCalendar   it cannot be read, or says what no calendar can be.
    """
    kept = _kept(target)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadCalendar.of("calendar.file", path=file, reason=str(error)) from error
    kept.append({"name": file.name, "text": text, "known_from": moment.isoformat() if kept else ""})
    try:
        read_calendars(*(_said(one) for one in kept))
    except tomllib.TOMLDecodeError as error:
        raise BadCalendar.of("calendar.file", path=file, reason=str(error)) from error
    target.note(CALENDARS, json.dumps(kept))
    return len(tomllib.loads(text))


def _kept(store: Writing | Store) -> list[dict[str, str]]:
    found = store.declared(CALENDARS) if isinstance(store, Store) else store.about(CALENDARS)
    return cast(list[dict[str, str]], found or [])


def _since(kept: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(kept["known_from"]) if kept["known_from"] else ALWAYS


def _days_only(tables: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """What a file says of single days of these calendars."""
    return {
        name: {key: value for key, value in entry.items() if key in _DAYS}
        for name, entry in tables.items()
        if name in names
    }


def _said(kept: Mapping[str, str]) -> dict[str, Any]:
    """The tables of one file, days of a later load with the instant of that load."""
    tables = tomllib.loads(kept["text"])
    if kept["known_from"]:
        since = datetime.fromisoformat(kept["known_from"]).replace(tzinfo=UTC)
        for entry in tables.values():
            for key in _DAYS:
                for day in entry.get(key, []) if isinstance(entry, dict) else []:
                    if isinstance(day, dict):
                        day.setdefault("known_from", since)
    return tables
