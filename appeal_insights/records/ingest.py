"""Take records in: a CSV, a Parquet file or a pandas table becomes checked records, and rejects with reasons."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from appeal_insights.errors import BadInput, BadMapping, did_you_mean, one_of
from appeal_insights.periods import GRAINS
from appeal_insights.records.checking import Checked, check_page
from appeal_insights.records.contract import BLANK, Contract
from appeal_insights.records.mapping import KNOWN_FROM, Mapping, same_names
from appeal_insights.records.reading import no_rejects, read_columns, read_pages
from appeal_insights.records.statement import column, fill, parse, predicate, write
from appeal_insights.records.store import Load, Writing, writing

COUNTED, FIGURES = "appeals", "figures"  # records that metrics count, and what others have counted of them
_DUCKDB_TYPE = {
    "text": "varchar",
    "code": "varchar",
    "scope": "varchar",
    "instant": "timestamp",
    "day": "date",
    "integer": "bigint",
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


def ingest(
    source: Path | pd.DataFrame,
    store: Path,
    *,
    mapping: Mapping | None = None,
    fact: str = "appeals",
    loaded_at: datetime | None = None,
    progress: bool = False,
) -> Intake:
    """Take the rows of a file into a store; the old store stays whole until the new one is ready.

    Takes   `mapping`: their columns and values onto ours; without one the columns must bear the contract's names.
            `loaded_at`: the instant of this load (naive UTC); now, if not given.
    Raises  BadInput, BadMapping   before anything is written.
    """
    theirs = read_columns(source)
    mapping = mapping or same_names(fact, theirs)
    _check_columns(mapping, theirs)
    moment = loaded_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with writing(store) as target:
        check_alone(target, mapping.fact)
        load = target.begin(mapping.fact, moment)
        taken = _take_in(target, source, mapping, progress=progress)
        return _settle(target, source, mapping, taken, load)


def check_alone(target: Writing, fact: str) -> None:
    """Refuse records beside counted figures of the same thing: a question could not tell which of them it means."""
    pair = {COUNTED, FIGURES}
    if fact in pair and any(target.has(other) for other in pair - {fact}):
        raise BadInput(f"The store holds {one_of(pair - {fact})} already. Take {fact} into a store of their own.")


@dataclass
class _Taken:
    read: int
    rejects: pd.DataFrame
    ambiguous: int


def _check_columns(mapping: Mapping, theirs: list[str]) -> None:
    for ours, source in mapping.columns.items():
        if source.theirs not in theirs:
            raise BadMapping(
                f"The file has no column {source.theirs!r}, which the mapping takes {ours!r} from."
                f"{did_you_mean(source.theirs, theirs)} It has: {one_of(theirs, most=30)}."
            )


def _take_in(target: Writing, source: Path | pd.DataFrame, mapping: Mapping, *, progress: bool) -> _Taken:
    """Fill `incoming` with the good rows of every page; gather the rejects."""
    contract = mapping.contract
    kinds = {name: _DUCKDB_TYPE[entry.type] for name, entry in contract.columns.items()}
    target.create("incoming", {"source_row": "bigint", **kinds, "zone": "varchar", KNOWN_FROM: "timestamp"})
    read, rejects, ambiguous = 0, [no_rejects()], 0
    with tqdm(total=100, desc=f"reading {source_name(source)}", unit="%", disable=not progress, leave=False) as bar:
        for page in read_pages(source):
            checked: Checked = check_page(page.rows, mapping)
            target.append("incoming", checked.good)
            read += len(page.rows) + len(page.bad)
            rejects += [page.bad, checked.rejects]
            ambiguous += checked.ambiguous
            bar.update(int(100 * page.done) - bar.n)
    rejects += [_broken_rules(target, contract, mapping), _repeated_keys(target, contract, mapping)]
    return _Taken(
        read, pd.concat([table for table in rejects if len(table)] or [no_rejects()], ignore_index=True), ambiguous
    )


def _broken_rules(target: Writing, contract: Contract, mapping: Mapping) -> pd.DataFrame:
    """Take the rows that break a rule of the contract out of `incoming`."""
    found = [no_rejects()]
    for rule in contract.rules:
        tree = parse(
            """
            select source_row as "row", cast(offending as varchar) as value
            from incoming
            where not coalesce(holds, false)
            """
        )
        holds = predicate(rule.holds, contract.columns, what=f"the rule {rule.id}")
        text = write(fill(tree, {"offending": column(rule.column), "holds": holds}))
        rows = target.connection.execute(text).df()
        source = mapping.columns.get(rule.column)
        found.append(rows.assign(column=source.theirs if source else rule.column, reason=rule.reason["en"]))
    broken = pd.concat([table for table in found if len(table)] or [no_rejects()], ignore_index=True)
    _remove(target, broken["row"])
    return broken


def _repeated_keys(target: Writing, contract: Contract, mapping: Mapping) -> pd.DataFrame:
    """Take every second appearance of a key out of `incoming`."""
    tree = parse(
        """
        select source_row as "row", record_key as value, first_row
        from (
            select
                source_row, key_column as record_key,
                min(source_row) over (partition by key_column) as first_row
            from incoming
        ) as numbered
        where source_row > first_row
        """
    )
    rows = target.connection.execute(write(fill(tree, {"key_column": column(contract.key)}))).df()
    rows["reason"] = "appears again; the first is row " + rows.pop("first_row").astype("str")
    _remove(target, rows["row"])
    return rows.assign(column=mapping.columns[contract.key].theirs)


def _remove(target: Writing, rows: "pd.Series[int]") -> None:
    if len(rows):
        target.connection.register("page", pd.DataFrame({"source_row": rows.unique()}))
        target.connection.execute("delete from incoming where source_row in (select source_row from page)")
        target.connection.unregister("page")


def _settle(target: Writing, source: Path | pd.DataFrame, mapping: Mapping, taken: _Taken, load: Load) -> Intake:
    """Put the rows into the store's table as versions, and write down the load."""
    contract = mapping.contract
    target.script(contract.fact)
    _fill_blanks(target, contract)
    target.keep(contract.fact, contract.key)
    versions = target.replace(load, _at_rest(target, contract))
    target.log(load, source_name(source), digest(source), read=taken.read, versions=versions, rejects=taken.rejects)
    without = tuple(of for of in contract.columns if of not in mapping.columns and of not in mapping.constants)
    target.note(contract.fact, json.dumps(_said(target.about(contract.fact), mapping, without)))
    used = {entry.theirs for entry in mapping.columns.values()}
    unmapped = tuple(theirs for theirs in read_columns(source) if theirs and theirs not in used)
    rejected = int(taken.rejects["row"].nunique())
    return accounted(
        Intake(contract.fact, source_name(source), taken.read, *versions, rejected, reasons(taken.rejects)),
        unmapped=unmapped,
        without=without,
        ambiguous=taken.ambiguous,
    )


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


def _fill_blanks(target: Writing, contract: Contract) -> None:
    """An unknown value of a dimension gets a name, so that it is never mistaken for 'all'."""
    for name in contract.dimensions:
        tree = parse("update arriving set value = '(blank)' where value is null")
        target.connection.execute(write(fill(tree, {"value": column(name)})))


def _at_rest(target: Writing, contract: Contract) -> dict[str, object]:
    """The types of the store's table: dimensions as enumerations of every value met so far."""
    kinds: dict[str, object] = {
        name: _DUCKDB_TYPE[entry.type] for name, entry in {**contract.columns, **contract.derived}.items()
    }
    tables = ["arriving", "kept"] if target.has(contract.fact) else ["arriving"]
    for name in contract.dimensions:
        kinds[name] = sorted({BLANK}.union(*(target.distinct(table, name) for table in tables)))
    return kinds


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
