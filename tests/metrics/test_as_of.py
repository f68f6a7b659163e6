"""As of an earlier instant nothing is seen that had not happened by then, whatever kind of metric it is."""

from datetime import datetime, timedelta

import pytest

from appeal_insights.metrics.metric import metrics
from tests.helpers import FIRST_LOAD, answer, make_store, table

# One enforcement, all of whose story is told to the hour, and an audit of its reversal. Noon is one day on every clock.
ENFORCED = table("""
    enforcement_id | market | restriction_class | enforced_at
    e1             | GB     | visibility        | 2026-10-05T09:00:00Z
""")
APPEALED = table("""
    appeal_id | round | received_at          | decided_at           | outcome           | decided_by | handling_seconds
    a1        | 1     | 2026-10-05T10:00:00Z | 2026-10-05T11:00:00Z | decision_upheld   | human      | 100
    a2        | 2     | 2026-10-05T12:00:00Z | 2026-10-05T13:00:00Z | decision_reversed | human      | 300
""").rename(columns={"round": "appeal_round"})
APPEALED = APPEALED.assign(market="GB", enforcement_id="e1", reinstated_at=[None, "2026-10-05T14:00:00Z"])
APPEALED["stated_in_time"] = ["true", "false"]
AUDITED = table("""
    audit_id | subject_type | decided_at           | audited_at           | purpose | decision          | verdict
    q1       | appeal       | 2026-10-05T11:00:00Z | 2026-10-05T15:00:00Z | random  | decision_upheld   | incorrect
    q2       | appeal       | 2026-10-05T13:00:00Z | 2026-10-05T15:00:00Z | random  | decision_reversed | correct
    q3       | enforcement  | 2026-10-05T09:00:00Z | 2026-10-05T15:00:00Z | random  | enforced          | incorrect
""").assign(market="GB", subject_id="a")
AUDITED["disputed_at"] = ["2026-10-05T15:30:00Z", None, None]
AUDITED["final_verdict"] = ["correct", None, None]
AUDITED["final_at"] = ["2026-10-05T16:00:00Z", None, None]
ANSWERED = table("""
    answer_id | item_id | rater | role    | market | truth | answer | answered_at
    g1        | i1      | Q-01  | auditor | GB     | wrong | wrong  | 2026-10-05T10:00:00Z
    g2        | i2      | Q-01  | auditor | GB     | right | wrong  | 2026-10-05T13:00:00Z
""")
COULD_BE_AUDITED = table("""
    cell_id | subject_type | market | stratum | cases | decided_at
    c1      | appeal       | GB     | easy    | 40    | 2026-10-05T12:00:00Z
""")
# One hour to decide in, two to resolve in. a1 is decided when it is due, a2 waits half an hour; t1 is an hour late and
# t2 is open when it is due.
PROMISED = table("""
    policy_id | subject_type | clock   | hours | calendar | pauses            | valid_from           | owner
    p1        | appeal       | decide  | 1     | always   | waiting_appellant | 2026-08-01T00:00:00Z | lead
    p2        | ticket       | resolve | 2     | always   | none              | 2026-08-01T00:00:00Z | lead
""")
LOGGED = table("""
    step_id | subject_type | subject_id | status            | happened_at
    1       | appeal       | a2         | waiting_appellant | 2026-10-05T12:15:00Z
    2       | appeal       | a1         | reopened          | 2026-10-05T12:30:00Z
    3       | appeal       | a2         | in_review         | 2026-10-05T12:45:00Z
""")
TICKETS = table("""
    ticket_id | severity | created_at           | acked_at             | resolved_at          | repeat_of
    t1        | P0       | 2026-10-05T09:00:00Z | 2026-10-05T10:00:00Z | 2026-10-05T12:00:00Z |
    t2        | P1       | 2026-10-05T11:00:00Z | 2026-10-05T15:00:00Z |                      | t1
""").assign(market="GB", ack_mode="human")
WORKED = table("""
    staffing_id | market | site | worked_at            | scheduled_hours | productive_hours
    w1          | GB     | S1   | 2026-10-05T10:00:00Z | 1               | 0.5
""")
DISPUTES = table("""
    dispute_id | submitted_at         | decided_at           | outcome          | implemented_at
    d1         | 2026-10-05T09:00:00Z | 2026-10-05T12:00:00Z | reversed_merits  | 2026-10-05T14:00:00Z
    d2         | 2026-10-05T10:00:00Z | 2026-10-05T13:00:00Z | reversed_default |
""").assign(market="GB")
FACTS = {
    "enforcements": ENFORCED,
    "appeals": APPEALED,
    "gold": ANSWERED,
    "strata": COULD_BE_AUDITED,
    "audits": AUDITED,
    "sla_policies": PROMISED,
    "status_log": LOGGED,
    "tickets": TICKETS,
    "staffing": WORKED,
    "disputes": DISPUTES,
}
HOURS = range(8, 17)
# What is counted as of each full hour from 8 to 16, as numerator/denominator; a dot where nothing is.
SEEN = {
    "overturn_rate":              ".     .    .    0/1  0/1  1/2  1/2  1/2  1/2",
    "full_overturn_rate":         ".     .    .    0/1  0/1  1/2  1/2  1/2  1/2",
    "round_2_overturn_rate":      ".     .    .    .    .    1/1  1/1  1/1  1/1",
    "omitted_share":              ".     .    .    0/1  0/1  0/2  0/2  0/2  0/2",
    "reversals_per_received":     ".     .    0/1  0/1  0/2  1/2  1/2  1/2  1/2",
    "received":                   ".     .    1    1    2    2    2    2    2",
    "decided":                    ".     .    .    1    1    2    2    2    2",
    "backlog":                    ".     .    1    .    1    .    .    .    .",
    "turnaround":                 ".     .    .    0/1  0/1  0/2  0/2  0/2  0/2",
    "time_to_reinstate":          ".     .    .    .    .    .    0/1  0/1  0/1",
    "handling_time":              ".     .    . 100/1 100/1 400/2 400/2 400/2 400/2",
    "not_solely_automated_share": ".     .    .    1/1  1/1  2/2  2/2  2/2  2/2",
    "appeal_rate":                ".     0/1  1/1  1/1  1/1  1/1  1/1  1/1  1/1",
    "overturned_share":           ".     0/1  0/1  0/1  0/1  1/1  1/1  1/1  1/1",
    "appeals_per_enforcement":    ".     0/1  1/1  1/1  2/1  2/1  2/1  2/1  2/1",
    "re_appeal_rate":             ".     .    .    0/1  1/1  1/1  1/1  1/1  1/1",
    "restricted_hours":           ".     .    .    .    .    .    18000/1  18000/1  18000/1",
    "wrong_overturn_rate":        ".     .    .    .    .    .    .    0/1  0/1",
    "wrong_uphold_rate":          ".     .    .    .    .    .    .    1/1  0/1",
    "wrong_enforcement_rate":     ".     .    .    .    .    .    .    1/1  1/1",
    "handling_accuracy":          ".     .    .    .    .    .    .    1/3  2/3",
    "dispute_rate":               ".     .    .    .    .    .    .    0/3  1/3",
    "gold_pass_rate":             ".     .    1/1  1/1  1/1  1/2  1/2  1/2  1/2",
    "auditable_cases":            ".     .    .    .    40   40   40   40   40",
    "sla_attainment":             ".     .    .    1/2  1/2  1/3  2/4  2/4  2/4",
    "net_turnaround":             ".     .    .    0/1  0/2  0/3  0/3  0/3  0/3",
    "paused_share":               ".     .    .    0/1  0/2  1/3  1/3  1/3  1/3",
    "reopen_rate":                ".     .    .    0/1  0/2  1/3  1/3  1/3  1/3",
    "stated_timely_rate":         ".     .    1/1  1/1  1/2  1/2  1/2  1/2  1/2",
    "tickets_created":            ".     1    1    2    2    2    2    2    2",
    "open_tickets":               ".     1    1    2    1    1    1    1    1",
    "time_to_acknowledge":        ".     .    1/1  1/1  1/1  1/1  1/1  2/2  2/2",
    "time_to_resolve":            ".     .    .    .    0/1  0/1  0/1  0/1  0/1",
    "repeat_ticket_rate":         ".     0/1  0/1  1/2  1/2  1/2  1/2  1/2  1/2",
    "productive_time":            ".     .    1800 1800 1800 1800 1800 1800 1800",
    "occupancy":                  ". . 0/1800 100/1800 100/1800 400/1800 400/1800 400/1800 400/1800",
    "disputes_submitted":         ".     1    2    2    2    2    2    2    2",
    "dispute_loss_rate":          ".     .    .    .    1/1  1/1  1/1  1/1  1/1",
    "dispute_default_share":      ".     .    .    .    0/1  1/2  1/2  1/2  1/2",
    "dispute_implemented_share":  ".     .    .    .    0/1  0/2  1/2  1/2  1/2",
}  # fmt: skip


def tell(path, **more: str):
    """A store of the whole story."""
    for fact, rows in FACTS.items():
        make_store(path, rows.assign(**more), fact=fact)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tell(tmp_path_factory.mktemp("story") / "story.duckdb")


@pytest.fixture(scope="module")
def foretold(tmp_path_factory):
    """The same, where each record was known weeks before any of it happened: planned, or a clock that was wrong."""
    return tell(tmp_path_factory.mktemp("foretold") / "story.duckdb", known_from="2026-09-01T00:00:00Z")


def seen(path, name: str, as_of: datetime) -> str:
    found = answer(path, "trend", "2026-10-05", of=name, as_of=as_of)
    if found.empty:
        return "."
    [row] = found.itertuples()
    if metrics()[name].kind in ("count", "stock"):
        return str(row.numerator) if row.numerator else "."
    return f"{row.numerator}/{row.denominator}" if row.denominator else "."


def test_every_metric_has_its_story_here():
    assert set(SEEN) == {name for name, of in metrics().items() if of.at}


@pytest.mark.parametrize("name", SEEN)
def test_a_metric_sees_what_had_happened_by_then(path, foretold, name):
    instants = [datetime(2026, 10, 5, hour) for hour in HOURS]
    assert [seen(path, name, as_of) for as_of in instants] == SEEN[name].split()
    assert [seen(foretold, name, as_of) for as_of in instants] == SEEN[name].split()
    assert seen(path, name, FIRST_LOAD) == SEEN[name].split()[-1]


@pytest.mark.parametrize(
    "name", ["appeal_rate", "overturn_rate", "received", "wrong_uphold_rate", "sla_attainment", "paused_share"]
)
def test_a_second_before_it_happened_it_had_not(path, name):
    first = next(hour for hour, text in zip(HOURS, SEEN[name].split(), strict=True) if text[0] not in ".0")
    then = datetime(2026, 10, 5, first)
    assert seen(path, name, then - timedelta(seconds=1)) != seen(path, name, then)


def test_an_audit_that_is_to_come_has_no_purpose_yet(foretold):
    asked = {"of": "wrong_uphold_rate", "by": ("purpose",)}
    assert answer(foretold, "breakdown", "2026-10-05", **asked)["segment"].tolist() == ["random"]
    before = answer(foretold, "breakdown", "2026-10-05", as_of=datetime(2026, 10, 5, 14), **asked)
    assert before["denominator"].sum() == 0
    assert before["segment"].tolist() == ["(blank)"]
