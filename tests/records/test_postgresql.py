"""Rows of a real PostgreSQL server come in like those of a file: to the last digit, and without a word of who asked."""

import csv
import os
import subprocess
import sys

import pytest

from appeal_insights.errors import BadInput
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.demo import shell
from tests.helpers import FIRST_LOAD, content, table
from tests.postgresql_server import PASSWORD, lacking, server

try:
    from appeal_insights.records.postgresql import fetched
except ImportError:
    lacking_library = True
else:
    lacking_library = False

APPEALS = """
    create schema trust;
    create table trust.appeals (
        appeal_id bigint primary key, market text not null, evidence_provided boolean, policy text,
        received_at timestamptz not null, decided_at timestamptz, outcome text, amount numeric
    );
    insert into trust.appeals values
        (9007199254740993, 'GB', true, 'spam; "scam"', '2026-10-05 11:00+02', '2026-10-06 09:00Z', 'decision_upheld',
         0.12345678901234567890123456789),
        (2, 'NO', false, E'two\\nlines', '2026-10-05 10:00Z', '2026-10-07 10:00:00.123456Z', 'decision_reversed',
         99999999999999999999.5),
        (3, 'ZA', null, null, '2026-10-06 11:00Z', null, null, null),
        (4, '改判', true, '', 'infinity', null, null, 'NaN');
    create table trust.closed (a integer);
    create sequence counter;
    grant usage on schema trust to reader;
    grant select on trust.appeals to reader;
    create table public."Odd name" as select 1 as "ä 改判", '{1,2}'::integer[] as list, interval '1 month' as span;
    grant select on public."Odd name" to reader;
"""
EXPECTED = table("""
    appeal_id        | market | evidence_provided | received_at       | decided_at                  | outcome
    9007199254740993 | GB     | true              | 2026-10-05T09:00Z | 2026-10-06T09:00Z           | decision_upheld
    2                | NO     | false             | 2026-10-05T10:00Z | 2026-10-07T10:00:00.123456Z | decision_reversed
    3                | ZA     |                   | 2026-10-06T11:00Z |                             |
""")
FEW_ROWS, MANY_ROWS = 1_000, 300_000
MOST_MEGABYTES_MORE = 12  # all rows together are six times that
MEASURE = """
import resource, sys
from pathlib import Path
from appeal_insights.records.postgresql import fetched
with fetched(sys.argv[1], Path(sys.argv[2]), query=sys.argv[3]) as path:
    print(path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(scope="module")
def database():
    if lacking_library:
        lacking('psycopg is not installed (pip install "appeal-insights[postgres]")')
    with server() as made:
        made.run(APPEALS)
        yield made


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store" / "own.duckdb"


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def refused(database, store, **asked) -> str:
    with pytest.raises(BadInput) as caught, fetched(database.address(), store, **asked):
        raise AssertionError("it was not refused")
    assert not list(store.parent.iterdir())
    return caught.value.message


def test_values_come_as_postgresql_writes_them_and_times_with_their_offset(database, store):
    with fetched(database.address(), store, table="trust.appeals") as path:
        first, second, third, fourth = rows(path)
    assert first["appeal_id"] == "9007199254740993"
    assert (first["policy"], second["policy"], third["policy"]) == ('spam; "scam"', "two\nlines", "")
    assert [row["evidence_provided"] for row in (first, second, third)] == ["true", "false", ""]
    assert (first["received_at"], first["decided_at"]) == ("2026-10-05 09:00:00Z", "2026-10-06 09:00:00Z")
    assert second["decided_at"] == "2026-10-07 10:00:00.123456Z"
    assert first["amount"] == "0.12345678901234567890123456789"
    assert second["amount"] == "99999999999999999999.5"
    assert (fourth["received_at"], fourth["amount"]) == ("infinity", "NaN")


def test_records_of_a_table_are_those_of_a_file_with_the_same_rows(database, store, tmp_path):
    with fetched(database.address(), store, table="trust.appeals") as path:
        intake = ingest(path, store, loaded_at=FIRST_LOAD)
    assert (intake.read, intake.new, intake.rejected) == (4, 3, 1)
    ingest(EXPECTED.assign(policy=['spam; "scam"', "two\nlines", None]), tmp_path / "file.duckdb", loaded_at=FIRST_LOAD)
    apart = ["row_hash"]
    assert content(store).drop(columns=apart).equals(content(tmp_path / "file.duckdb").drop(columns=apart))


def test_a_query_gives_its_own_columns_and_any_type_is_text(database, store):
    asked = """select "ä 改判", list, span from "Odd name" where "ä 改判" % 2 = 1 -- a remark, and an end;"""
    with fetched(database.address(), store, query=asked) as path:
        assert rows(path) == [{"ä 改判": "1", "list": "{1,2}", "span": "P1M"}]


def test_a_query_without_rows_still_has_its_columns(database, store):
    with fetched(database.address(), store, query="select 1 as one, 2 as two where false;") as path:
        assert path.read_text() == '"one","two"\n'


def test_the_rows_lie_beside_the_store_for_nobody_else_and_are_gone_afterwards(database, store):
    with fetched(database.address(), store, table="trust.appeals") as path:
        assert path.parent.parent == store.parent
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not list(store.parent.iterdir())


def test_what_a_killed_process_left_goes_and_what_a_living_one_fetches_stays(database, store):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [store.parent / f".own.{process}.postgresql.x" for process in (dead.pid, os.getpid())]
    for folder in left:
        folder.mkdir(parents=True)
    with fetched(database.address(), store, table="trust.appeals"):
        assert [folder.exists() for folder in left] == [False, True]


def test_the_log_says_server_database_and_table_and_never_who_asked(database, store):
    with fetched(database.address(), store, table="trust.appeals") as path:
        ingest(path, store, loaded_at=FIRST_LOAD)
    with Store(store) as opened:
        assert list(opened.loads["source"]) == ["postgresql 127.0.0.1 shop trust.appeals"]
    content_of_it = store.read_bytes()
    assert PASSWORD.encode() not in content_of_it
    assert b"reader" not in content_of_it
    with fetched(database.address(), store, query="select 1 as a") as path:
        assert path.name.startswith("postgresql 127.0.0.1 shop query ")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"table": "trust.apeals"}, "has no table 'trust.apeals'. Did you mean 'trust.appeals'?"),
        ({"table": "odd name"}, "Did you mean 'Odd name'?"),
        ({"table": 'appeals"; drop table trust.appeals; --'}, "has no table"),
        ({"table": "trust.closed"}, "permission denied for table closed"),
        ({"query": "select * from trust.closed"}, "permission denied for table closed"),
        ({"query": "select frm"}, 'column "frm" does not exist'),
        ({"query": "selct 1"}, "syntax error"),
        ({"query": "select 1 as a; drop table trust.appeals"}, "several statements"),
        ({"query": "select 1 as a) to program 'id' --"}, "syntax error"),
        ({"query": "create table t (a integer)"}, "may only read"),
        ({"query": "delete from trust.appeals returning *"}, "may only read"),
        ({"query": "set transaction read write"}, "it is no select"),
        ({"query": "select 1 as a, 2 as a"}, "two columns named 'a'"),
        ({"query": 'select 1 as "a;b", 2 as c'}, "column named 'a;b'"),
        ({"query": "select 1 / (3 - i) as a from generate_series(1, 5000) i"}, "division by zero. Nothing was taken"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_leaves_nothing(database, store, asked, says):
    assert says in refused(database, store, **asked)


def test_even_the_owner_of_the_tables_changes_nothing(database, store):
    for asked in (
        "delete from trust.closed returning *",
        "with gone as (delete from trust.closed returning *) select * from gone",
        "select nextval('counter')",
    ):
        with pytest.raises(BadInput, match="may only read"), fetched(database.address("keeper"), store, query=asked):
            pass
    off = "select set_config('transaction_read_only', 'off', false) as off"
    with pytest.raises(BadInput, match="read-write"), fetched(database.address("keeper"), store, query=off):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:wrong-pass@127.0.0.1:{port}/shop",
        "postgresql://reader:wrong-pass@127.0.0.1:{port}/shp",
        "postgresql://reader:wrong-pass@127.0.0.1:1/shop",
        "postgresql://reader:x@wrong-pass@127.0.0.1:{port}/shop",
        "postgresql://reader:x/wrong-pass@127.0.0.1:{port}/shop",
        "postgresql://reader:wrong-pass/x@127.0.0.1:{port}/shop",
        "postgresql://reader:x?wrong-pass@127.0.0.1:{port}/shop",
        "postgresql://reader:wrong-pass%zz@127.0.0.1:{port}/shop",
        "postgresql://reader:wrong-pass@[127.0.0.1:{port}/shop",
    ],
)
def test_no_message_shows_a_password_or_a_part_of_one(database, store, address):
    with pytest.raises(BadInput) as caught, fetched(address.format(port=database.port), store, query="select 1"):
        pass
    assert "wrong-pass" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "PGPASSWORD" in caught.value.message


def measured(database, store, rows: int) -> tuple[float, float]:
    """Megabytes of the rows on disk, and the most that fetching them held in memory."""
    asked = f"select i, repeat('x', 250) as note, now() as received_at from generate_series(1, {rows}) i"
    said = subprocess.run(
        [sys.executable, "-c", MEASURE, database.address(), store, asked], capture_output=True, text=True, check=True
    ).stdout.split()
    return int(said[0]) / 2**20, int(said[1]) / 2**10


def test_memory_stays_flat_whatever_the_number_of_rows(database, store):
    _, base = measured(database, store, FEW_ROWS)
    size, held = measured(database, store, MANY_ROWS)
    assert size > 6 * MOST_MEGABYTES_MORE
    assert held - base < MOST_MEGABYTES_MORE


def test_the_command_takes_a_table_in_and_says_so_without_the_password(database, tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    where = ("--store=own", f"--workspace={tmp_path}")
    said = shell("ingest", database.address(), "--table=trust.appeals", *where)
    assert said.code == 0
    expected = "postgresql 127.0.0.1 shop trust.appeals: 4 rows read = 3 new + 0 changed + 0 unchanged + 1 rejected"
    assert said.out.startswith(expected)
    assert PASSWORD not in said.out + said.err
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    again = shell("ingest", f"postgresql://reader@127.0.0.1:{database.port}/shop", *where,
                  "--query=select * from trust.appeals where appeal_id < 4")  # fmt: skip
    assert "2 rows read = 0 new + 0 changed + 2 unchanged + 0 rejected" in again.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("postgresql://u:secret-word@h/d",), "Say what to read from the database"),
        (("postgresql://u:secret-word@h/d", "--table=a", "--query=select 1"), "Say what to read from the database"),
        (("mysql://u:secret-word@h/d", "--table=a"), "only PostgreSQL"),
        (("file.csv", "--table=a"), "what is given is a file"),
    ],
)
def test_the_command_says_what_it_misses_and_repeats_no_address(tmp_path, words, says):
    (tmp_path / "notebooks").mkdir()
    said = shell("ingest", *words, "--store=own", f"--workspace={tmp_path}")
    assert said.code == 1
    assert says in said.err
    assert "secret-word" not in said.out + said.err
