"""Every row of a file ends in the store or among the rejects, and a later file changes nothing about what was known."""

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.errors import BadInput, BadMapping
from appeal_insights.records import ingest as module
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, content, digest_at, make_store, table

SECOND_LOAD = datetime(2026, 11, 17, 6)
APPEALS = table("""
    appeal_id | market | policy | appeal_round | evidence_provided | received_at          | decided_at           | outcome
    001       | GB     | spam   | 1            | true              | 2026-10-05T09:00:00Z | 2026-10-06T09:00:00Z | decision_upheld
    002       | NO     |        | 2            | false             | 2026-10-05T10:00:00Z | 2026-10-07T10:00:00Z | decision_reversed
    003       | ZA     | scam   |              |                   | 2026-10-06T11:00:00Z |                      |
""")  # noqa: E501
CELLS = {
    "appeal_id": ["1", "2", "3", "4", "", "é", "'); drop table appeals; --"],
    "market": ["GB", "NO", "gb", "", "QX", "GBR"],
    "received_at": ["2026-10-05T10:00:00Z", "2026-10-05", "soon", "", "9999-12-31", "2026-03-29T02:30:00"],
    "decided_at": ["2026-10-06T10:00:00+02:00", "2026-10-04", "", "nie"],
    "outcome": ["decision_upheld", "decision_reversed", "", "upheld"],
    "policy": ["spam", "", "a;b", '"', "x\0y", "\ud800", "\\", "改判"],
}
DIRTY = st.lists(st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}), max_size=12)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("loaded") / "s.duckdb", APPEALS)


@pytest.fixture
def path(loaded, tmp_path):
    """A store with those appeals, to take more into."""
    return Path(shutil.copy(loaded, tmp_path / "s.duckdb"))


def visible(path, moment: datetime) -> dict[str, str]:
    """Appeal -> outcome, as the versions known at an instant say."""
    with Store(path) as store:
        rows = store.run(
            "select appeal_id, coalesce(outcome, 'open') as outcome, known_from, known_to from appeals", what="versions"
        )
    known = rows[(rows["known_from"] <= moment) & (moment < rows["known_to"])]
    assert known["appeal_id"].is_unique
    return dict(zip(known["appeal_id"], known["outcome"], strict=True))


def derived(path, columns: str) -> list[tuple[object, ...]]:
    with Store(path) as store:
        rows = store.run(f"select {columns} from appeals order by appeal_id", what="derived")
    days = {name: rows[name].dt.date for name in rows.select_dtypes("datetime")}
    return list(rows.assign(**days).itertuples(index=False, name=None))


@settings(max_examples=6)
@given(DIRTY, DIRTY)
def test_every_row_of_any_table_is_taken_in_or_set_aside_with_its_reason(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("any") / "s.duckdb"
    mapping = read_mapping({"zone": "Europe/Berlin", "columns": {name: name for name in CELLS}})
    expected = 0
    for rows, moment in ((first, FIRST_LOAD), (second, SECOND_LOAD)):
        given_rows = pd.DataFrame(rows, columns=list(CELLS), dtype="str")
        intake = ingest(given_rows, path, mapping=mapping, loaded_at=moment)
        assert intake.read == len(rows) == intake.new + intake.changed + intake.unchanged + intake.rejected
        assert intake.reasons["rows"].ge(1).all()
        expected += intake.new + intake.changed
    with Store(path) as store:
        rejects = store.run("select * from rejects", what="rejects")
        kept = store.run("select count(*) as versions, count(distinct appeal_id) as appeals from appeals", what="kept")
        loads = store.loads
    assert kept["versions"][0] == expected
    assert kept["appeals"][0] == loads["rows_new"].sum()
    parts = loads["rows_new"] + loads["rows_changed"] + loads["rows_unchanged"] + loads["rows_rejected"]
    assert parts.tolist() == loads["rows_read"].tolist()
    for load in loads.itertuples():
        told = rejects[rejects["load_id"] == load.load_id]
        assert told["source_row"].nunique() == load.rows_rejected
        assert told["source_row"].between(1, load.rows_read).all()
    assert rejects["source_column"].isin(list(CELLS)).all()
    assert rejects["reason"].str.len().gt(5).all()


def test_csv_parquet_and_pandas_give_the_same_rows_and_the_same_fingerprint(tmp_path):
    csv, parquet = tmp_path / "rows.csv", tmp_path / "rows.parquet"
    APPEALS.to_csv(csv, index=False)
    with duckdb.connect() as connection:
        connection.register("appeals", APPEALS)
        connection.execute(
            "copy (select * replace (appeal_round::int as appeal_round, evidence_provided::bool as evidence_provided,"
            " received_at::timestamptz as received_at, decided_at::timestamptz as decided_at) from appeals)"
            f" to '{parquet}'"
        )
    typed = APPEALS.assign(
        appeal_round=APPEALS["appeal_round"].astype("float64"),
        evidence_provided=APPEALS["evidence_provided"].map({"true": True, "false": False}),
        received_at=pd.to_datetime(APPEALS["received_at"]),
        decided_at=pd.to_datetime(APPEALS["decided_at"]).dt.tz_convert("Asia/Tokyo"),
    )
    stores = [
        make_store(tmp_path / f"{name}.duckdb", source)
        for name, source in {"csv": csv, "parquet": parquet, "text": APPEALS, "typed": typed}.items()
    ]
    assert len({digest_at(path, FIRST_LOAD) for path in stores}) == 1
    for other in stores[1:]:
        pd.testing.assert_frame_equal(content(stores[0]), content(other))


def test_a_fingerprint_does_not_hang_on_the_order_of_rows_but_on_every_value(tmp_path):
    one = make_store(tmp_path / "a.duckdb", APPEALS)
    other = make_store(tmp_path / "b.duckdb", APPEALS[::-1])
    third = make_store(tmp_path / "c.duckdb", APPEALS.assign(policy=["spam", None, "spam"]))
    assert digest_at(one, FIRST_LOAD) == digest_at(other, FIRST_LOAD) != digest_at(third, FIRST_LOAD)


def test_the_same_file_again_changes_nothing(path):
    before, digest = content(path), digest_at(path, SECOND_LOAD)
    again = ingest(APPEALS, path, loaded_at=SECOND_LOAD)
    assert (again.new, again.changed, again.unchanged, again.rejected) == (0, 0, 3, 0)
    pd.testing.assert_frame_equal(content(path), before)
    assert digest_at(path, SECOND_LOAD) == digest


def test_a_correction_and_a_late_decision_close_the_version_we_had_and_open_a_new_one(path):
    before = digest_at(path, FIRST_LOAD)
    later = table("""
        appeal_id | market | policy | appeal_round | evidence_provided | received_at          | decided_at           | outcome
        001       | GB     | spam   | 1            | true              | 2026-10-05T09:00:00Z | 2026-10-06T09:00:00Z | decision_reversed
        003       | ZA     | scam   |              |                   | 2026-10-06T11:00:00Z | 2026-11-16T12:00:00Z | decision_upheld
        004       | ZA     | scam   |              |                   | 2026-11-16T11:00:00Z |                      |
    """)  # noqa: E501
    intake = ingest(later, path, loaded_at=SECOND_LOAD)
    assert (intake.new, intake.changed, intake.unchanged) == (1, 2, 0)
    old = {"001": "decision_upheld", "002": "decision_reversed", "003": "open"}
    new = {"001": "decision_reversed", "002": "decision_reversed", "003": "decision_upheld", "004": "open"}
    assert visible(path, FIRST_LOAD) == old
    assert visible(path, datetime(2026, 11, 17, 5, 59, 59)) == old
    assert visible(path, SECOND_LOAD) == new
    assert digest_at(path, FIRST_LOAD) == before != digest_at(path, SECOND_LOAD)


def test_a_record_that_a_later_file_leaves_out_stays(path):
    ingest(APPEALS[:1], path, loaded_at=SECOND_LOAD)
    assert len(visible(path, SECOND_LOAD)) == 3


def test_the_first_load_is_known_from_its_events_and_later_ones_from_the_load(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALS[:2])
    assert visible(path, datetime(2026, 10, 5, 9, 30)) == {"001": "decision_upheld"}
    ingest(APPEALS, path, loaded_at=SECOND_LOAD)
    assert set(visible(path, datetime(2026, 11, 17, 5))) == {"001", "002"}
    assert set(visible(path, SECOND_LOAD)) == {"001", "002", "003"}
    with Store(path) as store:
        assert store.loads["backfilled"].tolist() == [True, False]
        assert store.first_load("appeals") == FIRST_LOAD


def test_the_time_of_the_extract_says_when_a_backfilled_row_was_known(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALS.assign(known_from="2026-11-01T00:00:00Z"))
    assert visible(path, datetime(2026, 10, 31)) == {}
    assert len(visible(path, datetime(2026, 11, 1))) == 3


def test_nothing_is_known_later_than_the_load_that_brought_it(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALS.assign(known_from="2027-01-01T00:00:00Z"))
    assert len(visible(path, FIRST_LOAD)) == 3


def test_loads_go_forward_in_time(path):
    before = path.read_bytes()
    with pytest.raises(BadInput, match="Loads go forward in time"):
        ingest(APPEALS, path, loaded_at=datetime(2026, 11, 16, 5))
    assert path.read_bytes() == before


@pytest.mark.parametrize("step", ["check_page", "digest", "accounted"])
def test_a_failure_in_the_middle_leaves_the_old_store_as_it_was_and_nothing_beside_it(
    path, tmp_path, monkeypatch, step
):
    before = path.read_bytes()

    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, step, fail)
    for store in (path, tmp_path / "new.duckdb"):
        with pytest.raises(KeyboardInterrupt):
            ingest(APPEALS.assign(market="FR"), store, loaded_at=SECOND_LOAD)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.duckdb"]


def test_a_row_that_breaks_a_rule_is_set_aside_with_the_column_of_the_file(tmp_path):
    rows = table("""
        id | market | enforced             | received             | decided              | result
        1  | GB     | 2026-10-06T00:00:00Z | 2026-10-05T10:00:00Z |                      |
        2  | GB     |                      | 2026-10-05T10:00:00Z | 2026-10-05T09:59:59Z | decision_upheld
        3  | GB     |                      | 2026-10-05T10:00:00Z | 2026-10-06T09:00:00Z |
        4  | GB     |                      | 2026-10-05T10:00:00Z |                      | decision_upheld
        5  | GB     | 2026-10-05T10:00:00Z | 2026-10-05T10:00:00Z | 2026-10-05T10:00:00Z | decision_upheld
    """)
    names = {"id": "appeal_id", "enforced": "enforced_at", "received": "received_at", "decided": "decided_at"}
    mapping = read_mapping({"columns": {**names, "market": "market", "result": "outcome"}})
    intake = ingest(rows, tmp_path / "s.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)
    assert (intake.new, intake.rejected) == (1, 4)
    assert intake.reasons[["column", "reason", "first_row"]].to_numpy().tolist() == [
        ["received", "received before the enforcement that it appeals", 1],
        ["decided", "decided before it was received", 2],
        ["result", "decided, but without an outcome", 3],
        ["decided", "has an outcome, but no time of decision", 4],
    ]


def test_of_a_key_that_appears_again_the_first_good_row_counts(tmp_path):
    rows = APPEALS.assign(appeal_id="7", market=["gb", "NO", "ZA"])
    intake = ingest(rows, tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert (intake.new, intake.rejected) == (1, 2)
    assert "appears again; the first is row 2" in intake.reasons["reason"].tolist()
    assert derived(tmp_path / "s.duckdb", "market") == [("NO",)]


def test_an_unknown_value_of_a_dimension_is_blank_and_no_other_one(path):
    assert derived(path, "policy, appeal_round, evidence_provided") == [
        ("spam", "1", "true"),
        ("(blank)", "2", "false"),
        ("scam", "(blank)", "(blank)"),
    ]
    with Store(path) as store:
        assert store.run(
            "select count(outcome) as n, count(enforcement_id) as m from appeals", what="x"
        ).to_numpy().tolist() == [[2, 0]]
        assert store.values("appeals", "site") == ["(blank)"]


def test_the_day_and_week_of_a_decision_are_those_of_the_market(tmp_path):
    rows = table("""
        market | decided_at           | day        | monday
        GB     | 2026-07-05T22:59:59Z | 2026-07-05 | 2026-06-29
        GB     | 2026-07-05T23:00:00Z | 2026-07-06 | 2026-07-06
        GB     | 2026-12-06T23:59:59Z | 2026-12-06 | 2026-11-30
        AE     | 2026-07-05T19:59:59Z | 2026-07-05 | 2026-06-29
        AE     | 2026-07-05T20:00:00Z | 2026-07-06 | 2026-07-06
        ZA     | 2026-07-05T21:59:59Z | 2026-07-05 | 2026-06-29
        ZA     | 2026-07-05T22:00:00Z | 2026-07-06 | 2026-07-06
        AE     | 2026-12-31T20:00:00Z | 2027-01-01 | 2026-12-28
        ZA     | 2027-01-03T22:00:00Z | 2027-01-04 | 2027-01-04
        US     | 2026-07-06T06:59:59Z | 2026-07-05 | 2026-06-29
    """)  # the US have no clock of their own here, so the one of the mapping counts
    expected = [
        tuple(date.fromisoformat(day) for day in days) for days in zip(rows["day"], rows["monday"], strict=True)
    ]
    rows = rows.assign(appeal_id=[str(place) for place in range(len(rows))], outcome="decision_upheld")
    names = ["appeal_id", "market", "outcome", "decided_at"]
    declared = {"zone": "America/Los_Angeles", "absent": ["received_at"], "columns": {name: name for name in names}}
    path = make_store(tmp_path / "s.duckdb", rows, mapping=read_mapping(declared))
    assert derived(path, "decided_on, decided_week") == expected


def test_turnaround_is_time_that_went_by_whatever_the_clocks_did(tmp_path):
    rows = table("""
        appeal_id | market | received_at         | decided_at          | outcome
        1         | DE     | 2026-03-28T12:00:00 | 2026-03-29T12:00:00 | decision_upheld
        2         | DE     | 2026-10-24T12:00:00 | 2026-10-25T12:00:00 | decision_upheld
        3         | DE     | 2026-10-05T12:00:00 | 2026-10-06T12:00:00 | decision_upheld
        4         | DE     | 2026-10-05T12:00:00 |                     |
    """)
    declared = {"zone": "Europe/Berlin", "columns": {name: name for name in rows}}
    path = make_store(tmp_path / "s.duckdb", rows, mapping=read_mapping(declared))
    hour = 3600
    assert derived(path, "coalesce(turnaround_seconds, -1) as s") == [(23 * hour,), (25 * hour,), (24 * hour,), (-1,)]


def test_an_intake_says_what_was_not_used_and_what_was_not_there(tmp_path):
    intake = ingest(APPEALS.assign(colour="red"), tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert intake.unmapped == ("colour",)
    assert {"site", "queue", "enforced_at"} <= set(intake.without)
    assert "policy" not in intake.without


def test_a_store_of_two_files_lacks_only_what_both_lack_and_is_as_coarse_as_the_coarser(tmp_path):
    path = tmp_path / "s.duckdb"
    yearly = {**{name: name for name in APPEALS}, "decided_at": {"to": "decided_at", "precision": "year"}}
    ingest(APPEALS[:1], path, mapping=read_mapping({"columns": yearly}), loaded_at=FIRST_LOAD)
    ingest(APPEALS[1:].drop(columns="policy").assign(site="x"), path, loaded_at=SECOND_LOAD)
    with Store(path) as store:
        declared = store.declared("appeals")
    assert declared["precision"] == {"decided_at": "year"}
    assert {"policy", "site"}.isdisjoint(declared["without"])
    assert "queue" in declared["without"]


def test_a_column_that_the_mapping_takes_but_the_file_lacks_is_refused_before_anything_is_written(tmp_path):
    mapping = read_mapping({"columns": {"case": "appeal_id", "market": "market", "received_at": "received_at"}})
    with pytest.raises(BadMapping, match="no column 'case', which the mapping takes 'appeal_id' from"):
        ingest(APPEALS, tmp_path / "s.duckdb", mapping=mapping)
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_makes_a_store_without_records(tmp_path):
    intake = ingest(APPEALS[:0], tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert (intake.read, intake.new, len(intake.reasons)) == (0, 0, 0)
    assert visible(tmp_path / "s.duckdb", FIRST_LOAD) == {}


def test_a_file_without_a_time_is_loaded_now_to_the_second(tmp_path):
    ingest(APPEALS, tmp_path / "s.duckdb")
    with Store(tmp_path / "s.duckdb") as store:
        assert store.latest().microsecond == 0
