"""The rows of a load that were set aside, as a CSV to put right and take in again with the same mapping."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.reading import csv_rows, header, is_csv, read_columns, read_pages
from appeal_insights.records.store import Load, Writing

MARKS = ("rejected_row", "rejected_column", "rejected_reason")  # the columns that stand beside those of the file
_STARTS_A_FORMULA = (*"=+-@＝＋－＠", "\t", "\r", "\n", "\0")  # a spreadsheet would run it
_SHOWN_AS_TEXT = "'"


def write_rejects(target: Writing, source: Path | pd.DataFrame, load: Load, path: Path) -> None:
    """Write the rejected rows of a load: the cells as they came, then the row's number, columns and reasons.

    A cell that a spreadsheet would run begins with a quote, and so does one that begins with a quote; `as_it_was` takes
    them off again.
    """
    rejected = _rejected(target, load)
    number, columns, why = next(rejected, (0, "", ""))
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)  # ends lines with \r\n: with \n alone it leaves a cell with a \r in it unquoted
        writer.writerow([_shown(name) for name in read_columns(source) if name not in MARKS] + list(MARKS))
        for row, cells in _originals(source):
            if row != number:
                continue
            writer.writerow([*map(_shown, cells), number, _shown(columns), _shown(why)])
            number, columns, why = next(rejected, (0, "", ""))
            if not number:
                return


def _rejected(target: Writing, load: Load) -> Iterator[tuple[int, str, str]]:
    answer = target.script("rejected", [load.id])
    while some := answer.fetchmany(10_000):
        yield from some


def _originals(source: Path | pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    """Every row of a source with its number, as it came, in order."""
    names = read_columns(source)
    kept = [place for place, name in enumerate(names) if name not in MARKS]
    if isinstance(source, pd.DataFrame) or not is_csv(source):
        for page in read_pages(source):
            table = page.rows.drop(columns=[name for name in MARKS if name in page.rows]).astype("str").fillna("")
            yield from zip(table.index.tolist(), table.to_numpy().tolist(), strict=True)
        return
    _, delimiter = header(source)
    for held, numbers, bad, _ in csv_rows(source, 10_000):
        lines = {number: _whole(text.split(delimiter), len(names), delimiter) for number, _, text, _ in bad}
        rows = {**dict(zip(numbers, held, strict=True)), **lines}
        yield from ((number, [rows[number][place] for place in kept]) for number in sorted(rows))


def _whole(cells: list[str], width: int, delimiter: str) -> list[str]:
    """As many cells as the header has: too few are filled up, too many stand together in the last."""
    return [
        *cells[: width - 1],
        *[""] * (width - len(cells)),
        *([delimiter.join(cells[width - 1 :])] if len(cells) >= width else []),
    ]


def _shown(cell: str) -> str:
    return _SHOWN_AS_TEXT + cell if cell.startswith((*_STARTS_A_FORMULA, _SHOWN_AS_TEXT)) else cell


def as_it_was(path: Path, plain: Path) -> Path:
    """A copy of a file of rejects, mended or not, without the quotes that keep a spreadsheet from running a cell.

    Raises  BadInput   it is no CSV in UTF-8 any more.
    """
    plain.parent.mkdir(exist_ok=True)
    _, delimiter = header(path)
    with path.open(encoding="utf-8-sig", newline="") as file, plain.open("w", encoding="utf-8", newline="") as copy:
        writer = csv.writer(copy, delimiter=delimiter)
        try:
            for cells in csv.reader(file, delimiter=delimiter):
                writer.writerow([cell.removeprefix(_SHOWN_AS_TEXT) for cell in cells])
        except (UnicodeDecodeError, csv.Error) as error:
            raise BadInput(f"Cannot read {path}: {error}. Save the mended file as CSV UTF-8 again.") from error
    return plain
