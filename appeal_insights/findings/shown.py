"""What a notebook shows: an exhibit (sentences, a chart, its table twin) in each language wanted, as mime bundles."""

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal, Protocol, Self

from appeal_insights.charts.theme import Chart, as_shown, spec_of
from appeal_insights.language import Language

EXHIBIT = "application/vnd.appeal-insights.exhibit+json"
FINDING = "application/vnd.appeal-insights.finding+json"
CODE = "application/vnd.appeal-insights.code+json"
TWIN = "application/vnd.appeal-insights.twin+json"  # marks what the exhibit before it already holds
VEGA = "application/vnd.vegalite.v5+json"  # the chart type that JupyterLab draws

Bundle = dict[str, Any]

# What the numbers of a cell are, in order. Shares and differences of shares are 0..1; a day is written 2026-11-16.
Kind = Literal[
    "count",  # a whole number
    "share",
    "points",  # a difference of two shares
    "p",
    "day",
    "ratio",  # rate, numerator, denominator
    "share_range",  # low, high
    "points_range",  # low, high
    "points_with_range",  # value, low, high
    "count_of",  # how many, of how many
]


class Cell(str):
    """A text of a table that also carries the numbers it shows, for a sheet that goes on reckoning with them.

    It holds no number that the text does not show: what is hidden is a plain text.
    """

    kind: Kind
    values: tuple[float | int | str | None, ...]

    def __new__(cls, text: str, kind: Kind, *values: Any) -> Self:
        cell = super().__new__(cls, text)
        cell.kind = kind
        cell.values = tuple(_plain(value) for value in values)
        return cell


def _plain(value: Any) -> float | int | str | None:
    """A number as JSON writes it. What is no number is nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Cells:
    """A table ready to be read: keys, headings and rows of text, numbers formatted already (and kept, in a Cell)."""

    columns: Sequence[tuple[str, str, str]]  # key, heading, "left" or "right"
    rows: Sequence[Sequence[str]]

    def as_json(self) -> Bundle:
        columns = [{"key": key, "label": label, "align": align} for key, label, align in self.columns]
        table: Bundle = {"columns": columns, "rows": [[str(cell) for cell in row] for row in self.rows]}
        values = [[[cell.kind, *cell.values] if isinstance(cell, Cell) else None for cell in row] for row in self.rows]
        return {**table, "values": values} if any(map(any, values)) else table

    def as_html(self) -> str:
        """The table for a notebook's own page; a report draws its own from `as_json`."""
        sides = [f' style="text-align:{align}"' for _, _, align in self.columns]
        head = "".join(
            f'<th scope="col"{side}>{html.escape(label)}</th>'
            for (_, label, _), side in zip(self.columns, sides, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(f"<td{side}>{html.escape(cell)}</td>" for cell, side in zip(row, sides, strict=True))
            + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Showable(Protocol):
    """Anything that is one or more outputs of a cell."""

    def bundles(self) -> Iterator[Bundle]: ...


@dataclass(frozen=True)
class Exhibit:
    """Sentences, and a chart with its table twin where there is something to see."""

    id: str
    language: Language
    title: str = ""
    notes: Sequence[str] = ()
    alt: str = ""
    chart: Chart | None = None
    cells: Cells | None = None

    def bundles(self) -> Iterator[Bundle]:
        spec = spec_of(self.chart) if self.chart is not None else None
        whole = {
            "id": self.id,
            "language": self.language,
            "title": self.title,
            "alt": self.alt,
            "spec": spec,
            "table": self.cells.as_json() if self.cells else None,
            "notes": list(self.notes),
        }
        if spec is None:
            yield {EXHIBIT: whole, "text/html": self._text(), "text/plain": self.title}
            return
        yield {EXHIBIT: whole, VEGA: as_shown(spec), "text/plain": self.alt}
        yield {TWIN: {"of": self.id}, "text/html": self._text(heading=False), "text/plain": self.title}

    def _text(self, *, heading: bool = True) -> str:
        title = f"<h4>{html.escape(self.title)}</h4>" if heading and self.title else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f'<div lang="{self.language}">{title}{notes}{self.cells.as_html() if self.cells else ""}</div>'


@dataclass(frozen=True)
class Code:
    """A text that one may want to run again: a query of the appendix."""

    language: Language
    title: str
    text: str

    def bundles(self) -> Iterator[Bundle]:
        title = html.escape(self.title)
        yield {
            CODE: {"language": self.language, "title": self.title, "text": self.text},
            "text/html": f"<details><summary>{title}</summary><pre>{html.escape(self.text)}</pre></details>",
            "text/plain": self.text,
        }


@dataclass(frozen=True)
class Shown:
    """Several things that one cell shows, in order."""

    parts: Sequence[Showable] = field(default_factory=tuple)

    def bundles(self) -> Iterator[Bundle]:
        for part in self.parts:
            yield from part.bundles()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for bundle in self.bundles():
            display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return "\n".join(bundle["text/plain"] for bundle in self.bundles())


def joined(texts: Mapping[Language, str]) -> str:
    """A text in every language wanted, for what can hold one line only."""
    return " / ".join(texts.values())
