"""SLA clocks as they follow from what is taken in: on which calendar, by when, by whose promise, with which pauses."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, answer, make_store, table

RIYADH = "2026-10-15T15:00:00Z"  # Thursday, six in the evening there; Friday and Saturday are weekend


def promised(text: str) -> pd.DataFrame:
    """Policies, by default of appeals, to decide, without pauses, since the start of the year."""
    said = table(text)
    usual = {
        "subject_type": "appeal", "clock": "decide", "pauses": "none", "valid_from": "2026-01-01T00:00:00Z",
        "calendar": "always", "owner": "lead",
    }  # fmt: skip
    rows = said.assign(**{name: value for name, value in usual.items() if name not in said})
    return rows if "policy_id" in rows else rows.assign(policy_id=[f"p{place}" for place in range(len(rows))])


def appeal(received: str = RIYADH, decided: str | None = None, outcome: str = "upheld", **more: Any) -> pd.DataFrame:
    row = {"appeal_id": "a", "market": "SA", "received_at": received, "decided_at": decided}
    return pd.DataFrame([{**row, "outcome": decided and f"decision_{outcome}", **more}], dtype="str")


def steps(text: str, *, subject_type: str = "appeal", subject_id: str = "a") -> pd.DataFrame:
    """A status log of one case: happened_at and status."""
    said = table(text)
    names = [f"{subject_id}{place}" for place in range(len(said))]
    return said.assign(step_id=names, subject_type=subject_type, subject_id=subject_id)


def store(folder: Path, *, calendars: str = "", loaded_at: datetime = FIRST_LOAD, **facts: pd.DataFrame) -> Path:
    """A store of those facts, taken in in the order in which they stand."""
    path = folder / "s.duckdb"
    if calendars:
        (folder / "ours.toml").write_text(calendars, encoding="utf-8")
        ingest(folder / "ours.toml", path, loaded_at=loaded_at)
    for fact, rows in facts.items():
        make_store(path, rows, fact=fact, loaded_at=loaded_at)
    return path


def clocks(path: Path, as_of: datetime = FIRST_LOAD) -> pd.DataFrame:
    """The clocks of a store by their id, as known at an instant."""
    with Store(path) as opened:
        rows = opened.run("select * from clocks order by clock_id, known_from", what="clocks")
    known = (rows["known_from"] <= as_of) & (as_of < rows["known_to"].astype("datetime64[s]"))
    assert rows.loc[known, "clock_id"].is_unique
    return rows[known].set_index("clock_id")


def clock(path: Path, which: str = "appeal:a:decide", as_of: datetime = FIRST_LOAD) -> Any:
    return clocks(path, as_of).loc[which]


def at(text: str | None) -> Any:
    return pd.NaT if text is None else pd.Timestamp(text)


def kept(path: Path, during: str, as_of: datetime = FIRST_LOAD, **asked: Any) -> tuple[int, int]:
    """In time, and due."""
    found = answer(path, "breakdown", during, of="sla_attainment", as_of=as_of, **asked)
    return (0, 0) if found.empty else (int(found["numerator"].iloc[0]), int(found["denominator"].iloc[0]))


# --- calendars


def test_eight_hours_from_thursday_evening_run_on_the_calendar_that_was_promised(tmp_path):
    cases = table("""
        appeal_id | market | calendar | due              | why
        a         | SA     | market   | 2026-10-18T14:00 | Sunday at 17:00 in Riyadh
        b         | SA     | always   | 2026-10-15T23:00 | around the clock
        c         | SA     | DE       | 2026-10-16T14:00 | an hour is left in Berlin, seven more on Friday: at 16:00
        d         | AE     | market   | 2026-10-16T13:00 | seven in the evening in Dubai: Friday is worked, until 17:00
    """)
    policies = promised(
        "hours | calendar | scope\n8 | market | queue=market\n8 | always | queue=always\n8 | DE | queue=DE"
    )
    rows = cases.assign(queue=cases["calendar"], received_at=RIYADH)[["appeal_id", "market", "queue", "received_at"]]
    found = clocks(store(tmp_path, appeals=rows, sla_policies=policies))
    for case in cases.itertuples():
        one = found.loc[f"appeal:{case.appeal_id}:decide"]
        assert one["due_at"] == at(case.due), case.why
        assert one["calendar"] == (case.market if case.calendar == "market" else case.calendar)
        assert (one["promised_seconds"], one["paused"]) == (8 * 3600, "false")


SITES = """
[riyadh-1]
like = "SA"
hours = ["08:00-17:00"]
"""


def test_a_site_goes_before_its_market_where_it_has_a_calendar(tmp_path):
    """From Sunday 08:00 eight hours are due at 16:00, from 09:00 at 17:00."""
    cases = table("""
        appeal_id | site      | said     | calendar | due
        a         | riyadh-1  | site     | riyadh-1 | 2026-10-18T13:00
        b         | riyadh-1  | market   | SA       | 2026-10-18T14:00
        c         | elsewhere | site     | SA       | 2026-10-18T14:00
        d         | elsewhere | riyadh-1 | riyadh-1 | 2026-10-18T13:00
    """)
    said = ("site", "market", "riyadh-1")
    policies = promised("hours | calendar | scope\n" + "\n".join(f"8 | {one} | queue={one}" for one in said))
    rows = cases.assign(queue=cases["said"], market="SA", received_at=RIYADH).drop(columns=["said", "calendar", "due"])
    found = clocks(store(tmp_path, calendars=SITES, appeals=rows, sla_policies=policies))
    expected = [[case.calendar, at(case.due)] for case in cases.itertuples()]
    assert found[["calendar", "due_at"]].to_numpy().tolist() == expected


def test_a_calendar_that_nobody_knows_gives_a_clock_that_is_never_due(tmp_path):
    policies = promised("hours | calendar\n8 | site 7's")
    path = store(tmp_path, appeals=appeal(decided="2026-10-18T15:00:00Z"), sla_policies=policies)
    found = clock(path)
    assert found[["calendar", "due_at", "paused"]].tolist() == ["(blank)", pd.NaT, "false"]
    assert pd.isna(found["net_seconds"])
    assert found["gross_seconds"] == 3 * 86400
    assert kept(path, "2026-10") == (0, 0)


def test_a_calendar_that_vouches_for_later_years_only_is_no_obstacle(tmp_path):
    both = pd.concat([appeal(), appeal("2014-10-16T15:00:00Z", appeal_id="b")])
    policies = promised("hours | calendar | valid_from\n8 | market | 2010-01-01T00:00:00Z")
    path = store(tmp_path, appeals=both, sla_policies=policies)
    assert clocks(path)["due_at"].tolist() == [at("2026-10-18T14:00"), pd.NaT]


def test_a_promise_of_many_years_and_a_desk_that_never_opens_are_no_obstacle(tmp_path):
    week = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    closed = f'[shut]\nzone = "Asia/Riyadh"\nholidays = ""\nweekend = {week}\n'
    policies = promised("""
        clock       | hours | calendar
        decide      | 4500  | market
        acknowledge | 1     | shut
    """)
    path = store(tmp_path, calendars=closed, appeals=appeal(), sla_policies=policies)
    found = clocks(path)["due_at"]
    assert at("2028-09-01") < found["appeal:a:decide"] < at("2029-03-01"), "500 days of nine hours, some two years"
    assert found["appeal:a:acknowledge"] is pd.NaT


# --- policies

SPRING, AUTUMN = "2026-03-01T00:00:00Z", "2026-10-01T00:00:00Z"
THURSDAY, FRIDAY = "2026-10-15T00:00:00Z", "2026-10-16T00:00:00Z"


# Policies that are in the store together, each set for the cases of its own queue: those said, and which one counts.
IN_FORCE = {
    "specific": ("id | hours | scope\nall | 24 |\ngulf | 12 | market=SA,AE\nde | 6 | market=DE", "gulf", 12),
    "of two": ("id | hours | scope\nsa | 12 | market=SA\nboth | 4 | market=SA; site=x\nx | 2 | site=x", "both", 4),
    "newest": (f"id | hours | valid_from\nold | 24 | {SPRING}\nnew | 12 | {AUTUMN}", "new", 12),
    "not yet": (f"id | hours | valid_from\nnext | 24 | {FRIDAY}\nnow | 12 | {AUTUMN}", "now", 12),
    "no more": (
        f"id | hours | valid_from | valid_to\nlong | 24 | {SPRING} |\nshort | 12 | {AUTUMN} | {THURSDAY}", "long", 24,
    ),
}  # fmt: skip


def test_of_the_policies_in_force_the_most_specific_counts_and_of_these_the_newest(tmp_path):
    rows = [appeal(appeal_id=case, queue=case, site="x") for case in IN_FORCE]
    sets = []
    for case, (text, *_) in IN_FORCE.items():
        said = promised(text).drop(columns="policy_id").rename(columns={"id": "policy_id"})
        scope = said["scope"].fillna("") if "scope" in said else ""
        sets.append(said.assign(scope=f"queue={case};" + scope))
    found = clocks(store(tmp_path, appeals=pd.concat(rows), sla_policies=pd.concat(sets)))
    for case, (_, which, hours) in IN_FORCE.items():
        assert found.loc[f"appeal:{case}:decide", ["sla_policy", "promised_seconds"]].tolist() == [which, hours * 3600]


def test_without_a_policy_in_force_there_is_no_clock(tmp_path):
    policies = promised(f"""
        hours | subject_type | scope     | valid_from | valid_to
        8     | appeal       | market=DE | {SPRING}   |
        8     | appeal       |           | {FRIDAY}   |
        8     | appeal       |           | {SPRING}   | {THURSDAY}
        8     | dispute      |           | {SPRING}   |
    """)
    path = store(tmp_path, appeals=appeal(), sla_policies=policies)
    assert clocks(path).empty
    assert kept(path, "2026-10") == (0, 0)


# --- which clocks there are


def test_notice_and_reinstatement_run_from_the_decision(tmp_path):
    policies = promised("clock | hours\nacknowledge | 1\ndecide | 24\nnotify | 2\nreinstate | 4")
    decided = appeal(
        decided="2026-10-16T10:00:00Z", outcome="reversed", notified_at="2026-10-16T11:00:00Z",
        reinstated_at="2026-10-16T15:00:00Z",
    )  # fmt: skip
    upheld = appeal(appeal_id="b", decided="2026-10-16T10:00:00Z")
    path = store(tmp_path, appeals=pd.concat([decided, upheld]), sla_policies=policies)
    found = clocks(path)
    assert sorted(found.index) == [
        *(f"appeal:a:{one}" for one in ("acknowledge", "decide", "notify", "reinstate")),
        *(f"appeal:b:{one}" for one in ("acknowledge", "decide", "notify")),
    ]
    late = found.loc[["appeal:a:notify", "appeal:a:reinstate"], ["started_at", "due_at", "stopped_at"]]
    assert late.to_numpy().tolist() == [
        [at("2026-10-16T10:00"), at("2026-10-16T12:00"), at("2026-10-16T11:00")],
        [at("2026-10-16T10:00"), at("2026-10-16T14:00"), at("2026-10-16T15:00")],
    ]
    by_clock = answer(path, "breakdown", "2026-10-16", of="sla_attainment", by=("clock",)).set_index("clock")
    assert by_clock[["numerator", "denominator"]].to_dict("index") == {
        "decide": {"numerator": 2, "denominator": 2},
        "notify": {"numerator": 1, "denominator": 2},  # nobody was told in case b
        "reinstate": {"numerator": 0, "denominator": 1},
    }


def test_an_automatic_receipt_acknowledges_nothing(tmp_path):
    tickets = table("""
        ticket_id | ack_mode | acked_at             | resolved_at
        t1        | human    | 2026-10-15T15:05:00Z |
        t2        | auto     | 2026-10-15T15:00:10Z |
        t3        | auto     | 2026-10-15T15:00:10Z | 2026-10-15T15:08:00Z
        t4        | auto     | 2026-10-15T15:00:10Z | 2026-10-15T17:00:00Z
        t5        |          |                      |
    """).assign(market="SA", severity="P0", created_at=RIYADH)
    log = steps("happened_at | status\n2026-10-15T15:07:00Z | acknowledged", subject_type="ticket", subject_id="t4")
    policies = promised("subject_type | clock | hours\nticket | acknowledge | 0.25")
    path = store(tmp_path, tickets=tickets, status_log=log, sla_policies=policies)
    assert clocks(path)["stopped_at"].tolist() == [
        at("2026-10-15T15:05"), pd.NaT, at("2026-10-15T15:08"), at("2026-10-15T15:07"), pd.NaT,
    ]  # fmt: skip
    assert kept(path, "2026-10-15") == (3, 5)


def test_the_platform_answers_from_when_it_was_told_and_the_body_decides_from_submission(tmp_path):
    disputes = table("""
        dispute_id | submitted_at         | informed_at          | answered_at          | decided_at           | outcome
        d1         | 2026-10-01T08:00:00Z | 2026-10-03T08:00:00Z | 2026-10-05T08:00:00Z | 2026-10-09T08:00:00Z | upheld
        d2         | 2026-10-01T08:00:00Z |                      |                      | 2026-10-09T08:00:00Z | omitted
        d3         | 2026-10-01T08:00:00Z | 2026-10-03T08:00:00Z |                      |                      |
    """).assign(market="SA")
    policies = promised("subject_type | clock | hours\ndispute | answer | 48\ndispute | decide | 240")
    path = store(tmp_path, disputes=disputes, sla_policies=policies)
    assert clocks(path)["due_at"].to_dict() == {
        "dispute:d1:answer": at("2026-10-05T08:00"), "dispute:d1:decide": at("2026-10-11T08:00"),
        "dispute:d2:decide": at("2026-10-11T08:00"), "dispute:d3:answer": at("2026-10-05T08:00"),
        "dispute:d3:decide": at("2026-10-11T08:00"),
    }  # fmt: skip
    assert kept(path, "2026-10-05") == (1, 2)
    assert kept(path, "2026-10-11") == (1, 2), "d2 was dropped before it was due, d3 is open"


# --- what counts


def test_what_was_due_was_kept_or_missed_or_never_due(tmp_path):
    """Eight hours from 15:00."""
    cases = {
        "just then is in time": ("2026-10-15T23:00:00Z", "upheld", (1, 1)),
        "a second later is not": ("2026-10-15T23:00:01Z", "upheld", (0, 1)),
        "open and overdue is a miss": (None, "", (0, 1)),
        "withdrawn before it was due was never due": ("2026-10-15T23:00:00Z", "omitted", (0, 0)),
        "withdrawn when it was overdue is a miss": ("2026-10-15T23:00:01Z", "omitted", (0, 1)),
    }
    rows = [
        appeal(decided=decided, outcome=outcome, appeal_id=why, queue=why)
        for why, (decided, outcome, _) in cases.items()
    ]
    path = store(tmp_path, appeals=pd.concat(rows), sla_policies=promised("hours\n8"))
    for why, (*_, counted) in cases.items():
        assert kept(path, "2026-10", where={"queue": [why]}) == counted, why
    assert kept(path, "2026-10", datetime(2026, 10, 15, 22, 59, 59)) == (0, 0), "not yet due"
    assert kept(path, "2026-10") == (1, 4)


def test_who_was_answered_in_time_and_withdrew_later_was_answered_in_time(tmp_path):
    """At any instant: to begin with nobody knew that it would be withdrawn."""
    log = steps("happened_at | status\n2026-10-15T16:00:00Z | acknowledged")
    withdrawn = appeal(decided="2026-10-17T10:00:00Z", outcome="omitted")
    policies = promised("clock | hours\nacknowledge | 8")
    path = store(tmp_path, appeals=withdrawn, status_log=log, sla_policies=policies)
    assert kept(path, "2026-10", datetime(2026, 10, 16)) == kept(path, "2026-10") == (1, 1)


# --- pauses


# Steps on 15 October, the policy's rule, when it is due and for how many hours it stood still.
STOOD_STILL = {
    "two hours later": ("16:00 waiting_appellant, 18:00 in_review", "waiting_appellant", "16T01:00", 2),
    "two pauses": (
        "16:00 waiting_appellant, 17:00 queued, 19:00 waiting_appellant, 22:00 in_review", "waiting_appellant",
        "16T03:00", 4,
    ),
    "not for anybody": ("16:00 waiting_internal, 18:00 in_review", "waiting_appellant", "15T23:00", 0),
    "for anybody": ("16:00 waiting_internal, 18:00 in_review", "waiting", "16T01:00", 2),
    "one after the other": (
        "16:00 waiting_appellant, 17:00 waiting_internal, 18:00 in_review", "waiting", "16T01:00", 2,
    ),
    "the first of two": (
        "16:00 waiting_appellant, 17:00 waiting_internal, 18:00 in_review", "waiting_appellant", "16T00:00", 1,
    ),
    "never": ("16:00 waiting_appellant, 18:00 in_review", "none", "15T23:00", 0),
    "any next step ends it": ("16:00 waiting_appellant, 18:00 handed_over", "waiting_appellant", "16T01:00", 2),
}  # fmt: skip


def test_a_clock_stands_still_as_its_policy_says(tmp_path):
    """Eight hours from 15:00 are due at 23:00; decided the next day at noon."""
    rows = [appeal(decided="2026-10-16T12:00:00Z", appeal_id=why, queue=of[1]) for why, of in STOOD_STILL.items()]
    rules = ("none", "waiting", "waiting_appellant")
    policies = promised("hours | pauses | scope\n" + "\n".join(f"8 | {rule} | queue={rule}" for rule in rules))
    logs = [
        steps("happened_at | status\n" + log.replace(", ", "\n").replace(" ", ":00Z | "), subject_id=why)
        for why, (log, *_) in STOOD_STILL.items()
    ]
    log = pd.concat(logs)
    log["happened_at"] = "2026-10-15T" + log["happened_at"]
    found = clocks(store(tmp_path, appeals=pd.concat(rows), status_log=log, sla_policies=policies))
    for why, (_, _, due, paused) in STOOD_STILL.items():
        one = found.loc[f"appeal:{why}:decide"]
        assert one["due_at"] == at(f"2026-10-{due}"), why
        assert (one["paused_seconds"], one["paused"]) == (paused * 3600, "true" if paused else "false"), why
        assert (one["net_seconds"], one["gross_seconds"]) == ((21 - paused) * 3600, 21 * 3600), why


def test_while_it_stands_still_nobody_knows_when_it_is_due(tmp_path):
    log = steps("happened_at | status\n2026-10-15T16:00:00Z | waiting_appellant\n2026-10-16T16:00:00Z | in_review")
    policies = promised("hours | pauses\n8 | waiting_appellant")
    path = store(tmp_path, appeals=appeal(), status_log=log, sla_policies=policies)
    moments = (datetime(2026, 10, 15, 15), datetime(2026, 10, 15, 17), datetime(2026, 10, 16, 16))
    assert [clock(path, as_of=moment)["due_at"] for moment in moments] == [
        at("2026-10-15T23:00"),
        pd.NaT,
        at("2026-10-16T23:00"),
    ]
    assert clock(path, as_of=datetime(2026, 10, 15, 17))["paused"] == "true"
    assert kept(path, "2026-10", datetime(2026, 10, 16)) == (0, 0), "it would have been due but for the pause"
    assert kept(path, "2026-10") == (0, 1)


def test_what_waits_after_its_decision_does_not_stand_still(tmp_path):
    decided = appeal(decided="2026-10-15T18:00:00Z")
    log = steps("""
        happened_at          | status
        2026-10-15T18:00:00Z | waiting_appellant
        2026-10-15T19:00:00Z | reopened
        2026-10-15T20:00:00Z | waiting_appellant
    """)
    policies = promised("hours | pauses\n8 | waiting_appellant")
    path = store(tmp_path, appeals=decided, status_log=log, sla_policies=policies)
    assert clock(path)[["due_at", "paused", "paused_seconds", "net_seconds"]].tolist() == [
        at("2026-10-15T23:00"), "false", 0, 3 * 3600,
    ]  # fmt: skip
    assert kept(path, "2026-10", datetime(2026, 10, 15, 23)) == (1, 1)


def test_a_decision_ends_a_pause_that_the_log_leaves_open(tmp_path):
    """Waiting from 16:00, decided at 18:00: due two hours later than without; before 18:00 nobody knew."""
    decided = appeal(decided="2026-10-15T18:00:00Z")
    log = steps("happened_at | status\n2026-10-15T16:00:00Z | waiting_appellant")
    policies = promised("hours | pauses\n8 | waiting_appellant")
    path = store(tmp_path, appeals=decided, status_log=log, sla_policies=policies)
    found = clock(path)
    assert found[["due_at", "paused", "paused_seconds", "net_seconds"]].tolist() == [
        at("2026-10-16T01:00"), "true", 2 * 3600, 3600,
    ]  # fmt: skip
    assert clock(path, as_of=datetime(2026, 10, 15, 17, 59))["due_at"] is pd.NaT
    assert kept(path, "2026-10") == (1, 1)


def test_hand_overs_are_counted_and_the_first_time_it_was_opened_again_is_kept(tmp_path):
    log = steps("""
        happened_at          | status
        2026-10-15T16:00:00Z | handed_over
        2026-10-15T17:00:00Z | handed_over
        2026-10-15T20:00:00Z | reopened
        2026-10-15T21:00:00Z | reopened
    """)
    decided = appeal(decided="2026-10-15T18:00:00Z", outcome="reversed", notified_at="2026-10-15T18:30:00Z")
    policies = promised("clock | hours\ndecide | 8\nnotify | 8")
    path = store(tmp_path, appeals=decided, status_log=log, sla_policies=policies)
    assert clock(path)[["hand_overs", "reopened_at"]].tolist() == [2, at("2026-10-15T20:00")]
    assert clock(path, "appeal:a:notify")[["hand_overs", "reopened_at"]].isna().all(), "of the decision alone"
    for as_of, again in {datetime(2026, 10, 15, 19): 0, datetime(2026, 10, 15, 20): 1}.items():
        [found] = answer(path, "breakdown", "2026-10-15", of="reopen_rate", as_of=as_of).itertuples()
        assert (found.numerator, found.denominator) == (again, 1)
