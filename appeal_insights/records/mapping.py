"""A mapping file: their column -> ours, their value -> ours, and the time zone of times that carry none."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.errors import BadMapping, did_you_mean, one_of
from appeal_insights.periods import GRAINS, Grain
from appeal_insights.records.contract import Contract, contract

KNOWN_FROM = "known_from"  # a mapping may name the column that says when a row was extracted
EXCEL = "excel"  # the format of a day number as spreadsheets keep it: 46341.25 is 2026-11-15 06:00
EXCEL_EPOCH = datetime(1899, 12, 30)  # right from 1900-03-01 on; before it spreadsheets count a day that never was
_KEYS = {"fact", "zone", "absent", "columns", "constants", "values", "encoding", "header_row", "sheet"}


@dataclass(frozen=True)
class From:
    """Where one of our columns comes from: their column, with the format and precision of a time."""

    theirs: str
    format: str | tuple[str, ...] | None = None  # several are tried in their order
    precision: Grain | None = None

    @property
    def formats(self) -> tuple[str, ...]:
        return (self.format,) if isinstance(self.format, str) else self.format or ()


@dataclass(frozen=True)
class Mapping:
    """What a mapping file says, checked against the contract."""

    fact: str
    zone: str
    columns: dict[str, From]
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    encoding: str | None = None  # of the file, where it is not to be found out
    header_row: int | None = None  # the line with the names of the columns: 1 is the first
    sheet: str | None = None  # of a workbook; the first if not given

    @property
    def contract(self) -> Contract:
        return contract(self.fact)

    @property
    def precision(self) -> dict[str, Grain]:
        """The coarseness of times that are less than instants: a year, a month, a day."""
        return {ours: source.precision for ours, source in self.columns.items() if source.precision}


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file of records. Raises BadMapping with the file's name and what to write instead."""
    return read_mapping(read_toml(path), what=str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a mapping file. Raises BadMapping where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # tomllib has no error of its own for a number too long
        raise BadMapping(f"Cannot read the mapping file {path}: {error}.") from error


def read_mapping(declared: dict[str, Any], *, what: str = "the mapping") -> Mapping:
    """Check a mapping against the contract of its fact."""
    for key in declared:
        if key not in _KEYS:
            raise BadMapping(f"{what}: no key {key!r}.{did_you_mean(key, _KEYS)} Known keys: {one_of(sorted(_KEYS))}.")
    for key, kind, wants in (("encoding", str, "gb18030"), ("sheet", str, "Sheet1"), ("header_row", int, 3)):
        if key in declared and (type(declared[key]) is not kind or not declared[key] or declared[key] < kind()):
            raise BadMapping(f"{what}: cannot use {key} = {declared[key]!r}. Write for example {key} = {wants!r}.")
    for key in ("columns", "constants", "values"):
        if not isinstance(declared.get(key, {}), dict):
            raise BadMapping(f"{what}: {key} is a table: write [{key}], then a line for each.")
    for ours, table in declared.get("values", {}).items():
        if not isinstance(table, dict):
            raise BadMapping(f'{what}: write [values.{ours}], then "their value" = "our value" for each.')
    absent = declared.get("absent", [])
    if not isinstance(absent, list) or not all(isinstance(ours, str) for ours in absent):
        raise BadMapping(f'{what}: absent is a list of our columns, not {absent!r}. Write absent = ["decided_at"].')
    _check_text(declared, what)
    fact = str(declared.get("fact", "appeals"))
    found = Mapping(
        fact=fact,
        zone=str(declared.get("zone", "UTC")),
        columns=_columns(declared.get("columns", {}), what),
        constants={ours: _word(value, ours, what) for ours, value in declared.get("constants", {}).items()},
        values={
            ours: {theirs: _word(value, ours, what) for theirs, value in table.items()}
            for ours, table in declared.get("values", {}).items()
        },
        absent=tuple(absent),
        encoding=declared.get("encoding"),
        header_row=declared.get("header_row"),
        sheet=declared.get("sheet"),
    )
    _check(found, contract(fact), what)
    return found


def _check_text(declared: dict[str, Any], what: str) -> None:
    """Raises BadMapping where a mapping made in Python holds half of a character, which no store does."""
    try:
        json.dumps(declared, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadMapping(
            f"{what}: it holds half of a character: {error.object[error.start]!a}. Leave it out."
        ) from error


def _word(value: object, ours: str, what: str) -> str:
    """A value of a mapping file as the text that a record holds."""
    if not isinstance(value, str | int | float | date | time):
        raise BadMapping(f"{what}: {value!r} is no value of {ours!r}. Write a text or a number.")
    return str(value).lower() if isinstance(value, bool) else str(value)


def same_names(fact: str, theirs: Sequence[str], *, zone: str = "UTC") -> Mapping:
    """The mapping of a file whose columns already bear the contract's names."""
    ours = contract(fact).columns
    found = Mapping(
        fact=fact, zone=zone, columns={name: From(name) for name in theirs if name in ours or name == KNOWN_FROM}
    )
    _check(found, contract(fact), "a file without a mapping file", theirs)
    return found


def _columns(declared: dict[str, Any], what: str) -> dict[str, From]:
    found: dict[str, From] = {}
    for theirs, target in declared.items():
        entry: dict[str, Any] = (
            dict(target) if isinstance(target, dict) else {"to": target if isinstance(target, str) else ""}
        )
        ours = str(entry.pop("to", ""))
        if ours in found:
            raise BadMapping(f"{what}: two columns go to {ours!r}: {found[ours].theirs!r} and {theirs!r}. Keep one.")
        unknown = set(entry) - {"format", "precision"}
        if unknown or not ours:
            raise BadMapping(
                f"{what}: the column {theirs!r} wants {{ to, format, precision }}; "
                f"cannot use {sorted(unknown) or target!r}."
            )
        if entry.get("precision") not in (None, *GRAINS):
            raise BadMapping(
                f"{what}: the column {theirs!r} has no precision {entry['precision']!r}. "
                f"Choose one of: {one_of(GRAINS)}."
            )
        if "format" in entry:
            entry["format"] = _format(entry["format"], theirs, what)
        found[ours] = From(theirs, **entry)
    return found


def _format(said: object, theirs: str, what: str) -> str | tuple[str, ...]:
    """The format of a time, or several. Raises BadMapping where one would read no time, or guess it."""
    forms = said if isinstance(said, list) else [said]
    for form in forms:
        try:
            if not isinstance(form, str) or not (form == EXCEL or "%" in form):
                raise ValueError("it names no part of a time")
            pd.to_datetime(pd.Series(["2026"]), format=form, errors="coerce")  # it checks the format of a text first
        except (ValueError, re.error) as error:
            raise BadMapping(
                f"{what}: the column {theirs!r} has a format that cannot be used, {form!r}: {error}. Write one such as "
                f"%d.%m.%Y %H:%M, or {EXCEL} for the day numbers of a spreadsheet."
            ) from error
    read = tuple(str(form) for form in forms)
    return read if isinstance(said, list) else read[0]


@cache
def _zones() -> frozenset[str]:
    """The time zones of the pinned rules: a machine may know more, or others."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _check(found: Mapping, of: Contract, what: str, theirs: Sequence[str] = ()) -> None:
    known = [*of.columns, KNOWN_FROM]
    for ours in (*found.columns, *found.constants, *found.values, *found.absent):
        if ours not in known:
            raise BadMapping(
                f"{what}: {of.fact} has no column {ours!r}.{did_you_mean(ours, known)} "
                f"There are: {one_of(known, most=30)}."
            )
    for ours, values in found.values.items():
        allowed = of.columns[ours].values if ours in of.columns else ()
        for target in values.values():
            if allowed and target and target not in allowed:
                raise BadMapping(
                    f"{what}: {ours} has no value {target!r}.{did_you_mean(target, allowed)} "
                    f"Allowed: {one_of(allowed)}."
                )
    for name, column in of.columns.items():
        if column.required and name not in (*found.columns, *found.constants, *found.absent):
            near = did_you_mean(name, theirs) if theirs else ""
            raise BadMapping(
                f"{what}: {of.fact} needs {name!r} ({column.describes['en'].rstrip('.')}).{near} "
                f"Map one of your columns to it, or say absent = [{name!r}] if the source does not have it."
            )
    if of.key not in found.columns:
        raise BadMapping(f"{what}: {of.key!r} is the key, so one of your columns has to go to it.")
    for ours in found.constants:
        if ours in found.columns:
            raise BadMapping(
                f"{what}: {ours!r} is a constant, and {found.columns[ours].theirs!r} goes to it too. Keep one."
            )
    if found.zone not in _zones():
        raise BadMapping(
            f"{what}: no time zone {found.zone!r}. Write an IANA name such as Europe/Berlin."
            f"{did_you_mean(found.zone, _zones())}"
        )
