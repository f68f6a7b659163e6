"""A PostgreSQL table or query as a source: its rows as PostgreSQL writes them, in a CSV that is gone afterwards."""

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader
from tqdm import tqdm

from appeal_insights.errors import BadInput, did_you_mean, one_of

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]

_ROWS = 1_000  # that are on their way at once: memory stays flat whatever the table's size
_WAIT_SECONDS = 15  # for a server that does not answer, where the address says nothing else
_MOST_BYTES = 60  # of a part of a file's name, which has 255 in all
_SECRET = ("user", "password", "passfile", "sslpassword")
_NOT_IN_A_HEADER = re.compile(r'[;\t|\r\n"]')  # what separates cells elsewhere: the header would be misread
_ADDRESS = "Write it as postgresql://user@host/database, and the password into PGPASSWORD or ~/.pgpass."


@contextmanager
def fetched(address: str, store: Path, *, table: str = "", query: str = "", progress: bool = False) -> Iterator[Path]:
    """The rows of a table (`schema.table`) or of a query as a CSV, to be taken into `store` while it is there.

    The file is called what the log of the store shall call its rows: server, database and table, never who asked and
    with what password. It lies beside the store, for nobody else to read, and the query may not change anything.

    Raises  BadInput   there is no such server, database or table, it may not be read, or the query is none.
    """
    with _connected(address) as connection:
        folder = _folder(store)
        try:
            path = folder / _name(connection, table or f"query {hashlib.sha256(query.encode()).hexdigest()[:8]}")
            _write(connection, path, table=table, query=query, progress=progress)
            connection.close()  # what follows may take minutes, and a server's connections are few
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _connected(address: str) -> Connection:
    """A connection that reads one state of the database and writes nothing. No message shows the address as given."""
    try:
        said = conninfo_to_dict(address)
    except psycopg.Error:
        raise BadInput(f"Cannot read the address of the database. {_ADDRESS}") from None
    if any("@" in str(value) for name, value in said.items() if name not in _SECRET):
        # Part of a password then stands where the host should, and would be shown as one.
        raise BadInput(
            f"The address of the database holds an @, / or # that is not written as %40, %2F or %23. {_ADDRESS}"
        )
    said.setdefault("connect_timeout", _WAIT_SECONDS)
    said["client_encoding"] = "utf8"
    try:
        connection = psycopg.connect(**said)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise BadInput(f"Cannot connect to PostgreSQL: {_first_line(error)}. Check the address. {_ADDRESS}") from None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    for kind in connection.adapters.types:
        for oid in filter(None, (kind.oid, kind.array_oid)):
            connection.adapters.register_loader(oid, TextLoader)
    connection.adapters.register_loader("bool", _Truth)
    connection.adapters.register_loader("timestamptz", _Instant)
    return connection


class _Truth(Loader):
    """Yes and no as the contract writes them; everything else is the text that PostgreSQL sends."""

    def load(self, data: Buffer) -> str:
        return "true" if bytes(data) == b"t" else "false"


class _Instant(Loader):
    """An instant in UTC with Z for its offset: of such times a whole file is taken in at once."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode().removesuffix("+00") + ("Z" if bytes(data).endswith(b"+00") else "")


def _write(connection: Connection, path: Path, *, table: str, query: str, progress: bool) -> None:
    """Write the rows as they come; of those on their way no more than a few are held."""
    # A query goes to the server as it was given, by itself and as one statement: there is nothing to break out of.
    one_statement: LiteralString = query
    asked = sql.SQL("table {}").format(sql.Identifier(*table.split("."))) if table else one_statement
    try:
        connection.execute(_script("postgresql_session"))
        # Until its rows are closed a cursor holds the connection, which then could not even be given up.
        with connection.cursor() as cursor, closing(_stream(cursor, asked)) as rows:
            first = next(rows, None)
            if first is None:
                cursor.execute(asked)  # what comes row by row does not name its columns before the first
            names = _checked([column.name for column in cursor.description or ()])
            lines = chain([names], [] if first is None else [first], rows)
            told = tqdm(lines, desc=f"reading {path.name}", unit=" rows", disable=not progress, leave=False)
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(told)
    except psycopg.Error as error:
        raise BadInput(_explained(error, connection, table)) from None
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} holds text that is not UTF-8. Convert it in the query, by convert_from."
        ) from error


def _stream(cursor: Cursor, asked: LiteralString | sql.Composed) -> Generator[tuple[Any, ...], None, None]:
    yield from cursor.stream(asked, size=_ROWS if psycopg.capabilities.has_stream_chunked() else 1)


def _checked(names: list[str]) -> list[str]:
    """The names of the columns. Raises BadInput for one that the header of a CSV cannot hold, or that comes twice."""
    for name in names:
        if not name.strip() or _NOT_IN_A_HEADER.search(name):
            raise BadInput(f"The rows have a column named {name!r}. Give it a plain name in the query: ... as name.")
        if names.count(name) > 1:
            raise BadInput(f"The rows have two columns named {name!r}. Rename one of them in the query: ... as name.")
    return names


def _explained(error: psycopg.Error, connection: Connection, table: str) -> str:
    """What the server answered, as a sentence with the next step."""
    said = _first_line(error)
    match error:
        case errors.UndefinedTable() | errors.InvalidSchemaName() if table:
            known = _tables(connection)
            return f"The database has no table {table!r}.{did_you_mean(table, known)} You may read: {one_of(known)}."
        case errors.InsufficientPrivilege():
            return f"PostgreSQL lets you not read this: {said}. Ask its owner for: grant select on ... to you."
        case errors.ReadOnlySqlTransaction():
            return f"A query may only read, and this one wants to write: {said}. Write a select."
        case errors.SyntaxError() if "multiple commands" in said:
            return "The query is several statements. Write a single select."
        case errors.SyntaxError() | errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction():
            return f"PostgreSQL cannot run the query: {said}. Mend it and try again."
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return "The query gives no rows, because it is no select. Write one."
    return f"PostgreSQL did not give all rows: {said}. Nothing was taken in."


def _tables(connection: Connection) -> list[str]:
    """The tables that may be read, as far as the server still answers."""
    try:
        connection.rollback()
        return [str(name) for (name,) in connection.execute(_script("postgresql_tables")).fetchall()]
    except psycopg.Error:
        return []


def _script(name: str) -> LiteralString:
    text: LiteralString = files("appeal_insights.records").joinpath("load", f"{name}.sql").read_text(encoding="utf-8")
    return text


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error)
    return (said.splitlines() or ["it does not say why"])[0].rstrip(".")


def _name(connection: Connection, what: str) -> str:
    """What the log calls the rows, so that it can be the name of a file."""
    host = connection.info.host
    parts = ["postgresql", "local" if host.startswith("/") else host, connection.info.dbname, what]
    plain = ["".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in part) for part in parts]
    return " ".join(part.encode()[:_MOST_BYTES].decode(errors="ignore") for part in plain)


def _folder(store: Path) -> Path:
    """A folder beside the store that nobody else may look into. Those that killed processes left there go."""
    store.parent.mkdir(parents=True, exist_ok=True)
    ours = re.compile(rf"\.{re.escape(store.stem)}\.(\d+)\.postgresql\..*")
    for entry in list(store.parent.iterdir()):
        if (found := ours.fullmatch(entry.name)) and not _lives(int(found[1])):
            shutil.rmtree(entry, ignore_errors=True)
    return Path(mkdtemp(prefix=f".{store.stem}.{os.getpid()}.postgresql.", dir=store.parent))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
