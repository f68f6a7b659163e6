"""From the exhibits and findings of a run to sheets: typed cells, one column for each number, both languages in one.

What a notebook holds is data: a cell is a number only if its exhibit says which, and of a known kind; all else is text.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Literal

from appeal_insights.language import LANGUAGES, Language, languages, say, words

Format = Literal["text", "count", "share", "points", "p", "day"]
Value = str | int | float | date | None

# What the numbers of a cell become: the word for each column (none where the heading says it), and how it is written.
PARTS: Mapping[str, Sequence[tuple[str, Format]]] = {
    "count": [("", "count")],
    "share": [("", "share")],
    "points": [("", "points")],
    "p": [("", "p")],
    "day": [("", "day")],
    "ratio": [("rate", "share"), ("numerator", "count"), ("denominator", "count")],
    "share_range": [("low", "share"), ("high", "share")],
    "points_range": [("low", "points"), ("high", "points")],
    "points_with_range": [("value", "points"), ("low", "points"), ("high", "points")],
    "count_of": [("number", "count"), ("whole", "count")],
}
TEXT: Sequence[tuple[str, Format]] = [("", "text")]
WITHOUT_SHEET = ("about",)  # its rows are the facts of the first sheet

LONGEST_NAME = 31  # characters of a sheet's name, by the file format
RESERVED = {"history"}
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\'\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class Sheet:
    """One table: its headings with how their numbers are written, and its rows."""

    name: str
    titles: Sequence[str]
    columns: Sequence[tuple[str, Format]]
    rows: Sequence[Sequence[Value]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class _Told:
    """A table in one language, as an exhibit or a finding holds it."""

    language: Language
    name: str
    title: str
    table: Mapping[str, Any]
    notes: Sequence[str] = ()

    @property
    def values(self) -> Sequence[Sequence[Any]]:
        """The numbers of each cell, nothing where it is text. Rows of another shape count as text."""
        rows, width = self.table["rows"], len(self.table["columns"])
        given = self.table.get("values")
        fits = isinstance(given, list) and len(given) == len(rows)
        return [
            row if isinstance(row, list) and len(row) == width else [None] * width
            for row in (given if fits and given else [None] * len(rows))
        ]


def sheets(
    exhibits: Iterable[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], choice: str, *, first: str
) -> tuple[list[Sheet], dict[int, str]]:
    """The sheets of a run in its languages, and which of them holds the evidence of which finding (by its place).

    Takes   exhibits, findings   as outputs of a notebook hold them. `first`: a sheet's name that is taken already.
    A table told in two languages is one sheet with both headings where its numbers are the same, as they should be.
    """
    wanted = languages(choice)
    made: list[Sheet] = []
    taken = {first.casefold(), *RESERVED}
    evidence: dict[int, str] = {}
    told = [
        _Told(part["language"], str(part["id"]), part.get("title") or "", part["table"], part.get("notes") or ())
        for part in exhibits
        if part.get("table") and part["id"] not in WITHOUT_SHEET
    ]
    for name, parts in groupby(sorted(told, key=_first_seen(told)), key=lambda part: part.name):
        for together in _together(list(parts)):
            made.append(_sheet(together, _name_of(name, together[0].title, choice), taken))
    for place, finding in enumerate(findings):
        tables = finding.get("evidence") or {}
        parts_of = [
            _Told(language, "evidence", finding["texts"][language]["claim"], tables[language])
            for language in LANGUAGES
            if language in wanted and tables.get(language) and language in finding["texts"]
        ]
        named = _in_all("workbook.evidence", wanted, number=str(place + 1))
        for together in _together(parts_of):
            made.append(_sheet(together, named, taken))
            evidence.setdefault(place, made[-1].name)
    return made, evidence


def _first_seen(told: Sequence[_Told]) -> Any:
    """Tables of one name next to each other, where the first of them stands."""
    place: dict[str, int] = {}
    for part in told:
        place.setdefault(part.name, len(place))
    return lambda part: place[part.name]


def _together(parts: Sequence[_Told]) -> list[list[_Told]]:
    """Tables that differ in their words only, one per language, put together; the same table twice is there once."""
    found: list[list[_Told]] = []
    for part in parts:
        if any(part == other for group in found for other in group):
            continue
        for group in found:
            if _same_numbers(group[0], part) and part.language not in {other.language for other in group}:
                group.append(part)
                break
        else:
            found.append([part])
    return found


def _same_numbers(one: _Told, other: _Told) -> bool:
    keys = [[column.get("key") for column in part.table["columns"]] for part in (one, other)]
    return keys[0] == keys[1] and len(one.table["rows"]) == len(other.table["rows"]) and one.values == other.values


def _sheet(parts: Sequence[_Told], name: str, taken: set[str]) -> Sheet:
    first = parts[0]
    kinds = [_kind(row[place] for row in first.values) for place in range(len(first.table["columns"]))]
    columns = [
        (_joined(_heading(part, place, word) for part in parts), form)
        for place, kind in enumerate(kinds)
        for word, form in PARTS.get(kind, TEXT)
    ]
    rows = []
    for place, values in enumerate(first.values):
        cells: list[Value] = []
        for number, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            width = len(PARTS.get(kind, TEXT))
            text = _joined(str(part.table["rows"][place][number]) for part in parts)
            cells += _numbers(value, kind) or [text, *[None] * (width - 1)]
        rows.append(cells)
    notes = [str(note) for part in parts for note in part.notes]
    return Sheet(_free(name, taken), [part.title for part in parts if part.title], columns, rows, notes)


def _kind(values: Iterable[Any]) -> str:
    """What the numbers of a column are: the first kind that is known, else text."""
    known = (value[0] for value in values if isinstance(value, list) and value and value[0] in PARTS)
    return next(known, "text")


def _numbers(value: Any, kind: str) -> list[Value]:
    """The numbers of a cell as they are written, or nothing where they are not what their column holds."""
    parts = PARTS.get(kind, ())
    if not (isinstance(value, list) and value and value[0] == kind and len(value) == len(parts) + 1):
        return []
    try:
        return [_typed(number, form) for number, (_, form) in zip(value[1:], parts, strict=True)]
    except ValueError:
        return []


def _typed(number: object, form: Format) -> Value:
    if form == "day" and isinstance(number, str):
        return date.fromisoformat(number)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError(f"{number!r} is no number")
    return 100 * number if form == "points" else number


def _heading(part: _Told, place: int, word: str) -> str:
    label = str(part.table["columns"][place]["label"])
    if not word:
        return label
    return say("workbook.part", part.language, column=label, part=say(f"workbook.{word}", part.language))


def _name_of(name: str, title: str, choice: str) -> str:
    key = f"workbook.sheet.{name}"
    return _in_all(key, languages(choice)) if key in words() else title or name


def _in_all(key: str, wanted: Iterable[Language], **values: object) -> str:
    return " ".join(say(key, language, **values) for language in wanted)


def _joined(texts: Iterable[str]) -> str:
    """What the languages say, once where they say the same."""
    return " / ".join(dict.fromkeys(texts))


def _free(name: str, taken: set[str]) -> str:
    """A name that a sheet may have and that none has yet, whatever its capitals. It is taken then."""
    clean = " ".join(_NOT_IN_A_NAME.sub(" ", name).split()) or "-"
    found, number = _cut(clean, LONGEST_NAME), 2
    while found.casefold() in taken:
        more = f" {number}"
        found, number = _cut(clean, LONGEST_NAME - len(more)) + more, number + 1
    taken.add(found.casefold())
    return found


def _cut(text: str, most: int) -> str:
    """The text in at most so many units, as a spreadsheet counts them: a rare character is two."""
    while len(text.encode("utf-16-le")) > 2 * most:
        text = text[:-1]
    return text.strip()
