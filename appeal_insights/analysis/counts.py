"""Numerators and denominators out of a table, after checking that they can be counts."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.errors import BadTable, word

FloatArray = npt.NDArray[np.float64]


def require_columns(table: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse a table that lacks one of the named columns.

    Raises  BadTable   with the first missing column and the nearest one that is there.
    """
    there = [str(name) for name in table.columns]
    for name in names:
        if name not in there:
            raise BadTable.of("table.no_column" if there else "table.no_columns", given=name, known=there)


def read_counts(table: pd.DataFrame, *pairs: tuple[str, str]) -> list[FloatArray]:
    """Read pairs of numerator and denominator as numbers, in the order asked.

    Takes   a table, and pairs of column names (numerator, denominator). Whole numbers or not, 0 and more.
    Gives   one array for each column, row by row: numerator, denominator, numerator, denominator, ...
    Raises  BadTable   a column is missing or is not of numbers, a count is empty, infinite or negative, or a
                       numerator is larger than its denominator. The row is named by its label in the index.
    """
    names = [name for pair in pairs for name in pair]
    counts = dict(zip(names, read_numbers(table, *names), strict=True))
    for numerator, denominator in pairs:
        row = first(counts[numerator] > counts[denominator])
        if row is not None:
            raise BadTable.of(
                "table.larger",
                row=str(table.index[row]),
                numerator=numerator,
                counted=f"{counts[numerator][row]:,.12g}",
                denominator=denominator,
                of=f"{counts[denominator][row]:,.12g}",
            )
    return [counts[name] for name in names]


def read_numbers(table: pd.DataFrame, *names: str) -> list[FloatArray]:
    """Read the named columns as counts that need not be parts of each other.

    Raises  BadTable   a column is missing or is not of numbers, or a count is empty, infinite or negative.
    """
    require_columns(table, names)
    return [_numbers(table, name) for name in names]


def require_filled(table: pd.DataFrame, name: str) -> None:
    """Refuse a table with a missing value in the named column.

    Raises  BadTable   with the first row that has none, by its label in the index.
    """
    row = first(table[name].isna().to_numpy())
    if row is not None:
        raise BadTable.of("table.blank", row=str(table.index[row]), name=name)


def _numbers(table: pd.DataFrame, name: str) -> FloatArray:
    column = table[name]
    if len(column) and not pd.api.types.is_numeric_dtype(column):
        raise BadTable.of("table.no_numbers", name=name, type=column.dtype)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    row = first(~(np.isfinite(values) & (values >= 0)))
    if row is not None:
        value = word("empty") if np.isnan(values[row]) else f"{values[row]:,.12g}"
        raise BadTable.of("table.no_count", row=str(table.index[row]), name=name, value=value)
    return values


def first(bad: npt.NDArray[np.bool_]) -> int | None:
    """The place of the first row that is marked, or none."""
    return int(bad.argmax()) if bad.any() else None
