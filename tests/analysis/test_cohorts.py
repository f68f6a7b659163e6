"""A cohort is judged when its youngest record is old enough, to the second."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from appeal_insights.analysis.cohorts import mark_maturity
from appeal_insights.errors import BadParameter, BadTable

WEEKS = pd.DataFrame({"period": ["2026-W02", "2026-W03"], "ends_on": [date(2026, 1, 12), date(2026, 1, 19)]})


@pytest.mark.parametrize(
    ("as_of", "mature"),
    [
        (datetime(2026, 1, 18, 23, 59, 59), [False, False]),
        (datetime(2026, 1, 19, 0, 0, 0), [True, False]),
        (datetime(2026, 1, 25, 23, 59, 59), [True, False]),
        (datetime(2026, 1, 26, 0, 0, 0), [True, True]),
    ],
)
def test_a_week_is_mature_from_the_second_its_last_record_is_seven_days_old(
    as_of: datetime, mature: list[bool]
) -> None:
    marked = mark_maturity(WEEKS, settles_in_days=7, as_of=as_of)
    assert marked.mature.tolist() == mature
    assert marked.drop(columns="mature").equals(WEEKS)


def test_a_cohort_that_settles_at_once_is_mature_when_it_is_over() -> None:
    end = datetime(2026, 1, 12)
    assert mark_maturity(WEEKS, settles_in_days=0, as_of=end).mature.tolist() == [True, False]
    assert not mark_maturity(WEEKS, settles_in_days=0, as_of=end - timedelta(seconds=1)).mature.any()


def test_days_are_of_24_hours_also_where_the_clock_changes() -> None:
    london = pd.DataFrame({"to": pd.to_datetime(["2026-03-28"]).tz_localize("Europe/London")})
    seven = pd.Timestamp("2026-04-04 01:00", tz="Europe/London")  # an hour was lost in between
    assert mark_maturity(london, ends="to", settles_in_days=7, as_of=seven).mature.tolist() == [True]
    earlier = seven - pd.Timedelta(seconds=1)
    assert mark_maturity(london, ends="to", settles_in_days=7, as_of=earlier).mature.tolist() == [False]


def test_what_cannot_be_compared_is_refused() -> None:
    as_of = datetime(2026, 2, 1)
    with pytest.raises(BadTable, match="not on the same clock"):
        mark_maturity(WEEKS, settles_in_days=7, as_of=pd.Timestamp(as_of, tz="UTC"))
    with pytest.raises(BadTable, match=r"No column 'ends_on'\. Did you mean 'ends'"):
        mark_maturity(WEEKS.rename(columns={"ends_on": "ends"}), settles_in_days=7, as_of=as_of)
    with pytest.raises(BadTable, match="Row 1: 'ends_on' is empty"):
        mark_maturity(WEEKS.assign(ends_on=[date(2026, 1, 12), None]), settles_in_days=7, as_of=as_of)
    with pytest.raises(BadParameter, match="settles_in_days is -1"):
        mark_maturity(WEEKS, settles_in_days=-1, as_of=as_of)
