"""Cohorts and how far each of their days of entry has been watched: what incidence and nowcast are reckoned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.analysis.counts import (
    FloatArray,
    first,
    read_counts,
    read_numbers,
    require_columns,
    require_filled,
)
from appeal_insights.errors import BadTable

BoolArray = npt.NDArray[np.bool_]
COUNTS = ("numerator", "denominator", "closed")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Followed:
    """One cohort: a row for each of its entries, a column for each age (days) at which something came to count.

    period, ends_on            of the cohort: its label, and the day after its last entry
    size, seen                 of each entry: its records, and the days for which its youngest record has been watched
    ages                       ascending
    counted, decided, closed   cumulative, entry by age: in the numerator, in the denominator, ended in any way
    """

    period: object
    ends_on: pd.Timestamp
    size: FloatArray
    seen: FloatArray
    ages: FloatArray
    counted: FloatArray
    decided: FloatArray
    closed: FloatArray

    def by(self, age: FloatArray | float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Counted, decided and closed of each entry by an age, one for all or one for each."""
        place = np.broadcast_to(np.searchsorted(self.ages, age, side="right"), len(self.size))
        entries = np.arange(len(self.size))
        counted, decided, closed = (
            np.pad(counts, ((0, 0), (1, 0)))[entries, place] for counts in (self.counted, self.decided, self.closed)
        )
        return counted, decided, closed


def follow(cohorts: pd.DataFrame, as_of: datetime | pd.Timestamp) -> list[Followed]:
    """Read a table of cohorts as the query `cohort` gives it, oldest first.

    Takes   one row per entry and age: period (label of the cohort), ends_on (the day after the entry's last), days
            (0 and more), size, and cumulative numerator, denominator and, where it is known, closed (ended in any way).
            A cohort's rows may be of one entry or of several, such as its days: they differ in ends_on. An entry of
            which nothing has ended yet needs a row too, of zeros.
    Gives   all that was counted, also beyond `seen`: there only the older records of an entry speak, so use it up to
            `seen` only.
    Raises  BadTable   a column is missing, holds something else or contradicts another.
    """
    table = _checked(cohorts, as_of)
    return [_followed(period, rows) for period, rows in _in_order(table)]


def _checked(cohorts: pd.DataFrame, as_of: datetime | pd.Timestamp) -> pd.DataFrame:
    require_columns(cohorts, ("period", "ends_on"))
    for name in ("period", "ends_on"):
        require_filled(cohorts, name)
    n, d = read_counts(cohorts, ("numerator", "denominator"))
    _, closed = read_counts(cohorts, ("denominator", "closed" if "closed" in cohorts else "denominator"))
    days, size = read_numbers(cohorts, "days", "size")
    read_counts(cohorts.assign(ended=closed), ("ended", "size"))
    try:
        ends_on = pd.to_datetime(cohorts["ends_on"])
    except (ValueError, TypeError) as error:
        raise BadTable.of("table.no_dates", name="ends_on", reason=error) from error
    now = pd.Timestamp(as_of)
    if (ends_on.dt.tz is None) != (now.tz is None):
        raise BadTable.of("table.clocks", name="ends_on", now=now)
    read = {"days": days, "size": size, "numerator": n, "denominator": d, "closed": closed}
    table = pd.DataFrame({"period": cohorts["period"], "ends_on": ends_on, "seen": (now - ends_on) / DAY, **read})
    table = table.sort_values(["period", "ends_on", "days"], kind="stable")
    _refuse_contradictions(table)
    return table


def _refuse_contradictions(table: pd.DataFrame) -> None:
    """Of one entry each age stands once, its size is one, and what has come to count stays counted."""
    entry = table.groupby(["period", "ends_on"], sort=False)
    twice = table.duplicated(["period", "ends_on", "days"])
    fell = np.logical_or.reduce([entry[name].diff() < 0 for name in COUNTS]) | (entry["size"].diff().fillna(0) != 0)
    row = first(twice.to_numpy())
    if row is not None:
        raise BadTable.of("table.age_twice", row=str(table.index[row]), **_told(table, row))
    row = first(np.asarray(fell))
    if row is not None:
        raise BadTable.of("table.shrinks", row=str(table.index[row]), **_told(table, row))


def _told(table: pd.DataFrame, row: int) -> dict[str, str]:
    return {"period": str(table["period"].iloc[row]), "days": f"{table['days'].iloc[row]:g}"}


def _in_order(table: pd.DataFrame) -> Iterator[tuple[object, pd.DataFrame]]:
    last = table.groupby("period", sort=False)["ends_on"].max().sort_values(kind="stable")
    groups = table.groupby("period", sort=False)
    return ((period, groups.get_group(period)) for period in last.index)


def _followed(period: object, rows: pd.DataFrame) -> Followed:
    _, at, entry = np.unique(rows["ends_on"].to_numpy(), return_index=True, return_inverse=True)
    ages, place = np.unique(rows["days"].to_numpy(), return_inverse=True)
    counts = []
    for name in COUNTS:
        known = np.zeros((len(at), len(ages)))
        known[entry, place] = rows[name].to_numpy()
        counts.append(np.maximum.accumulate(known, axis=1))  # an age that is not there added nothing
    size, seen = (rows[name].to_numpy(dtype=np.float64)[at] for name in ("size", "seen"))
    return Followed(period, rows["ends_on"].iloc[-1], size, seen, ages, *counts)
