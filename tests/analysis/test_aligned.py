"""What a span of days may be compared with a year earlier; dates checked on a calendar by hand."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis.aligned import NOTED, WITHOUT, Aligned, aligned
from appeal_insights.errors import BadParameter
from appeal_insights.records.seasons import seasons

NONE = seasons("always")


def found(market: str, first: str, last: str, grain: str = "week", **asked) -> Aligned:
    rows = NONE if not market else seasons(market)
    end = date.fromisoformat(last) + timedelta(days=1)
    return aligned(date.fromisoformat(first), end, seasons=rows, grain=grain, **asked)


def said(answer: Aligned) -> list[tuple[str, str, int]]:
    return list(answer.reasons.itertuples(index=False, name=None))


def test_a_quiet_week_goes_with_the_same_weekdays_364_days_before():
    answer = found("GB", "2026-07-06", "2026-07-12")
    assert (answer.fair, answer.shift) == (True, 364)
    assert answer.comparable == (date(2025, 7, 7), date(2025, 7, 14))
    assert answer.rows["comparable"].dt.day_of_week.tolist() == list(range(7))
    assert said(answer) == []


@pytest.mark.parametrize(
    ("market", "first", "last", "then", "shift"),
    [
        ("GB", "2026-11-27", "2026-11-30", "2025-11-28", 364),  # Friday to Friday
        ("DE", "2026-03-30", "2026-04-05", "2025-04-14", 350),  # the week up to Easter Sunday
        ("GB", "2030-11-29", "2030-12-02", "2029-11-23", 371),  # the sale came six days earlier in 2029
        ("SA", "2026-02-25", "2026-03-03", "2025-03-08", 354),  # the second week of Ramadan
        ("CN", "2026-02-17", "2026-02-23", "2025-01-29", 384),
        ("GB", "2026-12-24", "2026-12-31", "2025-12-24", 365),
    ],
)
def test_a_season_goes_with_the_same_days_of_that_season(market, first, last, then, shift):
    answer = found(market, first, last, "day")
    assert (answer.fair, answer.shift) == (True, shift)
    assert answer.rows["comparable"].iloc[0] == pd.Timestamp(then)
    assert answer.rows["reason"].eq("").all()


def test_the_week_in_which_ramadan_begins_goes_with_as_many_days_of_it():
    answer = found("SA", "2026-02-16", "2026-02-22")
    assert answer.fair
    assert answer.comparable == (date(2025, 2, 27), date(2025, 3, 6)), "Ramadan began on its third day in both"
    assert said(answer) == [("estimated", "ramadan", 5)]


def test_the_last_days_of_ramadan_are_counted_from_its_end_and_the_feast_goes_with_the_feast():
    """16 to 22 March 2026: four days of Ramadan, which had 30, and the feast; in 2025 it ended on the 29th."""
    answer = found("SA", "2026-03-16", "2026-03-22")
    assert (answer.fair, answer.shift) == (True, 355)
    assert answer.comparable == (date(2025, 3, 26), date(2025, 4, 2))


def test_the_thirtieth_day_of_ramadan_has_no_counterpart_in_a_month_of_29():
    answer = found("SA", "2026-02-18", "2026-03-19", "day")
    assert answer.fair
    assert answer.rows["comparable"].isna().sum() == 1
    assert said(answer)[0] == ("season_here", "ramadan", 1)


def test_a_week_after_ramadan_that_was_within_the_feast_a_year_before_has_no_fair_comparison():
    answer = found("SA", "2026-03-30", "2026-04-05")  # 364 days back: 31 March to 6 April 2025, two days of the feast
    assert not answer.fair
    assert said(answer) == [("season_there", "eid_al_fitr", 2)]
    assert answer.rows["comparable"].notna().sum() == 5


def test_a_market_that_a_season_does_not_touch_is_compared_by_weekday():
    assert found("SA", "2026-03-30", "2026-04-05").shift == found("GB", "2026-03-23", "2026-03-29").shift == 364
    assert found("GB", "2026-02-16", "2026-02-22").fair


def test_week_53_has_no_namesake_and_the_nearest_is_offered():
    answer = found("SA", "2026-12-28", "2027-01-03")
    assert date(2026, 12, 28).isocalendar()[:2] == (2026, 53)
    assert answer.fair
    assert answer.comparable == (date(2025, 12, 29), date(2026, 1, 5))
    assert said(answer) == [("week_53", "", 7)]
    # Of 2020, which had 53 too, six years before there is one.
    assert "week_53" not in [one[0] for one in said(found("", "2026-12-28", "2027-01-03", years_back=6))]


def test_days_before_the_records_begin_cannot_be_compared_with():
    answer = found("", "2026-07-06", "2026-07-12", data_from=date(2025, 7, 10))
    assert not answer.fair
    assert answer.comparable == (date(2025, 7, 10), date(2025, 7, 14))
    assert said(answer) == [("no_data", "", 3), *said(found("", "2026-07-09", "2026-07-12", "day"))]
    nothing = found("", "2026-07-06", "2026-07-12", data_from=date(2026, 1, 1))
    assert (nothing.fair, nothing.comparable) == (False, None)


def test_days_of_years_whose_seasons_nobody_wrote_down_cannot_be_compared_with():
    answer = found("SA", "2015-06-22", "2015-06-28")  # the first week of Ramadan 2015; 2014 is not in the table
    assert not answer.fair
    assert set(answer.rows["reason"]) == {"season_unknown"}


def test_a_span_of_another_number_of_weekdays_says_so():
    """11 November 2026 is a Wednesday, that of 2025 a Tuesday."""
    answer = found("CN", "2026-11-11", "2026-11-11", "day")
    assert (answer.fair, answer.shift) == (True, 365)
    assert said(answer) == [("weekdays_differ", "", 1)]


def test_two_years_back_is_twice_as_far_or_the_season_before_last():
    assert found("", "2026-07-06", "2026-07-12", years_back=2).comparable == (date(2024, 7, 8), date(2024, 7, 15))
    answer = found("SA", "2026-02-25", "2026-03-03", "day", years_back=2)
    assert answer.rows["comparable"].iloc[0] == pd.Timestamp("2024-03-18"), "Ramadan 2024 began on 11 March"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"first": "2026-07-07", "last": "2026-07-12"}, "no whole ISO weeks"),
        ({"first": "2026-07-06", "last": "2026-07-05"}, "no day"),
        ({"first": "2026-07-06", "last": "2026-07-12", "years_back": 0}, "no earlier year"),
    ],
)
def test_what_cannot_be_compared_is_refused(asked, told):
    with pytest.raises(BadParameter, match=told):
        found("GB", **asked)


@given(
    market=st.sampled_from(["SA", "GB", "CN", "GR"]),
    first=st.dates(date(2017, 1, 1), date(2030, 1, 1)),
    length=st.integers(1, 40),
)
def test_paired_days_are_one_shift_apart_and_in_the_same_seasons(market, first, length):
    rows = seasons(market)
    answer = aligned(first, first + timedelta(days=length), seasons=rows)
    assert len(answer.rows) == length
    paired = answer.rows.dropna(subset=["comparable"])
    assert ((paired["day"] - paired["comparable"]).dt.days == answer.shift).all()
    for row in paired.itertuples():
        inside = [
            set(rows.loc[(rows["first"] <= day) & (day <= rows["last"]), "season"]) for day in (row.day, row.comparable)
        ]
        assert inside[0] == inside[1]
    assert answer.rows["reason"].eq("").tolist() == answer.rows["comparable"].notna().tolist()
    assert set(answer.rows["reason"]) <= {"", *WITHOUT}
    assert set(answer.reasons["reason"]) <= {*WITHOUT, *NOTED}
    if first.weekday() == 0 and length == 7 and answer.fair:
        assert paired["comparable"].dt.day_of_week.nunique() == 7
