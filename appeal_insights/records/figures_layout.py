"""Lay a counted sheet out anew: one row per period and segment, one column per count, as its mapping says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from appeal_insights.errors import BadMapping, did_you_mean, one_of
from appeal_insights.records.figures_mapping import FiguresMapping, fits
from appeal_insights.records.reading import no_rejects
from appeal_insights.records.unpivot import PLACE, read_grid, unpivot


@dataclass(frozen=True)
class Sheet:
    """A counted sheet, laid out. Where several rows of the file make one, it has the number of the first of them."""

    rows: pd.DataFrame  # their labels and counts as text, one row per period and segment, numbered from 0
    numbers: "pd.Series[int]"  # row of the file, by the index of `rows`
    bad: pd.DataFrame  # row, column, value, reason
    read: int  # rows of the file in `rows` and `bad`; those that make one together count once
    skipped: int  # rows of the file that the mapping leaves out
    unmapped: tuple[str, ...]  # columns and counts that nothing is taken from
    unseen: tuple[str, ...]  # totals and rows to take or leave out that the mapping names and the sheet does not have
    repairs: tuple[str, ...]  # what had to be put right before the file could be read


def read_sheet(source: Path | pd.DataFrame, mapping: FiguresMapping) -> Sheet:
    """Read a sheet and lay it out. Raises BadMapping where the file has not the columns that the mapping names."""
    grid = read_grid(source, mapping)
    if mapping.unpivot:
        table = unpivot(grid, mapping.unpivot, mapping.left)
    else:
        table = grid.rows.set_axis([cells[0] for cells in grid.headers], axis=1).assign(**{PLACE: ""})
    _check_columns([*mapping.labels, *mapping.only, *mapping.skip, *mapping.above, *(mapping.by_row or ())], table)
    table = table.replace(dict.fromkeys(mapping.marks)) if mapping.marks else table
    table = _repeated(table, mapping.above)
    taken = table[_taken(table, mapping)]
    notes = _is_note(grid.bad, mapping)
    skipped = table.index.nunique() - taken.index.nunique() + int(notes.sum())
    unmapped, unseen = _unmapped(taken, mapping), _unseen(table, grid.bad[notes], mapping)
    if mapping.by_row:
        rows, numbers, again = _spread(taken, mapping, *mapping.by_row)
    else:
        _check_columns([*mapping.counts, *(rate.rate for rate in mapping.rates)], taken)
        rows, numbers, again = taken.reset_index(drop=True), pd.Series(taken.index, dtype="int64"), no_rejects()
    bad = pd.concat([table for table in (grid.bad[~notes], again) if len(table)] or [no_rejects()])
    if mapping.absent:
        counted = rows[mapping.counts].notna().any(axis=1)
        skipped += numbers.nunique() - numbers[counted].nunique()
        rows, numbers = rows[counted], numbers[counted]
    return Sheet(rows, numbers, bad, len({*numbers, *bad["row"]}), skipped, unmapped, unseen, grid.repairs)


def _check_columns(wanted: Iterable[str], table: pd.DataFrame) -> None:
    known = [str(name) for name in table if name != PLACE]
    for name in wanted:
        if name not in known:
            raise BadMapping(
                f"The file has no column {name!r}.{did_you_mean(name, known)} It has: {one_of(known, most=30)}."
            )


def _repeated(table: pd.DataFrame, above: Sequence[str]) -> pd.DataFrame:
    """Cells that are blank because they repeat the one above. What is new in an earlier of the columns ends that."""
    filled = table.copy()
    for place, name in enumerate(above):
        new = table[list(above[:place])].notna().any(axis=1).cumsum()
        filled[name] = table[name].groupby(new.to_numpy()).ffill()
    return filled


def _check_named(wanted: Sequence[str], said: "pd.Series[str]", mapping: FiguresMapping) -> None:
    """Raises BadMapping where a row per count never names a count that a metric wants, and that may not be blank."""
    known = [str(name) for name in said.dropna().unique()]
    for name in wanted:
        if known and name not in (*known, *mapping.zero):
            raise BadMapping(
                f"The column {said.name!r} never names the count {name!r}.{did_you_mean(name, known)} "
                f"It names: {one_of(known, most=30)}."
            )


def _taken(table: pd.DataFrame, mapping: FiguresMapping) -> "pd.Series[bool]":
    """Which rows the mapping does not leave out."""
    taken = pd.Series(True, index=table.index)
    for name, patterns in mapping.only.items():
        taken &= (
            table[name].map(lambda said, of=patterns: fits(said, of), na_action="ignore").fillna(False).astype(bool)
        )
    for name, patterns in mapping.skip.items():
        taken &= ~table[name].map(lambda said, of=patterns: fits(said, of), na_action="ignore").fillna(False).astype(
            bool
        )
    return taken


def _is_note(bad: pd.DataFrame, mapping: FiguresMapping) -> "pd.Series[bool]":
    """Lines that are no rows and read like what the mapping leaves out: footnotes have fewer cells than the header."""
    patterns = [one for said in mapping.skip.values() for one in said]
    return bad["value"].fillna("").map(lambda line: fits(line.strip(",;\t| "), patterns)).astype(bool)


def _unmapped(table: pd.DataFrame, mapping: FiguresMapping) -> tuple[str, ...]:
    """Their columns, and the names of counts in a column, that nothing is taken from."""
    used = {*mapping.labels, *mapping.counts, *(rate.rate for rate in mapping.rates), *mapping.only, *mapping.skip}
    names = [str(name) for name in table if name not in (PLACE, *(mapping.by_row or ()))]
    if mapping.by_row:
        names += [str(name) for name in table[mapping.by_row[0]].dropna().unique()]
    return tuple(name for name in names if name not in used)


def _unseen(table: pd.DataFrame, notes: pd.DataFrame, mapping: FiguresMapping) -> tuple[str, ...]:
    """What the mapping names and the sheet never says: a total spelt otherwise would be counted as a segment."""
    named = [(total.column, one) for total in mapping.totals for one in (total.value, *total.of)]
    named += [
        (name, one) for said in (mapping.only, mapping.skip) for name, patterns in said.items() for one in patterns
    ]
    cells = {name: list(table[name].dropna().unique()) for name in {name for name, _ in named}}
    lines = [line.strip(",;\t| ") for line in notes["value"]]
    unseen = [one for name, one in named if not any(fits(cell, [one]) for cell in (*cells[name], *lines))]
    return tuple(dict.fromkeys(unseen))


def _spread(
    table: pd.DataFrame, mapping: FiguresMapping, count: str, value: str
) -> tuple[pd.DataFrame, "pd.Series[int]", pd.DataFrame]:
    """One row per period and segment from a row per count, the row number of each, and the counts that come twice."""
    wanted = [*mapping.counts, *dict.fromkeys(rate.rate for rate in mapping.rates)]
    _check_named(wanted, table[count], mapping)
    named = table.reset_index(names="row")
    by_header = mapping.unpivot.names if mapping.unpivot else ()
    lines = [name for name in mapping.labels if name not in by_header]
    named["leaf"] = named.groupby(mapping.labels, dropna=False, sort=False).ngroup()
    named["row"] = named.groupby(lines, dropna=False, sort=False)["row"].transform("min") if lines else named["row"]
    again = named[named[count].isin(wanted) & named.duplicated(["leaf", count])]
    once = named[named[count].isin(wanted)].drop_duplicates(["leaf", count])
    wide = once.pivot(index="leaf", columns=count, values=value).reindex(columns=wanted)
    first = named.drop_duplicates("leaf").set_index("leaf").sort_index()
    rows = first[[*mapping.labels, PLACE]].join(wide)
    rejects = pd.DataFrame(
        {
            "row": again["row"],
            "column": again[count],
            "value": again[value].fillna(""),
            "reason": "this count appears again for its period and segment",
        }
    )
    return rows, first["row"], rejects
