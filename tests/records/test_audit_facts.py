"""Audits, gold answers and the cases behind them: what is taken in, and what is set aside with its reason."""

from datetime import date

import pytest

from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, answer, content, make_store, table

AUDIT = table("""
    audit_id | subject_type | subject_id | decision | decided_at           | purpose | verdict   | audited_at
    q1       | ticket       | t1         | enforced | 2026-10-05T09:00:00Z | random  | incorrect | 2026-10-06T09:00:00Z
""").assign(market="GB")
CELL = table("""
    cell_id | subject_type | market | stratum | cases | decided_at
    c1      | appeal       | SA     | hard    | 40    | 2026-10-05
""")
GIVEN = table("""
    answer_id | item_id | rater | role     | truth | answer | answered_at
    a1        | i1      | R-001 | reviewer | keep  | keep   | 2026-10-05T12:00:00Z
    a2        | i1      | R-002 | reviewer | keep  | remove | 2026-10-05T12:00:00Z
    a3        | i2      | R-001 | reviewer |       | keep   | 2026-10-05T12:00:00Z
""")
DISPUTED = {
    "disputed_at": "2026-10-07T09:00:00Z", "final_verdict": "correct", "final_at": "2026-10-08T09:00:00Z",
}  # fmt: skip


def test_an_audit_without_the_newer_columns_is_taken_in_as_before(tmp_path):
    found = content(make_store(tmp_path / "s.duckdb", AUDIT, fact="audits"), "audits").iloc[0]
    assert set(found[["stratum", "tenure", "severity", "error_type"]]) == {"(blank)"}
    new = ["reviewer", "auditor", "blind", "disputed_at", "final_verdict", "final_at"]
    assert found[new].isna().all()


def test_an_audit_says_who_how_bad_and_what_became_of_a_dispute(tmp_path):
    whole = AUDIT.assign(stratum="hard", reviewer="R-001", auditor="Q-01", tenure="under_30_days", severity="critical",
                         blind="true", **DISPUTED)  # fmt: skip
    found = content(make_store(tmp_path / "s.duckdb", whole, fact="audits"), "audits").iloc[0]
    assert found[["stratum", "reviewer", "auditor", "tenure", "severity", "blind", "final_verdict"]].tolist() == [
        "hard", "R-001", "Q-01", "under_30_days", "critical", "true", "correct",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"verdict": "correct", "severity": "minor"}, "has a severity, but the verdict is not incorrect"),
        ({"disputed_at": "2026-10-05T12:00:00Z"}, "disputed before it was audited"),
        ({**DISPUTED, "final_verdict": None}, "has a time of the final verdict, but no final verdict"),
        ({**DISPUTED, "final_at": None}, "has a final verdict, but no time of it"),
        ({**DISPUTED, "final_at": "2026-10-06T10:00:00Z"}, "settled before it was disputed or audited"),
        ({"tenure": "31 days"}, "is no audits"),
    ],
)
def test_an_audit_that_contradicts_itself_is_set_aside(tmp_path, said, reason):
    intake = ingest(AUDIT.assign(**said), tmp_path / "s.duckdb", fact="audits", loaded_at=FIRST_LOAD)
    [told] = intake.reasons["reason"]
    assert intake.rejected == 1
    assert told.startswith(reason.replace("is no audits", "is no tenure"))


@pytest.mark.parametrize("market", ["SA", "GB", "US"])
def test_a_day_of_cases_stays_the_day_that_the_file_names(tmp_path, market):
    path = make_store(tmp_path / "s.duckdb", CELL.assign(market=market), fact="strata")
    with Store(path) as store:
        assert store.span("strata", "decided_on") == (date(2026, 10, 5), date(2026, 10, 5))


def test_a_day_of_cases_is_that_of_the_clock_that_the_mapping_names(tmp_path):
    names = {name: name for name in CELL.columns}
    mapping = read_mapping({"fact": "strata", "zone": "Europe/Berlin", "columns": names})
    path = make_store(tmp_path / "s.duckdb", CELL, mapping=mapping)
    with Store(path) as store:
        assert store.span("strata", "decided_on") == (date(2026, 10, 5), date(2026, 10, 5))


def test_fewer_than_no_cases_are_set_aside_and_corrected_cases_replace_the_old_ones(tmp_path):
    path = make_store(tmp_path / "s.duckdb", CELL, fact="strata")
    intake = ingest(CELL.assign(cases="-1"), path, fact="strata", loaded_at=FIRST_LOAD)
    assert intake.reasons["reason"].tolist() == ["is below zero, and nothing that is counted can be"]
    assert ingest(CELL.assign(cases="50"), path, fact="strata", loaded_at=FIRST_LOAD).changed == 1
    [row] = answer(path, "breakdown", "2026-10-05", of="auditable_cases", by=("stratum",)).itertuples()
    assert (row.segment, row.numerator) == ("hard", 50)


def test_answers_by_truth_are_a_confusion_matrix_and_people_are_no_dimension(tmp_path):
    path = make_store(tmp_path / "s.duckdb", GIVEN, fact="gold")
    found = answer(path, "breakdown", "2026-10-05", of="gold_pass_rate", by=("truth", "answer"))
    cells = {(row.truth, row.answer): (row.numerator, row.denominator) for row in found.itertuples()}
    assert cells == {("keep", "keep"): (1, 1), ("keep", "remove"): (0, 1), ("(blank)", "keep"): (0, 0)}
