"""The tables of a run as one workbook: counts, rates and points are numbers, everything else is text and stays text."""

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from appeal_insights.language import LANGUAGES, languages, say
from appeal_insights.reports.export import About
from appeal_insights.reports.offline import word, write_whole
from appeal_insights.reports.sheets import Format, Sheet, Value, sheets

NUMBER_FORMATS: Mapping[Format, str] = {
    "text": "@",
    "count": "#,##0",
    "share": "0.0%",
    "points": '+#,##0.00;"\N{MINUS SIGN}"#,##0.00;0.00',
    "p": '[<0.001]"< 0.001";0.000',
    "day": "yyyy-mm-dd",
}
HEAD = 1  # the row of the headings, below the title; it stays in sight
LONGEST_TEXT = 32_767  # characters of a cell, by the file format
LONGEST_SHOWN = 255  # characters; a longer text in a cell of the format "text" can show as ####
NARROWEST, WIDEST = 9, 46  # columns, in characters
LABELS, TEXTS = 26, 110  # the two columns of the first sheet
PRINTED_WIDTH = 9  # the number of A4 among paper sizes
WRITTEN = datetime(2000, 1, 1)  # no clock: the same tables give the same bytes
# A sign that a spreadsheet would start a formula with, also where somebody edits the cell or copies it elsewhere.
_STARTS_A_FORMULA = (*"=+-@＝＋－＠", "\t", "\r", "\n", "\0")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f]+")


def can_write() -> bool:
    """Whether the library that writes workbooks is installed: it comes with the extra named office."""
    return find_spec("xlsxwriter") is not None


def write_workbook(
    path: Path, exhibits: Iterable[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], *, about: About
) -> Path:
    """Write every table of a run as a sheet, after a first one that says what the report is. Put in place whole.

    Takes   exhibits, findings   as a run's notebook holds them, in order: what passed disclosure, and nothing else.
            about                of the page, so that both say the same.
    """
    import xlsxwriter

    first = " ".join(say("workbook.report", language) for language in languages(about.language))
    made, evidence = sheets(exhibits, findings, about.language, first=first)
    content = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": _clean(_CONTROL.sub(" ", about.title)), "created": WRITTEN})
    writer = _Writer(book)
    writer.first(first, about, findings, made, evidence)
    for sheet in made:
        writer.table(sheet)
    book.close()
    return write_whole(path, content.getvalue())


def write_form(
    path: Path, name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, choices: Mapping[int, Sequence[str]]
) -> Path:
    """Write one sheet to be filled in: headings in its first row, text below, in some columns a list to choose from.

    Takes   choices   column -> what may stand in it. Another word is taken, with a warning: it is looked at afterwards.
    """
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": WRITTEN})
    writer = _Writer(book)
    page = book.add_worksheet(name)
    last = 0
    for last, row in enumerate([heads, *rows]):
        for place, text in enumerate(row):
            writer.cell_text(page, last, place, text, bold=not last)
    for place, known in choices.items():
        listed = {"validate": "list", "source": list(known), "error_type": "warning"}
        page.data_validation(1, place, max(last, 1), place, listed)
    page.set_column(0, len(heads) - 1, LABELS, writer.plain)
    page.freeze_panes(1, 0)
    book.close()
    return write_whole(path, content.getvalue())


class _Writer:
    """Writes sheets into a workbook. Text is written as text only, whatever it looks like."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def first(
        self,
        name: str,
        about: About,
        findings: Sequence[Mapping[str, Any]],
        tables: Sequence[Sheet],
        evidence: Mapping[int, str],
    ) -> None:
        """What the report is: title, findings with their grade and size, the facts of the page's foot, the sheets."""
        page = self._page(name, landscape=False)
        page.set_column(0, 0, LABELS)
        page.set_column(1, 1, TEXTS)
        self._text(page, 0, 0, about.title, bold=True, font_size=15)
        row = self._headed(page, 2, word("workbook.findings", about.language)) if findings else 2
        for place, finding in enumerate(findings):
            for label, text in _lines(finding, about.language):
                row = self._pair(page, row, label, text)
            if place in evidence:
                self._link(page, row, evidence[place])
                row += 1
            row += 1
        row = self._headed(page, row, word("export.about", about.language))
        for label, text in about.facts:
            row = self._pair(page, row, label, text)
        if about.audience:
            row = self._pair(page, row, word("export.audience", about.language), about.audience)
        row = self._headed(page, row + 1, word("workbook.tables", about.language)) if tables else row
        for table in tables:
            self._link(page, row, table.name)
            self._text(page, row, 1, " / ".join(table.titles), text_wrap=True, valign="top")
            row += 1

    def table(self, sheet: Sheet) -> None:
        """A title, headings that stay in sight, and rows; what the exhibit notes stands below them."""
        page = self._page(sheet.name, landscape=True)
        self._text(page, 0, 0, " / ".join(sheet.titles), bold=True, font_size=12)
        for place, (label, form) in enumerate(sheet.columns):
            side = "left" if form == "text" else "right"
            self._text(page, HEAD, place, label, bold=True, text_wrap=True, valign="bottom", align=side, bottom=1)
            page.set_column(place, place, _width(sheet, place))
        for number, row in enumerate(sheet.rows, HEAD + 1):
            for place, (value, (_, form)) in enumerate(zip(row, sheet.columns, strict=True)):
                self._cell(page, number, place, value, form)
        last = HEAD + len(sheet.rows)
        if sheet.columns and sheet.rows:
            page.autofilter(HEAD, 0, last, len(sheet.columns) - 1)
        page.freeze_panes(HEAD + 1, 1)
        page.repeat_rows(HEAD)
        for number, note in enumerate(sheet.notes, last + 2):
            self._text(page, number, 0, note, font_color="#55606b")

    def _page(self, name: str, *, landscape: bool) -> Any:
        page = self._book.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_paper(PRINTED_WIDTH)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R&P / &N")
        if landscape:
            page.set_landscape()
        return page

    def _cell(self, page: Any, row: int, place: int, value: Value, form: Format) -> None:
        if isinstance(value, str):
            side = "left" if form == "text" else "right"
            self._text(page, row, place, value, text_wrap=form == "text", valign="top", align=side)
        elif isinstance(value, date):
            page.write_datetime(row, place, datetime(value.year, value.month, value.day), self._format(form))
        elif value is not None:
            page.write_number(row, place, value, self._format(form))

    def _text(self, page: Any, row: int, place: int, text: str, **how: Any) -> None:
        clean = _clean(text)
        if clean:
            form = "@" if len(clean) <= LONGEST_SHOWN else "General"
            shown = self._style(num_format=form, quote_prefix=clean.startswith(_STARTS_A_FORMULA), **how)
            page.write_string(row, place, clean, shown)

    @property
    def plain(self) -> Any:
        """How a cell looks that takes text: what is typed into it stays as it is typed."""
        return self._style(num_format="@")

    def cell_text(self, page: Any, row: int, place: int, text: str, *, bold: bool) -> None:
        """A text of a form."""
        self._text(page, row, place, text, bold=bold)

    def _pair(self, page: Any, row: int, label: str, text: str) -> int:
        self._text(page, row, 0, label, valign="top", font_color="#55606b", text_wrap=True)
        self._text(page, row, 1, text, valign="top", text_wrap=True)
        return row + 1

    def _headed(self, page: Any, row: int, text: str) -> int:
        self._text(page, row, 0, text, bold=True, font_size=12, bottom=1)
        return row + 1

    def _link(self, page: Any, row: int, name: str) -> None:
        """A way to a sheet of this book. Its name has no sign that could lead elsewhere."""
        shown = self._style(num_format="@", font_color="#1f4a73", underline=1, valign="top")
        page.write_url(row, 0, f"internal:'{name}'!A1", shown, string=name)

    def _format(self, form: Format) -> Any:
        return self._style(num_format=NUMBER_FORMATS[form], valign="top", align="right")

    def _style(self, **how: Any) -> Any:
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(how)
        return self._formats[key]


def _lines(finding: Mapping[str, Any], choice: str) -> Iterable[tuple[str, str]]:
    """What a finding says, label by label, in each language."""
    for language in LANGUAGES:
        if language in languages(choice) and language in finding["texts"]:
            text, label = finding["texts"][language], finding["labels"][language]
            yield say("workbook.claim", language), str(text["claim"])
            for name in ("grade", "size", "segment", "next_step", "owner"):
                if text.get(name):
                    yield str(label[name]), str(text[name])


def _width(sheet: Sheet, place: int) -> int:
    """Room for the widest cell of a column, within reason; a heading may break into two lines."""
    label, form = sheet.columns[place]
    cells = [_room(row[place], form) for row in sheet.rows]
    return min(WIDEST, max(NARROWEST, -(-_letters(label) // 2), *cells) + 2)


def _room(value: Value, form: Format) -> int:
    if isinstance(value, str):
        return _letters(value)
    return len(f"{value:,.0f}") + (0 if form == "count" else 3) if isinstance(value, int | float) else len("2026-11-16")


def _letters(text: str) -> int:
    """How wide a text is in letters; a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _clean(text: str) -> str:
    """The text without what no file can hold, cut to what a cell can."""
    clean = _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return clean if len(clean) < LONGEST_TEXT // 2 else clean[: LONGEST_TEXT // 2] + "…"
