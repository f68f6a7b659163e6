"""Business time: how long a calendar was open between two instants, and when a promise of so much of it is due.

One table holds the open intervals of all calendars in a row, each with the open seconds before it. Business time is the
difference of two look-ups in it, so it is exact in whole seconds and adds up over any split.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from appeal_insights.errors import BadCalendar
from appeal_insights.records.calendar_days import days_of, open_intervals, utc_second
from appeal_insights.records.calendars import Calendar
from appeal_insights.records.checking import clock

Seconds = NDArray[np.int64]
Instants = NDArray[np.datetime64]
Durations = NDArray[np.timedelta64]
CHUNK = 1 << 16  # rows at a time: what is in the works then stays in the processor's cache
STRETCH_BITS = 16  # 18 hours: seldom more than two openings, and a table of ten years stays small
MISSING = np.iinfo(np.int64).min  # how numpy keeps an instant that is not there
DAY_MINUTES = 24 * 60


class Steps:
    """Numbers in their order, and which of them is the last that is not above a key.

    A table says it for the start of each stretch of keys; the few numbers within a stretch are stepped over. That is
    several times as fast as to halve the numbers again and again, and gives the same.
    """

    def __init__(self, numbers: Seconds, most: int) -> None:
        """Takes   numbers in order, the first not above any key; the greatest key, and none below 0."""
        stretches = np.arange(0, most + (2 << STRETCH_BITS), 1 << STRETCH_BITS)
        place = np.searchsorted(numbers, stretches, side="right") - 1
        self._steps = int(np.diff(place).max())
        self._place = np.maximum(place, 0).astype(np.int32)
        self._next = np.append(numbers[1:], np.iinfo(np.int64).max)

    def last(self, keys: Seconds) -> NDArray[np.int32]:
        place: NDArray[np.int32] = self._place[keys >> STRETCH_BITS]
        for _ in range(self._steps):
            place = place + (self._next[place] <= keys)
        return place


@dataclass(frozen=True)
class OpenTime:
    """The open intervals of several calendars over the same days, one calendar after the other.

    An instant of calendar number k is looked up at its second + shift[k], where no other calendar is. Before the
    intervals of each stands an empty one, at the start of its first day.
    """

    names: tuple[str, ...]
    first: date
    last: date
    starts: Seconds  # of each calendar: its first midnight, and the one after its last day, in seconds since 1970 UTC
    ends: Seconds
    shift: Seconds
    opens: Seconds  # of each interval, shifted
    closes: Seconds
    before: Seconds  # open seconds before the interval, from the calendar's first midnight on
    reached: Seconds  # open seconds before its end, shifted by calendar, to look up when so many have passed
    total: Seconds  # open seconds of each calendar in all
    above: int  # the shift of `reached` from one calendar to the next
    by_opening: Steps
    by_reached: Steps

    def number(self, calendar: object) -> NDArray[np.intp]:
        """The number of a calendar, or of each of many names: text, or a categorical column, which is faster.

        Raises  BadCalendar   no such calendar.
        """
        if isinstance(calendar, str):
            return np.array(self._number_of(calendar), dtype=np.intp)
        codes, names = pd.factorize(calendar)  # type: ignore[call-overload]
        if (codes < 0).any():
            raise BadCalendar.of("calendar.unknown", given="", known=self.names)
        numbers = np.array([self._number_of(str(name)) for name in names], dtype=np.intp)
        found: NDArray[np.intp] = numbers[codes] if len(numbers) else codes
        return found

    def _number_of(self, name: str) -> int:
        if name not in self.names:
            raise BadCalendar.of("calendar.unknown", given=name, known=self.names)
        return self.names.index(name)


def open_time(calendars: Iterable[Calendar], first: date, last: date, *, as_of: datetime | None = None) -> OpenTime:
    """The table of those calendars from the first day to the last, as it was known at `as_of` (UTC)."""
    listed = list(calendars)
    if not listed or last < first:
        raise BadCalendar.of("calendar.no_days", first=str(first), last=str(last))
    blocks = [_block(calendar, first, last, as_of) for calendar in listed]
    starts, ends = (np.array([block[side] for block in blocks], dtype=np.int64) for side in (0, 1))
    stride, above = int(ends.max() - starts.min()) + 1, int((ends - starts).max()) + 1
    places = np.arange(len(blocks), dtype=np.int64)
    shift = places * stride - starts.min()
    sizes = [len(block[2]) for block in blocks]
    intervals = np.concatenate([block[2] for block in blocks])
    lengths = [np.cumsum(block[2][:, 1] - block[2][:, 0]) for block in blocks]
    after = np.concatenate(lengths)
    opens, closes = (np.ascontiguousarray(side) for side in (intervals + np.repeat(shift, sizes)[:, None]).T)
    reached = after + np.repeat(places * above, sizes)
    return OpenTime(
        names=tuple(calendar.name for calendar in listed),
        first=first,
        last=last,
        starts=starts,
        ends=ends,
        shift=shift,
        opens=opens,
        closes=closes,
        before=after - (closes - opens),
        reached=reached,
        total=np.array([length[-1] for length in lengths], dtype=np.int64),
        above=above,
        by_opening=Steps(opens, int((ends + shift).max())),
        by_reached=Steps(reached, int(reached.max())),
    )


def _block(calendar: Calendar, first: date, last: date, as_of: datetime | None) -> tuple[int, int, Seconds]:
    """The first second of the days and the one after their last, and what is open between, an empty interval first."""
    zone = clock(calendar.zone)
    start, end = utc_second(zone, first, 0), utc_second(zone, last, DAY_MINUTES)
    # The night before may reach into the first day, and the last one out of its own.
    earlier = max(first - timedelta(days=1), calendar.first)
    found = open_intervals(calendar, days_of(calendar, min(earlier, first), last, as_of=as_of))
    kept = [(max(opens, start), min(closes, end)) for opens, closes in found if opens < end and closes > start]
    return start, end, np.array([(start, start), *kept], dtype=np.int64)


def open_seconds(table: OpenTime, calendar: object, start: ArrayLike, end: ArrayLike) -> Durations:
    """How long it was open from `start` to `end`, in seconds; less than nothing where the end is the earlier.

    Takes   a calendar's name, or a name or number for each row; instants in UTC without a zone, of which parts of a
            second are dropped.
    Gives   timedelta64[s] per row; NaT where an instant is missing.
    Raises  BadCalendar   an instant outside the days of the table.
    """

    def between(number: NDArray[np.intp], start: Seconds, end: Seconds) -> Seconds:
        missing = (start == MISSING) | (end == MISSING)
        found = _open_before(table, number, end) - _open_before(table, number, start)
        found[missing] = MISSING
        return found

    return _by_chunk(table, calendar, between, _seconds(start), _seconds(end)).view("timedelta64[s]")


def due(table: OpenTime, calendar: object, start: ArrayLike, seconds: ArrayLike) -> Instants:
    """The first instant by which it was open for so many seconds since `start`; after none of them, the start itself.

    Takes   as `open_seconds`; whole seconds, or durations of numpy, not below 0.
    Gives   datetime64[s] per row; NaT where something is missing.
    Raises  BadCalendar   an instant outside the days of the table; seconds below 0.
    """

    def reached(number: NDArray[np.intp], start: Seconds, wanted: Seconds) -> Seconds:
        missing = (start == MISSING) | (wanted == MISSING)
        wanted = np.where(missing, 0, wanted)
        if (wanted < 0).any():
            raise BadCalendar.of("calendar.negative", given=int(wanted.min()))
        target = _open_before(table, number, start) + wanted
        late = target > table.total[number]
        if late.any():
            raise _outside(table, number, start, late, due=True)
        target += number * table.above
        place = np.where(wanted > 0, table.by_reached.last(np.maximum(target - 1, 0)) + 1, 0)
        at = table.closes[place] - (table.reached[place] - target) - table.shift[number]
        found = np.where(wanted > 0, at, start)
        found[missing] = MISSING
        return found

    return _by_chunk(table, calendar, reached, _seconds(start), _whole(seconds)).view("datetime64[s]")


def _open_before(table: OpenTime, number: NDArray[np.intp], at: Seconds) -> Seconds:
    """The seconds that it was open before each instant, from the table's first midnight on."""
    starts, ends = table.starts[number], table.ends[number]
    wrong = ((at < starts) | (at > ends)) & (at != MISSING)
    if wrong.any():
        raise _outside(table, number, at, wrong, due=False)
    at = np.maximum(at, starts) + table.shift[number]
    place = table.by_opening.last(at)
    return table.before[place] + np.minimum(at, table.closes[place]) - table.opens[place]


def _outside(
    table: OpenTime, number: NDArray[np.intp], at: Seconds, wrong: NDArray[np.bool], *, due: bool
) -> BadCalendar:
    """The error about the first row that is wrong: its instant, or when it is due."""
    row = int(np.flatnonzero(wrong)[0])
    return BadCalendar.of(
        "calendar.due_outside" if due else "calendar.outside",
        name=table.names[int(np.broadcast_to(number, wrong.shape)[row])],
        given=np.datetime64(int(at[row]), "s").item().isoformat(sep=" "),
        first=table.first.isoformat(),
        last=table.last.isoformat(),
    )


def _by_chunk(table: OpenTime, calendar: object, step: Callable[..., Seconds], one: Seconds, other: Seconds) -> Seconds:
    """The step done for some rows at a time."""
    is_number = isinstance(calendar, np.ndarray) and calendar.dtype.kind in "iu"
    number = np.asarray(calendar, dtype=np.intp) if is_number else table.number(calendar)
    shape = np.broadcast_shapes(number.shape, one.shape, other.shape)
    flat = [np.broadcast_to(each, shape).reshape(-1) for each in (one, other)]
    numbers = number if number.ndim == 0 else np.broadcast_to(number, shape).reshape(-1)
    found = np.empty(flat[0].shape, dtype=np.int64)
    for at in range(0, len(found), CHUNK):
        rows = slice(at, at + CHUNK)
        found[rows] = step(numbers if number.ndim == 0 else numbers[rows], *(each[rows] for each in flat))
    return found.reshape(shape)


def _seconds(instants: ArrayLike) -> Seconds:
    return np.asarray(instants, dtype="datetime64[s]").view(np.int64)


def _whole(seconds: ArrayLike) -> Seconds:
    given = np.asarray(seconds)
    return (given.astype("timedelta64[s]") if given.dtype.kind == "m" else given).astype(np.int64)


def tables(table: OpenTime) -> Mapping[str, pd.DataFrame]:
    """The same table for SQL: what business_time.sql and due.sql read as `open_intervals` and `covered`."""
    number = np.searchsorted(table.shift + table.starts, table.opens, side="right") - 1
    names = np.array(table.names, dtype=object)
    intervals = pd.DataFrame(
        {
            "calendar": names[number],
            "opens": (table.opens - table.shift[number]).view("datetime64[s]"),
            "closes": (table.closes - table.shift[number]).view("datetime64[s]"),
            "before": table.before,
            "reached": table.before + table.closes - table.opens,
        }
    )
    # One row per opening, or SQL may take the empty interval where the calendar opens with its first day.
    intervals = intervals.drop_duplicates(["calendar", "opens"], keep="last", ignore_index=True)
    covered = pd.DataFrame(
        {
            "calendar": names,
            "starts": table.starts.view("datetime64[s]"),
            "ends": table.ends.view("datetime64[s]"),
        }
    )
    return {"open_intervals": intervals, "covered": covered}
