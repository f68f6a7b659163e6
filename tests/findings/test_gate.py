"""The gate counts what breaks the contract, and its line stands in the header of every report."""

import pandas as pd
import pytest

from appeal_insights.findings.gate import Test, gate, in_short, worst
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.demo import exhibit, rows
from tests.helpers import FIRST_LOAD, table

# Loaded on 2026-11-16. a2 was received seven months after its enforcement; a3 is a second round without a first;
# a4 follows a1, which was decided before; a5 names no enforcement; a6 was decided tomorrow; a7 has no market.
ROWS = """
appeal_id | enforcement_id | market | appeal_round | enforced_at          | received_at          | decided_at           | outcome
a1        | e1             | DE     | 1            | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_upheld
a2        | e2             | DE     | 1            | 2026-03-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_upheld
a3        | e3             | DE     | 2            | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_reversed
a4        | e1             | DE     | 2            | 2026-10-01T08:00:00Z | 2026-10-04T08:00:00Z |                      |
a5        |                | DE     | 1            | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z |                      |
a6        | e6             | DE     | 1            | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-11-17T08:00:00Z | decision_upheld
a7        | e7             |        | 1            | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z |                      |
"""  # noqa: E501


def checked(path, rows_: pd.DataFrame) -> dict[str, Test]:
    ingest(rows_, path, loaded_at=FIRST_LOAD)
    with Store(path) as store:
        return {test.id: test for test in gate(store, store.latest())}


@pytest.fixture(scope="module")
def tests(tmp_path_factory):
    return checked(tmp_path_factory.mktemp("gate") / "gate.duckdb", table(ROWS))


@pytest.mark.parametrize(
    ("id", "result", "broken", "looked_at"),
    [
        ("key_once", "passed", 0, 6),
        ("outcome_iff_decided", "passed", 0, 6),
        ("in_order", "passed", 0, 6),
        ("not_in_future", "failed", 1, 6),
        ("in_window", "warned", 1, 6),
        ("round_has_earlier", "warned", 1, 2),
        ("linked", "warned", 1, 6),
        ("in_time", "passed", 0, 6),
        ("rolls_up", "not_there", 0, 0),
        ("accepted", "warned", 1, 7),
    ],
)
def test_each_check_counts_what_breaks_it_of_what_it_looked_at(tests, id, result, broken, looked_at):
    test = tests[id]
    assert (test.result, test.broken, test.looked_at) == (result, broken, looked_at)


def test_the_gate_is_as_good_as_its_worst_check(tests):
    assert worst(list(tests.values())) == "failed"
    assert worst([tests["linked"], tests["in_order"]]) == "warned"
    assert worst([tests["in_order"]]) == "passed"
    assert worst([]) == "not_there"
    assert in_short(list(tests.values()), "en") == "checks: 1 failed, 4 warned, 4 passed"


def test_what_cannot_be_checked_has_neither_passed_nor_failed(tmp_path):
    rows_ = table(ROWS).drop(columns=["enforcement_id", "appeal_round"]).head(2)
    found = checked(tmp_path / "few.duckdb", rows_)
    assert found["linked"].result == "not_there"
    assert found["round_has_earlier"].result == "not_there"
    assert in_short(list(found.values()), "en") == "checks: 6 passed, 1 warned"


def test_a_late_record_is_counted_from_the_second_load_on(tmp_path):
    path = tmp_path / "late.duckdb"
    rows_ = table(ROWS).head(6)
    ingest(rows_.head(1), path, loaded_at=FIRST_LOAD)
    ingest(rows_, path, loaded_at=FIRST_LOAD + pd.Timedelta(days=1))
    with Store(path) as store:
        found = {test.id: test for test in gate(store, store.latest())}
        assert (found["in_time"].broken, found["in_time"].looked_at) == (4, 6), "a6 was decided within seven days"
        assert gate(store, FIRST_LOAD)[0].looked_at == 1, "at the first load only a1 was known"


def test_the_report_says_it_in_its_header_and_shows_every_check(demo):
    inquiry = demo.investigate()
    assert exhibit(inquiry, "summary")["title"].endswith("checks: 20 passed, 4 warned")
    assert exhibit(inquiry, "summary", language="zh-CN")["title"].endswith("记录校验：通过 20，警告 4")
    shown = rows(exhibit(inquiry, "about", id="gate"))
    assert [row["result"] for row in shown].count("warned") == 4
    [window] = [row for row in shown if row["check"].startswith("Received within six months of the enforcement")]
    assert (window["broken"], window["looked_at"]) == ("2", "31,035")


def test_published_figures_check_their_stated_totals(demo):
    inquiry = demo.investigate(store="tiktok", before="2025-H2", after="2026-H1")
    assert "checks: all 1 passed" in exhibit(inquiry, "summary")["title"]


# --- Enforcements, and appeals beside them ---------------------------------------------------------------------------
# Loaded on 2026-11-16. d1 restricts visibility twice; two of its policies say so in two groups; e3 was reversed by
# appeal, e4 too, but its appeal was lost; e5 was won and is not reversed.
ENFORCEMENTS = """
enforcement_id | decision_group_id | market | restriction_class | policy_group | policy | enforced_at          | informed_at          | reversed_at          | reversal_reason
e1             | d1                | DE     | visibility        | hate         | slurs  | 2026-03-01T08:00:00Z | 2026-03-01T09:00:00Z |                      |
e2             | d1                | DE     | visibility        | safety       | slurs  | 2026-10-01T08:00:00Z |                      |                      |
e3             | d2                | DE     | account           | safety       | stunts | 2026-10-01T08:00:00Z | 2026-10-01T08:00:00Z | 2026-10-03T08:00:00Z | appeal
e4             | d3                | DE     | account           | safety       | stunts | 2026-10-01T08:00:00Z | 2026-10-01T08:00:00Z | 2026-10-03T08:00:00Z | appeal
e5             | d4                | DE     | service           | safety       | stunts | 2026-10-01T08:00:00Z | 2026-10-01T08:00:00Z |                      |
e6             | d5                | DE     | service           | safety       | stunts | 2026-10-01T08:00:00Z | 2026-09-01T08:00:00Z |                      |
"""  # noqa: E501
APPEALS = """
appeal_id | enforcement_id | market | enforced_at          | received_at          | decided_at           | outcome
a1        | e1             | DE     | 2026-03-01T08:00:00Z | 2026-09-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_upheld
a3        | e3             | DE     | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_reversed
a4        | e4             | DE     | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_upheld
a5        | e5             | DE     | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z | 2026-10-03T08:00:00Z | decision_reversed
a9        | e9             | DE     | 2026-10-01T08:00:00Z | 2026-10-02T08:00:00Z |                      |
"""  # noqa: E501


@pytest.fixture(scope="module")
def both_facts(tmp_path_factory):
    path = tmp_path_factory.mktemp("gate") / "both.duckdb"
    intake = ingest(table(ENFORCEMENTS), path, fact="enforcements", loaded_at=FIRST_LOAD)
    assert list(intake.reasons["reason"]) == ["informed before the enforcement"]
    ingest(table(APPEALS), path, loaded_at=FIRST_LOAD)
    with Store(path) as store:
        return {(test.fact, test.id): test for test in gate(store, store.latest())}


@pytest.mark.parametrize(
    ("fact", "id", "result", "broken", "looked_at"),
    [
        ("enforcements", "key_once", "passed", 0, 5),
        ("enforcements", "reversed_in_order", "passed", 0, 5),
        ("enforcements", "not_in_future", "passed", 0, 5),
        ("enforcements", "one_active", "failed", 2, 3),
        ("enforcements", "rolls_up", "warned", 2, 5),
        ("enforcements", "accepted", "warned", 1, 6),
        ("enforcements", "enforcement_is_there", "warned", 1, 5),
        ("enforcements", "informed_within_window", "warned", 1, 4),
        ("enforcements", "reversal_by_appeal", "failed", 1, 2),
        ("enforcements", "won_is_reversed", "warned", 1, 2),
        ("appeals", "in_window", "warned", 1, 5),
    ],
)
def test_enforcements_are_checked_by_themselves_and_against_their_appeals(
    both_facts, fact, id, result, broken, looked_at
):
    test = both_facts[fact, id]
    assert (test.result, test.broken, test.looked_at) == (result, broken, looked_at)
