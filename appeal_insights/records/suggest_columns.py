"""What a column of a strange file may be: its names elsewhere, the times it holds, the values it resembles."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import pandas as pd
from babel import Locale
from babel.core import get_global

from appeal_insights.errors import nearest
from appeal_insights.records.checking import as_text, countries
from appeal_insights.records.contract import Column
from appeal_insights.records.mapping import EXCEL

ENOUGH = 0.8  # share of cells that have to fit before they say what a column is
MOST_VALUES = 60  # different values of a column that are looked at: a coded column has no more
_TRIED_FIRST = 40  # values of a column on which a format of times is tried before all of it
_LEAST_CHINESE, _LEAST_LATIN = 2, 4  # letters of a known name that a longer header may contain
_ALIKE = 0.84  # of two names, where difflib calls equal ones 1
_OFFSET = re.compile(r"(?:[zZ]|[+-][0-9]{2}:?[0-9]{2}|:[0-9.]+ ?[+-][0-9]{2})$")
_DAY_NUMBER = r"[45][0-9]{4}(?:\.[0-9]+)?"  # of the years 2009 to 2064, as spreadsheets count
_HOUR = re.compile("[:时]")
_CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Times:
    """How a column writes its times: a format, or none for ISO 8601."""

    format: str
    fits: float  # share of its cells
    offset: bool  # from UTC, on every one of them
    day_only: bool
    other: str = ""  # a format that fits just as well


@dataclass(frozen=True)
class Theirs:
    """One column of their file, from the rows that were looked at."""

    name: str
    cells: "pd.Series[str]"  # as text, without the empty ones
    rows: int

    @cached_property
    def counts(self) -> "pd.Series[int]":
        """Value -> how many cells, the most frequent first."""
        return self.cells.value_counts()

    @property
    def examples(self) -> list[str]:
        return [str(value) for value in self.counts.index[:3]]

    @property
    def is_key(self) -> bool:
        return len(self.cells) == self.rows > 1 and len(self.counts) == self.rows

    @cached_property
    def times(self) -> Times | None:
        return _times(self.counts)


def their_columns(rows: pd.DataFrame) -> list[Theirs]:
    """The columns of a page that have a name."""
    return [
        Theirs(str(name), as_text(rows[name]).dropna().astype("str"), len(rows)) for name in rows if str(name).strip()
    ]


@cache
def known() -> dict[str, Any]:
    """What columns and values are called elsewhere."""
    return tomllib.loads(files("appeal_insights.records").joinpath("suggest.toml").read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """A name without case, width, spaces and signs."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def likeness(header: str, names: Iterable[str]) -> float:
    """How much a header resembles the nearest of the names: 1 if it is one of them, 0 if it is like none."""
    said = plain(header)
    return max((_alike(said, plain(name)) for name in names), default=0.0) if said else 0.0


def _alike(said: str, name: str) -> float:
    if said == name:
        return 1.0
    least = _LEAST_CHINESE if _CHINESE.search(name) else _LEAST_LATIN
    within = 0.55 + 0.35 * len(name) / len(said) if len(name) >= least and name in said else 0.0
    if 2 * min(len(said), len(name)) < max(len(said), len(name)):
        return within
    ratio = SequenceMatcher(None, said, name).ratio()
    return max(within, 0.85 * ratio if ratio >= _ALIKE else 0.0)


def names_of(name: str, label: dict[str, str]) -> list[str]:
    """Everything that a column of the contract is called."""
    return [name, *label.values(), *known()["columns"].get(name, ())]


@dataclass(frozen=True)
class Meant:
    """Which of our values one of theirs is: the very same, a known word for it, or only the nearest."""

    value: str
    how: str  # same, known or near


def meant(value: str, column: Column) -> Meant | None:
    """Our value for one of theirs, or None."""
    return surely(value, column) or _nearly(value, column)


def surely(value: str, column: Column) -> Meant | None:
    """The same without guessing."""
    if value in column.values or (column.pattern and _fits_pattern(value, column)):
        return Meant(value, "same")
    said = plain(value) or value
    words = market_codes() if column.name == "market" else _words(column.name, column.values)
    return Meant(words[said], "known") if said in words else None


def _nearly(value: str, column: Column) -> Meant | None:
    if column.name == "market":
        country = nearest(value, _country_names())
        return Meant(_country_names()[country], "near") if country else None
    words = _words(column.name, column.values)
    near = nearest(plain(value), [word for word in words if words[word]]) if len(plain(value)) > 2 else None
    return Meant(words[near], "near") if near else None


def _fits_pattern(value: str, column: Column) -> bool:
    return bool(re.fullmatch(column.pattern, value)) and (column.name != "market" or value in countries())


@cache
def _words(name: str, values: tuple[str, ...]) -> dict[str, str]:
    """Plain word -> our value."""
    # A dispute has an outcome too, of other values than an appeal's.
    table = {
        ours: words
        for ours, words in known()["values"].get(name, {}).items()
        if not ours or not values or ours in values
    }
    said = {plain(word) or word: ours for ours, words in table.items() for word in words}
    return {**said, **{plain(value): value for value in values}}


def share_meant(theirs: Theirs, column: Column) -> float:
    """The share of cells whose meaning is known, without guessing."""
    cells = theirs.counts.head(MOST_VALUES)
    sure = sum(int(rows) for value, rows in cells.items() if surely(str(value), column))
    return sure / len(theirs.cells) if len(theirs.cells) else 0.0


@cache
def market_codes() -> dict[str, str]:
    """Plain name or code of a country -> ISO 3166-1 alpha-2: in English and Chinese, three letters, and others."""
    found = {plain(code): code for code in countries()}
    for name, code in _country_names().items():
        found.setdefault(plain(name), code)
    for name, codes in get_global("territory_aliases").items():
        if len(codes) == 1 and codes[0] in countries() and str(name).isalpha():
            found.setdefault(plain(str(name)), codes[0])
    for code, names in known()["values"]["market"].items():
        found.update({plain(name): code for name in names})
    return found


@cache
def _country_names() -> dict[str, str]:
    places = {language: Locale(language).territories for language in ("en", "zh")}
    return {str(places[one][code]): code for one in places for code in sorted(countries()) if code in places[one]}


def _times(counts: "pd.Series[int]") -> Times | None:
    """How the values of a column are written as times, or None where too few of them are any."""
    text = pd.Series([str(value) for value in counts.index], dtype="str")
    weight = pd.Series(counts.to_numpy())
    digits = text.str.count("[0-9]")
    if text.empty or weight[digits >= 5].sum() < ENOUGH * weight.sum():
        return None
    iso = text.where(text.str.contains("^[0-9]{4}-?[0-9]{2}-?[0-9]{2}", regex=True))
    found = [("", _share(iso.str.upper(), "ISO8601", weight))] if iso.notna().any() else []
    for form in known()["times"]["formats"]:
        if _share(text[:_TRIED_FIRST], form, weight[:_TRIED_FIRST]) >= ENOUGH:
            found.append((form, _share(text, form, weight)))
    if not found and text.str.fullmatch(_DAY_NUMBER).all():
        found = [(EXCEL, 1.0)]
    if not found or max(share for _, share in found) < ENOUGH:
        return None
    form, best = max(found, key=lambda one: one[1])  # of equals the first
    others = [other for other, share in found if share == best and sorted(other) == sorted(form) and other != form]
    carries = text.str.contains(_OFFSET) if not form else pd.Series("%z" in form, index=text.index)
    if form == EXCEL:
        return Times(form, best, False, not text.str.contains(".", regex=False).any())
    days = "%H" not in form and "%I" not in form if form else not text.str.contains(_HOUR).any()
    return Times(form, best, bool(carries.all()), days, others[0] if others else "")


def _share(text: "pd.Series[str]", form: str, weight: "pd.Series[int]") -> float:
    aware = form == "ISO8601" or "%z" in form
    parsed = pd.to_datetime(text, format=form, errors="coerce", utc=aware)
    return float(weight[parsed.notna()].sum() / weight.sum())
