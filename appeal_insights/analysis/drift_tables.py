"""Tables of daily counts as arrays by series, stratum and day, whatever the order of their rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_counts, read_numbers, require_columns, require_filled
from appeal_insights.errors import BadTable

IntArray = npt.NDArray[np.int64]
Names = str | Sequence[str]

BETWEEN = " · "  # values of a series that is named by several columns
NO_STRATUM = "(all)"


@dataclass(frozen=True)
class Days:
    """The days a table spans, one after the other."""

    first: pd.Timestamp
    count: int

    @property
    def weekday(self) -> IntArray:
        """0 for Monday."""
        return (np.arange(self.count) + self.first.day_of_week) % 7

    def date(self, number: int) -> pd.Timestamp:
        return self.first + pd.Timedelta(days=number)

    def number(self, dates: "pd.Series[pd.Timestamp]") -> IntArray:
        return np.asarray((dates - self.first).dt.days, dtype=np.int64)


@dataclass(frozen=True)
class Cells:
    """Counts by series, stratum and day: how many, and how many of them right."""

    labels: list[str]
    keys: pd.DataFrame  # the columns that name a series, one row each
    strata: list[str]
    days: Days
    audited: FloatArray  # series, stratum, day
    correct: FloatArray


def as_list(names: Names) -> list[str]:
    """One name or several, as a list."""
    return [names] if isinstance(names, str) else list(names)


def read_days(table: pd.DataFrame, name: str) -> "pd.Series[pd.Timestamp]":
    """A column of dates, without their time of day.

    Raises  BadTable   there is no such column, a value is missing or is no date.
    """
    require_columns(table, (name,))
    require_filled(table, name)
    try:
        days = pd.to_datetime(table[name])
        return (days.dt.tz_localize(None) if days.dt.tz is not None else days).dt.normalize()
    except (ValueError, TypeError, AttributeError) as error:
        raise BadTable.of("table.no_dates", name=name, reason=error) from error


def read_cells(
    table: pd.DataFrame, *, series: list[str], day: str, stratum: str | None, audited: str, correct: str
) -> Cells:
    """Add up a table of counts by series, stratum and day.

    Raises  BadTable   a column is missing, a count impossible, a name or day missing, or there is no row at all.
    """
    keys = [*series, *([stratum] if stratum else [])]
    require_columns(table, [*keys, day, audited, correct])
    for name in keys:
        require_filled(table, name)
    dates = read_days(table, day)
    right, all_of = read_counts(table, (correct, audited))
    if not len(table):
        raise BadTable.of("table.no_rows")
    days = Days(dates.min(), (dates.max() - dates.min()).days + 1)
    code, named = codes_of(table, series)
    strata = table[stratum].astype("str") if stratum else pd.Series(NO_STRATUM, index=table.index)
    layer, layers = pd.factorize(strata, sort=True)
    shape = (len(named), len(layers), days.count)
    place = np.ravel_multi_index((code, layer, days.number(dates)), shape)
    return Cells(
        labels=labels_of(named),
        keys=named,
        strata=[str(one) for one in layers],
        days=days,
        audited=_added_up(place, all_of, shape),
        correct=_added_up(place, right, shape),
    )


def read_volume(table: pd.DataFrame, cells: Cells, *, day: str, stratum: str, volume: str) -> FloatArray:
    """Cases by series, stratum and day of the same series, strata and days; others are left out.

    Raises  BadTable   a column is missing or holds no counts.
    """
    keys = [str(name) for name in cells.keys.columns]
    require_columns(table, [*keys, stratum, day])
    (cases,) = read_numbers(table, volume)
    dates = cells.days.number(read_days(table, day))
    places = pd.MultiIndex.from_frame(cells.keys.astype("str"))
    code = places.get_indexer(pd.MultiIndex.from_frame(table[keys].astype("str")))
    layer = pd.Index(cells.strata).get_indexer(pd.Index(table[stratum].astype("str")))
    known = (code >= 0) & (layer >= 0) & (dates >= 0) & (dates < cells.days.count)
    place = np.ravel_multi_index((code[known], layer[known], dates[known]), cells.audited.shape)
    return _added_up(place, cases[known], cells.audited.shape)


def codes_of(table: pd.DataFrame, names: list[str]) -> tuple[IntArray, pd.DataFrame]:
    """Number the rows by the values of some columns, in the order of these values."""
    values = table[names].astype("str")
    named = values.drop_duplicates().sort_values(names).reset_index(drop=True)
    code = pd.MultiIndex.from_frame(named).get_indexer(pd.MultiIndex.from_frame(values))
    return np.asarray(code, dtype=np.int64), named


def labels_of(named: pd.DataFrame) -> list[str]:
    """One text for each row: its values, with a dot between."""
    return [BETWEEN.join(row) for row in named.itertuples(index=False, name=None)]


def _added_up(place: npt.NDArray[np.intp], values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    summed = np.bincount(place, weights=values, minlength=int(np.prod(shape)))
    return summed.astype(np.float64).reshape(shape)
