"""A CSV read by the database in one go: certain rows are taken as they are, the others come out to be looked at."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.certain import certain_row
from appeal_insights.records.mapping import Mapping
from appeal_insights.records.reading import PAGE_ROWS, Page, header, is_plain, no_rejects, rewrite
from appeal_insights.records.statement import Filling, column, fill, parse, write
from appeal_insights.records.store import Writing


def uncertain_pages(target: Writing, path: Path, mapping: Mapping) -> Iterator[Page]:
    """Fill `taken` with the rows of a CSV, then give those that are not certain, and those that are no rows at all.

    A file that is not plain is first written anew, row by row, with an empty row where a line is none.
    """
    names, delimiter = header(path)
    if is_plain(path) and _taken(target, path, names, delimiter, mapping):
        yield from _looked_at(target, mapping, no_rejects())
        return
    target.scratch.mkdir(exist_ok=True)
    plain = target.scratch / "plain.csv"
    bad = rewrite(path, plain)
    if not _taken(target, plain, names, ",", mapping):
        raise BadInput(f"{path} has a row of more than 20 MB. Look at its quotes and save it as CSV (UTF-8) again.")
    plain.unlink()
    yield from _looked_at(target, mapping, bad)


def _taken(target: Writing, path: Path, names: list[str], delimiter: str, mapping: Mapping) -> bool:
    """Whether the database could read the file as it stands. Their columns go by number: any name is possible."""
    numbered = {theirs: f"c{number}" for number, theirs in enumerate(names)}
    sources = {ours: replace(source, theirs=numbered[source.theirs]) for ours, source in mapping.columns.items()}
    made, certain = certain_row(replace(mapping, columns=sources))
    holes: dict[str, Filling] = {
        "made": [value.as_(ours, quoted=True) for ours, value in made.items()],
        "certain": certain,
        "their_cells": [column(source.theirs) for source in sources.values()],
    }
    text = files("appeal_insights.records").joinpath("load", "taken.sql").read_text(encoding="utf-8")
    columns = {f"c{number}": "VARCHAR" for number in range(len(names))}
    try:
        target.connection.execute(write(fill(parse(text), holes)), [str(path), delimiter, columns])
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    return True


def _looked_at(target: Writing, mapping: Mapping, bad: pd.DataFrame) -> Iterator[Page]:
    theirs = [source.theirs for source in mapping.columns.values()]
    if len(bad):
        yield Page(pd.DataFrame(columns=theirs, dtype="str"), bad, 0.0)
    most = len(target.connection.table("taken"))
    held: list[tuple[int, list[str | None]]] = []
    for first in range(0, most, PAGE_ROWS):
        held += target.script("uncertain", [first, first + PAGE_ROWS]).fetchall()
        done = (first + PAGE_ROWS) / most
        if held and (len(held) >= PAGE_ROWS or done >= 1):
            numbers = pd.Index([number for number, _ in held], dtype="int64")
            frame = pd.DataFrame([cells for _, cells in held], columns=theirs, index=numbers, dtype="str")
            yield Page(frame[~frame.index.isin(bad["row"])], no_rejects(), min(done, 1.0))
            held = []
