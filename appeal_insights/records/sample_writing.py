"""CSV by columns of bytes, a part at a time, put in place whole at the end."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from appeal_insights.records.sample_draws import DAY, Integers
from appeal_insights.records.sample_shape import SAMPLE_EXTRACTED_AT, VALUES

Bytes = npt.NDArray[np.bytes_]

FOUR_DIGITS = np.array([f"{number:04d}" for number in range(10_000)], dtype="S4")
TIMES = np.array(
    [f"T{hour:02d}:{minute:02d}:{second:02d}Z" for hour in range(24) for minute in range(60) for second in range(60)],
    dtype="S10",
)
WORDS = {column: np.array(values, dtype=np.bytes_) for column, values in VALUES.items()}
EXTRACTED_AT = int(np.datetime64(SAMPLE_EXTRACTED_AT.removesuffix("Z"), "s").astype(np.int64))


@contextmanager
def put_in_place(folder: Path, names: Sequence[str]) -> Iterator[Mapping[str, IO[bytes]]]:
    """Files to write to; they get their names when all is written, and vanish if that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {name: folder / f".{name}.{os.getpid()}.part" for name in names}
    try:
        with ExitStack() as stack:
            yield {name: stack.enter_context(path.open("wb")) for name, path in parts.items()}
        for name, path in parts.items():
            path.replace(folder / name)
    finally:
        for path in parts.values():
            path.unlink(missing_ok=True)


def csv_rows(columns: Sequence[Bytes]) -> bytes:
    """The rows of a CSV. No value may hold a comma, a quote or a line break.

    All values stand padded with zero bytes in one table; what is left without those bytes is the text.
    """
    separators = [b","] * (len(columns) - 1) + [b"\n"]
    kinds = [(f"{place}{part}", kind) for place, column in enumerate(columns) for part, kind in _cell(column)]
    table = np.zeros(len(columns[0]), dtype=kinds)
    for place, (column, separator) in enumerate(zip(columns, separators, strict=True)):
        table[f"{place}value"] = column
        table[f"{place}separator"] = separator
    return table.tobytes().translate(None, b"\0")


def _cell(column: Bytes) -> list[tuple[str, str]]:
    return [("value", column.dtype.str), ("separator", "S1")]


def words(places: Integers, column: str) -> Bytes:
    found: Bytes = WORDS[column][places]
    return found


def whole(numbers: Integers) -> Bytes:
    return numbers.astype("S10")


def ids(letter: str, numbers: Integers) -> Bytes:
    """A letter and eight digits."""
    written = np.zeros(len(numbers), dtype=[("letter", "S1"), ("high", "S4"), ("low", "S4")])
    written["letter"] = letter.encode()
    written["high"], written["low"] = FOUR_DIGITS[numbers // 10_000], FOUR_DIGITS[numbers % 10_000]
    return written.view("S9")


def instants(seconds: Integers) -> Bytes:
    """Times in UTC as 2026-11-16T06:00:00Z; nothing where they are later than the extract."""
    known = seconds <= EXTRACTED_AT
    day, second = np.divmod(np.where(known, seconds, EXTRACTED_AT), DAY)
    first = int(day.min(initial=EXTRACTED_AT // DAY))
    days = np.arange(first, EXTRACTED_AT // DAY + 1).astype("datetime64[D]").astype("S10")
    written = np.zeros(len(seconds), dtype=[("day", "S10"), ("time", "S10")])
    written["day"], written["time"] = days[day - first], TIMES[second]
    text = written.view("S20")
    text[~known] = b""
    return text


def known(seconds: Integers, values: Bytes) -> Bytes:
    """Values where their instant is no later than the extract, nothing elsewhere."""
    return np.where(seconds <= EXTRACTED_AT, values, np.bytes_(b""))
