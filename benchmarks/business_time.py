"""Time counting business time over millions of rows, against numpy's busday_count and a calendar in Python row by row.

    python benchmarks/business_time.py [ROWS]

One run, one thread, best of three each; SQL and Python once. busday_count counts whole days of one calendar, without
hours, clocks or zones: it is what there is, not the same question. The calendar in Python walks from day to day over
the first PYTHON_ROWS rows, which stand for all; its answers have to be ours.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import duckdb
import numpy as np
import pandas as pd

from appeal_insights.records.business_time import due, open_seconds, open_time, tables
from appeal_insights.records.calendar_days import days_of
from appeal_insights.records.calendars import Calendar, read_calendars
from appeal_insights.records.checking import clock

ROWS = 10_000_000
PYTHON_ROWS = 20_000
ROUNDS = 3
FIRST, LAST = date(2022, 1, 1), date(2027, 12, 31)
SQL = Path(__file__).parents[1] / "appeal_insights" / "records" / "load" / "business_time.sql"
PROMISE = 8 * 3600


def best(do: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Wall seconds of the fastest of a few times."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        took.append(time.perf_counter() - start)
    return min(took)


def in_python(calendar: Calendar) -> Callable[[datetime, datetime], int]:
    """Business seconds between two instants in UTC, walking over the local days between them."""
    zone = clock(calendar.zone)
    days = {day.date: day.spans for day in days_of(calendar, FIRST, LAST)}

    def between(start: datetime, end: datetime) -> int:
        local, last = start.replace(tzinfo=UTC).astimezone(zone), end.replace(tzinfo=UTC).astimezone(zone)
        seconds, day = 0, local.date()
        while day <= last.date():
            midnight = datetime(day.year, day.month, day.day)
            for opens, closes in days[day]:
                low = (midnight + timedelta(minutes=opens)).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
                high = (midnight + timedelta(minutes=closes)).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
                seconds += max(0, int((min(high, end) - max(low, start)).total_seconds()))
            day += timedelta(days=1)
        return seconds

    return between


def in_sql(content: dict[str, pd.DataFrame], clocks: pd.DataFrame) -> float:
    """Seconds of the same in SQL, on one thread, into a table."""
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, rows in {**content, "read": clocks}.items():
            connection.register(name, rows)
        connection.execute("create table clocks as select * from read")
        text = SQL.read_text(encoding="utf-8")
        return best(lambda: connection.execute(f"create or replace table counted as {text}"), rounds=1)


def measured(rows: int) -> dict[str, float]:
    """Wall seconds of each way for so many rows."""
    calendars = read_calendars()
    start = time.perf_counter()
    table = open_time(calendars.values(), FIRST, LAST)
    took = {"table of all calendars": time.perf_counter() - start}
    draws = np.random.default_rng(7)
    starts = (table.starts.max() + draws.integers(0, 5 * 365 * 86400, rows)).view("datetime64[s]")
    ends = starts + draws.integers(0, 14 * 86400, rows).astype("timedelta64[s]")
    numbers = draws.integers(0, len(table.names), rows)
    shut = [day.date for day in days_of(calendars["DE"], FIRST, LAST) if not day.spans and not day.weekend]
    first, last = starts.astype("datetime64[D]"), ends.astype("datetime64[D]")
    took["one calendar"] = best(lambda: open_seconds(table, "DE", starts, ends))
    took["all calendars"] = best(lambda: open_seconds(table, numbers, starts, ends))
    took["due, all calendars"] = best(lambda: due(table, numbers, starts, PROMISE))
    took["busday_count"] = best(lambda: np.busday_count(first, last, holidays=shut))
    between = in_python(calendars["DE"])
    few = list(zip(starts[:PYTHON_ROWS].tolist(), ends[:PYTHON_ROWS].tolist(), strict=True))
    begun = time.perf_counter()
    theirs = [between(*pair) for pair in few]
    took["row by row"] = (time.perf_counter() - begun) * rows / len(few)
    assert theirs == open_seconds(table, "DE", starts[:PYTHON_ROWS], ends[:PYTHON_ROWS]).astype(int).tolist()
    clocks = pd.DataFrame(
        {
            "place": np.arange(rows),
            "calendar": pd.Categorical.from_codes(numbers, list(table.names)),
            "started_at": starts,
            "ended_at": ends,
        }
    )
    took["sql, all calendars"] = in_sql(dict(tables(table)), clocks)
    return took


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=ROWS)
    rows = parser.parse_args().rows
    small, large = measured(rows // 10), measured(rows)
    print(f"{rows:,} rows, {rows // 10:,} rows; seconds, growth, and times busday_count ({rows:,} rows)")
    for what, seconds in large.items():
        growth, times = seconds / small[what], seconds / large["busday_count"]
        print(f"  {what:24} {seconds:9.2f} {small[what]:9.2f}   x{growth:5.1f}   {times:8.2f}")


if __name__ == "__main__":
    main()
