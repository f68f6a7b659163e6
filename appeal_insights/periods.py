"""Periods: a day, week, month, quarter, half-year, year or span, with a first day and a day after its last."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal, get_args

import pandas as pd

from appeal_insights.errors import BadPeriod, word

Grain = Literal["day", "week", "month", "quarter", "half-year", "year"]
GRAINS: tuple[Grain, ...] = get_args(Grain)  # finest first
SPAN_SIGN = ".."
_DAY = re.compile("[0-9]{4}-?[0-9]{2}-?[0-9]{2}")

# The calendars of pandas that have no week of ours: an ISO week starts on its Monday, a half-year has no frequency.
_STEP = {
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "half-year": pd.DateOffset(months=6),
    "year": pd.DateOffset(years=1),
}


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` up to, not including, `end`, with the label a reader knows it by."""

    start: date
    end: date
    label: str

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return self.label


def period(text: str) -> Period:
    """Read a period: 2026-10-05, 2026-W40, 2026-10, 2026-Q4, 2026-H2, 2026, or two of them as first..last (inclusive).

    Raises  BadPeriod   what was given is none of these, or the last comes before the first.
    """
    first, sign, last = str(text).strip().partition(SPAN_SIGN)
    if not sign:
        return _single(first.strip())
    start, end = _single(first.strip()), _single(last.strip())
    if end.end <= start.start:
        raise BadPeriod.of("period.backwards", given=text)
    return Period(start.start, end.end, f"{start.label}{SPAN_SIGN}{end.label}")


def _single(text: str) -> Period:
    for pattern, first_day, grain in _FORMS:
        match = pattern.fullmatch(text)
        if match:
            try:
                start = first_day(*(int(part) for part in match.groups()))
                return Period(start, next_start(start, grain), text)
            except (ValueError, OverflowError) as error:
                raise BadPeriod.of("period.not_in_calendar", given=text, reason=error) from error
    raise BadPeriod.of("period.unreadable", given=text)


def _month(year: int, month: int) -> date:
    return date(year, month, 1)


_FORMS: list[tuple[re.Pattern[str], Callable[..., date], Grain]] = [
    (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), date, "day"),
    (re.compile(r"([0-9]{4})-W([0-9]{2})"), lambda year, week: date.fromisocalendar(year, week, 1), "week"),
    (re.compile(r"([0-9]{4})-([0-9]{2})"), _month, "month"),
    (re.compile(r"([0-9]{4})-Q([1-4])"), lambda year, quarter: _month(year, 3 * quarter - 2), "quarter"),
    (re.compile(r"([0-9]{4})-H([12])"), lambda year, half: _month(year, 6 * half - 5), "half-year"),
    (re.compile(r"([0-9]{4})"), lambda year: _month(year, 1), "year"),
]


def next_start(start: date, grain: Grain) -> date:
    """The first day of the period after the one of that grain that starts on `start`."""
    return (pd.Timestamp(start) + _STEP[grain]).date()


def first_day(day: date, grain: Grain) -> date:
    """The first day of the period of that grain that holds `day`."""
    match grain:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        case "half-year":
            return date(day.year, 1 if day.month <= 6 else 7, 1)
        case "year":
            return date(day.year, 1, 1)


def is_whole(one: Period, grain: Grain) -> bool:
    """Whether a period is exactly one day, week, month, ... of the calendar."""
    return one.start == first_day(one.start, grain) and one.end == next_start(one.start, grain)


def label(start: date, grain: Grain) -> str:
    """The name of the period of that grain that starts on `start`, readable by `period`."""
    match grain:
        case "day":
            return start.isoformat()
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return f"{start:%Y-%m}"
        case "quarter":
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case "half-year":
            return f"{start.year}-H{1 if start.month == 1 else 2}"
        case "year":
            return str(start.year)


def split(whole: Period, grain: Grain) -> list[Period]:
    """The periods of that grain inside a span, in order. A span that cuts through one is an error.

    Raises  BadPeriod   the span does not start and end with periods of that grain.
    """
    check_grain(grain)
    parts = list(_steps(whole, grain))
    if not parts or parts[0].start != whole.start or parts[-1].end != whole.end:
        first = first_day(whole.start, grain)
        raise BadPeriod.of("period.not_split", period=whole, grain=word(grain), first=first)
    return parts


def _steps(whole: Period, grain: Grain) -> Iterator[Period]:
    start = first_day(whole.start, grain)
    while start < whole.end:
        end = next_start(start, grain)
        yield Period(start, end, label(start, grain))
        start = end


_LAST = re.compile(r"last (?:(\d+) )?(?:complete )?({grains})s?".format(grains="|".join(GRAINS)))
_BEFORE = re.compile(r"(?:the )?(?:(\d+) )?({grains})s? before".format(grains="|".join(GRAINS)))


def resolve(text: str, as_of: datetime, *, ahead_of: Period | None = None) -> Period:
    """Read a period, also a relative one: 'last week', 'last 3 months', or '4 weeks before' another period.

    Takes   `as_of`: naive UTC. A period is complete when the day after its last has begun in UTC.
            `ahead_of`: the period that '... before' is reckoned from, its end excluded.
    Raises  BadPeriod   it is neither, or there is no period for 'before' to be reckoned from.
    """
    words = " ".join(text.lower().split())
    last, before = _LAST.fullmatch(words), _BEFORE.fullmatch(words)
    if last:
        grain = _grain(last[2])
        return _whole_periods(first_day(as_of.date(), grain), grain, int(last[1] or 1))
    if before:
        if ahead_of is None:
            raise BadPeriod.of("period.no_later", given=text)
        grain = _grain(before[2])
        if first_day(ahead_of.start, grain) != ahead_of.start:
            raise BadPeriod.of("period.no_start", period=ahead_of, grain=word(grain))
        return _whole_periods(ahead_of.start, grain, int(before[1] or 1))
    return period(text)


def _grain(word: str) -> Grain:
    return next(grain for grain in GRAINS if grain == word)


def _whole_periods(end: date, grain: Grain, count: int) -> Period:
    """So many periods of a grain, the last of which ends as `end` begins."""
    if not count:
        raise BadPeriod.of("period.zero", grain=word(grain))
    start = end
    for _ in range(count):
        start = first_day(start - timedelta(days=1), grain)
    first, last = label(start, grain), label(first_day(end - timedelta(days=1), grain), grain)
    return Period(start, end, first if first == last else f"{first}{SPAN_SIGN}{last}")


def check_grain(grain: str) -> None:
    """Raises BadPeriod for a word that is no grain."""
    if grain not in GRAINS:
        raise BadPeriod.of("choice", what=word("grain"), given=grain, known=GRAINS)


def check_apart(periods: Sequence[Period]) -> None:
    """Raises BadPeriod where two periods share a day: a record would be counted twice."""
    ordered = sorted(periods)
    for one, other in pairwise(ordered):
        if one.overlaps(other):
            raise BadPeriod.of("period.overlap", one=one, other=other)


def instant(text: str | datetime) -> datetime:
    """An instant as naive UTC, from ISO 8601 text with a zone (2026-11-16T06:00:00Z) or a day (its first second).

    Raises  BadPeriod   the text is not an instant, or has a time of day without a zone.
    """
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text).strip())
    except ValueError as error:
        raise BadPeriod.of("period.instant", given=text) from error
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    if isinstance(text, str) and not _DAY.fullmatch(text.strip()):
        raise BadPeriod.of("period.no_zone", given=text)
    return moment
