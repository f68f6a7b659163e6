"""Business time: clocks worked by hand, what holds for any calendar, and the same in SQL."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.errors import BadCalendar
from appeal_insights.records.business_time import OpenTime, Steps, due, open_seconds, open_time, tables
from appeal_insights.records.calendars import WEEKDAYS, read_calendars
from appeal_insights.records.checking import clock
from tests.helpers import table
from tests.records.clock_cases import BETWEEN, DUE, OWN
from tools.docs import ROOT

HOUR = 3600
FIRST, LAST = date(2021, 12, 1), date(2026, 12, 31)
ZONES = ("Asia/Riyadh", "Europe/Berlin", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "UTC", "Asia/Kathmandu")
SQL = ROOT / "appeal_insights" / "records" / "load"
DUE_CASES, BETWEEN_CASES = table(DUE), table(BETWEEN)


@cache
def calendars() -> dict:
    own = {name: {**said, "days": [_dated(day) for day in said.get("days", [])]} for name, said in OWN.items()}
    return read_calendars(own)


def _dated(day: dict) -> dict:
    return {**day, "date": date.fromisoformat(day["date"])}


@cache
def worked_table() -> OpenTime:
    return open_time([calendars()[name] for name in {*DUE_CASES["calendar"], *BETWEEN_CASES["calendar"]}], FIRST, LAST)


def instant(calendar: str, local: str) -> datetime:
    """A local time of a calendar in UTC, as stores keep it."""
    when = datetime.fromisoformat(local)
    return (
        (when if when.tzinfo else when.replace(tzinfo=clock(calendars()[calendar].zone)))
        .astimezone(UTC)
        .replace(tzinfo=None)
    )


def hours(text: str) -> int:
    return round(float(text.removesuffix("h")) * HOUR)


def seconds_of(found: np.ndarray) -> list[int]:
    return found.astype(np.int64).tolist()


def each(cases: pd.DataFrame) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", list(cases.itertuples(index=False)), ids=lambda one: f"{one[0]}: {one[-1]}")


@each(DUE_CASES)
def test_when_it_is_due_was_worked_by_hand(case):
    found = due(worked_table(), case.calendar, instant(case.calendar, case.start), hours(case.length))
    assert found.item() == instant(case.calendar, case.due)


@each(BETWEEN_CASES)
def test_how_long_it_is_open_was_worked_by_hand(case):
    start, end = (instant(case.calendar, local) for local in (case.start, case.end))
    assert open_seconds(worked_table(), case.calendar, start, end).astype(int) == hours(case.length)


def test_there_are_enough_clocks_worked_by_hand():
    assert len(DUE_CASES) + len(BETWEEN_CASES) >= 60


def test_many_rows_of_many_calendars_are_answered_at_once_as_one_by_one():
    spans = BETWEEN_CASES
    starts, ends = (
        pd.Series([instant(*pair) for pair in zip(spans["calendar"], spans[name], strict=True)])
        for name in ("start", "end")
    )
    for names in (spans["calendar"].to_numpy(), spans["calendar"].astype("category").array):
        assert seconds_of(open_seconds(worked_table(), names, starts, ends)) == spans["length"].map(hours).tolist()


# What happens at the edges.


def plain(zone: str = "UTC", *, first: date = date(2026, 1, 1), last: date = date(2026, 12, 31), **said) -> OpenTime:
    own = {"zone": zone, "holidays": "", "weekend": ["sat", "sun"], "hours": ["09:00-18:00"], **said}
    return open_time([read_calendars({"own": own})["own"]], first, last)


def test_an_instant_outside_the_table_is_told_with_the_days_that_are_there():
    with pytest.raises(BadCalendar, match=r"2025-12-31 23:59:59 UTC .* own, .* from 2026-01-01 to 2026-12-31"):
        open_seconds(plain(), "own", np.datetime64("2025-12-31T23:59:59"), np.datetime64("2026-01-02"))
    with pytest.raises(BadCalendar, match="2027-01-01 00:00:01 UTC"):
        open_seconds(plain(), "own", np.datetime64("2026-12-31"), np.datetime64("2027-01-01T00:00:01"))
    with pytest.raises(BadCalendar, match="started at 2026-12-31 17:00:00 UTC is due after"):
        due(plain(), "own", np.datetime64("2026-12-31T17:00"), 2 * HOUR)


def test_the_first_midnight_and_the_last_one_are_in_the_table_and_are_local():
    berlin = plain("Europe/Berlin", weekend=[], hours=["00:00-24:00"], first=date(2026, 1, 1), last=date(2026, 1, 1))
    start, end = np.datetime64("2025-12-31T23:00"), np.datetime64("2026-01-01T23:00")
    assert open_seconds(berlin, "own", start, end).astype(int) == 24 * HOUR
    assert due(berlin, "own", start, 24 * HOUR) == end
    with pytest.raises(BadCalendar):
        due(berlin, "own", start, 24 * HOUR + 1)


def test_the_night_before_the_first_day_reaches_into_it():
    nights = plain(hours=["22:00-06:00"], first=date(2026, 1, 2), last=date(2026, 1, 2))
    # Thursday's night until six, and Friday's from ten until the table ends at midnight
    assert open_seconds(nights, "own", np.datetime64("2026-01-02"), np.datetime64("2026-01-03")).astype(int) == 8 * HOUR


def test_before_the_first_opening_and_after_the_last_closing_no_time_passes():
    year = plain()
    assert open_seconds(year, "own", np.datetime64("2026-01-01"), np.datetime64("2026-01-01T09:00")).astype(int) == 0
    assert open_seconds(year, "own", np.datetime64("2026-12-31T18:00"), np.datetime64("2027-01-01")).astype(int) == 0


def test_what_is_missing_stays_missing():
    start = np.array(["2026-01-05T09:00", "NaT", "2026-01-05T09:00"], dtype="datetime64[us]")
    end = np.array(["NaT", "2026-01-05T10:00", "2026-01-05T10:00"], dtype="datetime64[us]")
    found = open_seconds(plain(), "own", start, end)
    assert np.isnat(found).tolist() == [True, True, False]
    assert found[2] == np.timedelta64(HOUR, "s")
    due_at = due(plain(), "own", start, np.array([HOUR, HOUR, "NaT"], dtype="timedelta64[s]"))
    assert np.isnat(due_at).tolist() == [False, True, True]


def test_parts_of_a_second_are_dropped_so_that_parts_of_a_span_add_up():
    cut = np.array(["2026-01-05T09:00:00.9", "2026-01-05T09:00:01.1", "2026-01-05T09:00:02.0"], dtype="datetime64[us]")
    assert seconds_of(open_seconds(plain(), "own", cut[:-1], cut[1:])) == [1, 1]


def test_an_unknown_calendar_and_a_promise_below_nothing_are_refused():
    at = np.datetime64("2026-01-05T09:00")
    with pytest.raises(BadCalendar, match=r"No calendar 'owm'\. Did you mean 'own'"):
        open_seconds(plain(), "owm", at, at)
    with pytest.raises(BadCalendar, match="No calendar ''"):
        open_seconds(plain(), np.array(["own", None], dtype=object), at, at)
    with pytest.raises(BadCalendar, match="-1 seconds"):
        due(plain(), "own", at, -1)
    with pytest.raises(BadCalendar, match="at least one calendar"):
        open_time([], FIRST, LAST)


def test_a_calendar_that_never_opens_has_no_business_time_and_no_due_time():
    shut = plain(weekend=list(WEEKDAYS))
    assert open_seconds(shut, "own", np.datetime64("2026-01-01"), np.datetime64("2026-12-01")).astype(int) == 0
    with pytest.raises(BadCalendar):
        due(shut, "own", np.datetime64("2026-01-01"), 1)


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=60), st.lists(st.integers(0, 1_000_000), min_size=1))
def test_the_last_number_that_is_not_above_a_key_is_found_as_by_halving(numbers, keys):
    ordered = np.sort(np.array([0, *numbers], dtype=np.int64))
    found = Steps(ordered, 1_000_000).last(np.array(keys))
    assert found.tolist() == (np.searchsorted(ordered, keys, side="right") - 1).tolist()


# What holds for any calendar.

AT = st.integers(0, 360 * 86400).map(lambda second: np.datetime64("2026-01-02", "s") + second)
LONG = st.integers(1, 40 * HOUR)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def said(draw) -> dict:
    """A calendar that is open at least on Wednesdays, over the change of clocks of a year."""
    starts = draw(st.lists(st.integers(4, 23), min_size=1, max_size=2, unique=True))
    spans = [f"{start:02}:00-{min(start + draw(st.integers(1, 9)), 24):02}:00" for start in starts]
    return {
        "zone": draw(st.sampled_from(ZONES)),
        "weekend": draw(st.lists(st.sampled_from([day for day in WEEKDAYS if day != "wed"]), unique=True)),
        "hours": draw(st.sampled_from([spans, ["00:00-24:00"], ["20:00-05:00"]])),
        "days": [{"date": day} for day in draw(st.lists(DAYS, max_size=9, unique=True))],
    }


def one(said: dict) -> OpenTime:
    return plain(**said, first=date(2026, 1, 1), last=date(2027, 6, 30))


@given(said(), AT, AT, AT)
def test_business_time_adds_up_over_any_split(said, start, middle, end):
    table = one(said)
    parts = open_seconds(table, "own", [start, middle], [middle, end])
    assert parts.sum() == open_seconds(table, "own", start, end)


@given(said(), AT, LONG)
def test_so_much_business_time_passes_until_it_is_due_and_less_a_second_before(said, start, seconds):
    table = one(said)
    at = due(table, "own", start, seconds)
    assert open_seconds(table, "own", start, at).astype(int) == seconds
    assert open_seconds(table, "own", start, at - np.timedelta64(1, "s")).astype(int) == seconds - 1


@given(said(), AT, AT)
def test_it_is_due_at_the_end_again_where_the_end_is_open(said, one_instant, other):
    table, start, end = one(said), min(one_instant, other), max(one_instant, other)
    open_then = open_seconds(table, "own", end - np.timedelta64(1, "s"), end).astype(int) == 1
    at = due(table, "own", start, open_seconds(table, "own", start, end))
    assert at == end if open_then or start == end else at <= end


@given(said(), DAYS, AT, LONG)
def test_one_more_holiday_makes_nothing_due_earlier(said, day, start, seconds):
    more = {**said, "days": [*said["days"], {"date": day}]}
    assert due(one(more), "own", start, seconds) >= due(one(said), "own", start, seconds)


@given(said(), AT, LONG, LONG)
def test_more_is_due_later_and_a_later_start_is_not_due_earlier(said, start, seconds, more):
    table = one(said)
    assert due(table, "own", start, seconds + more) > due(table, "own", start, seconds)
    later = start + np.timedelta64(more, "s")
    assert due(table, "own", later, seconds) >= due(table, "own", start, seconds)


@settings(max_examples=25)
@given(said(), st.integers(0, 358))
def test_it_is_as_long_as_counted_hour_by_hour_on_the_wall(said, day):
    """Wall clocks are asked for each quarter of an hour; nothing is reckoned from intervals."""
    first = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(days=day)
    quarters = [first + timedelta(minutes=15 * place) for place in range(5 * 96)]
    counted = sum(900 for at in quarters if _open_on_the_wall(said, at.astimezone(clock(said["zone"]))))
    start, end = np.datetime64(first.replace(tzinfo=None), "s"), np.datetime64(first.replace(tzinfo=None), "s")
    assert open_seconds(one(said), "own", start, end + np.timedelta64(5 * 86400, "s")).astype(int) == counted


def _open_on_the_wall(said: dict, local: datetime) -> bool:
    shut = {day["date"] for day in said["days"]}

    def works(day: date) -> bool:
        return WEEKDAYS[day.weekday()] not in said["weekend"] and day not in shut

    for span in said["hours"]:
        opens, closes = (int(part[:2]) for part in span.split("-"))
        if opens < closes and opens <= local.hour < closes and works(local.date()):
            return True
        if opens > closes and local.hour >= opens and works(local.date()):
            return True
        if opens > closes and local.hour < closes and works(local.date() - timedelta(days=1)):
            return True
    return False


# The same in SQL.


def asked(name: str, table: OpenTime, rows: pd.DataFrame, read: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        for known, content in tables(table).items():
            connection.register(known, content)
        connection.register(read, rows)
        return connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8")).df()


def random_rows(count: int, seed: int) -> tuple[pd.DataFrame, OpenTime]:
    made = open_time([calendars()[name] for name in ("SA", "DE", "MA", "nights", "always")], FIRST, LAST)
    draws = np.random.default_rng(seed)
    start = made.starts.max() * 1_000_000 + draws.integers(0, 1500 * 86400 * 1_000_000, count)
    end = start + draws.integers(-5 * 86400, 30 * 86400, count) * 1_000_000
    frame = pd.DataFrame(
        {
            "place": np.arange(count),
            "calendar": draws.choice(np.array(made.names, dtype=object), count),
            "started_at": start.view("datetime64[us]"),
            "ended_at": np.maximum(end, made.starts.max() * 1_000_000).view("datetime64[us]"),
            "seconds": draws.integers(0, 100 * HOUR, count) * draws.integers(0, 2, count),
        }
    )
    return frame, made


def test_sql_counts_the_same_business_time():
    rows, made = random_rows(20_000, seed=5)
    found = asked("business_time", made, rows, "clocks")
    ours = open_seconds(made, rows["calendar"].to_numpy(), rows["started_at"], rows["ended_at"])
    assert found["open_seconds"].tolist() == seconds_of(ours)
    assert not found["outside"].any()


def test_sql_finds_the_same_due_times():
    rows, made = random_rows(20_000, seed=6)
    found = asked("due", made, rows, "promises")
    ours = due(made, rows["calendar"].to_numpy(), rows["started_at"], rows["seconds"])
    assert (found["due_at"].to_numpy().astype("datetime64[s]") == ours).all()
    assert not found["outside"].any()


def test_sql_agrees_with_the_clocks_worked_by_hand():
    rows = pd.DataFrame(
        {
            "place": BETWEEN_CASES.index,
            "calendar": BETWEEN_CASES["calendar"],
            "started_at": [instant(one.calendar, one.start) for one in BETWEEN_CASES.itertuples()],
            "ended_at": [instant(one.calendar, one.end) for one in BETWEEN_CASES.itertuples()],
        }
    )
    found = asked("business_time", worked_table(), rows, "clocks")
    assert found["open_seconds"].tolist() == BETWEEN_CASES["length"].map(hours).tolist()
    promised = DUE_CASES[["calendar"]].assign(
        place=DUE_CASES.index,
        started_at=[instant(one.calendar, one.start) for one in DUE_CASES.itertuples()],
        seconds=DUE_CASES["length"].map(hours),
    )
    due_at = asked("due", worked_table(), promised, "promises")["due_at"]
    assert due_at.tolist() == [instant(one.calendar, one.due) for one in DUE_CASES.itertuples()]


def test_sql_says_what_is_missing_and_what_is_outside():
    year = plain()
    rows = pd.DataFrame(
        [
            (1, "own", "2026-01-05T09:00", "2026-01-05T10:00", HOUR),
            (2, "own", "2026-01-05T09:00", None, None),
            (3, "own", "2025-12-31T23:59", "2026-01-05T10:00", HOUR),
            (4, "own", "2026-01-05T09:00", "2027-01-01T00:01", HOUR),
            (5, "owm", "2026-01-05T09:00", "2026-01-05T10:00", HOUR),
            (6, "own", "2026-12-31T17:30", "2027-01-01T00:00", HOUR),
        ],
        columns=["place", "calendar", "started_at", "ended_at", "seconds"],
    ).astype({"started_at": "datetime64[us]", "ended_at": "datetime64[us]", "seconds": "Int64"})
    found = asked("business_time", year, rows, "clocks")
    assert found["open_seconds"].fillna(-1).tolist() == [HOUR, -1, -1, -1, -1, HOUR // 2]
    assert found["outside"].tolist() == [False, False, True, True, True, False]
    found = asked("due", year, rows, "promises")
    assert found["outside"].tolist() == [False, False, True, False, True, True]
    assert found["due_at"].isna().tolist() == [False, True, True, False, True, True]
