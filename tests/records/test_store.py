"""A store is one private file that is written whole, and that whatever is asked of it only reads."""

import stat
from datetime import date, datetime

import duckdb
import pytest

from appeal_insights.errors import BadInput, UnknownStore
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, decided, make_store, table

HOSTILE = "spam'); drop table appeals; --"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rows = decided([("2026-10-05", "GB", "upheld", 2), ("2026-10-09", "NO", "reversed", 1)], policy=HOSTILE)
    return make_store(tmp_path_factory.mktemp("it's a store") / "demo.duckdb", rows)


@pytest.fixture
def store(path):
    with Store(path) as opened:
        yield opened


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_csv('{other}')",
        "select * from read_text('{other}')",
        "select * from '{other}'",
        "select * from glob('/*')",
        "copy appeals to '{other}.out'",
        "copy appeals from '{other}'",
        "export database '{other}.out'",
        "attach '{other}.duckdb' as other",
        "install httpfs",
        "load httpfs",
        "create table mine as select 1",
        "create view mine as select 1",
        "create secret mine (type s3)",
        "insert into appeals select * from appeals",
        "update appeals set market = 'GB'",
        "delete from appeals",
        "drop table appeals",
        "alter table appeals add column x int",
        "set threads = 1",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset threads",
        "pragma enable_profiling",
        "use memory",
        "detach store",
    ],
)
def test_a_store_reads_its_own_file_and_changes_nothing(path, store, tmp_path, text):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    before = path.read_bytes()
    with pytest.raises(duckdb.Error):
        store.run(text.format(other=other), what="mischief")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["other.csv"]
    assert store.run("select count(*) as n from appeals", what="count")["n"].tolist() == [3]


def test_a_table_of_python_is_no_table_of_a_store(store):
    appeals_of_mine = decided([("2026-10-05", "GB", "upheld", 1)])
    with pytest.raises(duckdb.Error, match="appeals_of_mine"):
        store.run("select * from appeals_of_mine", what=f"{len(appeals_of_mine)} rows of python")


def test_the_file_is_for_its_owner_alone_and_its_folder_is_made(tmp_path):
    path = make_store(tmp_path / "data" / "store" / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ingest(decided([("2026-10-05", "GB", "reversed", 1)]), path, loaded_at=FIRST_LOAD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["s.duckdb"]


def test_dimensions_are_enumerations_at_rest_and_text_in_an_answer(store):
    kinds = store.run(
        "select column_name, data_type from duckdb_columns() where table_name = 'appeals' and internal = false",
        what="types",
    )
    kind = dict(zip(kinds["column_name"], kinds["data_type"], strict=True))
    assert kind["market"] == "ENUM('(blank)', 'GB', 'NO')"
    assert kind["policy"].startswith("ENUM(")
    assert (kind["appeal_id"], kind["decided_on"], kind["decided_at"]) == ("VARCHAR", "DATE", "TIMESTAMP")
    assert store.run("select policy from appeals", what="policy")["policy"].tolist() == [HOSTILE] * 3
    assert store.values("appeals", "market") == ["GB", "NO"]


def test_an_enumeration_grows_with_later_files(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    ingest(decided([("2026-10-05", "AE", "upheld", 1)]), path, loaded_at=datetime(2026, 11, 17))
    with Store(path) as store:
        assert store.values("appeals", "market") == ["AE", "GB"]


def test_every_query_is_kept_with_its_text_and_what_it_was_for(store):
    store.run("select market from appeals", what="markets")
    [asked] = store.asked
    assert (asked.what, asked.text, asked.rows) == ("markets", "select market from appeals", 3)
    assert asked.seconds > 0


def test_a_store_says_what_it_holds_and_since_when(store):
    assert store.tables == ["appeals"]
    assert store.latest() == FIRST_LOAD
    assert store.first_load("appeals") == FIRST_LOAD
    assert store.first_load("known_events") is None
    assert store.span("appeals", "decided_on") == (date(2026, 10, 5), date(2026, 10, 9))
    assert store.span("appeals", "enforced_on") is None
    assert store.declared("nothing") == {}
    assert store.loads["rows_new"].tolist() == [3]


def test_a_fact_that_is_not_there_is_answered_with_what_is(store):
    with pytest.raises(UnknownStore, match=r"holds no known_events\. It holds: appeals\. Ingest them first"):
        store.require("known_events")


def test_a_fingerprint_counts_the_rows_visible_at_an_instant(store):
    assert store.fingerprint("appeals", FIRST_LOAD).rows == 3
    assert store.fingerprint("appeals", datetime(2026, 10, 6)).rows == 2
    nothing = store.fingerprint("appeals", datetime(2026, 10, 1))
    assert nothing.rows == 0
    assert str(nothing).endswith(" (0 rows)")


def test_two_stores_of_one_file_may_be_open_and_a_file_replaced_since_is_seen_by_the_new_one_only(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    with Store(path) as old:
        ingest(decided([("2026-10-05", "GB", "upheld", 4)]), path, loaded_at=datetime(2026, 11, 17))
        with Store(path) as new:
            assert (old.latest(), new.latest()) == (FIRST_LOAD, datetime(2026, 11, 17))
            counts = [one.run("select count(*) as n from appeals", what="n")["n"][0] for one in (old, new)]
    assert counts == [1, 4]


def test_a_closed_store_answers_no_more(path):
    with Store(path) as store:
        pass
    with pytest.raises(duckdb.Error):
        store.latest()


def test_no_file_says_how_to_make_one(tmp_path):
    with pytest.raises(UnknownStore, match="appeal-insights ingest FILE --store none"):
        Store(tmp_path / "none.duckdb")


def other_database(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 1 as a")


def other_format(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table about as select 'format' as key, '99' as value")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("market,outcome\n"), "is not a store of this package"),
        (other_database, "is not a store of this package"),
        (other_format, "has the format 99, this version reads 7"),
        (lambda path: path.mkdir(), "is not a store of this package"),
    ],
)
def test_another_file_is_no_store_and_is_left_as_it_is(tmp_path, make, says):
    path = tmp_path / "s.duckdb"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(BadInput, match=says):
        Store(path)
    if before is not None:
        with pytest.raises(BadInput, match=says):
            ingest(decided([("2026-10-05", "GB", "upheld", 1)]), path)
        assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.duckdb"]


def test_events_stand_beside_appeals(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    events = table("""
        event_id | event_type | title_en | starts_at            | ends_at              | scope
        e1       | incident   | Outage   | 2026-10-05T23:30:00Z | 2026-10-05T23:00:00Z |
        e2       | incident   | Outage   | 2026-10-05T23:30:00Z |                      | market=DE
    """)
    intake = ingest(events, path, fact="known_events", loaded_at=FIRST_LOAD)
    assert intake.reasons["reason"].tolist() == ["ends before it starts"]
    with Store(path) as store:
        assert store.tables == ["appeals", "known_events"]
        assert store.span("known_events", "starts_on") == (date(2026, 10, 5), date(2026, 10, 5))
