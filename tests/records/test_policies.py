"""SLA policies that say which records they are for: what they may name, which of several counts, long disputes."""

import pandas as pd
import pytest

from appeal_insights.records.checking import market_zones
from appeal_insights.records.contract import contract
from appeal_insights.records.ingest import ingest
from tests.helpers import FIRST_LOAD, table
from tests.records.test_clocks import RIYADH, appeal, clock, promised, steps, store


def refused(tmp_path, scope: str) -> str:
    rows = promised("policy_id | hours\n good | 4\n bad | 8").assign(scope=[None, scope])
    intake = ingest(rows, tmp_path / "s.duckdb", fact="sla_policies", loaded_at=FIRST_LOAD)
    assert (intake.new, intake.rejected) == (1, 1)
    [reason] = intake.reasons.to_dict("records")
    assert (reason["column"], reason["example"], reason["first_row"]) == ("scope", scope, 2)
    return str(reason["reason"])


def test_a_policy_that_names_a_column_which_no_clock_has_is_set_aside_with_the_nearest_name(tmp_path):
    said = refused(tmp_path, "mraket=DE")
    assert said.startswith("names no column of these records. Did you mean 'market'?")
    assert "severity" in said


@pytest.mark.parametrize("scope", ["calendar=DE", "sla_policy=p1", "paused=true", "clock=decide"])
def test_a_policy_cannot_be_for_what_only_follows_from_policies(tmp_path, scope):
    assert refused(tmp_path, scope).startswith("names no column of these records.")


def test_what_a_policy_may_name_is_what_a_clock_has_of_its_record():
    follow = {"subject_type", "clock", "sla_policy", "calendar", "paused"}
    assert {*contract("sla_policies").columns["scope"].names} == {*contract("clocks").dimensions} - follow


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ("wide | 4 | \n narrow | 8 | market=SA", "narrow"),  # the more specific one
        ("one | 4 | market=SA\n two | 8 | market=SA,DE; queue=live", "two"),  # which is the one that names more columns
        ("z | 4 | market=SA\n a | 8 | market=SA", "a"),  # of two alike the first by name
    ],
)
def test_of_several_policies_the_same_one_counts_whatever_their_order(tmp_path, rows, counts):
    for place, lines in enumerate((rows.split("\n"), rows.split("\n")[::-1])):
        policies = promised("policy_id | hours | scope\n" + "\n".join(lines))
        folder = tmp_path / str(place)
        folder.mkdir()
        path = store(folder, sla_policies=policies, appeals=appeal(queue="live"))
        assert clock(path)["sla_policy"] == counts


def dispute(complex_: str | None) -> pd.DataFrame:
    row = {"dispute_id": "d", "market": "DE", "submitted_at": "2026-01-10T00:00:00Z", "complex": complex_}
    return pd.DataFrame([row], dtype="str")


@pytest.mark.parametrize(("complex_", "due"), [("false", "2026-04-10"), (None, "2026-04-10"), ("true", "2026-07-09")])
def test_a_complex_dispute_has_180_days_and_any_other_90(tmp_path, complex_, due):
    """10 January and 90 days: 21 + 28 + 31 are 80 up to 31 March; 180 days: another 30 + 31 + 29 from 10 April."""
    policies = promised("policy_id | hours | scope\n usual | 2160 | \n longer | 4320 | complex=true")
    path = store(tmp_path, sla_policies=policies.assign(subject_type="dispute"), disputes=dispute(complex_))
    assert clock(path, "dispute:d:decide")["due_at"] == pd.Timestamp(due)


def test_who_took_a_case_over_after_its_decision_is_not_counted(tmp_path):
    log = steps("""
        happened_at          | status
        2026-10-15T16:00:00Z | handed_over
        2026-10-15T18:00:00Z | handed_over
        2026-10-16T09:00:00Z | handed_over
    """)
    decided = appeal(RIYADH, "2026-10-15T20:00:00Z")
    path = store(tmp_path, sla_policies=promised("hours\n8"), appeals=decided, status_log=log)
    assert clock(path)["hand_overs"] == 2
    (tmp_path / "open").mkdir()
    path = store(tmp_path / "open", sla_policies=promised("hours\n8"), appeals=appeal(), status_log=log)
    assert clock(path)["hand_overs"] == 3


def test_a_desk_in_shanghai_has_its_own_clock_and_works_on_a_sunday_made_up_for(tmp_path):
    """10 October 2026 is a Saturday that is worked in place of a day of the week-long holiday."""
    assert market_zones()["CN"] == "Asia/Shanghai"
    policies = promised("hours | calendar\n 4 | market").assign(subject_type="ticket", clock="resolve")
    ticket = table("""
        ticket_id | market | severity | created_at
        t         | CN     | P1       | 2026-10-10T01:00:00Z
    """)
    path = store(tmp_path, sla_policies=policies, tickets=ticket)
    found = clock(path, "ticket:t:resolve")
    assert found["due_at"] == pd.Timestamp("2026-10-10T05:00")
    assert str(found["started_on"])[:10] == "2026-10-10"
