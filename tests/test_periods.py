"""A period is read from its label, has a first day and a day after its last, and splits into whole ones."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import BadPeriod
from appeal_insights.periods import (
    GRAINS,
    Period,
    check_apart,
    first_day,
    instant,
    is_whole,
    label,
    next_start,
    period,
    split,
)

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-10-05", date(2026, 10, 5), date(2026, 10, 6)),
        ("2026-12-31", date(2026, 12, 31), date(2027, 1, 1)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("2027-W01", date(2027, 1, 4), date(2027, 1, 11)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-H1", date(2026, 1, 1), date(2026, 7, 1)),
        ("2026-H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-W40..2026-W43", date(2026, 9, 28), date(2026, 10, 26)),
        ("2026-09-28..2026-10-04", date(2026, 9, 28), date(2026, 10, 5)),
        ("2026-10..2026-W45", date(2026, 10, 1), date(2026, 11, 9)),
        (" 2026-10 .. 2026-11 ", date(2026, 10, 1), date(2026, 12, 1)),
    ],
)
def test_a_label_names_its_days(text, start, end):
    found = period(text)
    assert (found.start, found.end) == (start, end)
    assert found.last_day == end - timedelta(days=1)
    assert found.days == (end - start).days
    assert str(found) == text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026-W54", "2025-W53", "2026-W00", "2026-W5", "2026-13", "2026-00", "2026-Q5", "2026-Q0",
        "2026-H3", "2026-02-29", "2026-1-5", "26-10-05", "2026/10/05", "05.10.2026", "2026-10-05T00:00", "0000", "9999",
        "9999-12-31", "9999-W52", "2026-W40..", "..2026-W40", "2026-W40..2026-W41..2026-W42", "2026-W41..2026-W40",
        "２０２６", "2026-W４０",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(text):
    with pytest.raises(BadPeriod):
        period(text)


def test_a_refusal_shows_how_to_write_one():
    with pytest.raises(BadPeriod, match=r"an ISO week \(2026-W40\)"):
        period("week 40")
    with pytest.raises(BadPeriod, match="Write the earlier one first"):
        period("2026-W41..2026-W40")


@given(DAYS, st.sampled_from(GRAINS))
def test_every_day_lies_in_one_period_of_each_grain_whose_label_reads_back(day, grain):
    start = first_day(day, grain)
    end = next_start(start, grain)
    assert start <= day < end
    assert first_day(start, grain) == start
    assert first_day(end, grain) == end
    assert period(label(start, grain)) == Period(start, end, label(start, grain))
    assert is_whole(Period(start, end, "x"), grain)


@given(DAYS)
def test_the_week_of_a_day_is_that_of_iso_8601(day):
    year, week, _ = day.isocalendar()
    assert label(first_day(day, "week"), "week") == f"{year}-W{week:02d}"


@given(DAYS, st.integers(0, 800), st.sampled_from(GRAINS))
def test_whole_periods_fill_their_span_and_a_span_that_cuts_through_one_is_refused(day, more, grain):
    start, last = first_day(day, grain), first_day(day + timedelta(days=more), grain)
    span = Period(start, next_start(last, grain), "span")
    parts = split(span, grain)
    assert [part.start for part in parts] == [span.start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == span.end
    assert sum(part.days for part in parts) == span.days
    if grain != "day":
        for cut in (
            Period(start + timedelta(days=1), span.end, "cut"),
            Period(start, span.end - timedelta(days=1), "cut"),
        ):
            with pytest.raises(BadPeriod, match=f"whole periods of one {grain}"):
                split(cut, grain)


def test_a_year_of_53_weeks_has_them():
    weeks = split(period("2026-W01..2026-W53"), "week")
    assert len(weeks) == 53
    assert weeks[-1].label == "2026-W53"


def test_a_half_year_is_two_quarters_and_no_number_of_weeks():
    assert [part.label for part in split(period("2026-H2"), "quarter")] == ["2026-Q3", "2026-Q4"]
    with pytest.raises(BadPeriod, match="Choose days from 2026-06-29 on"):
        split(period("2026-H2"), "week")


def test_a_word_that_is_no_grain_is_answered_with_the_nearest_one():
    with pytest.raises(BadPeriod, match=r"No grain 'weekly'\. Did you mean 'week'\? Choose one of: day, week"):
        split(period("2026"), "weekly")


def test_periods_that_touch_do_not_overlap_and_those_that_share_a_day_do():
    check_apart([period("2026-W41"), period("2026-W40"), period("2026-W42..2026-W44")])
    for one, other in [("2026-W40", "2026-10"), ("2026", "2026-02-01"), ("2026-W40", "2026-W40")]:
        with pytest.raises(BadPeriod, match="share days"):
            check_apart([period(other), period("1999"), period(one)])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-16T06:00:00Z", datetime(2026, 11, 16, 6)),
        ("2026-11-16T06:00:00+04:00", datetime(2026, 11, 16, 2)),
        ("2026-11-16 06:00+00:00", datetime(2026, 11, 16, 6)),
        ("2026-11-16", datetime(2026, 11, 16)),
        (date(2026, 11, 16), datetime(2026, 11, 16)),
        (datetime(2026, 11, 16, 6), datetime(2026, 11, 16, 6)),
        (datetime(2026, 11, 16, 6, tzinfo=UTC), datetime(2026, 11, 16, 6)),
        (datetime(2026, 11, 16, 6, tzinfo=timezone(timedelta(hours=-3))), datetime(2026, 11, 16, 9)),
    ],
)
def test_an_instant_is_naive_utc(text, moment):
    assert instant(text) == moment


@pytest.mark.parametrize("text", ["2026-11-16T06:00:00", "2026-11-16 06:00", "20261116T06"])
def test_a_time_of_day_needs_a_zone(text):
    with pytest.raises(BadPeriod, match="has no time zone"):
        instant(text)


@pytest.mark.parametrize("text", ["", "now", "2026-W47", "2026-11", "16.11.2026", "2026-02-29", "2026-11-16T25:00Z"])
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(BadPeriod):
        instant(text)
