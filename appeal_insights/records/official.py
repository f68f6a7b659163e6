"""Read somebody else's numbers: a small sheet with a period, perhaps dimensions, and counts or only a rate."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.errors import BadInput, BadMapping, BadPeriod, Sentence
from appeal_insights.periods import Grain, Period, first_day, label, next_start, resolve
from appeal_insights.records.contract import Contract
from appeal_insights.records.reading import read_columns, read_pages

MOST_ROWS = 200  # a sheet to compare with; for more, compare the totals first
NUMBERS = ("numerator", "denominator", "rate")
_COUNT = re.compile(r"[0-9]+|[0-9]{1,3}(?:[, \u00a0\u202f'’，][0-9]{3})+")
_WHOLE = re.compile(r"([0-9]+)\.0+")  # what a spreadsheet makes of a whole number
_SHOWN = 60  # letters of a cell that a sentence repeats
_FINEST = Decimal("1e-9")  # half a unit of the last digit of a rate: a float has no more that mean anything


@dataclass(frozen=True)
class OfficialRow:
    """One row of the sheet: counts, or a rate with half a unit of its last digit."""

    number: int  # 1 is the first below the header
    period: Period
    scope: Mapping[str, str]
    numerator: int | None
    denominator: int | None
    rate: float | None
    half_unit: float | None


@dataclass(frozen=True)
class Official:
    """A sheet as it was read."""

    source: str
    dimensions: tuple[str, ...]
    rows: tuple[OfficialRow, ...]
    totals: tuple[int, ...]  # rows left out, because they add others up
    ignored: tuple[str, ...]  # their columns that mean nothing here
    contradictions: tuple[int, ...]  # rows whose rate is not that of their counts, or of any


def read_official(
    source: Path | pd.DataFrame,
    contract: Contract,
    *,
    as_of: datetime,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> Official:
    """Read a sheet.

    Takes   `columns`: theirs -> ours (period, numerator, denominator, rate, or a dimension), for headers that are not
            known by themselves. `values`: for a dimension, their values -> ours. `as_of`: for relative periods.
    Raises  BadMapping, BadInput, BadPeriod   what is wrong, with the row, the column and the cell.
    """
    theirs = read_columns(source)
    found = _columns(theirs, contract, dict(columns or {}))
    cells = _cells(source)
    read = _Reading(found, contract, as_of, dict(values or {}))
    rows, totals = [], []
    for number, cell in cells:
        if not any(cell.values()):
            continue
        if _means_all(cell[found["period"]]):
            totals.append(number)
        else:
            rows.append(read.row(number, cell))
    _check_rows(rows, source)
    return Official(
        source=source.name if isinstance(source, Path) else "table",
        dimensions=tuple(name for name in contract.dimensions if name in found),
        rows=tuple(rows),
        totals=tuple(totals),
        ignored=tuple(name for name in theirs if name and name not in found.values()),
        contradictions=tuple(row.number for row in rows if _contradicts(row)),
    )


@cache
def _names() -> dict[str, dict[str, list[str]]]:
    text = files("appeal_insights.records").joinpath("official.toml").read_text(encoding="utf-8")
    return {
        part: {name: [_folded(word) for word in words] for name, words in entries.items()}
        for part, entries in tomllib.loads(text).items()
    }


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()


def _means_all(cell: str) -> bool:
    return _folded(cell) in _names()["all"]["words"]


def _columns(theirs: list[str], contract: Contract, given: dict[str, str]) -> dict[str, str]:
    """Ours -> theirs: what was said first, then the obvious names."""
    ours = ("period", *NUMBERS, *contract.dimensions)
    for name, meaning in given.items():
        if name not in theirs:
            raise BadMapping.of("official.no_column", given=name, known=theirs)
        if meaning not in ours:
            raise BadMapping.of("official.no_meaning", given=meaning, known=ours)
    obvious = {word: name for name in ours for word in _words_for(name, contract)}
    found = {meaning: name for name, meaning in given.items()}
    said = set(found)
    for name in theirs:
        meaning = obvious.get(_folded(name), "")
        if not meaning or meaning in said or name in given:
            continue
        if meaning in found:
            raise BadMapping.of("official.two", one=found[meaning], other=name, meaning=meaning)
        found[meaning] = name
    _check_columns(found, theirs)
    return found


def _words_for(name: str, contract: Contract) -> list[str]:
    words = _names()["columns"].get(name, [])
    column = contract.columns.get(name)
    return [*words, *([_folded(text) for text in (name, *column.label.values())] if column else [])]


def _check_columns(found: Mapping[str, str], theirs: list[str]) -> None:
    if "period" not in found:
        raise BadMapping.of("official.no_period", columns=theirs)
    if "rate" not in found and not {"numerator", "denominator"} <= found.keys():
        raise BadMapping.of("official.no_numbers", columns=theirs)


def _cells(source: Path | pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
    """The rows as text by column, each with its number. A line that is no row is an error: the sheet is small."""
    found: list[tuple[int, dict[str, str]]] = []
    for page in read_pages(source):
        if len(page.bad):
            first = page.bad.iloc[0]
            raise BadInput.of("official.bad_row", row=first["row"], reason=first["reason"])
        names = [str(name) for name in page.rows.columns]
        for number, *cells in page.rows.itertuples(name=None):
            found.append((int(number), dict(zip(names, map(_text, cells), strict=True))))
        if len(found) > MOST_ROWS:
            raise BadInput.of("official.too_many", most=MOST_ROWS)
    return found


def _text(cell: Any) -> str:
    if pd.isna(cell):
        return ""
    return str(cell.date() if isinstance(cell, datetime) else cell).strip()


class _Reading:
    """How the cells of one sheet are read."""

    def __init__(
        self, found: Mapping[str, str], contract: Contract, as_of: datetime, values: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.found, self.as_of, self.values = found, as_of, values
        self.dimensions = [name for name in contract.dimensions if name in found]
        self.grain: Grain | None = next(
            (grain for grain in ("week", "month") if _folded(found["period"]) in _names()["grains"][grain]),
            None,
        )

    def row(self, number: int, cell: Mapping[str, str]) -> OfficialRow:
        given = {name: cell.get(self.found.get(name, ""), "") for name in NUMBERS}
        try:
            period = self._period(cell[self.found["period"]])
        except BadPeriod as error:
            problem = error.sentence or error.message
            raise BadPeriod.of("official.cell", **_where(number, self.found["period"], problem)) from error
        counts = {name: _count(given[name], number, self.found.get(name, "")) for name in NUMBERS[:2]}
        rate, half_unit = _rate(given["rate"], number, self.found.get("rate", ""))
        if None in counts.values() and rate is None:
            raise BadInput.of("official.row_without", row=number)
        if counts["numerator"] is not None and counts["denominator"] is None and rate is not None:
            counts["numerator"] = None  # without its denominator, the rate says more
        return OfficialRow(
            number, period, self._scope(cell), counts["numerator"], counts["denominator"], rate, half_unit
        )

    def _period(self, text: str) -> Period:
        found = resolve(text, self.as_of)
        if self.grain and found.days == 1:
            start = first_day(found.start, self.grain)
            return Period(start, next_start(start, self.grain), label(start, self.grain))
        return found

    def _scope(self, cell: Mapping[str, str]) -> dict[str, str]:
        given = {name: cell[self.found[name]] for name in self.dimensions}
        return {
            name: self.values.get(name, {}).get(value, value)
            for name, value in given.items()
            if value and not _means_all(value)
        }


def _where(number: int, column: str, problem: object) -> dict[str, object]:
    return {"row": number, "column": column[:_SHOWN], "problem": problem}


def _count(text: str, number: int, column: str) -> int | None:
    """A whole number, also with separators between thousands. Raises BadInput for anything else."""
    if not text:
        return None
    whole = _WHOLE.fullmatch(text)
    if whole:
        return int(whole[1])
    if not _COUNT.fullmatch(text):
        raise BadInput.of("official.cell", **_where(number, column, Sentence("official.count", given=text[:_SHOWN])))
    return int(re.sub("[^0-9]", "", text))


def _rate(text: str, number: int, column: str) -> tuple[float | None, float | None]:
    """A share, and half a unit of its last digit: 46.2% is 0.462, to 0.0005. Raises BadInput for what is neither."""
    if not text:
        return None, None
    plain = text.replace("％", "%").replace(" ", "").replace(",", ".")
    percent = plain.endswith("%")
    try:
        value = Decimal(plain.removesuffix("%"))
    except InvalidOperation:
        value = Decimal(-1)
    exponent = value.as_tuple().exponent
    share = value / 100 if percent else value
    if not isinstance(exponent, int) or not 0 <= share <= 1:
        raise BadInput.of("official.cell", **_where(number, column, Sentence("official.rate", given=text[:_SHOWN])))
    half = Decimal(1).scaleb(exponent) / (200 if percent else 2)
    return float(share), float(max(half, _FINEST))


def _contradicts(row: OfficialRow) -> bool:
    """Whether no whole number of cases has that rate, or another one than is stated."""
    if row.rate is None or row.half_unit is None or not row.denominator:
        return False
    numerator = round(row.rate * row.denominator) if row.numerator is None else row.numerator
    return abs(numerator / row.denominator - row.rate) > row.half_unit + float(_FINEST)


def _check_rows(rows: list[OfficialRow], source: Path | pd.DataFrame) -> None:
    if not rows:
        raise BadInput.of("official.empty", source=source if isinstance(source, Path) else "the table")
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = (row.period.start, row.period.end, *sorted(row.scope.items()))
        if key in seen:
            raise BadInput.of("official.repeated", one=seen[key], other=row.number)
        seen[key] = row.number


def read_official_mapping(declared: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The parts of a mapping file for a sheet: [columns] theirs = ours, [values.<dimension>] theirs = ours.

    Raises  BadMapping   the file holds anything else.
    """
    for name in declared:
        if name not in ("columns", "values"):
            raise BadMapping.of("official.part", given=name, known=("columns", "values"))
    columns, values = declared.get("columns", {}), declared.get("values", {})
    tables = [columns, values, *(values.values() if isinstance(values, dict) else ())]
    texts = [columns, *(values.values() if isinstance(values, dict) else ())]
    if not all(isinstance(each, dict) for each in tables) or not all(
        isinstance(ours, str) for each in texts for ours in each.values()
    ):
        raise BadMapping.of("official.one_text")
    return dict(columns), {name: dict(each) for name, each in values.items()}


def read_pairs(text: str) -> dict[str, str]:
    """Read 'Woche=period; Quote=rate' as theirs -> ours. Raises BadMapping for a part without '='."""
    found: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        theirs, sign, ours = part.rpartition("=")
        if not (sign and theirs.strip() and ours.strip()):
            raise BadMapping.of("official.pair", given=part.strip())
        found[theirs.strip()] = ours.strip()
    return found
