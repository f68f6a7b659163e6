"""A team's own calendar files in a store: taken in like records, kept whole, each with the instant it is known from."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard, cast

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendars import Calendar, read_calendars
from appeal_insights.records.store import Writing

CALENDARS = "calendars"  # what their loads are called, and where the store keeps them
SUFFIX = ".toml"


def is_calendars(source: object) -> TypeGuard[Path]:
    """Whether a source is a calendar file by its name."""
    return isinstance(source, Path) and source.suffix == SUFFIX


def calendars_of(target: Writing) -> dict[str, Calendar]:
    """The calendars of all markets, with what the store's own files change and add."""
    return read_calendars(*(_said(one) for one in _kept(target)))


def keep_calendars(target: Writing, file: Path, moment: datetime) -> int:
    """Add a calendar file to the store. Gives how many calendars it speaks of.

    What the first file says counts as known since ever; of a later one each own day that does not say `known_from` is
    known from its load on, so that a report of an earlier day stays as it was.

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


def _kept(target: Writing) -> list[dict[str, str]]:
    return cast(list[dict[str, str]], target.about(CALENDARS) or [])


def _said(kept: Mapping[str, str]) -> dict[str, Any]:
    """The tables of one file, days of a later load with the instant of that load."""
    tables = tomllib.loads(kept["text"])
    if kept["known_from"]:
        since = datetime.fromisoformat(kept["known_from"]).replace(tzinfo=UTC)
        for entry in tables.values():
            for key in ("days", "ramadan_days"):
                for day in entry.get(key, []) if isinstance(entry, dict) else []:
                    if isinstance(day, dict):
                        day.setdefault("known_from", since)
    return tables
