"""Pauses: when the clock of a case stood still, as while its appellant was asked, and business time without them."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from appeal_insights.records.business_time import MISSING, Durations, Instants, OpenTime, Seconds, due, open_seconds

FOREVER = np.iinfo(np.int64).max  # the end of a pause that nobody has ended


@dataclass(frozen=True)
class Pauses:
    """From when to when the clock of a case stood still: in seconds since 1970 UTC, by case, none touching another."""

    case: NDArray[np.intp]  # the row of the case in the arrays that go with it, counted from 0
    start: Seconds
    end: Seconds  # FOREVER: not ended yet


def pauses_from_log(
    case: ArrayLike, at: ArrayLike, status: ArrayLike, *, waiting: Collection[str], as_of: ArrayLike | None = None
) -> Pauses:
    """The pauses of cases by their status log: from a row with a waiting status to the case's next row.

    Takes   one row per step, in any order: the row of its case, the instant (UTC), the new status. Of rows at the same
            instant the later in the table counts. Rows after `as_of` had not happened, rows without an instant do not.
    """
    cases, instants = np.asarray(case, dtype=np.intp), _seconds(at)
    waits = np.isin(np.asarray(status, dtype=object).astype(str), [*waiting])
    happened = instants != MISSING
    if as_of is not None:
        happened &= instants <= _seconds(as_of)
    cases, instants, waits = cases[happened], instants[happened], waits[happened]
    order = np.lexsort((instants, cases))  # keeps the table's order among rows that are equal
    cases, instants, waits = cases[order], instants[order], waits[order]
    ends = np.full(len(cases), FOREVER)
    if len(cases):
        ends[:-1] = np.where(cases[1:] == cases[:-1], instants[1:], FOREVER)
    return _merged(cases[waits], instants[waits], ends[waits])


def pauses(case: ArrayLike, start: ArrayLike, end: ArrayLike) -> Pauses:
    """Pauses from their starts and ends (UTC; a missing end is not ended yet). Pauses that overlap count once."""
    ends = _seconds(end)
    return _merged(np.asarray(case, dtype=np.intp), _seconds(start), np.where(ends == MISSING, FOREVER, ends))


def _merged(case: NDArray[np.intp], start: Seconds, end: Seconds) -> Pauses:
    """The pauses of each case in their order, put together where they overlap or touch; empty ones are none."""
    full = (start < end) & (start != MISSING)
    order = np.lexsort((start[full], case[full]))
    case, start, end = case[full][order], start[full][order], end[full][order]
    if not len(case):
        return Pauses(case, start, end)
    first_of_case = np.concatenate([[True], case[1:] != case[:-1]])
    # The furthest end so far within a case: ranks of ends, raised by case, so that one running maximum does for all.
    ranked = np.unique(end, return_inverse=True)
    raised = ranked[1] + np.cumsum(first_of_case) * (len(ranked[0]) + 1)
    furthest = ranked[0][np.maximum.accumulate(raised) % (len(ranked[0]) + 1)]
    opens = first_of_case | np.concatenate([[True], start[1:] > furthest[:-1]])
    closes = np.concatenate([opens[1:], [True]])
    return Pauses(case[opens], start[opens], furthest[closes])


def net_seconds(table: OpenTime, calendar: object, start: ArrayLike, end: ArrayLike, of: Pauses) -> Durations:
    """How long it was open from `start` to `end` while the clock of the case ran: `open_seconds` without the pauses.

    Takes   as `open_seconds`, but arrays, one row per case; a pause counts as far as it lies between the two.
    """
    starts, ends = np.broadcast_arrays(_seconds(start), _seconds(end))
    gross = open_seconds(table, calendar, starts.view("datetime64[s]"), ends.view("datetime64[s]"))
    number = _numbers(table, calendar, starts.shape)
    both = (starts[of.case] != MISSING) & (ends[of.case] != MISSING)
    low, high = np.maximum(of.start, starts[of.case]), np.minimum(of.end, ends[of.case])
    meets = both & (low < high)
    stood = open_seconds(table, number[of.case[meets]], _instants(low[meets]), _instants(high[meets])).view(np.int64)
    paused = np.zeros(starts.shape, dtype=np.int64)
    np.add.at(paused, of.case[meets], stood)
    net: Durations = gross - paused.view("timedelta64[s]")
    return net


def due_with_pauses(table: OpenTime, calendar: object, start: ArrayLike, seconds: ArrayLike, of: Pauses) -> Instants:
    """When a promise of so much business time is due if the clock of the case stands still in its pauses.

    Gives   as `due`; NaT also where the clock stands still before it is due and has not been started again.
    """
    starts = _seconds(start)
    wanted = np.array(np.broadcast_to(np.asarray(seconds), starts.shape)).astype("timedelta64[s]").view(np.int64)
    number = _numbers(table, calendar, starts.shape)
    found = due(table, number, _instants(starts), wanted).view(np.int64).copy()
    first_of_case = np.flatnonzero(np.concatenate([[True], of.case[1:] != of.case[:-1]])) if len(of.case) else of.case
    turn = np.arange(len(of.case)) - np.repeat(first_of_case, np.diff([*first_of_case, len(of.case)]))
    for now in range(int(turn.max(initial=-1)) + 1):  # the first pause of each case, then the second, ...
        rows = np.flatnonzero(turn == now)
        case = of.case[rows]
        began = np.maximum(of.start[rows], starts[case])
        moves = (found[case] != MISSING) & (began < found[case]) & (began < of.end[rows])
        rows, case, began = rows[moves], case[moves], began[moves]
        never = of.end[rows] == FOREVER
        found[case[never]] = MISSING
        rows, case, began = rows[~never], case[~never], began[~never]
        stood = open_seconds(table, number[case], _instants(began), _instants(of.end[rows]))
        wanted[case] += stood.view(np.int64)
        found[case] = due(table, number[case], _instants(starts[case]), wanted[case]).view(np.int64)
    return found.view("datetime64[s]")


def _numbers(table: OpenTime, calendar: object, shape: tuple[int, ...]) -> NDArray[np.intp]:
    given = isinstance(calendar, np.ndarray) and calendar.dtype.kind in "iu"
    return np.broadcast_to(np.asarray(calendar) if given else table.number(calendar), shape)


def _instants(seconds: Seconds) -> Instants:
    return seconds.view("datetime64[s]")


def _seconds(instants: ArrayLike) -> Seconds:
    return np.asarray(instants, dtype="datetime64[s]").view(np.int64)
