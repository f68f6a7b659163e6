"""A file as somebody made it, turned into one that can be read: its encoding, its title lines, its sheet.

What had to be put right is said in `repairs`, so that nobody has to guess it.
"""

import codecs
import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.contract import contract
from appeal_insights.records.mapping import Mapping
from appeal_insights.records.mending import MARKS, as_it_was
from appeal_insights.records.reading import DELIMITERS, is_parquet, is_workbook, read_columns
from appeal_insights.records.sheets import write_sheet

TITLE_LINES = 50  # most lines above a header in which it is looked for
_BLOCK = 1 << 22  # bytes or characters held at once
_LONGEST_HEADER = 1 << 16  # bytes in which a file of rejects names its columns
_SAMPLE = 4096  # bytes that tell UTF-16 without a mark: every other one of plain text is zero
_MARKED = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_COMMON = 0.9  # share of characters above ASCII that everyday Chinese has in GB 2312; western text read so has few


@dataclass(frozen=True)
class Opened:
    """What is read in the place of a source, its columns, and what was put right."""

    source: Path | pd.DataFrame
    names: list[str]
    repairs: tuple[str, ...] = ()


def open_source(source: Path | pd.DataFrame, scratch: Path, *, fact: str, mapping: Mapping | None) -> Opened:
    """Make a file readable; copies go to `scratch`. Raises BadInput where nothing certain can be made of it."""
    if isinstance(source, pd.DataFrame) or not source.is_file() or not source.stat().st_size:
        return Opened(source, read_columns(source))
    repairs: list[str] = []
    path = source
    if is_workbook(path):
        path, said = write_sheet(path, scratch / "sheet.csv", mapping)
        repairs.append(said)
    elif is_parquet(path):
        return Opened(path, read_columns(path))
    mended = _is_of_rejects(path)  # what the mapping says of the place and encoding is of the file they came from
    named = mapping.encoding if mapping and not (mended and _decodes(path, "utf-8")) else None
    encoding = "utf-8" if path != source else named or _encoding(path)
    header_row = 1 if mended else mapping.header_row if mapping else None
    above = _above_header(path, encoding, _wanted(fact, mapping), header_row)
    if above or encoding not in ("utf-8", "utf-8-sig"):
        path = _as_utf8(path, encoding, above, scratch / "text.csv")
    if encoding not in ("utf-8", "utf-8-sig"):
        repairs.append(f"read as {encoding.upper()}")
    if above:
        repairs.append(f"{above} {'line' if above == 1 else 'lines'} above the header left out")
    names = read_columns(path)
    if set(MARKS) <= set(names):
        path = as_it_was(path, scratch / "mended.csv")
    return Opened(path, names, tuple(repairs))


def _is_of_rejects(path: Path) -> bool:
    """Whether a text begins as a file of rejects does, mended or not, in any encoding that has ASCII."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    return all(mark.encode() in start for mark in MARKS)


def _wanted(fact: str, mapping: Mapping | None) -> set[str]:
    if mapping is not None:
        return {source.theirs for source in mapping.columns.values()}
    return {name for name, of in contract(fact).columns.items() if of.required}


def _encoding(path: Path) -> str:
    """The encoding of a text: by its mark, else UTF-8 if all of it is, else GB 18030 if it is everyday Chinese."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    for mark, encoding in _MARKED.items():
        if start.startswith(mark):
            return encoding
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(start) >= 4 and start[offset::2].count(0) > 0.4 * len(start) / 2 and not start[1 - offset :: 2].count(0):
            return encoding
    if _decodes(path, "utf-8") or not _decodes(path, "gb18030"):
        return "utf-8"  # or none that is certain: the line that is not UTF-8 is named when it is read
    return "gb18030"


def _decodes(path: Path, encoding: str) -> bool:
    """Whether a whole file is text of that encoding, and looks like it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    common = above_ascii = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if block.isascii() and not decoder.getstate()[0]:
                    continue
                text = decoder.decode(block)
                if encoding == "gb18030":
                    unusual = [sign for sign in text if not sign.isascii()]
                    above_ascii += len(unusual)
                    common += len("".join(unusual).encode("gb2312", "ignore")) // 2
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return common >= _COMMON * above_ascii


def _text(path: Path, encoding: str) -> TextIO:
    try:
        return path.open(encoding=encoding, newline="")
    except (LookupError, ValueError) as error:  # a name with a NUL in it is the latter
        raise BadInput(f"No encoding {encoding!r}. Write utf-8, gb18030, utf-16 or cp1252 into the mapping.") from error


def _above_header(path: Path, encoding: str, wanted: set[str], header_row: int | None) -> int:
    """How many lines stand above the header: as the mapping says, else above the first line that has every column."""
    if header_row is not None:
        return header_row - 1
    with _text(path, encoding) as file:
        try:
            lines = list(islice(_lines(file), TITLE_LINES))
        except UnicodeError:
            return 0
    fitting = (number for number, line in enumerate(lines) if any(wanted <= cells for cells in _cells(line)))
    return next(fitting, 0)


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_BLOCK):
        yield line


def _cells(line: str) -> Iterator[set[str]]:
    for delimiter in DELIMITERS:
        try:
            yield {cell.strip().removeprefix("\ufeff") for cell in next(csv.reader([line], delimiter=delimiter), [])}
        except csv.Error:
            continue


def _as_utf8(path: Path, encoding: str, above: int, plain: Path) -> Path:
    """A copy in UTF-8 without the lines above the header. Raises BadInput where the text is not of that encoding."""
    plain.parent.mkdir(exist_ok=True)
    try:
        with _text(path, encoding) as file, plain.open("w", encoding="utf-8", newline="") as copy:
            for line in range(above):
                if not file.readline():
                    raise BadInput(f"{path} has {line} lines, so its header cannot be in line {above + 1}.")
            shutil.copyfileobj(file, copy, _BLOCK)
    except UnicodeError as error:
        raise BadInput(
            f"{path} is not {encoding.upper()} text throughout: {error}. Save the file as CSV UTF-8, or name its "
            'encoding in the mapping: encoding = "cp1252".'
        ) from error
    return plain
