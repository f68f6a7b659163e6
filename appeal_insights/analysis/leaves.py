"""Leaves: counts of every combination of dimensions, both periods and their days, as arrays in one fixed order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_numbers, require_columns, require_filled
from appeal_insights.errors import BadParameter, BadTable

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

BLANK = "(blank)"  # what a missing value is called
MOST_KEYS = 2**62  # what one number can tell apart
DENSE = 2**24  # cells up to which a table of all of them costs less than sorting those that occur


@dataclass(frozen=True)
class Days:
    """The counts of each leaf on each day, and the days in order: those before, then those after.

    leaf, day               of each row: its leaf, and the position of its day
    numerator, denominator  of each row
    labels                  of each day: its date, or a date that stands for it where days are no dates
    dated                   whether the labels are real dates
    before                  how many of the days are before
    """

    leaf: IntArray
    day: IntArray
    numerator: FloatArray
    denominator: FloatArray
    labels: pd.DatetimeIndex
    dated: bool
    before: int


@dataclass(frozen=True)
class Leaves:
    """Each combination of dimensions once, whatever the order of the rows it was made from.

    by                      the dimensions
    values                  of each dimension: its values, sorted
    codes                   dimension x leaf: the position of the leaf's value
    numerator, denominator  period (before, after) x leaf
    days                    the same by day, or None when no day is known
    above                   rows whose numerator is larger than their denominator
    """

    by: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: IntArray
    numerator: FloatArray
    denominator: FloatArray
    days: Days | None
    above: int


def read_leaves(
    table: pd.DataFrame,
    by: Sequence[str],
    *,
    period: str,
    before: object,
    after: object,
    day: str | None,
    numerator: str,
    denominator: str,
) -> Leaves:
    """Read leaves out of a table of one row per combination of dimensions, period and day.

    Takes   rows of other periods than the two are left out. Rows of the same combination are added up.
    Raises  BadTable       a column is missing or not of numbers, a count is empty, infinite or negative, some days are
                           empty, or a period has more in its numerator than in its denominator.
            BadParameter   both periods have one name, or a dimension is also the period, the day or a count.
    """
    by = tuple(dict.fromkeys(by))
    if before == after:
        raise BadParameter.of("parameter.same_periods", name=repr(before), column=period)
    for name in by:
        if name in (period, day, numerator, denominator):
            raise BadParameter.of("parameter.two_roles", name=name)
    require_columns(table, [*by, period])
    own, labels = pd.factorize(table[period])  # each label is compared once
    sides = [np.flatnonzero((pd.Series(labels) == label).fillna(False)) for label in (before, after)]
    is_before, is_after = (np.isin(own, places) for places in sides)
    here = is_before | is_after
    rows = table if here.all() else table[here]
    side = is_after[here].astype(np.int64)
    n, d = read_numbers(rows, numerator, denominator)
    _require_a_share(n, d, side)
    coded = [_codes(rows[name]) for name in by]
    leaf, first = _number([codes for codes, _ in coded], [len(values) for _, values in coded], len(rows))
    size = len(first)
    codes = np.array([codes[first] for codes, _ in coded], dtype=np.int64).reshape(len(by), size)
    return Leaves(
        by=by,
        values=tuple(values for _, values in coded),
        codes=codes,
        numerator=add_up(side * size + leaf, n, 2 * size).reshape(2, size),
        denominator=add_up(side * size + leaf, d, 2 * size).reshape(2, size),
        days=_days(rows, day, side, leaf, size, n, d),
        above=int((n > d).sum()),
    )


def add_up(member: npt.NDArray[np.integer[Any]], weights: FloatArray, size: int) -> FloatArray:
    """Add up weights by group."""
    return np.bincount(member, weights, size).astype(np.float64, copy=False)


def _require_a_share(n: FloatArray, d: FloatArray, side: IntArray) -> None:
    for number, name in enumerate(("before", "after")):
        total_n, total_d = n[side == number].sum(), d[side == number].sum()
        if total_n > total_d:
            counted, of = f"{total_n:,.12g}", f"{total_d:,.12g}"
            raise BadTable.of("table.larger_in_period", period=name, counted=counted, of=of)


def _codes(column: pd.Series) -> tuple[IntArray, tuple[str, ...]]:
    """The position of each row's value among the sorted values, which are text."""
    raw, uniques = pd.factorize(column)
    names = [str(value) for value in uniques]
    if (raw < 0).any():
        raw = np.where(raw < 0, len(names), raw)
        names.append(BLANK)
    if not names:
        return np.zeros(0, dtype=np.int64), ()
    values, position = np.unique(np.array(names, dtype=object), return_inverse=True)
    return position[raw].astype(np.int64), tuple(values)


def _number(columns: Sequence[IntArray], sizes: Sequence[int], rows: int) -> tuple[IntArray, IntArray]:
    """Number the combinations of codes in order: the number of each row, and a first row of each number."""
    key, span = np.zeros(rows, dtype=np.int64), 1
    for codes, size in zip(columns, sizes, strict=True):
        if span * size >= MOST_KEYS:  # too many to be told apart in one number: those that occur are fewer
            key, _ = _ranked(key)
            span = rows
        key = key * size + codes
        span *= size
    return _ranked(key)


def _ranked(key: IntArray) -> tuple[IntArray, IntArray]:
    """The rank of each key, and a first row of each rank; by hashing, as there are fewer keys than rows."""
    number, keys = pd.factorize(key)
    order = np.argsort(keys)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    place = rank[number]
    first = np.empty(len(order), dtype=np.int64)
    first[place[::-1]] = np.arange(len(key))[::-1]
    return place.astype(np.int64, copy=False), first


def _days(
    rows: pd.DataFrame, day: str | None, side: IntArray, leaf: IntArray, leaves: int, n: FloatArray, d: FloatArray
) -> Days | None:
    if day is None or day not in rows.columns or rows[day].isna().all():
        return None
    require_filled(rows, day)
    codes, values = pd.factorize(rows[day], sort=True)
    number, first = _number([side, codes.astype(np.int64)], [2, len(values)], len(rows))
    labels, dated = _dates(pd.Series(values).iloc[codes[first]].reset_index(drop=True))
    size = len(first)
    cell = leaf * size + number
    if leaves * size > DENSE:
        place, some = _ranked(cell)
        pair, counted = cell[some], [np.bincount(place, counts) for counts in (n, d)]
    else:
        pair = np.flatnonzero(np.bincount(cell, minlength=leaves * size))
        counted = [np.bincount(cell, counts)[pair] for counts in (n, d)]
    return Days(
        leaf=pair // size,
        day=pair % size,
        numerator=counted[0].astype(np.float64, copy=False),
        denominator=counted[1].astype(np.float64, copy=False),
        labels=labels,
        dated=dated,
        before=int((side[first] == 0).sum()),
    )


def _dates(labels: pd.Series) -> tuple[pd.DatetimeIndex, bool]:
    """The days as dates, each once; where they are none, as Mondays, so that nothing is made of their weekday."""
    mondays = pd.date_range("2001-01-01", periods=len(labels), freq="7D")
    if pd.api.types.is_numeric_dtype(labels):
        return mondays, False
    try:
        dates = pd.DatetimeIndex(pd.to_datetime(labels)).normalize()
    except (ValueError, TypeError):
        return mondays, False
    return (dates, True) if dates.is_unique else (mondays, False)
