"""What appeals say of enforcements is brought onto them whichever comes first; what the records say stays."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, content, digest_at, make_store, table

LATER = FIRST_LOAD + timedelta(days=7)
# e3 is never appealed. b is against an enforcement that is not there, c against none that it names.
ENFORCED = table("""
    enforcement_id | market | restriction_class | enforced_at          | reversed_at          | reversal_reason
    e3             | GB     | visibility        | 2026-10-01T09:00:00Z |                      |
    e1             | AE     | visibility        | 2026-10-01T09:00:00Z |                      |
    e2             | GB     | account           | 2026-10-01T09:00:00Z | 2026-10-09T09:00:00Z | appeal
""")
APPEALED = table("""
    appeal_id | of | round | received_at      | decided_at       | outcome            | notified_at
    a1        | e1 | 1     | 2026-10-02T21:00 | 2026-10-04T21:00 | upheld             | 2026-10-05T09:00
    a2        | e1 | 2     | 2026-10-05T21:00 | 2026-10-07T21:00 | reversed           | 2026-10-07T22:00
    a3        | e2 | 1     | 2026-10-04T09:00 | 2026-10-08T09:00 | omitted            |
    a4        | e2 | 1     | 2026-10-03T09:00 | 2026-10-08T10:00 | partially_reversed |
    b         | e9 | 1     | 2026-10-03T09:00 | 2026-10-08T10:00 | reversed           |
    c         |    | 1     | 2026-10-03T09:00 | 2026-10-08T10:00 | reversed           |
""").rename(columns={"of": "enforcement_id", "round": "appeal_round"})
APPEALED["outcome"] = "decision_" + APPEALED["outcome"]
APPEALED["market"] = ["AE", "AE", "GB", "GB", "GB", "GB"]
APPEALED["reinstated_at"] = [None, "2026-10-07T23:00", None, None, None, None]
# On the clock of Dubai, four hours ahead, nine in the evening is the next day.
EXPECTED = {
    "first_appealed_at": [None, "10-02 21:00", "10-03 09:00"],
    "first_decided_at": [None, "10-04 21:00", "10-08 09:00"],
    "first_notified_at": [None, "10-05 09:00", None],
    "upheld_at": [None, "10-04 21:00", None],
    "appealed_again_at": [None, "10-05 21:00", None],
    "overturned_at": [None, "10-07 21:00", "10-08 10:00"],
    "reinstated_at": [None, "10-07 23:00", None],
    "restricted_until": [None, "10-07 23:00", "10-09 09:00"],  # e2 was reversed, though nobody said reinstated
    "first_appealed_on": [None, "10-03 00:00", "10-03 00:00"],
    "upheld_on": [None, "10-05 00:00", None],
    "appealed_again_on": [None, "10-06 00:00", None],
    "overturned_on": [None, "10-08 00:00", "10-08 00:00"],
}
RESTRICTED = [None, (6 * 24 + 14) * 3600, 8 * 24 * 3600]


def rolled(path) -> pd.DataFrame:
    with Store(path) as store:
        names = ", ".join(["enforcement_id", *EXPECTED, "restricted_seconds"])
        return store.run(f"select {names} from enforcements", what="what appeals said")


def told(found: pd.DataFrame, name: str) -> list[str | None]:
    return [None if pd.isna(one) else one.strftime("%m-%d %H:%M") for one in pd.to_datetime(found[name])]


def both(path, *, appeals_first: bool):
    for fact in ("appeals", "enforcements") if appeals_first else ("enforcements", "appeals"):
        make_store(path, {"appeals": APPEALED, "enforcements": ENFORCED}[fact], fact=fact)
    return path


@pytest.mark.parametrize("appeals_first", [True, False])
def test_each_enforcement_knows_what_became_of_it_whichever_came_first(tmp_path, appeals_first):
    found = rolled(both(tmp_path / "s.duckdb", appeals_first=appeals_first))
    assert found["enforcement_id"].tolist() == ["e3", "e1", "e2"], "in the order of the file"
    assert {name: told(found, name) for name in EXPECTED} == EXPECTED
    assert [None if pd.isna(one) else one for one in found["restricted_seconds"]] == RESTRICTED


def test_without_appeals_nothing_is_said(tmp_path):
    found = rolled(make_store(tmp_path / "s.duckdb", ENFORCED, fact="enforcements"))
    assert found.drop(columns="enforcement_id").isna().all(axis=None)


def test_an_enforcement_that_was_overturned_and_nothing_more_was_in_force_until_then(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALED.assign(reinstated_at=None))
    plain = ENFORCED.assign(reversed_at=None, reversal_reason=None)
    found = rolled(make_store(path, plain, fact="enforcements"))
    assert told(found, "restricted_until") == told(found, "overturned_at") == [None, "10-07 21:00", "10-08 10:00"]


def test_what_was_reversed_for_another_reason_is_not_overturned(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALED.assign(outcome="decision_upheld", reinstated_at=None))
    found = rolled(make_store(path, ENFORCED.assign(reversal_reason=[None, None, "bulk_restore"]), fact="enforcements"))
    assert found[["overturned_at", "restricted_until", "restricted_seconds"]].isna().all(axis=None)


def test_a_later_load_that_corrects_an_outcome_is_what_counts(tmp_path):
    path = both(tmp_path / "s.duckdb", appeals_first=True)
    corrected = APPEALED.assign(outcome=APPEALED["outcome"].replace({"decision_reversed": "decision_upheld"}))
    ingest(corrected.assign(reinstated_at=None), path, loaded_at=LATER)
    found = rolled(path)
    assert told(found, "overturned_at") == [None, None, "10-08 10:00"]
    assert told(found, "upheld_at") == [None, "10-04 21:00", None], "still the first round"
    assert found["restricted_seconds"].isna().tolist() == [True, True, False]


def test_an_appeal_that_comes_later_is_brought_over_too(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALED.head(1))
    make_store(path, ENFORCED, fact="enforcements")
    assert told(rolled(path), "overturned_at") == [None, None, None]
    ingest(APPEALED, path, loaded_at=LATER)
    assert told(rolled(path), "overturned_at") == EXPECTED["overturned_at"]


def test_an_enforcement_that_was_corrected_keeps_what_was_said_in_both_its_versions(tmp_path):
    path = both(tmp_path / "s.duckdb", appeals_first=False)
    ingest(ENFORCED.assign(restriction_class="service"), path, fact="enforcements", loaded_at=LATER)
    found = rolled(path).groupby("enforcement_id")["overturned_at"].agg(["size", "nunique", "count"])
    assert found.loc["e1"].tolist() == [2, 1, 2]
    assert found.loc["e3"].tolist() == [2, 0, 0]


def test_what_the_records_say_and_their_fingerprint_are_as_they_were(tmp_path):
    alone = make_store(tmp_path / "alone.duckdb", ENFORCED, fact="enforcements")
    together = both(tmp_path / "together.duckdb", appeals_first=True)
    own = [name for name in content(alone, "enforcements") if name not in (*EXPECTED, "restricted_seconds")]
    pd.testing.assert_frame_equal(content(alone, "enforcements")[own], content(together, "enforcements")[own])
    assert digest_at(alone, FIRST_LOAD, "enforcements") == digest_at(together, FIRST_LOAD, "enforcements")
    by_itself = make_store(tmp_path / "appeals.duckdb", APPEALED)
    assert content(by_itself).equals(content(together))


def test_the_columns_keep_their_order_and_types(tmp_path):
    shape = "select column_name, data_type from duckdb_columns() where table_name = 'enforcements' and not internal"
    shapes = []
    for name, appeals_first in {"one": True, "other": False}.items():
        with Store(both(tmp_path / f"{name}.duckdb", appeals_first=appeals_first)) as store:
            shapes.append(store.run(f"{shape} order by column_index", what="shape").to_numpy().tolist())
    with Store(make_store(tmp_path / "alone.duckdb", ENFORCED, fact="enforcements")) as store:
        shapes.append(store.run(f"{shape} order by column_index", what="shape").to_numpy().tolist())
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_look_at_a_second_file_of_appeals_changes_nothing(tmp_path):
    path = both(tmp_path / "s.duckdb", appeals_first=True)
    before = path.read_bytes()
    intake = ingest(APPEALED.assign(outcome="decision_upheld"), path, loaded_at=LATER, check=True)
    assert (intake.check, intake.changed) == (True, 5), "a1 was upheld before"
    assert path.read_bytes() == before
    assert told(rolled(path), "overturned_at") == EXPECTED["overturned_at"]


def test_the_same_file_of_appeals_again_changes_nothing(tmp_path):
    path = both(tmp_path / "s.duckdb", appeals_first=False)
    before = path.read_bytes()
    assert ingest(APPEALED, path, loaded_at=LATER).again
    assert path.read_bytes() == before


def test_a_market_that_nobody_knows_has_the_clock_of_the_file(tmp_path):
    path = make_store(tmp_path / "s.duckdb", APPEALED.assign(market="JP"))
    mapping = {"zone": "Asia/Tokyo", "columns": {name: name for name in ENFORCED}}
    make_store(path, ENFORCED.assign(market="JP"), mapping=read_mapping({"fact": "enforcements", **mapping}))
    assert told(rolled(path), "overturned_on") == [None, "10-08 00:00", "10-08 00:00"]
    with Store(path) as store:
        [days] = store.run(
            "select min(first_appealed_on) as first, max(enforced_on) as last from enforcements", what="d"
        ).itertuples()
    assert (days.first, days.last) == (datetime(2026, 10, 3), datetime(2026, 10, 1))


def test_appeals_that_share_an_enforcement_bear_its_number_whichever_came_first(tmp_path):
    """a1 and a2 share e1; a3 is alone until a4 comes, against the same e2; c names no enforcement."""

    def numbers() -> dict[str, int | None]:
        with Store(path) as store:
            found = store.run("select appeal_id, cluster_number from appeals order by appeal_id", what="numbers")
        return {row.appeal_id: None if pd.isna(row.cluster_number) else int(row.cluster_number) for row in
                found.itertuples(index=False)}  # fmt: skip

    path = tmp_path / "shared.duckdb"
    make_store(path, APPEALED[APPEALED["appeal_id"] != "a4"])
    assert numbers() == {"a1": 1, "a2": 1, "a3": None, "b": None, "c": None}
    ingest(APPEALED[APPEALED["appeal_id"] == "a4"], path, loaded_at=LATER)
    assert numbers() == {"a1": 1, "a2": 1, "a3": 2, "a4": 2, "b": None, "c": None}
