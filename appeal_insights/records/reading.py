"""Read a file in pages of rows, each with its number, and set aside the lines that are no rows."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.store import parquet_columns, parquet_pages

if TYPE_CHECKING:
    import _csv

PAGE_ROWS = 100_000  # rows held at once: memory stays flat whatever the file's size
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Page:
    """Some rows of a file. `rows` is indexed by row number (1 is the first below the header), `bad` are unreadable."""

    rows: pd.DataFrame
    bad: pd.DataFrame  # row, column, value, reason
    done: float  # share of the file read so far, 0..1


def read_columns(source: Path | pd.DataFrame) -> list[str]:
    """The column names of a file or table. Raises BadInput where it cannot be read."""
    if isinstance(source, pd.DataFrame):
        names = [str(name) for name in source.columns]
        _check_repeated(names, "The table")
        return names
    _check_file(source)
    return parquet_columns(source) if _is_parquet(source) else _header(source)[0]


def read_pages(source: Path | pd.DataFrame, *, rows: int = PAGE_ROWS) -> Iterator[Page]:
    """The rows of a CSV or Parquet file, or of a pandas table, page by page."""
    if isinstance(source, pd.DataFrame):
        yield from _table_pages(source, rows)
        return
    _check_file(source)
    if _is_parquet(source):
        first = 1
        for frame, done in parquet_pages(source, rows):
            frame.index = pd.RangeIndex(first, first + len(frame))
            first += len(frame)
            yield Page(frame, no_rejects(), done)
    else:
        yield from _csv_pages(source, rows)


def no_rejects() -> pd.DataFrame:
    """An empty table of rejects."""
    return pd.DataFrame(
        {
            "row": pd.Series(dtype="int64"),
            "column": pd.Series(dtype="str"),
            "value": pd.Series(dtype="str"),
            "reason": pd.Series(dtype="str"),
        }
    )


def _table_pages(table: pd.DataFrame, rows: int) -> Iterator[Page]:
    for first in range(0, len(table), rows):
        page = table.iloc[first : first + rows].copy()
        page.columns = pd.Index([str(name) for name in page.columns])
        page.index = pd.RangeIndex(first + 1, first + 1 + len(page))
        yield Page(page, no_rejects(), (first + len(page)) / len(table))


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"No file {path}. Check the path.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty. Export it again.")
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise BadInput(f"{path} is a workbook. Save its sheet as CSV (UTF-8) and take that in.")


def _header(path: Path) -> tuple[list[str], str]:
    try:
        with path.open("rb") as raw:
            text = _Lines(raw, path)
            line = next(text, "")
            delimiter = max(_DELIMITERS, key=line.count)
            cells = next(csv.reader(chain([line], text), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise BadInput(f"Cannot read the header of {path}: {error}. Save the file as CSV (UTF-8) again.") from error
    names = [name.strip() for name in cells]
    if not any(names):
        raise BadInput(f"{path} does not start with the names of its columns. Export it again, with a header.")
    _check_repeated(names, str(path))
    return names, delimiter


def _check_repeated(names: list[str], what: str) -> None:
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise BadInput(f"{what} has two columns named {repeated[0]!r}. Rename one of them.")


def _csv_pages(path: Path, rows: int) -> Iterator[Page]:
    names, delimiter = _header(path)
    size = path.stat().st_size
    held: list[list[str]] = []
    numbers: list[int] = []
    bad: list[tuple[int, str, str, str]] = []
    with path.open("rb") as raw:
        text = _Lines(raw, path)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        next(reader)
        number = 0
        for cells, reason in _cells(reader, text):
            if not cells:
                continue  # a blank line is no row
            number += 1
            reason = reason or _unreadable(cells, names)
            if reason:
                bad.append((number, "", delimiter.join(cells)[:200], reason))
            else:
                held.append(cells[: len(names)])
                numbers.append(number)
            if len(held) + len(bad) >= rows:
                yield _page(held, numbers, bad, names, raw.tell() / size)
                held, numbers, bad = [], [], []
    if held or bad:
        yield _page(held, numbers, bad, names, 1.0)


class _Lines:
    """The lines of a file as text, decoded one by one so that an error names its line."""

    def __init__(self, raw: Iterator[bytes], path: Path) -> None:
        self.raw, self.path, self.line = raw, path, 0
        self.last, self.ended = "", False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self.raw, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.line += 1
        try:
            self.last = line.decode("utf-8-sig" if self.line == 1 else "utf-8")
            return self.last
        except UnicodeDecodeError as error:
            raise BadInput(f"{self.path}, line {self.line} is not UTF-8 text. Save the file as CSV UTF-8.") from error


def _cells(reader: "_csv.Reader", text: _Lines) -> Iterator[tuple[list[str], str | None]]:
    """The cells of each row; for a line that is no CSV the line as it stands, with the reason.

    Raises  BadInput   that cannot be told of one line: a quote stays open, so the rows after it are part of a cell.
    """
    while True:
        first = text.line + 1
        try:
            yield next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            if text.line > first or text.ended:
                raise BadInput(
                    f"{text.path}: a quote that is opened in line {first} is not closed. Put it right and try again."
                ) from error
            yield [text.last.rstrip("\r\n")], f"is no row of a CSV file: {error}"


def _unreadable(cells: list[str], names: list[str]) -> str | None:
    if len(cells) < len(names):
        return f"has {len(cells)} cells, the header {len(names)}"
    if any(cell.strip() for cell in cells[len(names) :]):
        return f"has {len(cells)} cells, the header {len(names)}"
    if any("\0" in cell for cell in cells):
        return "holds a NUL character"
    return None


def _page(
    held: list[list[str]], numbers: list[int], bad: list[tuple[int, str, str, str]], names: list[str], done: float
) -> Page:
    frame = pd.DataFrame(held, columns=names, index=pd.Index(numbers, dtype="int64"), dtype="str")
    rejects = pd.DataFrame(bad, columns=["row", "column", "value", "reason"]) if bad else no_rejects()
    return Page(frame.loc[:, [bool(name) for name in names]], rejects, done)
