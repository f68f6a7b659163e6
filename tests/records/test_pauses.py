"""Pauses: the clock of a case stands still while its appellant is asked."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.records.business_time import due, open_seconds, open_time
from appeal_insights.records.calendars import read_calendars
from appeal_insights.records.pauses import due_with_pauses, net_seconds, pauses, pauses_from_log
from tests.helpers import table

HOUR = 3600
ALL = open_time([read_calendars()[name] for name in ("SA", "DE", "always")], date(2026, 1, 1), date(2027, 6, 30))
# On the clock of Riyadh, three hours ahead. 15 October is a Thursday; Friday and Saturday are weekend.
LOG = table("""
    case | at               | status
    0    | 2026-10-15T13:00 | queued
    0    | 2026-10-15T14:00 | waiting_appellant
    0    | 2026-10-18T07:00 | in_review
    0    | 2026-10-18T08:00 | decided
    1    | 2026-10-15T13:00 | queued
    1    | 2026-10-15T14:00 | waiting_appellant
    2    | 2026-10-18T06:00 | in_review
""")


def riyadh(*days: str) -> np.ndarray:
    """Times on the wall of Riyadh as instants in UTC."""
    return np.array(days, dtype="datetime64[s]") - np.timedelta64(3, "h")


def logged(**how):
    return pauses_from_log(
        LOG["case"].astype(int), pd.to_datetime(LOG["at"]), LOG["status"], waiting={"waiting_appellant"}, **how
    )


def hours(found: np.ndarray) -> list[float]:
    return (found.astype(np.int64) / HOUR).tolist()


def test_a_pause_over_a_weekend_takes_the_open_hours_within_it_only():
    """From Thursday 16:00 to Sunday 11:00 four hours are open; two of them, 17 to 18 and 09 to 10, stood still."""
    start, end = riyadh("2026-10-15T16:00"), riyadh("2026-10-18T11:00")
    assert hours(open_seconds(ALL, "SA", start, end)) == [4]
    paused = pauses([0], riyadh("2026-10-15T17:00"), riyadh("2026-10-18T10:00"))
    assert hours(net_seconds(ALL, "SA", start, end, paused)) == [2]
    assert hours(net_seconds(ALL, "always", start, end, paused)) == [2]  # 67 hours less 65


def test_a_pause_within_a_weekend_takes_nothing():
    start, end = riyadh("2026-10-15T16:00"), riyadh("2026-10-18T11:00")
    paused = pauses([0], riyadh("2026-10-16T09:00"), riyadh("2026-10-17T18:00"))
    assert hours(net_seconds(ALL, "SA", start, end, paused)) == [4]


def test_a_status_log_says_when_the_clock_stood_still():
    """Case 0 waited from 17:00 on Thursday to 10:00 on Sunday; case 1 still waits; case 2 never did."""
    found = logged()
    assert found.case.tolist() == [0, 1]
    assert found.start.view("datetime64[s]").tolist() == [*riyadh("2026-10-15T17:00", "2026-10-15T17:00").tolist()]
    assert found.end[0].view("datetime64[s]") == riyadh("2026-10-18T10:00")[0]
    start = riyadh("2026-10-15T16:00", "2026-10-15T16:00", "2026-10-18T09:00")
    end = riyadh("2026-10-18T11:00", "2026-10-18T11:00", "2026-10-18T11:00")
    assert hours(net_seconds(ALL, "SA", start, end, found)) == [2, 1, 2]


def test_a_step_after_the_day_of_the_report_had_not_happened():
    found = logged(as_of=np.datetime64("2026-10-17"))
    end = np.full(3, riyadh("2026-10-18T11:00")[0])
    start = riyadh("2026-10-15T16:00", "2026-10-15T16:00", "2026-10-18T09:00")
    assert hours(net_seconds(ALL, "SA", start, end, found)) == [1, 1, 2]


def test_of_two_steps_at_one_instant_the_later_row_counts():
    at = riyadh("2026-10-18T09:00", "2026-10-18T10:00", "2026-10-18T10:00", "2026-10-18T12:00")
    for steps, net in ((["queued", "waiting", "queued", "done"], 3), (["queued", "queued", "waiting", "done"], 1)):
        found = pauses_from_log([0] * 4, at, steps, waiting={"waiting"})
        assert hours(net_seconds(ALL, "SA", at[:1], at[3:], found)) == [net]


def test_pauses_that_overlap_count_once_and_those_outside_the_case_not_at_all():
    day = "2026-10-18T"
    paused = pauses(
        [0, 0, 0, 1],
        riyadh(day + "10:00", day + "11:00", day + "16:00", day + "09:00"),
        riyadh(day + "13:00", day + "12:00", day + "20:00", day + "18:00"),
    )
    assert paused.case.tolist() == [0, 0, 1]
    start, end = riyadh(day + "09:00", "2026-10-19T09:00"), riyadh(day + "17:00", "2026-10-19T17:00")
    # eight hours less 10-13 and 16-17; the other case's pause was the day before it came in
    assert hours(net_seconds(ALL, "SA", start, end, paused)) == [4, 8]


def test_a_long_pause_of_one_case_does_not_reach_into_the_next():
    paused = pauses(
        [0, 1], riyadh("2026-10-18T10:00", "2026-10-18T11:00"), riyadh("2026-11-18T10:00", "2026-10-18T12:00")
    )
    assert paused.case.tolist() == [0, 1]
    assert paused.end.view("datetime64[s]").tolist() == riyadh("2026-11-18T10:00", "2026-10-18T12:00").tolist()


@pytest.mark.parametrize(
    ("paused_from", "paused_until", "expected", "why"),
    [
        ("2026-10-15T17:00", "2026-10-18T10:00", "2026-10-18T18:00", "two open hours stood still, two more to go"),
        ("2026-10-16T09:00", "2026-10-17T18:00", "2026-10-18T16:00", "within the weekend it changes nothing"),
        ("2026-10-18T16:00", "2026-10-19T12:00", "2026-10-18T16:00", "it was due just then"),
        ("2026-10-18T15:00", "2026-10-19T12:00", "2026-10-19T13:00", "an hour before it was due it stood still"),
        (
            "2026-10-01T09:00",
            "2026-10-15T17:00",
            "2026-10-18T17:00",
            "of a pause before it came in only the rest counts",
        ),
        ("2026-10-18T15:00", "NaT", "NaT", "it stands still and nobody knows until when"),
        ("2026-10-18T17:00", "NaT", "2026-10-18T16:00", "it was due before"),
    ],
)
def test_a_pause_moves_what_is_due(paused_from, paused_until, expected, why):
    """Nine hours from Thursday 16:00 in Riyadh are due on Sunday at 16:00."""
    start = riyadh("2026-10-15T16:00")
    assert due(ALL, "SA", start, 9 * HOUR) == riyadh("2026-10-18T16:00")
    found = due_with_pauses(ALL, "SA", start, 9 * HOUR, pauses([0], riyadh(paused_from), riyadh(paused_until)))
    np.testing.assert_array_equal(found, riyadh(expected), err_msg=why)


def test_no_pauses_and_missing_instants_change_nothing():
    nothing = pauses([], [], [])
    start, end = np.array(["2026-10-18T06:00", "NaT"], dtype="datetime64[s]"), np.datetime64("2026-10-18T08:00")
    assert net_seconds(ALL, "SA", start, end, nothing).tolist() == open_seconds(ALL, "SA", start, end).tolist()
    late = due_with_pauses(ALL, "SA", start, HOUR, pauses([1], start[:1], [end]))
    assert late[0] == np.datetime64("2026-10-18T07:00")
    assert np.isnat(late[1])


PAIR = st.tuples(st.integers(0, 20 * 86400), st.integers(1, 9 * 86400))
BASE = np.datetime64("2026-03-10", "s")


@given(st.lists(PAIR, max_size=6), st.integers(0, 10 * 86400), st.integers(0, 20 * 86400), st.sampled_from(ALL.names))
def test_the_clock_runs_or_stands_still_and_never_both(drawn, start, length, name):
    """Counted second by second of change points: net is what is open in no pause."""
    starts = BASE + np.array([one for one, _ in drawn], dtype="timedelta64[s]")
    ends = starts + np.array([one for _, one in drawn], dtype="timedelta64[s]")
    low, high = BASE + start, BASE + start + length
    cuts = np.unique(np.clip(np.concatenate([starts, ends, [low, high]]), low, high))
    runs = [not any(a <= cut < b for a, b in zip(starts, ends, strict=True)) for cut in cuts[:-1]]
    parts = open_seconds(ALL, name, cuts[:-1], cuts[1:]).astype(np.int64)
    found = net_seconds(ALL, name, [low], [high], pauses([0] * len(drawn), starts, ends))
    assert found.astype(np.int64).tolist() == [int(parts[runs].sum())]


@given(st.lists(PAIR, max_size=6), st.integers(0, 10 * 86400), st.integers(1, 60 * HOUR), st.sampled_from(ALL.names))
def test_until_it_is_due_the_clock_has_run_just_so_long(drawn, start, seconds, name):
    starts = BASE + np.array([one for one, _ in drawn], dtype="timedelta64[s]")
    paused = pauses([0] * len(drawn), starts, starts + np.array([one for _, one in drawn], dtype="timedelta64[s]"))
    at = due_with_pauses(ALL, name, [BASE + start], seconds, paused)
    assert net_seconds(ALL, name, [BASE + start], at, paused).astype(np.int64) == seconds
    before = at - np.timedelta64(1, "s")
    assert net_seconds(ALL, name, [BASE + start], before, paused).astype(np.int64) == seconds - 1
