"""Unpivot a sheet that has a column per market, week or count: what its header cells say becomes columns."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from appeal_insights.errors import BadInput, BadMapping, did_you_mean, one_of
from appeal_insights.records.checking import as_text
from appeal_insights.records.figures_mapping import COUNT, VALUE, FiguresMapping, Unpivot, fits
from appeal_insights.records.opening import open_source
from appeal_insights.records.reading import no_rejects, read_columns, read_pages

PLACE = "\0place"  # a column that no file has: what the header says above a cell, for people
_NAMELESS = re.compile(r"Unnamed: .*")  # what pandas calls a header cell with nothing in it


@dataclass(frozen=True)
class Grid:
    """A sheet as text. `headers` has the header cells of each column from the top; `rows` is indexed by row number."""

    headers: list[tuple[str, ...]]
    rows: pd.DataFrame  # its columns are numbered from 0
    bad: pd.DataFrame  # row, column, value, reason
    repairs: tuple[str, ...] = ()  # what had to be put right before the file could be read


def read_grid(source: Path | pd.DataFrame, mapping: FiguresMapping) -> Grid:
    """Read a sheet with as many header rows as the mapping says."""
    with TemporaryDirectory() as scratch:
        if isinstance(source, pd.DataFrame):
            return _read_grid(source, mapping)
        opened = open_source(source, Path(scratch) / "sheet", fact="figures", mapping=mapping.file)
        return replace(_read_grid(opened.source, mapping), repairs=opened.repairs)


def _read_grid(source: Path | pd.DataFrame, mapping: FiguresMapping) -> Grid:
    above = len(mapping.unpivot.headers) if mapping.unpivot else 1
    if isinstance(source, pd.DataFrame) and source.columns.nlevels > 1:
        headers = [
            tuple("" if _NAMELESS.fullmatch(str(cell)) else str(cell) for cell in said) for said in source.columns
        ]
        rows = source.set_axis(range(1, len(source) + 1))
        return Grid(headers, _as_text(rows.set_axis(range(rows.shape[1]), axis=1)), no_rejects())
    if isinstance(source, Path) and above > 1:
        return _read_headers(source, above)
    pages = list(read_pages(source))
    names = read_columns(source)
    rows = pd.concat([page.rows for page in pages]) if pages else pd.DataFrame(columns=names)
    bad = pd.concat([no_rejects(), *(page.bad for page in pages if len(page.bad))])
    return Grid([(str(name),) for name in rows], _as_text(rows.set_axis(range(rows.shape[1]), axis=1)), bad)


def _read_headers(path: Path, above: int) -> Grid:
    """A CSV with several header rows. A row that ends early has blanks for the rest: in a sheet that is a note."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.readline() + file.readline()
            file.seek(0)
            lines = [line for line in csv.reader(file, delimiter=max(",;\t|", key=start.count)) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"Cannot read {path}: {error}. Save the sheet as CSV UTF-8 again.") from error
    width = max((len(line) for line in lines), default=0)
    cells = [[cell.strip() for cell in line] + [""] * (width - len(line)) for line in lines]
    rows = pd.DataFrame(cells[above:], columns=range(width), index=range(1, len(cells[above:]) + 1), dtype="str")
    return Grid(list(zip(*cells[:above], strict=True)), _as_text(rows), no_rejects())


def _as_text(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: as_text(rows[name]) for name in rows}, index=rows.index)


def unpivot(grid: Grid, how: Unpivot, left: Sequence[str]) -> pd.DataFrame:
    """One row per cell: the columns to keep, what the header says above the cell, and the cell as `value`.

    Raises  BadMapping   a column to keep is not there, or a header cell that is needed is blank.
    """
    if any(len(cells) != len(how.headers or (how.pattern,)) for cells in grid.headers):
        raise BadMapping(
            f"The sheet has {len(grid.headers[0])} header rows, [unpivot] names {len(how.headers or (how.pattern,))}. "
            "A table of pandas wants its columns as a MultiIndex."
        )
    kept = {name: _place_of(name, grid.headers) for name in how.keep}
    parts = []
    for place, said in _labels(grid, how, left, set(kept.values())):
        cells = {name: grid.rows[at] for name, at in kept.items()}
        shown = " · ".join(value for name, value in said.items() if name != COUNT)
        constant = {**said, PLACE: shown}
        parts.append(pd.DataFrame({**cells, **constant, VALUE: grid.rows[place]}, index=grid.rows.index))
    if not parts:
        raise BadMapping("Every column of the sheet is kept or left out: there is nothing to unpivot.")
    return pd.concat(parts).sort_index(kind="stable")


def _place_of(name: str, headers: list[tuple[str, ...]]) -> int:
    found = [place for place, cells in enumerate(headers) if name in cells]
    if len(found) != 1:
        known = list(dict.fromkeys(cell for cells in headers for cell in cells if cell))
        raise BadMapping(
            f"The sheet has {len(found) or 'no'} columns {name!r} to keep.{did_you_mean(name, known)} "
            f"Its headers say: {one_of(known, most=30)}."
        )
    return found[0]


def _labels(grid: Grid, how: Unpivot, left: Sequence[str], kept: set[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """The columns to unpivot, with what their header says: name -> label."""
    before: dict[str, str] = {}
    for place, cells in enumerate(grid.headers):
        if place in kept or (not any(cells) and grid.rows[place].isna().all()):
            before = {}
            continue
        if how.pattern:
            said = _by_pattern(cells[0], how)
        else:
            said = {
                name: cell or (before.get(name, "") if name in left else "")
                for name, cell in zip(how.headers, cells, strict=True)
            }
        before = said or {}
        if said is None or any(fits(cell, how.skip) for cell in (*cells, *said.values()) if cell):
            continue
        for name, label in said.items():
            if not label:
                shown = " / ".join(cells)
                raise BadMapping(
                    f"Column {place + 1} of the sheet ({shown}) has no {name} in its header. Say [blank] left = "
                    f"[{name!r}] where a blank cell belongs to the one on its left, or name the column in keep or skip."
                )
        yield place, said


def _by_pattern(cell: str, how: Unpivot) -> dict[str, str] | None:
    found = re.fullmatch(how.pattern, cell)
    if found:
        return {name: (value or "").strip() for name, value in found.groupdict().items()}
    if fits(cell, how.skip):
        return None
    raise BadMapping(
        f"The header {cell!r} is not like {how.pattern!r}. Name the column in [unpivot] keep or skip, or mend the "
        "pattern."
    )
