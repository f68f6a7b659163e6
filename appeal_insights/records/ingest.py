"""Take records in: a CSV, a Parquet file or a pandas table becomes checked records, and rejects with reasons."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from appeal_insights.errors import AppealInsightsError, BadInput, BadMapping, did_you_mean, one_of
from appeal_insights.periods import GRAINS
from appeal_insights.records.bulk import uncertain_pages
from appeal_insights.records.checking import Checked, check_page
from appeal_insights.records.clocks import run_clocks
from appeal_insights.records.contract import BLANK, Contract
from appeal_insights.records.mapping import KNOWN_FROM, Mapping, same_names
from appeal_insights.records.mending import MARKS, write_rejects
from appeal_insights.records.opening import Opened, open_source
from appeal_insights.records.own_calendars import CALENDARS, is_calendars, keep_calendars
from appeal_insights.records.reading import Page, is_csv, no_rejects, read_pages
from appeal_insights.records.rolling import number_clusters, roll_up
from appeal_insights.records.statement import Filling, column, fill, parse, predicate, text_value, write
from appeal_insights.records.store import Load, Versions, Writing, writing

COUNTED, FIGURES = "appeals", "figures"  # records that metrics count, and what others have counted of them
_DUCKDB_TYPE = {
    "text": "varchar",
    "code": "varchar",
    "scope": "varchar",
    "instant": "timestamp",
    "day": "date",
    "integer": "bigint",
    "number": "double",
}


@dataclass(frozen=True)
class Intake:
    """What became of the rows of one file. read = new + changed + unchanged + rejected + totals."""

    fact: str
    source: str
    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    reasons: pd.DataFrame  # column, reason, rows, example value, first row: most frequent first
    unmapped: tuple[str, ...] = ()  # their columns that nothing was taken from
    without: tuple[str, ...] = ()  # our columns that the source does not have
    ambiguous: int = 0  # local times read as the first of two
    totals: int = 0  # stated totals that were checked against their parts (figures only)
    several: int = 0  # times that more than one format reads, each as another time
    repairs: tuple[str, ...] = ()  # what had to be put right before the file could be read
    again: bool = False  # the same file was taken in before and nothing changed, so there is no new load
    check: bool = False  # nothing was changed, only looked at
    rejects: Path | None = None  # the rejected rows as a CSV, to put right and take in again


def ingest(
    source: Path | pd.DataFrame,
    store: Path,
    *,
    mapping: Mapping | None = None,
    fact: str = "appeals",
    loaded_at: datetime | None = None,
    progress: bool = False,
    check: bool = False,
) -> Intake:
    """Take the rows of a file into a store; the old store stays whole until the new one is ready.

    Takes   `mapping`: their columns and values onto ours; without one the columns must bear the contract's names.
            `loaded_at`: the instant of this load (naive UTC); now, if not given.
            `check`: look what would become of the rows, and change nothing.
    Raises  BadInput, BadMapping   before anything is written.
    """
    [intake] = _ingest([source], store, mapping, fact, loaded_at, progress=progress, check=check)
    return intake


def ingest_folder(
    folder: Path,
    store: Path,
    *,
    mapping: Mapping | None = None,
    fact: str = "appeals",
    loaded_at: datetime | None = None,
    progress: bool = False,
    check: bool = False,
) -> list[Intake]:
    """Take in all files of a folder in the order of their names, all of them or none; what a later file says counts."""
    sources = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith((".", "~$")))
    if not sources:
        raise BadInput(f"There is no file in {folder}. Check the path.")
    return _ingest(sources, store, mapping, fact, loaded_at, progress=progress, check=check, skip_known=True)


def _ingest(
    sources: Sequence[Path | pd.DataFrame],
    store: Path,
    mapping: Mapping | None,
    fact: str,
    loaded_at: datetime | None,
    *,
    progress: bool,
    check: bool,
    skip_known: bool = False,
) -> list[Intake]:
    moment = loaded_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    intakes: list[Intake] = []
    with writing(store) as target:
        first: bool | None = None
        for source in sources:
            known = _known(target, source, mapping.fact if mapping else fact) if skip_known else None
            if known is not None:
                intakes.append(known)
                continue
            try:
                if is_calendars(source):
                    intakes.append(replace(_take_calendars(target, source, moment), check=check))
                    continue
                opened = open_source(source, target.scratch, fact=fact, mapping=mapping)
                fits = mapping or same_names(fact, opened.names)
                _check_columns(fits, opened.names)
                check_alone(target, fits.fact)
                load = target.begin(fits.fact, moment, backfilled=first)
                first = load.backfilled
                taken = _take_in(target, opened.source, fits, load, source_name(source), progress=progress)
                intake = _settle(target, source, opened, fits, taken, load)
            except AppealInsightsError as error:
                if len(sources) > 1:
                    error.add_note(f"This is about {source_name(source)}. No file of the folder was taken in.")
                raise
            intakes.append(replace(intake, check=check, rejects=_rejects_file(target, opened, load, store, intake)))
        touched = {intake.fact for intake in intakes if not intake.again}
        number_clusters(target, touched)
        roll_up(target, touched)
        run_clocks(target, touched)
        target.keeps = not check and not all(intake.again for intake in intakes)
    return intakes if target.keeps else [replace(intake, rejects=None) for intake in intakes]


def _take_calendars(target: Writing, file: Path, moment: datetime) -> Intake:
    """Keep a calendar file: what it says counts beside the calendars that are there."""
    seen = seen_before(target, CALENDARS, digest(file))
    load = target.begin(CALENDARS, moment)
    calendars = 0 if seen else keep_calendars(target, file, moment)
    target.log(load, file.name, digest(file), read=calendars, versions=Versions(calendars, 0, 0))
    return Intake(CALENDARS, file.name, calendars, calendars, 0, 0, 0, reasons(no_rejects()), again=seen)


def _rejects_file(target: Writing, opened: Opened, load: Load, store: Path, intake: Intake) -> Path | None:
    """Write the rejected rows beside the store, as <store>.rejects/<load>.csv."""
    if not intake.rejected:
        return None
    place = store.with_suffix(".rejects") / f"{load.id}.csv"
    made = target.scratch / place.name
    write_rejects(target, opened.source, load, made)
    target.beside[made] = place
    return place


def check_alone(target: Writing, fact: str) -> None:
    """Refuse records beside counted figures of the same thing: a question could not tell which of them it means."""
    pair = {COUNTED, FIGURES}
    if fact in pair and any(target.has(other) for other in pair - {fact}):
        raise BadInput(f"The store holds {one_of(pair - {fact})} already. Take {fact} into a store of their own.")


def _check_columns(mapping: Mapping, theirs: list[str]) -> None:
    for ours, source in mapping.columns.items():
        if source.theirs not in theirs:
            raise BadMapping(
                f"The file has no column {source.theirs!r}, which the mapping takes {ours!r} from."
                f"{did_you_mean(source.theirs, theirs)} It has: {one_of(theirs, most=30)}."
            )


@dataclass(frozen=True)
class _Taken:
    read: int
    ambiguous: int
    several: int


def _take_in(
    target: Writing, source: Path | pd.DataFrame, mapping: Mapping, load: Load, name: str, *, progress: bool
) -> _Taken:
    """Make `sound` of the good rows of the file, and write down the rejects."""
    contract = mapping.contract
    kinds = {name: _DUCKDB_TYPE[entry.type] for name, entry in contract.columns.items()}
    kept = {**kinds, "zone": "varchar", KNOWN_FROM: "timestamp"}
    target.create("checked", {"source_row": "bigint", **kept}, temporary=True)
    ambiguous = several = looked_at = 0
    with tqdm(total=100, desc=f"reading {name}", unit="%", disable=not progress, leave=False) as bar:
        for page in _pages(target, source, mapping, kept):
            checked: Checked = check_page(page.rows, mapping)
            target.append("checked", checked.good)
            target.set_aside(load, name, page.bad)
            target.set_aside(load, name, checked.rejects)
            looked_at += len(page.rows) + len(page.bad)
            ambiguous += checked.ambiguous
            several += checked.several
            bar.update(int(100 * page.done) - bar.n)
    [(certain,)] = target.connection.execute("select count(*) from taken where cells is null").fetchall()
    target.connection.execute(
        write(
            fill(
                parse(
                    """
                    create temp view sound as
                    select rowid + 1 as source_row, kept from taken where cells is null
                    union all by name
                    select * from checked
                    """
                ),
                {"kept": [column(of) for of in kept]},
            )
        )
    )
    _break_rules(target, contract, mapping, load, name)
    _see_keys_again(target, mapping, load, name)
    return _Taken(certain + looked_at, ambiguous, several)


def _pages(target: Writing, source: Path | pd.DataFrame, mapping: Mapping, kept: dict[str, Any]) -> Iterator[Page]:
    """The rows that want a look. Those of a CSV that are good beyond doubt are in `taken` and do not come."""
    if isinstance(source, Path) and is_csv(source):
        yield from uncertain_pages(target, source, mapping)
    else:
        target.create("taken", {**kept, "cells": "varchar"}, temporary=True)
        yield from read_pages(source)


def _break_rules(target: Writing, contract: Contract, mapping: Mapping, load: Load, source: str) -> None:
    """Set the rows aside that break a rule of the contract."""
    tree = parse(
        """
        insert into rejects by name
        select
            $1 as load_id, $2 as fact, $3 as source, source_row,
            $4 as source_column, cast(offending as varchar) as value, $5 as reason
        from sound
        where not coalesce(holds, false)
        """
    )
    for rule in contract.rules:
        holds = predicate(rule.holds, contract.columns, what=f"the rule {rule.id}")
        text = write(fill(tree, {"offending": column(rule.column), "holds": holds}))
        theirs = mapping.columns[rule.column].theirs if rule.column in mapping.columns else rule.column
        target.connection.execute(text, [load.id, load.fact, source, theirs, rule.reason["en"]])


def _see_keys_again(target: Writing, mapping: Mapping, load: Load, source: str) -> None:
    """Set every second appearance of a key aside; a row that was set aside already is none."""
    key = mapping.contract.key
    tree = parse(
        """
        insert into rejects by name
        with good as (
            select source_row, key_column as record_key
            from sound
            where source_row not in (select source_row from rejects where load_id = $1)
        ),

        numbered as (
            select source_row, record_key, min(source_row) over (partition by record_key) as first_row
            from good
            where record_key in (select record_key from good group by record_key having count(*) > 1)
        )

        select
            $1 as load_id, $2 as fact, $3 as source, source_row, $4 as source_column, record_key as value,
            'appears again; the first is row ' || first_row as reason
        from numbered
        where source_row > first_row
        """
    )
    text = write(fill(tree, {"key_column": column(key)}))
    target.connection.execute(text, [load.id, load.fact, source, mapping.columns[key].theirs])


def _settle(
    target: Writing, source: Path | pd.DataFrame, opened: Opened, mapping: Mapping, taken: _Taken, load: Load
) -> Intake:
    """Put the rows into the store's table as versions, and write down the load."""
    contract = mapping.contract
    versions = _as_versions(target, contract, load)
    print_of_source, about = digest(source), target.about(contract.fact)
    seen = seen_before(target, contract.fact, print_of_source)
    target.log(load, source_name(source), print_of_source, read=taken.read, versions=versions)
    without = tuple(of for of in contract.columns if of not in mapping.columns and of not in mapping.constants)
    said = _said(about, mapping, without)
    target.note(contract.fact, json.dumps(said))
    used = {*(entry.theirs for entry in mapping.columns.values()), *MARKS}
    told = target.script("reasons", [load.id]).df()
    return accounted(
        Intake(contract.fact, source_name(source), taken.read, *versions, target.rejected(load), told),
        unmapped=tuple(theirs for theirs in opened.names if theirs and theirs not in used),
        without=without,
        ambiguous=taken.ambiguous,
        several=taken.several,
        repairs=opened.repairs,
        again=seen and versions.new == versions.changed == 0 and said == about,
    )


def _known(target: Writing, source: Path | pd.DataFrame, fact: str) -> Intake | None:
    """What became of a file with those very bytes when it was taken in, now unchanged; None if it never was.

    A later file of a folder may have corrected it: to take it in again would turn that back.
    """
    rows = target.connection.execute(
        "select rows_read, rows_rejected from loads where fact = $1 and source_digest = $2", [fact, digest(source)]
    ).fetchall()
    if not rows:
        return None
    read, rejected = rows[0]
    return Intake(fact, source_name(source), read, 0, 0, read - rejected, rejected, reasons(no_rejects()), again=True)


def seen_before(target: Writing, fact: str, of: str) -> bool:
    """Whether a file with those very bytes was taken in before."""
    rows = target.connection.execute("select 1 from loads where fact = $1 and source_digest = $2", [fact, of])
    return bool(rows.fetchall())


def _as_versions(target: Writing, contract: Contract, load: Load) -> Versions:
    """Add `sound` rows that were not set aside to the fact's table; then leave nothing of this file behind."""
    _name_blanks(target, contract, load)
    target.script(contract.fact)
    later = target.has(contract.fact)
    if later:
        target.connection.execute("create temp table arrived as select * from arriving")
        target.connection.execute("drop view arriving; alter table arrived rename to arriving")
    target.keep(contract.fact, contract.key)
    versions = target.replace(load, _at_rest(target, contract))
    target.connection.execute("drop table arriving" if later else "drop view arriving")
    target.connection.execute(
        "drop view incoming; drop view sound; drop table taken; drop table checked; drop table kept"
    )
    return versions


def _name_blanks(target: Writing, contract: Contract, load: Load) -> None:
    """Make `incoming` of the rows that nothing is wrong with: an unknown value of a dimension gets a name.

    So it is never mistaken for 'all'. `said` is all that the row itself says, to see whether it changed: no
    value is an empty text or holds a NUL, so two rows that differ never say the same.
    """
    tree = parse(
        """
        create temp view incoming as
        select source_row, concat_ws(chr(0), texts) as said, named, zone, known_from
        from sound
        where source_row not in (select source_row from rejects where load_id = this_load)
        """
    )
    text = parse("coalesce(cast(x as varchar), '')")
    named = {of: parse("coalesce(x, blank)") if of in contract.dimensions else column(of) for of in contract.columns}
    filled = [
        fill(value, {"x": column(of), "blank": text_value(BLANK)}).as_(of, quoted=True) for of, value in named.items()
    ]
    holes: dict[str, Filling] = {
        "texts": [fill(text, {"x": column(of)}) for of in (*contract.columns, "zone")],
        "named": filled,
        "this_load": parse(str(load.id)),
    }
    target.connection.execute(write(fill(tree, holes)))


def _said(before: dict[str, Any], mapping: Mapping, without: tuple[str, ...]) -> dict[str, object]:
    """What a fact's records declare after this load: times as coarse as the coarsest file, columns that no file has."""
    coarse = before.get("precision", {})
    precision = {
        ours: max((grains[ours] for grains in (coarse, mapping.precision) if ours in grains), key=GRAINS.index)
        for ours in {**coarse, **mapping.precision}
    }
    lacking = [ours for ours in without if ours in before.get("without", without)]
    return {"precision": precision, "without": lacking, "zone": mapping.zone}


def accounted(intake: Intake, **notes: Any) -> Intake:
    """The intake with its notes. Raises BadInput where a row was lost: then nothing is put in place."""
    told = intake.new + intake.changed + intake.unchanged + intake.rejected + notes.get("totals", 0)
    if intake.read != told:
        raise BadInput(
            f"{intake.source}: {intake.read} rows were read but {told} are accounted for. Nothing was taken in."
        )
    return replace(intake, **notes)


def _at_rest(target: Writing, contract: Contract) -> dict[str, object]:
    """The types of the store's table: codes as enumerations, dimensions of every value met so far."""
    kinds: dict[str, object] = {
        name: sorted(entry.values) or _DUCKDB_TYPE[entry.type] for name, entry in contract.everything.items()
    }
    tables = ["incoming", "kept"] if target.has(contract.fact) else ["incoming"]
    own = [name for name in contract.dimensions if name in contract.columns]
    met = [target.distinct(table, own) for table in tables]
    met.append({name: set(contract.derived[name].values) for name in contract.dimensions if name not in own})
    return kinds | {
        name: sorted({BLANK}.union(*(values.get(name, set()) for values in met))) for name in contract.dimensions
    }


def reasons(rejects: pd.DataFrame) -> pd.DataFrame:
    """The rejects by column and reason, most frequent first."""
    grouped = rejects.groupby(["column", "reason"], as_index=False, dropna=False).agg(
        rows=("row", "nunique"), example=("value", "first"), first_row=("row", "min")
    )
    return grouped.sort_values(["rows", "first_row"], ascending=[False, True], ignore_index=True)


def source_name(source: Path | pd.DataFrame) -> str:
    """What a source is called in the log: the name of the file, without its folder."""
    return "table" if isinstance(source, pd.DataFrame) else source.name


def digest(source: Path | pd.DataFrame) -> str:
    """The sha256 of what was taken in."""
    if isinstance(source, pd.DataFrame):
        return hashlib.sha256(source.to_csv(index=False).encode("utf-8", "surrogatepass")).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
