"""Read a file in pages of rows, each with its number, and set aside the lines that are no rows."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.parquet import parquet_columns, parquet_pages

if TYPE_CHECKING:
    import _csv

PAGE_ROWS = 100_000  # rows held at once: memory stays flat whatever the file's size
DELIMITERS = ",;\t|"
_UNTIDY_QUOTES = (b' "', b'" ', b'\t"', b'"\t')  # beside a quote some readers skip these, others do not
_LONGEST_SHOWN = 200  # characters of a line that is no row
_BLOCK = 1 << 22  # bytes of a file looked at together
csv.field_size_limit(20_000_000)  # characters of a cell: as many as the database takes (load/taken.sql), not 131,072

_Rows = tuple[list[list[str]], list[int], list[tuple[int, str, str, str]], float]


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
    return parquet_columns(source) if is_parquet(source) else header(source)[0]


def read_pages(source: Path | pd.DataFrame, *, rows: int = PAGE_ROWS) -> Iterator[Page]:
    """The rows of a CSV or Parquet file, or of a pandas table, page by page."""
    if isinstance(source, pd.DataFrame):
        yield from _table_pages(source, rows)
        return
    _check_file(source)
    if is_parquet(source):
        first = 1
        for frame, done in parquet_pages(source, rows):
            frame.index = pd.RangeIndex(first, first + len(frame))
            first += len(frame)
            yield Page(frame, no_rejects(), done)
    else:
        yield from _csv_pages(source, rows)


def is_csv(path: Path) -> bool:
    """Whether a file is read as CSV. Raises BadInput where it cannot be read at all."""
    _check_file(path)
    return not is_parquet(path)


def is_plain(path: Path) -> bool:
    """Whether any reader of CSV takes the same rows from a file: UTF-8, one kind of line end, no NUL, tidy quotes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    feeds = pairs = 0
    last = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            seen = last + block
            if last == b"\r" and not block.startswith(b"\n"):
                return False
            if b"\0" in block or (b'"' in seen and any(untidy in seen for untidy in _UNTIDY_QUOTES)):
                return False
            if b"\r" in seen:
                pairs += seen.count(b"\r\n")
                if block.count(b"\r") != block.count(b"\r\n") + block.endswith(b"\r"):
                    return False
            feeds += block.count(b"\n")
            if not block.isascii() or decoder.getstate()[0]:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    return False
            last = block[-1:]
    return last != b"\r" and pairs in (0, feeds) and not decoder.getstate()[0]


def rewrite(path: Path, plain: Path) -> pd.DataFrame:
    """Write a CSV anew so that any reader takes the same rows from it; a line that is no row becomes an empty one.

    Its columns are numbered, not named.

    Gives   those lines as rejects, by the number of the row.
    """
    rejects = [no_rejects()]
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        names, _ = header(path)
        # By number: the first line end of a file, in a quoted name too, is taken for that of every line.
        writer.writerow(range(len(names)))
        for held, numbers, bad, _ in csv_rows(path, PAGE_ROWS):
            rows = {
                **dict.fromkeys((number for number, *_ in bad), [""] * len(names)),
                **dict(zip(numbers, held, strict=True)),
            }
            writer.writerows(rows[number] for number in sorted(rows))
            rejects.append(_rejects(bad))
    return pd.concat(rejects, ignore_index=True) if len(rejects) > 1 else rejects[0]


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


def is_parquet(path: Path) -> bool:
    """Whether a file begins as a Parquet file does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"No file {path}. Check the path.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty. Export it again.")
    if is_workbook(path):
        raise BadInput(f"{path} is a workbook. Save its sheet as CSV (UTF-8) and take that in.")


def is_workbook(path: Path) -> bool:
    """Whether a file begins as a workbook (.xlsx) does."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def header(path: Path) -> tuple[list[str], str]:
    """The column names of a CSV, and what separates its cells."""
    try:
        with path.open("rb") as raw:
            text = _Lines(raw, path)
            line = next(text, "")
            delimiter = max(DELIMITERS, key=line.count)
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
    names, _ = header(path)
    for held, numbers, bad, done in csv_rows(path, rows):
        frame = pd.DataFrame(held, columns=names, index=pd.Index(numbers, dtype="int64"), dtype="str")
        yield Page(frame.loc[:, [bool(name) for name in names]], _rejects(bad), done)


def csv_rows(path: Path, rows: int) -> Iterator[_Rows]:
    """So many rows at a time: their cells, their numbers, the lines that are no rows, the share of the file."""
    names, delimiter = header(path)
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
                bad.append((number, "", delimiter.join(cells), reason))
            else:
                held.append(cells[: len(names)])
                numbers.append(number)
            if len(held) + len(bad) >= rows:
                yield held, numbers, bad, raw.tell() / size
                held, numbers, bad = [], [], []
    if held or bad:
        yield held, numbers, bad, 1.0


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
            raise BadInput(
                f"{self.path}, line {self.line} is not UTF-8 text. Save the file as CSV UTF-8, or name its encoding in "
                'the mapping: encoding = "cp1252".'
            ) from error


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


def _rejects(bad: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    if not bad:
        return no_rejects()
    shown = [(number, column, text[:_LONGEST_SHOWN], reason) for number, column, text, reason in bad]
    return pd.DataFrame(shown, columns=["row", "column", "value", "reason"])
