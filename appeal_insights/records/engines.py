"""The same query text on another engine: what Spark says otherwise, and a store's tables behind a Spark Connect server.

Everything that differs between engines is here. A query is let through only if all that it is made of was run on both
engines and gave the same: sqlglot translates more than that, some of it without a word into something else.
"""

import os
import shutil
import socket
import time
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import duckdb
import pandas as pd
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from appeal_insights.errors import BadInput
from appeal_insights.records.clocks import CLOCKS, POLICIES
from appeal_insights.records.contract import contract, facts
from appeal_insights.records.own_calendars import CALENDARS
from appeal_insights.records.statement import DIALECT, Node, column, write
from appeal_insights.records.store import FORMAT, Asked, Fingerprint, Store

SPARK = "spark"
SPARK_PORT = 15002  # of Spark Connect where an address has none
REACHED_WITHIN = 10.0  # seconds
TRIES = 4  # of a call, about 5 seconds in all; by itself Spark's client tries for ten minutes, also to take its leave
# The rules below rest on these: instants are UTC and a backslash in a text is escaped.
_SESSION = {"spark.sql.session.timeZone": "UTC", "spark.sql.parser.escapedStringLiterals": "false"}

# What both engines answer alike, in text that `_RULES` went over.
_ALIKE = (
    exp.Select, exp.Union, exp.With, exp.CTE, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order,
    exp.Ordered, exp.Limit, exp.Distinct, exp.Subquery, exp.Values, exp.Tuple, exp.Table, exp.TableAlias, exp.Alias,
    exp.Identifier, exp.Column, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Var, exp.DataType,
    exp.Cast, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE,
    exp.GT, exp.GTE, exp.In, exp.Between, exp.Is, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs, exp.Pow,
    exp.Round, exp.Count, exp.Sum, exp.Min, exp.Max, exp.Window, exp.WindowSpec, exp.RowNumber, exp.Lag, exp.Lead,
    exp.Filter,
    exp.DateDiff, exp.DateTrunc, exp.TimestampTrunc, exp.PercentileCont, exp.Array, exp.Bracket,
)  # fmt: skip
_INSTEAD: Mapping[type[Node], str] = {
    exp.WithinGroup: "write quantile_cont(x, 0.5): the standard form becomes an approximation in Spark",
    exp.Median: "write quantile_cont(x, 0.5)",
    exp.ArrayAgg: "Spark forgets the order of a list",
    exp.AtTimeZone: "use the local days that a store has",
    exp.DayOfWeekIso: "use date_trunc('week', day)",
    exp.IntDiv: "divide by / and cast both sides",
    exp.Qualify: "number the rows in one step and choose in the next",
    exp.TryCast: "the store's columns have their types",
}
_TYPES = ("BIGINT", "INT", "DOUBLE", "TEXT", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPNTZ", "BOOLEAN")
_JOINS = ("", "INNER", "LEFT", "LEFT OUTER", "CROSS")
_MOST_ROWS = 1_000_000  # of a limit: Sail 0.7 asks for about 400 bytes for each of them before it has seen any
_DATES = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


class NotPortable(BadInput):
    """A query says something that another engine would answer otherwise, or not at all."""


def spark_text(text: str) -> str:
    """A composed query, as DuckDB reads it, in the words of Spark SQL.

    Raises  NotPortable   it says something for which there is no rule and that was not tried on both engines.
    """
    try:
        trees = sqlglot.parse(text, read=DIALECT)
    except SqlglotError as error:
        raise NotPortable(f"Cannot read the query, so it cannot be written for Spark: {error}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise NotPortable("One query at a time can be written for Spark.")
    tree = trees[0]
    for node in tree.walk():
        _check(node)
    written = _quantiles(_counted(_ordered(_flat(tree))))
    try:
        return written.sql(dialect=SPARK, pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise NotPortable(f"Spark has no words for this query: {error}") from error


def _check(node: Node) -> None:
    """Refuse what engines are known to answer differently, and what nobody tried."""
    if type(node) not in _ALIKE:  # a kind of cast is no cast
        raise _refused(node, _INSTEAD.get(type(node), "it was not tried on both engines"))
    match node:
        case exp.Literal() if not node.is_string and not node.is_int and not node.find_ancestor(exp.PercentileCont):
            raise _refused(node, "engines take such a number for a decimal or a float; cast(... as double) a whole one")
        case exp.Literal() if "\0" in node.name:
            raise _refused(node, "no store holds a NUL")
        case exp.Limit() if int(node.expression.name) > _MOST_ROWS:
            raise _refused(node, f"the most is {_MOST_ROWS:,} rows")
        case exp.Bracket() if not isinstance(node.this, exp.Column):
            raise _refused(
                node, "engines count from one or from nothing; name the list in one step, choose in the next"
            )
        case exp.Div(expression=divisor) if not _is_safe(divisor):
            raise _refused(node, "engines differ about a division by nothing; write nullif(..., 0)")
        case exp.Cast(this=inside, to=kind):
            _check_cast(node, inside, kind)
        case exp.DateDiff() | exp.DateTrunc() | exp.TimestampTrunc():
            unit = node.text("unit").upper()
            if unit not in (("DAY",) if isinstance(node, exp.DateDiff) else _DATES):
                raise _refused(node, "engines count such units differently")
        case exp.Join() if " ".join(filter(None, (node.method, node.side, node.kind))).upper() not in _JOINS:
            raise _refused(node, "it was not tried on both engines")
        case exp.Table() if node.db:
            raise _refused(node, "a query reads the tables of its store only")
        case exp.Star() if any(node.args.values()):
            raise _refused(node, "name the columns")
        case exp.Group() if node.sql(dialect=DIALECT).upper().endswith("BY ALL"):
            raise _refused(node, "name the columns")
        case exp.Ordered() if node.this.name.upper() == "ALL":
            raise _refused(node, "name the columns")
        case exp.TableAlias() if node.columns and not isinstance(node.parent, exp.Values):
            raise _refused(node, "name the columns inside of the step")
        case exp.With() if node.recursive or not _may_have_steps(node.parent):
            raise _refused(node, "a step may stand before the statement or before another step only")
        case _:
            pass


def _may_have_steps(query: Node | None) -> bool:
    """Whether a query is the statement itself or a step, not one in brackets."""
    return query is not None and (query.parent is None or isinstance(query.parent, exp.CTE))


def _refused(node: Node, why: str) -> NotPortable:
    return NotPortable(f"{node.sql(dialect=DIALECT)!r} cannot be asked of another engine: {why}.")


def _is_safe(divisor: Node) -> bool:
    """Whether a divisor cannot be zero: it is made null then, or it is a number."""
    inside = divisor.unnest()
    return isinstance(inside, exp.Nullif) or (isinstance(inside, exp.Literal) and float(inside.name) != 0)


def _check_cast(node: Node, inside: Node, kind: Node) -> None:
    if not isinstance(kind, exp.DataType) or kind.this.name not in _TYPES:
        raise _refused(node, "it was not tried on both engines")
    if kind.this.name in ("BIGINT", "INT") and inside.find(exp.Div, exp.PercentileCont, exp.Pow):
        raise _refused(node, "DuckDB rounds a fraction, Spark cuts it off")


def _counted(tree: Node) -> Node:
    """Numbers of rows are bigint in DuckDB and int in Spark."""
    for window in list(tree.find_all(exp.Window)):
        if isinstance(window.this, exp.RowNumber):
            window.replace(exp.cast(window.copy(), "bigint"))
    return tree


def _quantiles(tree: Node) -> Node:
    """Exact quantiles, type 7 of Hyndman and Fan in both: Spark calls them percentile, of one share or of several."""
    for found in list(tree.find_all(exp.PercentileCont)):
        found.replace(exp.Anonymous(this="percentile", expressions=[found.this, found.expression]))
    return tree


def _flat(tree: exp.Query) -> Node:
    """Steps within steps stand in one row before the statement: not every engine keeps two of one name apart."""
    steps: list[tuple[str, Node]] = []
    body = _lifted(tree, "", {}, steps)
    for name, step in steps:
        body = body.with_(name, as_=step, copy=False)
    return body


def _lifted(query: exp.Query, prefix: str, names: Mapping[str, str], steps: list[tuple[str, Node]]) -> exp.Query:
    """The query without its steps, which go to `steps` under names of their own; its tables follow them."""
    ours = dict(names)
    found = query.ctes
    for step in found:
        name = prefix + step.alias
        steps.append((name, _lifted(step.this, f"{name}__", ours, steps)))
        ours[step.alias.lower()] = name
    if found and (clause := found[0].parent):
        clause.pop()
    for table in list(query.find_all(exp.Table)):
        name = ours.get(table.name.lower(), table.name)
        if name != table.name and not table.db:
            table.replace(exp.alias_(exp.to_table(name), table.alias_or_name, table=True))
    return query


def _ordered(tree: Node) -> Node:
    """The statement's own order by values that are reckoned: greatest(x, x) is x.

    Sail 0.7 fails to plan an order that begins with a column which it knows to have one value, such as the metric. (A
    limit that leaves nothing out helps too, but Sail asks for the memory of all its rows at once.)
    """
    order = tree.args.get("order")
    for key in order.expressions if order else []:
        if isinstance(key.this, exp.Column):
            key.set("this", exp.Greatest(this=key.this.copy(), expressions=[key.this.copy()]))
    return tree


def export(store: Path, folder: Path) -> list[str]:
    """Write a store's tables as a lake would have them: a folder for each, with Parquet files in it.

    Gives   the names of the tables. Only the owner may read them, as of a store; enumerations become text.
    Raises  UnknownStore, BadInput   there is no such store, or something stands in the folder's place.
    """
    if folder.exists():
        raise BadInput(f"{folder} is there already. Take another name, or remove it.")
    Store(store).close()  # says what is wrong with it
    making = folder.with_name(f".{folder.name}.{os.getpid()}")
    before = os.umask(0o077)
    try:
        making.mkdir(parents=True)
        with duckdb.connect(str(store), read_only=True) as connection:
            names = [name for name, *_ in connection.table_function("duckdb_tables").project("table_name").fetchall()]
            for name in sorted(names):
                (making / name).mkdir()
                connection.table(f'"{name}"').write_parquet(str(making / name / "part-0.parquet"), compression="zstd")
        making.rename(folder)
    finally:
        os.umask(before)
        shutil.rmtree(making, ignore_errors=True)
    return sorted(names)


class SparkStore(Store):
    """A store's tables behind a Spark Connect server, asked like a `Store`. Close it, or use it in a `with`.

    Takes   address   such as sc://localhost:50051; folder, as the server sees it: a lake's, or what `export` wrote.
    Raises  BadInput   nobody answers there, the extra `engines` is not installed, or the folder holds no store.

    What it cannot say, it refuses: a fingerprint, and a query for which `spark_text` has no words.
    """

    def __init__(self, address: str, folder: str | Path) -> None:
        self.path = Path(folder)
        self.name = self.path.name
        self.asked: list[Asked] = []
        self._session = _session(address)
        try:
            for name in ("about", "loads"):
                self._show(name, folder)
            about = self._all("about")
            self._about = dict(zip(about["key"], about["value"], strict=True))
            if self._about.get("format") != str(FORMAT):
                raise BadInput.of("store.format", path=folder, found=self._about.get("format"), expected=FORMAT)
            loaded = {*self._all("loads")["fact"]} - {CALENDARS}
            self._facts = sorted(loaded | ({CLOCKS} if POLICIES in loaded else set()))  # these are made, not loaded
            pairs = [contract(fact).pairs for fact in self._facts if fact in facts()]
            for name in ("rejects", *self._facts, *filter(None, pairs)):
                self._show(name, folder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._session.stop()

    def _show(self, name: str, folder: str | Path) -> None:
        frame = self._session.read.parquet(f"{folder}/{name}")
        if not frame.columns:
            raise BadInput(
                f"The server finds no table {name} in {folder}. Does it see that folder, and is it a store's?"
            )
        frame.createOrReplaceTempView(name)

    def _answer(self, text: str) -> pd.DataFrame:
        """A table as DuckDB gives it: the same kinds of columns."""
        with duckdb.connect() as connection:
            answer: pd.DataFrame = connection.from_arrow(self._session.sql(text).toArrow()).df()
        return answer

    def _all(self, table: str) -> pd.DataFrame:
        return self._asked(exp.select("*").from_(exp.to_table(table)))

    def _asked(self, tree: exp.Query) -> pd.DataFrame:
        return self._answer(spark_text(write(tree)))

    def run(self, text: str, *, what: str) -> pd.DataFrame:
        """The answer to a query as a table; the text that Spark was given is kept for the appendix.

        Raises  NotPortable   see `spark_text`.
        """
        asked, started = spark_text(text), time.perf_counter()
        answer = self._answer(asked)
        self.asked.append(Asked(what, asked, time.perf_counter() - started, len(answer)))
        return answer

    @cached_property
    def tables(self) -> list[str]:
        return list(self._facts)

    @property
    def loads(self) -> pd.DataFrame:
        return self._all("loads").sort_values("load_id", ignore_index=True)

    def latest(self) -> datetime:
        return cast(datetime, self._all("loads")["loaded_at"].max().to_pydatetime())

    def first_load(self, fact: str) -> datetime | None:
        loads = self._all("loads")
        moment = loads.loc[loads["fact"] == fact, "loaded_at"].min()
        return None if pd.isna(moment) else cast(datetime, moment.to_pydatetime())

    def lasts(self, table: str, instants: Sequence[str]) -> dict[str, datetime]:
        if not instants:
            return {}
        each = [exp.Max(this=column(name)).as_(name, quoted=True) for name in instants]
        [row] = self._asked(exp.select(*each).from_(exp.to_table(table))).to_dict("records")
        return {name: row[name].to_pydatetime() for name in instants if not pd.isna(row[name])}

    def values(self, table: str, name: str) -> list[str]:
        value = exp.cast(column(name), "text").as_("value")
        found = self._asked(exp.select(value).distinct().from_(exp.to_table(table)).order_by("value"))
        return [str(value) for value in found["value"]]

    def span(self, table: str, day: str) -> tuple[date, date] | None:
        days = [exp.Min(this=column(day)).as_("first_day"), exp.Max(this=column(day)).as_("last_day")]
        [(first, last)] = self._asked(exp.select(*days).from_(exp.to_table(table))).itertuples(index=False)
        return None if pd.isna(first) else (first.date(), last.date())

    def fingerprint(self, table: str, as_of: datetime) -> Fingerprint:
        """Raises NotPortable: its sums are longer than Spark's whole numbers."""
        raise NotPortable("The fingerprint of records is reckoned by a store only. Ask the one that was exported.")


def _session(address: str) -> Any:
    """A Spark session of its own. The server is called first: Spark's client would go on trying for many minutes."""
    parts = urlsplit(address)
    if parts.scheme != "sc" or not parts.hostname:
        raise BadInput(f"{address!r} is no address of a Spark Connect server. Write it like sc://localhost:50051.")
    try:
        socket.create_connection((parts.hostname, parts.port or SPARK_PORT), timeout=REACHED_WITHIN).close()
    except OSError as error:
        raise BadInput(f"Nobody answers at {address}: {error}. Is the server running?") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas 3: tables come through Arrow; of escapes: they are ours
        try:
            from pyspark.errors import PySparkException  # type: ignore[import-not-found,unused-ignore]
            from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]
            from pyspark.sql.connect.client.retries import (  # type: ignore[import-not-found,unused-ignore]
                DefaultPolicy,
            )
        except ImportError as error:
            raise BadInput('Spark is an extra. Install it: pip install "appeal-insights[engines]".') from error
        except SystemExit as error:  # it takes `python -c` for a run of its own doctests
            raise BadInput(
                "Spark's client runs in a program that is a file, or in a notebook; not by python -c."
            ) from error
        session = SparkSession.builder.remote(address).create()
        try:
            session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES)])
            for name, value in _SESSION.items():
                session.conf.set(name, value)
        except PySparkException as error:
            session.stop()
            raise BadInput(f"What answers at {address} is no Spark Connect server: {error}") from error
    return session
