"""Turn one page of their rows into ours: rename, translate, type, and set aside with reasons what does not fit."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from babel import Locale

from appeal_insights.errors import AppealInsightsError, did_you_mean, one_of
from appeal_insights.records.contract import Column
from appeal_insights.records.mapping import EXCEL, EXCEL_EPOCH, KNOWN_FROM, Mapping
from appeal_insights.records.reading import no_rejects
from appeal_insights.records.scope import read_scope

_OFFSET = re.compile(r"(?:[zZ]|[+-]\d{2}:?\d{2}|[T ]\d{2}.*[+-]\d{2})$")  # Z, +01:00, +0100; +01 after a time only
_OFFSET_IN_FORMAT = re.compile(r"%[zZ]")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # a store holds neither NUL nor halves of characters
_LIKE = {"": "2026-11-16T06:00:00Z", EXCEL: "46341.25, days since 1899-12-30"}
FIRST_DAY_NUMBER = 61  # of a spreadsheet: 1900-03-01; smaller ones count a day that never was
YEARS = (1900, 2200)  # a time outside of these is a mistake or a placeholder (0001, 9999)
LONGEST_VALUE_SHOWN = 200
# Where pyarrow is there, pandas holds text by it; that knows no halves of characters, not even to look for them.
TEXT = pd.StringDtype("python", na_value=np.nan)


class _Number(NamedTuple):
    form: str  # what its text looks like: no separators, no exponent
    kind: str  # of the pandas column
    called: str


NUMBERS = {
    "integer": _Number(r"-?[0-9]{1,15}(?:\.0+)?", "Int64", "whole number like 42, without separators"),
    "number": _Number(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?", "Float64", "number like 0.95, without separators"),
}


@dataclass
class Checked:
    """One page, checked. `good` has our columns, `source_row` and `zone`; `rejects` row, column, value, reason."""

    good: pd.DataFrame
    rejects: pd.DataFrame
    ambiguous: int = 0  # local times of the hour the clocks repeat, read as the first of the two
    several: int = 0  # times that more than one format of the mapping reads, each as another time


@dataclass
class _Notes:
    rejects: list[pd.DataFrame] = field(default_factory=list)
    ambiguous: int = 0
    several: int = 0

    def reject(
        self, rows: "pd.Series[bool]", values: "pd.Series[str]", column: str, reason: "str | pd.Series[str]"
    ) -> None:
        if rows.any():
            given = values[rows].fillna("").str.slice(0, LONGEST_VALUE_SHOWN)
            given = given.str.replace(_NO_TEXT, "\N{REPLACEMENT CHARACTER}", regex=True)
            said = reason if isinstance(reason, str) else reason[rows]
            self.rejects.append(pd.DataFrame({"row": given.index, "column": column, "value": given, "reason": said}))


@cache
def market_zones() -> dict[str, str]:
    """Market -> the time zone that decides on its days."""
    text = files("appeal_insights.records").joinpath("markets.toml").read_text(encoding="utf-8")
    return {market: entry["zone"] for market, entry in tomllib.loads(text).items()}


@cache
def countries() -> frozenset[str]:
    """The country codes of ISO 3166-1, and those that are used like them."""
    return frozenset(str(code) for code in Locale("en").territories if len(str(code)) == 2)


def check_page(rows: pd.DataFrame, mapping: Mapping) -> Checked:
    """Check the rows of one page, indexed by row number. A row with any problem is in `rejects`, once per problem."""
    notes = _Notes()
    contract = mapping.contract
    ours = {name: _column(rows, name, column, mapping, notes) for name, column in contract.columns.items()}
    good = pd.DataFrame(ours, index=rows.index)
    good["zone"] = mapping.zone
    if contract.market:
        _check_markets(good[contract.market], _theirs(mapping, contract.market), notes)
        good["zone"] = good[contract.market].map(market_zones()).fillna(mapping.zone)
    good[KNOWN_FROM] = _extracted(rows, mapping, notes)
    rejects = pd.concat(notes.rejects, ignore_index=True) if notes.rejects else no_rejects()
    good = good[~good.index.isin(rejects["row"])]
    good.insert(0, "source_row", good.index)
    return Checked(good, rejects, notes.ambiguous, notes.several)


def _theirs(mapping: Mapping, ours: str) -> str:
    return mapping.columns[ours].theirs if ours in mapping.columns else ours


def _column(rows: pd.DataFrame, name: str, column: Column, mapping: Mapping, notes: _Notes) -> pd.Series:
    theirs = _theirs(mapping, name)
    if name in mapping.constants:
        raw = pd.Series(mapping.constants[name], index=rows.index)
    elif name in mapping.columns:
        raw = rows[theirs]
    else:
        raw = pd.Series(None, index=rows.index, dtype="str")
    text = as_text(raw)
    notes.reject(
        text.str.contains(_NO_TEXT).fillna(False).astype(bool),
        text,
        theirs,
        "holds a NUL or a broken character",
    )
    if column.required and name not in mapping.absent:
        notes.reject(text.isna(), text, theirs, "is empty, and every row needs it")
    if column.type == "instant":
        source = mapping.columns.get(name)
        return _instants(raw, text, theirs, source.formats if source else (), mapping.zone, notes)
    values = mapping.values.get(name)
    if values:
        text = text.map(lambda value: values.get(value, value), na_action="ignore").replace("", None)
    if column.type in NUMBERS:
        return _numbers(text, theirs, column, notes)
    if column.type == "code":
        _check_codes(text, theirs, column, notes)
    if column.type == "scope":
        _check_scopes(text, theirs, column, notes)
    return text


def as_text(raw: pd.Series) -> "pd.Series[str]":
    """Any column as trimmed text: whole numbers without a point, booleans as true and false, nothing for empty."""
    if isinstance(raw.dtype, pd.StringDtype):
        text = raw.astype(TEXT).str.strip()
    elif pd.api.types.is_bool_dtype(raw.dtype):
        text = raw.map({True: "true", False: "false"}).astype(TEXT)
    elif pd.api.types.is_integer_dtype(raw.dtype):
        text = raw.astype(TEXT)
    else:
        text = raw.map(_one_as_text, na_action="ignore").astype(TEXT).str.strip()
    return text.where(raw.notna() & (text != ""), None)


def _one_as_text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _numbers(text: "pd.Series[str]", theirs: str, column: Column, notes: _Notes) -> pd.Series:
    form, kind, called = NUMBERS[column.type]
    fits = text.str.fullmatch(form).fillna(False).astype(bool)
    notes.reject(text.notna() & ~fits, text, theirs, f"is no {called}")
    found: pd.Series = pd.to_numeric(text.where(fits)).astype(kind)  # type: ignore[call-overload]
    return found


def _check_codes(text: "pd.Series[str]", theirs: str, column: Column, notes: _Notes) -> None:
    if column.values:
        wrong = text.notna() & ~text.isin(column.values)
        reasons = {value: _unknown_code(value, column) for value in text[wrong].unique()}
        notes.reject(wrong, text, theirs, text.map(reasons))
    if column.pattern:
        fits = text.str.fullmatch(column.pattern).fillna(True).astype(bool)
        notes.reject(
            text.notna() & ~fits,
            text,
            theirs,
            f"does not look like {column.pattern} ({column.describes['en'].rstrip('.')})",
        )


def _unknown_code(value: str, column: Column) -> str:
    return f"is no {column.name}.{did_you_mean(value, column.values)} Known: {one_of(column.values)}"


def _check_markets(text: "pd.Series[str]", theirs: str, notes: _Notes) -> None:
    wrong = text.notna() & text.str.fullmatch("[A-Z]{2}").fillna(False).astype(bool) & ~text.isin(countries())
    notes.reject(wrong, text, theirs, "is no ISO 3166-1 country code")


def _check_scopes(text: "pd.Series[str]", theirs: str, column: Column, notes: _Notes) -> None:
    reasons = {value: _wrong_scope(str(value), column) for value in text.dropna().unique()}
    wrong = text.map(lambda value: reasons[value], na_action="ignore").astype(TEXT).fillna("")
    notes.reject(wrong != "", text, theirs, wrong)


def _wrong_scope(text: str, column: Column) -> str:
    """What is wrong with a scope; nothing where it can be read and names what it may."""
    try:
        named = list(read_scope(text))
    except AppealInsightsError:
        return "cannot be read. Write it as market=DE,AT; queue=live"
    for name in named:
        if column.names and name not in column.names:
            return f"names no column of these records.{did_you_mean(name, column.names)} Known: {one_of(column.names)}"
    return ""


def _extracted(rows: pd.DataFrame, mapping: Mapping, notes: _Notes) -> pd.Series:
    source = mapping.columns.get(KNOWN_FROM)
    if source is not None:
        raw = rows[source.theirs]
        return _instants(raw, as_text(raw), source.theirs, source.formats, mapping.zone, notes)
    constant = pd.Series(mapping.constants.get(KNOWN_FROM), index=rows.index, dtype="str")
    return _instants(constant, constant, KNOWN_FROM, (), mapping.zone, notes)


def _instants(
    raw: pd.Series, text: "pd.Series[str]", theirs: str, formats: tuple[str, ...], zone: str, notes: _Notes
) -> pd.Series:
    """Times as naive UTC. A time without an offset is on the mapping's clock."""
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        nothing = pd.Series(dtype="datetime64[us]")
        aware = raw.dt.tz is not None
        with_offset = raw.dt.tz_convert("UTC").dt.tz_localize(None) if aware else nothing
        without = nothing if aware else raw
    elif not formats:
        carries = text.str.contains(_OFFSET).fillna(False).astype(bool)
        with_offset = _parsed(text[carries].str.upper(), "ISO8601", aware=True)
        without = _parsed(text[~carries], "ISO8601", aware=False)
    else:
        with_offset, without = _by_format(text, formats, notes)
    local = _to_utc(without.astype("datetime64[us]"), text, theirs, zone, notes)
    parsed = pd.concat([with_offset.astype("datetime64[us]"), local]).reindex(raw.index)
    unread = text.notna() & parsed.isna() & ~raw.index.isin(_already(notes, theirs))
    notes.reject(
        unread, text, theirs, f"is not a time like {' or '.join(_LIKE.get(form, form) for form in formats or ('',))}"
    )
    outside = parsed.notna() & ~parsed.dt.year.between(*YEARS)
    notes.reject(outside, text, theirs, f"lies outside the years {YEARS[0]} to {YEARS[1]}")
    utc: pd.Series = parsed
    return utc


def _by_format(text: "pd.Series[str]", formats: tuple[str, ...], notes: _Notes) -> tuple[pd.Series, pd.Series]:
    """Times with an offset, as UTC, and times without one, each by the first format that reads it."""
    found: dict[bool, pd.Series] = {}
    told = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    several = pd.Series(False, index=text.index)
    for form in formats:
        aware = bool(_OFFSET_IN_FORMAT.search(form))
        parsed = (_day_numbers(text) if form == EXCEL else _parsed(text, form, aware=aware)).astype("datetime64[us]")
        several |= told.notna() & parsed.notna() & (told != parsed)
        first = parsed[told.isna() & parsed.notna()]
        found[aware] = pd.concat([found[aware], first]) if aware in found else first
        told = told.fillna(parsed)
    notes.several += int(several.sum())
    nothing = told[:0]
    return found.get(True, nothing), found.get(False, nothing)


def _day_numbers(text: "pd.Series[str]") -> pd.Series:
    """Days since the epoch of spreadsheets as times to the second; nothing where the text is no such number."""
    number = pd.to_numeric(text.where(text.str.fullmatch(r"[0-9]{2,6}(?:\.[0-9]+)?").fillna(False).astype(bool)))
    number = number.where(number >= FIRST_DAY_NUMBER).astype("float64")
    seconds = pd.to_timedelta(np.floor(number * 86400 + 0.5), unit="s")
    return pd.Series(EXCEL_EPOCH + seconds, index=text.index)


def _parsed(text: "pd.Series[str]", form: str, *, aware: bool) -> pd.Series:
    """Times of that format, as naive UTC where they carry an offset; nothing where they cannot be read."""
    parsed: pd.Series = pd.to_datetime(text, format=form, errors="coerce", utc=aware).dt.tz_localize(None)
    return parsed


def _already(notes: _Notes, theirs: str) -> pd.Index:
    rows = [table["row"] for table in notes.rejects if (table["column"] == theirs).any()]
    return pd.Index(pd.concat(rows)) if rows else pd.Index([])


@cache
def clock(zone: str) -> ZoneInfo:
    """A clock by the pinned rules: a machine's own may be older than what the store reckons local days by."""
    with files("tzdata.zoneinfo").joinpath(*zone.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=zone)


def _to_utc(local: pd.Series, text: "pd.Series[str]", theirs: str, zone: str, notes: _Notes) -> pd.Series:
    """Local times as UTC. An hour that clocks skip is no time; of one they repeat the first is taken, and counted."""
    if zone == "UTC" or local.empty:
        return local
    rules = clock(zone)
    near = local.dt.year.between(YEARS[0] - 1, YEARS[1] + 1)  # clocks are not known far from the years that count
    first: pd.Series = local[near].dt.tz_localize(rules, ambiguous=True, nonexistent="NaT")
    second = local[near].dt.tz_localize(rules, ambiguous=False, nonexistent="NaT")
    notes.ambiguous += int((first.notna() & (first != second)).sum())
    skipped = near & ~local.index.isin(first.index[first.notna()])
    notes.reject(
        skipped,
        text.reindex(local.index),
        theirs,
        f"does not exist on the clocks of {zone}, which went forward over it",
    )
    utc: pd.Series = pd.concat([first.dt.tz_convert("UTC").dt.tz_localize(None), local[~near]])
    return utc
