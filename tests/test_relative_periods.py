"""Relative periods: the last complete ones at an instant, and those before them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import BadPeriod
from appeal_insights.periods import GRAINS, period, resolve

MONDAY = datetime(2026, 11, 16, 6)


@pytest.mark.parametrize(
    ("text", "label", "first", "after_last"),
    [
        ("last week", "2026-W46", date(2026, 11, 9), date(2026, 11, 16)),
        ("last complete week", "2026-W46", date(2026, 11, 9), date(2026, 11, 16)),
        ("Last 3  weeks", "2026-W44..2026-W46", date(2026, 10, 26), date(2026, 11, 16)),
        ("last month", "2026-10", date(2026, 10, 1), date(2026, 11, 1)),
        ("last quarter", "2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("last half-year", "2026-H1", date(2026, 1, 1), date(2026, 7, 1)),
        ("last 2 years", "2024..2025", date(2024, 1, 1), date(2026, 1, 1)),
        ("last day", "2026-11-15", date(2026, 11, 15), date(2026, 11, 16)),
        ("2026-W40", "2026-W40", date(2026, 9, 28), date(2026, 10, 5)),
    ],
)
def test_the_last_periods_are_complete_ones(text, label, first, after_last):
    found = resolve(text, MONDAY)
    assert (found.label, found.start, found.end) == (label, first, after_last)


def test_a_week_is_complete_when_its_sunday_is_over_and_not_before():
    assert resolve("last week", datetime(2026, 11, 15, 23, 59, 59)).label == "2026-W45"
    assert resolve("last week", datetime(2026, 11, 16)).label == "2026-W46"


def test_the_weeks_around_new_year_keep_their_iso_names():
    assert resolve("last week", datetime(2027, 1, 5)).label == "2026-W53"
    assert resolve("last 2 weeks", datetime(2027, 1, 11)).label == "2026-W53..2027-W01"
    assert resolve("last week", datetime(2026, 1, 1)).label == "2025-W52"


def test_the_last_week_is_compared_with_the_four_before_it():
    later = resolve("last week", MONDAY)
    earlier = resolve("the 4 weeks before", MONDAY, ahead_of=later)
    assert (earlier.label, earlier.end) == ("2026-W42..2026-W45", later.start)


@pytest.mark.parametrize("text", ["last 0 weeks", "last fortnight", "next week", "some weeks before"])
def test_what_is_no_relative_period_is_refused(text):
    with pytest.raises(BadPeriod):
        resolve(text, MONDAY, ahead_of=period("2026-W46"))


def test_before_needs_something_to_be_before_of():
    with pytest.raises(BadPeriod, match="later period"):
        resolve("4 weeks before", MONDAY)
    with pytest.raises(BadPeriod, match="does not start with a week"):
        resolve("4 weeks before", MONDAY, ahead_of=period("2026-10"))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(GRAINS), st.integers(1, 9))
def test_a_relative_period_has_a_name_that_reads_back_as_itself(as_of, grain, count):
    found = resolve(f"last {count} {grain}s", as_of)
    again = period(found.label)
    assert (again.start, again.end) == (found.start, found.end)
    assert found.end <= as_of.date()
