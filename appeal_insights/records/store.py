"""The only DuckDB connection: one file a store, written anew, put in place whole, opened read-only and locked down."""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

import duckdb
import pandas as pd

from appeal_insights.errors import BadInput, UnknownStore
from appeal_insights.records.contract import PAIRED
from appeal_insights.records.lock import locked
from appeal_insights.records.statement import column, create_table, fill, parse, write

_THREADS = 4  # of a load: each holds pieces of the file, and its memory is limited; what does not fit goes to disk
FORMAT = 7  # of the store file; another number is another layout
_NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}

_OF_THE_STORE = ("about", "loads", "rejects")


@dataclass(frozen=True)
class Asked:
    """One query that a store answered: what for, its text, seconds, rows that came back."""

    what: str
    text: str
    seconds: float
    rows: int


@dataclass(frozen=True)
class Fingerprint:
    """How many records are visible at an instant, and a digest of what they say."""

    rows: int
    digest: str

    def __str__(self) -> str:
        return f"{self.digest} ({self.rows:,} rows)"


class Store:
    """A store opened for reading. Close it, or use it in a `with`. A file replaced since is seen by a new Store only.

    Raises  UnknownStore   there is no such file;  BadInput   it is no store of ours.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise UnknownStore.of("store.no_file", path=path, name=path.stem)
        self.path = path
        self.name = path.stem
        self.asked: list[Asked] = []
        self._lasts: dict[tuple[str, ...], dict[str, datetime]] = {}
        self._connection = _locked_down(path)
        self._about = _read_about(self._connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def run(self, text: str, *, what: str) -> pd.DataFrame:
        """The answer to a query as a table; its text is kept for the appendix. Enumerations come as text."""
        started = time.perf_counter()
        answer = self._connection.execute(text).df()
        self.asked.append(Asked(what, text, time.perf_counter() - started, len(answer)))
        coded = answer.select_dtypes("category").columns
        return answer.astype(dict.fromkeys(coded, "str"))

    @cached_property
    def tables(self) -> list[str]:
        """The facts (or figures) that the store holds."""
        names = self._connection.execute(
            "select table_name from duckdb_tables() where database_name = current_database() order by table_name"
        ).fetchall()
        return [name for (name,) in names if name not in _OF_THE_STORE and not name.startswith(PAIRED)]

    @property
    def loads(self) -> pd.DataFrame:
        """Every load: source, its digest, when, and what became of its rows."""
        return self._connection.execute("select * from loads order by load_id").df()

    def require(self, table: str) -> None:
        """Raises UnknownStore where the store holds no such fact."""
        if table not in (*self.tables, *_OF_THE_STORE):
            raise UnknownStore.of("store.no_table", store=self.name, table=table, tables=self.tables)

    def latest(self) -> datetime:
        """The instant of the newest load: what the store knows by default."""
        return cast(datetime, self._connection.execute("select max(loaded_at) from loads").fetchall()[0][0])

    def first_load(self, fact: str) -> datetime | None:
        """The instant of the first load of a fact. Before it, a report replays from event times."""
        rows = self._connection.execute("select min(loaded_at) from loads where fact = $1", [fact]).fetchall()
        return cast("datetime | None", rows[0][0])

    def declared(self, key: str) -> dict[str, Any]:
        """What a load declared about its fact (precision of times, columns a source lacks, shape of figures)."""
        return cast(dict[str, Any], json.loads(self._about.get(key, "{}")))

    def lasts(self, table: str, instants: Sequence[str]) -> dict[str, datetime]:
        """The latest of each of those instants in a table; those that nothing has are not there."""
        if not instants:
            return {}
        if (known := self._lasts.get((table, *instants))) is not None:
            return known  # the file does not change while it is open, and each question asks
        each = [fill(parse("max(x)"), {"x": column(name)}).as_(name, quoted=True) for name in instants]
        text = write(fill(parse("select latest from fact"), {"latest": each}, tables={"fact": table}))
        found = self._connection.execute(text).fetchall()[0]
        lasts = {name: last for name, last in zip(instants, found, strict=True) if last is not None}
        return self._lasts.setdefault((table, *instants), lasts)

    def values(self, table: str, name: str) -> list[str]:
        """The values that a dimension has in this store, sorted."""
        tree = parse("select distinct cast(value as varchar) as value from source order by value")
        rows = self._connection.execute(write(fill(tree, {"value": column(name)}, tables={"source": table}))).fetchall()
        return [value for (value,) in rows]

    def fingerprint(self, table: str, as_of: datetime) -> Fingerprint:
        """A digest of the record versions visible at `as_of`: later loads do not change it."""
        tree = parse(
            """
            select
                count(*) as visible,
                coalesce(bit_xor(md5_number_lower(row_hash)), 0) as folded,
                coalesce(sum(md5_number_upper(row_hash) // 65536), 0) as summed
            from fact
            where known_from <= $1 and $1 < known_to
            """
        )
        text = write(fill(tree, {}, tables={"fact": table}))
        rows, folded, summed = self._connection.execute(text, [as_of]).fetchall()[0]
        digest = hashlib.sha256(f"{table}:{rows}:{folded}:{summed}".encode()).hexdigest()
        return Fingerprint(int(rows), digest[:16])

    def span(self, table: str, day: str) -> tuple[date, date] | None:
        """The first and last day on which that table has something, or None."""
        tree = parse("select min(day) as first_day, max(day) as last_day from fact")
        rows = self._connection.execute(write(fill(tree, {"day": column(day)}, tables={"fact": table}))).fetchall()
        return (rows[0][0], rows[0][1]) if rows[0][0] else None


def _locked_down(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads this file alone and changes nothing, whatever a query holds.

    The file is attached, not opened: DuckDB would give a second opening the first one, also of a file replaced since.
    """
    connection = duckdb.connect(config=_NO_EXTENSIONS)
    try:
        connection.execute("attach $1 as store (read_only)", [str(path)])
        connection.execute("use store; detach memory; set enable_external_access = false")
        connection.execute("set perfect_ht_threshold = 20")  # few kinds of records are counted without hashing
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise BadInput.of("store.not_ours", path=path, reason=_first_line(error)) from error
    return connection


def _read_about(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """What the store says about itself. Raises BadInput for a file that is no store, or one of another format."""
    try:
        about = dict(connection.execute("select key, value from about").fetchall())
    except duckdb.Error as error:
        connection.close()
        raise BadInput.of("store.not_ours", path=path, reason=_first_line(error)) from error
    if about.get("format") != str(FORMAT):
        connection.close()
        raise BadInput.of("store.format", path=path, found=about.get("format"), expected=FORMAT)
    return about


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]


@dataclass(frozen=True)
class Load:
    """One file taken in at one instant. Of a backfilled load (a fact's first) the rows are known from their events."""

    id: int
    fact: str
    moment: datetime
    backfilled: bool


class Versions(NamedTuple):
    """What became of the rows that a load brought."""

    new: int
    changed: int
    unchanged: int


_OF_A_VERSION = {
    "known_from": "timestamp",
    "known_to": "timestamp",
    "load_id": "integer",
    "source_row": "bigint",
    "row_hash": "varchar",
}


class Writing:
    """A store being written: a copy of the old file, or a new one, that `writing` puts in place when all went well.

    Raises  BadInput   the file that is there is no store of ours.
    """

    def __init__(self, temporary: Path, path: Path) -> None:
        new = not path.exists()
        self.scratch = temporary.with_name(temporary.name + ".reading")  # a folder to be made, gone in the end
        self.keeps = True  # whether what is written comes to stand in the place of the old store
        self.beside: dict[Path, Path] = {}  # other files that are put in place with it, and where
        try:
            self.connection = duckdb.connect(str(temporary), config=_NO_EXTENSIONS)
        except duckdb.Error as error:
            raise BadInput.of("store.not_ours", path=path, reason=_first_line(error)) from error
        self.connection.execute("set timezone = 'UTC'")
        self.connection.execute("set memory_limit = '500MB'; set threads = $1", [min(_THREADS, os.cpu_count() or 1)])
        if not new:
            _read_about(self.connection, path)
        if new:
            # Its tables are written once: to merge their row groups would be to write most of them again.
            self.connection.execute("set max_vacuum_tasks = 0")
            self.connection.execute(
                files("appeal_insights.records").joinpath("load", "store.sql").read_text(encoding="utf-8")
            )
            self.note("format", str(FORMAT))

    def note(self, key: str, value: str) -> None:
        self.connection.execute("insert or replace into about values ($1, $2)", [key, value])

    def has(self, table: str) -> bool:
        rows = self.connection.execute("select count(*) from duckdb_tables() where table_name = $1", [table]).fetchall()
        return bool(rows[0][0])

    def create(self, name: str, columns: dict[str, Any], *, temporary: bool = False) -> None:
        self.connection.execute(create_table(name, columns, temporary=temporary))

    def drop(self, name: str) -> None:
        self.connection.execute(write(fill(parse("drop table fact"), {}, tables={"fact": name})))

    def append(self, table: str, page: pd.DataFrame) -> None:
        """Append a table's rows by column name."""
        self.connection.register("page", page)
        tree = parse("insert into target by name select * from page")
        self.connection.execute(write(fill(tree, {}, tables={"target": table})))
        self.connection.unregister("page")

    def distinct(self, table: str, names: Sequence[str]) -> dict[str, set[str]]:
        """The values of each of some columns, without null, in one reading."""
        if not names:
            return {}
        each = [fill(parse("list(distinct cast(value as varchar))"), {"value": column(name)}) for name in names]
        text = write(fill(parse("select found from source"), {"found": each}, tables={"source": table}))
        [row] = self.connection.execute(text).fetchall()
        return {name: set(values or ()) - {None} for name, values in zip(names, row, strict=True)}

    def about(self, key: str) -> dict[str, Any]:
        """What earlier loads declared about a fact."""
        rows = self.connection.execute("select value from about where key = $1", [key]).fetchall()
        return cast(dict[str, Any], json.loads(rows[0][0])) if rows else {}

    def begin(self, fact: str, moment: datetime, *, backfilled: bool | None = None) -> Load:
        """Open a load. Raises BadInput where the store knows a later one: what was known when would be confused."""
        load_id, newest, earlier = self.connection.execute(
            "select coalesce(max(load_id), 0) + 1, max(loaded_at), count(*) filter (where fact = $1) from loads", [fact]
        ).fetchall()[0]
        if newest and moment < newest:
            raise BadInput.of("store.backwards", newest=newest, moment=moment)
        self.connection.execute(
            """
            create temp table load as
            select $1::integer as load_id, $2::timestamp as loaded_at, $3::boolean as backfilled
            """,
            [load_id, moment, backfilled := not earlier if backfilled is None else backfilled],
        )
        return Load(int(load_id), fact, moment, backfilled=backfilled)

    def keep(self, fact: str, key: str) -> None:
        """Set the versions of the store so far aside as `kept`, or none."""
        if self.has(fact):
            tree = parse("create temp table kept as select key_column as record_key, * from fact")
            self.connection.execute(write(fill(tree, {"key_column": column(key)}, tables={"fact": fact})))
        else:
            self.connection.execute("create temp table kept as select *, known_from as known_to from arriving limit 0")

    def replace(self, load: Load, columns: dict[str, Any]) -> Versions:
        """Give the fact's table the versions old (`kept`) and new (`arriving`); `columns` are its own columns.

        Gives   what became of the rows of the file. One row can bring several records (a sheet's row, one per metric):
                it is new if one of them is, else changed if one of them is.
        """
        self.create("next", {**columns, **_OF_A_VERSION})
        if self.has(load.fact):
            versions = self._compared()
            self.script("versions")
            self.drop(load.fact)
        else:
            [(rows,)] = self.connection.execute("select count(distinct source_row) from arriving").fetchall()
            versions = Versions(rows, 0, 0)
            self.script("first_versions")
        if self.has("incoming"):
            self.connection.execute("drop table incoming")
        self.connection.execute(write(fill(parse("alter table next rename to fact"), {}, tables={"fact": load.fact})))
        return versions

    def _compared(self) -> Versions:
        """How many rows of the file are new, changed and unchanged against the versions of the store."""
        counted = self.connection.execute(
            """
            with rows as (
                select
                    bool_or(kept.record_key is null) as is_new,
                    bool_or(coalesce(kept.row_hash <> arriving.row_hash, false)) as is_changed
                from arriving
                left join kept
                    on kept.record_key = arriving.record_key and kept.known_to = timestamp '9999-12-31 00:00:00'
                group by arriving.source_row
            )

            select
                count(*) filter (where is_new),
                count(*) filter (where not is_new and is_changed),
                count(*) filter (where not is_new and not is_changed)
            from rows
            """
        ).fetchall()[0]
        return Versions(*counted)

    def set_aside(self, load: Load, source: str, rejects: pd.DataFrame) -> None:
        """Write down rejects: row, column, value, reason."""
        if len(rejects):
            renamed = rejects.rename(columns={"row": "source_row", "column": "source_column"})
            self.append("rejects", renamed.assign(load_id=load.id, fact=load.fact, source=source))

    def log(
        self,
        load: Load,
        source: str,
        digest: str,
        *,
        read: int,
        versions: Versions,
        rejects: pd.DataFrame | None = None,
    ) -> None:
        """Write down what a load did, with rejects that were not set aside before."""
        if rejects is not None:
            self.set_aside(load, source, rejects)
        self.connection.execute(
            "insert into loads values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [
                load.id,
                load.fact,
                source,
                digest,
                load.moment,
                load.backfilled,
                read,
                *versions,
                self.rejected(load),
            ],
        )
        self.connection.execute("drop table load")

    def rejected(self, load: Load) -> int:
        """How many rows of a load were set aside so far."""
        [(rows,)] = self.connection.execute(
            "select count(distinct source_row) from rejects where load_id = $1", [load.id]
        ).fetchall()
        return int(rows)

    def script(self, name: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run one of the files of load/, with the values of its parameters. Gives what its answer is fetched from."""
        text = files("appeal_insights.records").joinpath("load", f"{name}.sql").read_text(encoding="utf-8")
        return self.connection.execute(text, list(values))


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """Write a store beside `path` and put it in place whole. Whatever goes wrong, the old file stays as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.duckdb")
    before = os.umask(0o077)  # records are nobody else's to read
    try:
        with locked(path):
            try:
                _forget(path)
                if path.exists():
                    shutil.copyfile(path, temporary)
                target = Writing(temporary, path)
                try:
                    yield target
                    target.connection.execute("checkpoint")
                finally:
                    target.connection.close()
                if target.keeps:
                    temporary.replace(path)
                    for made, place in target.beside.items():
                        place.parent.mkdir(exist_ok=True)
                        made.replace(place)
            finally:
                _forget(path)
    finally:
        os.umask(before)


def _forget(path: Path) -> None:
    """Remove what this or a killed process wrote beside the store on the way to it. Only with its lock held."""
    ours = re.compile(rf"\.{re.escape(path.stem)}\.\d+\.duckdb.*", re.DOTALL)
    for left in [entry for entry in path.parent.iterdir() if ours.fullmatch(entry.name)]:
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
