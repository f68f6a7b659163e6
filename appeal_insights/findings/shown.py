"""What a notebook shows: an exhibit (sentences, a chart, its table twin) in each language wanted, as mime bundles."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from appeal_insights.charts.theme import Chart, spec_of
from appeal_insights.language import Language

EXHIBIT = "application/vnd.appeal-insights.exhibit+json"
FINDING = "application/vnd.appeal-insights.finding+json"
CODE = "application/vnd.appeal-insights.code+json"
TWIN = "application/vnd.appeal-insights.twin+json"  # marks what the exhibit before it already holds
VEGA = "application/vnd.vegalite.v5+json"  # the chart type that JupyterLab draws

Bundle = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """A table ready to be read: keys, headings and rows of text, numbers formatted already."""

    columns: Sequence[tuple[str, str, str]]  # key, heading, "left" or "right"
    rows: Sequence[Sequence[str]]

    def as_json(self) -> Bundle:
        columns = [{"key": key, "label": label, "align": align} for key, label, align in self.columns]
        return {"columns": columns, "rows": [list(row) for row in self.rows]}

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
        yield {EXHIBIT: whole, VEGA: spec, "text/plain": self.alt}
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
